"""Who gets a message: a court, two villages on one platform, a township, and whoever subscribed."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.canonical.messages import TYPES
from gateway.routing import Copy, Due, Routes, route
from gateway.texts import catalogue

PLACES = {
    "org-tribunal": "court",
    "org-village": "centre",
    "org-neighbour": "centre",
    "org-township": "township",
    "org-lost": None,
    "org-gone": "dissolved",
}
PARTNERS = frozenset({"court", "centre", "township", "office"})


class Directory:
    def partner_of(self, organisation_id):
        return PLACES.get(organisation_id)

    def has_partner(self, partner):
        return partner in PARTNERS


def message(kind, *, sender=None, addressee=None):
    now = datetime(2022, 8, 20, 9, 0, tzinfo=UTC)
    return TYPES[kind].model_construct(
        id="0182b9a0-0000-7000-8000-000000000001", source="/partners/x", time=now, sender=sender, addressee=addressee,
    )  # fmt: skip


def routed(kind, sender, partner, *, addressee=None, copies=(), origin="org-tribunal", via="court", holder=None):
    return route(
        message(kind, sender=sender, addressee=addressee),
        sender_partner=partner,
        case_origin=origin,
        case_origin_partner=via,
        holder=holder,
        directory=Directory(),
        routes=Routes(copies=tuple(copies)),
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
    assert routing.due == (Due(partner="court", why="copy", independent=True),)
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
    assert all(due.independent == (case["kind"] in {"organisation", "person"}) for due in routing.due)
    assert not (routing.fault and routing.due)
