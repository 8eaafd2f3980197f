"""Who gets a message: a court, two villages on one platform, a township, and whoever subscribed."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.canonical.messages import TYPES
from gateway.canonical.messages.catalogue import CATALOGUE
from gateway.routing import Around, Copy, Due, Place, Routes, route
from gateway.texts import catalogue

PLACES = {
    "org-tribunal": "court",
    "org-village": "centre",
    "org-neighbour": "centre",
    "org-township": "township",
    "org-lost": None,
    "org-gone": "dissolved",
    "org-police": "police",
    "org-justice": "justice",
    "org-peace": "peace",
}
KINDS = {
    "org-tribunal": "tribunal", "org-police": "police_station", "org-justice": "justice_office",
    "org-peace": "peace_office",
}  # fmt: skip
PARTNERS = frozenset({"court", "centre", "township", "office", "police", "justice", "peace"})


class Directory:
    def partner_of(self, organisation_id):
        return PLACES.get(organisation_id)

    def has_partner(self, partner):
        return partner in PARTNERS

    def bodies_near(self, organisation_id, kinds):
        return tuple(name for name, kind in KINDS.items() if kind in kinds and organisation_id in PLACES)


def message(kind, *, sender=None, addressee=None, data=None):
    now = datetime(2022, 8, 20, 9, 0, tzinfo=UTC)
    return TYPES[kind].model_construct(
        id="0182b9a0-0000-7000-8000-000000000001", source="/partners/x", time=now, sender=sender, addressee=addressee,
        data=data or SimpleNamespace(),
    )  # fmt: skip


def routed(
    kind, sender, partner, *, addressee=None, copies=(), origin="org-tribunal", via="court", holder=None, data=None,
    released=False, **around,
):  # fmt: skip
    return route(
        message(kind, sender=sender, addressee=addressee, data=data),
        sender_partner=partner,
        around=Around(origin=Place(organisation=origin, partner=via), holder=holder, **around),
        directory=Directory(),
        routes=Routes(copies=tuple(copies)),
        released=released,
    )


def places(routing):
    assert routing.fault is None
    return [(due.partner, due.why) for due in routing.due]


def test_a_referral_goes_to_the_partner_of_its_addressee():
    routing = routed("referral", "org-tribunal", "court", addressee="org-village", origin=None, via=None)
    assert routing.due == (Due(partner="centre", why="addressed", independent=False),)


@pytest.mark.parametrize(
    "kind",
    ["acceptance", "decline", "assignment", "progress", "extension", "success", "return_consultation", "return"],
)
def test_an_answer_without_addressee_goes_back_to_the_origin_of_the_referral(kind):
    assert places(routed(kind, "org-village", "centre")) == [("court", "answer")]


def test_an_answer_goes_to_the_partner_that_referred_even_when_the_directory_has_moved_the_organisation():
    assert places(routed("progress", "org-township", "township", via="office")) == [("office", "answer")]


def test_an_answer_goes_where_the_directory_says_when_the_partner_that_referred_is_gone():
    assert places(routed("progress", "org-village", "centre", via="dissolved")) == [("court", "answer")]
    assert places(routed("progress", "org-village", "centre", via=None)) == [("court", "answer")]


def test_an_answer_with_an_addressee_goes_there():
    assert places(routed("progress", "org-village", "centre", addressee="org-township")) == [("township", "addressed")]


def test_an_escalation_goes_to_its_addressee_with_a_copy_to_the_origin():
    routing = routed("escalation", "org-village", "centre", addressee="org-township")
    assert places(routing) == [("township", "addressed"), ("court", "copy")]


def test_an_escalation_back_to_the_origin_is_sent_there_once():
    assert places(routed("escalation", "org-village", "centre", addressee="org-tribunal")) == [("court", "addressed")]


@pytest.mark.parametrize("kind", ["supervision", "return_opinion"])
def test_a_supervision_and_an_opinion_without_addressee_go_to_the_holder(kind):
    assert places(routed(kind, "org-tribunal", "court", holder="org-township")) == [("township", "addressed")]


def test_two_organisations_on_one_platform_reach_each_other_through_it():
    routing = routed("escalation", "org-village", "centre", addressee="org-neighbour")
    assert places(routing) == [("centre", "addressed"), ("court", "copy")]


def test_a_subscription_adds_a_copy_for_its_types_and_its_sender_only():
    copies = [Copy(types=frozenset({"success"}), when_sender_partner="centre", to="office")]
    both = [("court", "answer"), ("office", "copy")]
    assert places(routed("success", "org-village", "centre", copies=copies)) == both
    assert places(routed("success", "org-township", "township", copies=copies)) == [("court", "answer")]
    assert places(routed("progress", "org-village", "centre", copies=copies)) == [("court", "answer")]


def test_registry_messages_go_to_subscribers_and_may_pass_others():
    copies = [Copy(types=frozenset({"organisation", "person"}), to="court")]
    routing = routed("organisation", "org-village", "centre", copies=copies, origin=None, via=None)
    assert routing.due == (Due(partner="court", why="copy", independent=True, priority=2),)
    assert routed("person", "org-village", "centre", origin=None, via=None).due == ()


def test_litigation_without_addressee_goes_to_subscribers_only():
    assert places(routed("litigation", "org-tribunal", "court")) == []


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ({"kind": "referral", "sender": "org-tribunal", "partner": "court", "addressee": "org-nowhere"}, "no_partner"),
        ({"kind": "referral", "sender": "org-tribunal", "partner": "court", "addressee": "org-lost"}, "no_partner"),
        ({"kind": "referral", "sender": "org-tribunal", "partner": "court", "addressee": "org-gone"}, "no_partner"),
        ({"kind": "referral", "sender": "org-tribunal", "partner": "court"}, "no_addressee"),
        ({"kind": "escalation", "sender": "org-village", "partner": "centre"}, "no_addressee"),
        ({"kind": "supervision", "sender": "org-tribunal", "partner": "court"}, "no_addressee"),
        ({"kind": "progress", "sender": "org-village", "partner": "centre", "origin": None, "via": None}, "no_origin"),
        ({"kind": "escalation", "sender": "org-village", "partner": "centre", "addressee": "org-village"}, "to_itself"),
        ({"kind": "escalation", "sender": None, "partner": "centre", "addressee": "org-village"}, "no_sender"),
    ],
)
def test_a_message_that_cannot_be_routed_is_due_at_nobody_and_says_why(case, code):
    copies = [Copy(types=frozenset(TYPES), to="office")]
    routing = routed(**case, copies=copies)
    assert (routing.fault, routing.due) == (f"routing.{code}", ())
    assert routing.fault in catalogue()


def test_the_origins_own_progress_is_sent_to_nobody():
    assert places(routed("progress", "org-tribunal", "court")) == []


ORGANISATIONS = st.sampled_from([None, *PLACES])
NAMES = st.sampled_from(sorted(PARTNERS))
COPIES = st.lists(
    st.builds(
        lambda types, sender, to: Copy(types=types, when_sender_partner=sender, to=to),
        st.frozensets(st.sampled_from(sorted(TYPES)), min_size=1),
        st.none() | NAMES,
        NAMES | st.just("unconfigured"),
    ),
    max_size=5,
)


@given(
    kind=st.sampled_from(sorted(TYPES)), sender=ORGANISATIONS, partner=NAMES, addressee=ORGANISATIONS, copies=COPIES,
    origin=ORGANISATIONS, via=st.none() | NAMES | st.just("dissolved"), holder=ORGANISATIONS,
)  # fmt: skip
def test_nobody_gets_a_message_twice_back_or_without_being_configured(**case):
    routing = routed(**case)
    names = [due.partner for due in routing.due]
    assert len(names) == len(set(names))
    assert set(names) <= PARTNERS
    assert not any(due.why == "copy" and due.partner == case["partner"] for due in routing.due)
    assert all(due.independent == CATALOGUE[case["kind"]].independent for due in routing.due)
    assert not (routing.fault and routing.due)


def test_a_dispute_notice_fans_out_to_the_three_bodies_of_the_area():
    routing = routed("dispute_notice", "org-peace", "peace")
    assert places(routing) == [("court", "addressed"), ("police", "addressed"), ("justice", "addressed")]


def test_a_major_notice_goes_to_the_others_of_the_four_and_not_back():
    assert [name for name, _ in places(routed("major_notice", "org-police", "police"))] == ["court", "justice", "peace"]


def test_a_warning_goes_to_everybody_it_names_before_everything_else_and_to_each_partner_once():
    named = SimpleNamespace(recipients=("org-police", "org-village", "org-neighbour", "org-police"))
    routing = routed("warning", "org-peace", "peace", data=named)
    assert places(routing) == [("police", "addressed"), ("centre", "addressed")]
    assert {(due.independent, due.priority) for due in routing.due} == {(True, 0)}


def test_a_warning_of_which_one_recipient_cannot_be_reached_goes_to_nobody_and_says_who_is_missing():
    named = SimpleNamespace(recipients=("org-police", "org-lost"))
    routing = routed("warning", "org-peace", "peace", data=named)
    assert (routing.fault, routing.at, routing.due) == ("routing.no_partner", "org-lost", ())


def test_a_warning_that_names_nobody_is_due_at_nobody_and_says_so():
    assert routed("warning", "org-peace", "peace").fault == "routing.no_addressee"
    assert routed("hazard", "org-nowhere", "centre").fault == "routing.no_body"


def test_a_joint_plan_goes_to_every_unit_that_takes_part_but_its_sender():
    units = tuple(SimpleNamespace(unit=name) for name in ("org-peace", "org-tribunal", "org-township"))
    routing = routed("joint_plan", "org-peace", "peace", data=SimpleNamespace(participants=units))
    assert places(routing) == [("court", "addressed"), ("township", "addressed")]


@pytest.mark.parametrize(
    "kind", ["guidance_answer", "consultation_answer", "service_answer", "warning_acknowledgement", "joint_result"]
)
def test_an_answer_returns_to_whoever_asked(kind):
    asker = Place(organisation="org-village", partner="centre")
    assert places(routed(kind, "org-tribunal", "court", asker=asker, origin=None, via=None)) == [("centre", "answer")]


def test_a_guidance_request_goes_to_the_bodies_that_the_jurisdiction_names():
    assert places(routed("guidance_request", "org-village", "centre")) == [("court", "addressed")]
    chosen = {"bodies": frozenset({"police_station", "justice_office"})}
    assert [name for name, _ in places(routed("guidance_request", "org-village", "centre", **chosen))] == [
        "police", "justice",
    ]  # fmt: skip


def test_the_confirmation_family_goes_to_the_court_and_back_to_the_applicant():
    applicant = {"applicant": Place(organisation="org-village", partner="centre"), "court": "org-tribunal"}
    assert places(routed("confirmation_supplement", "org-village", "centre", **applicant)) == [("court", "addressed")]
    assert places(routed("confirmation_status", "org-tribunal", "court", **applicant)) == [("centre", "answer")]
    assert places(routed("service_receipt", "org-village", "centre", **applicant)) == [("court", "addressed")]


def test_a_ruling_stays_here_whoever_subscribed():
    copies = [Copy(types=frozenset({"ruling"}), to="office")]
    assert places(routed("ruling", "org-tribunal", "court", addressee="org-village", copies=copies)) == []


def test_a_ruling_that_is_released_goes_to_whoever_applied_and_to_subscribers():
    copies = [Copy(types=frozenset({"ruling"}), to="office")]
    applicant = {"applicant": Place(organisation="org-village", partner="centre"), "released": True}
    assert places(routed("ruling", "org-tribunal", "court", copies=copies, **applicant)) == [
        ("centre", "answer"), ("office", "copy"),
    ]  # fmt: skip
    assert routed("ruling", "org-tribunal", "court", released=True).fault


def test_the_peace_office_of_the_area_hears_of_a_performance():
    assert places(routed("performance", "org-village", "centre")) == [("court", "answer"), ("peace", "copy")]
