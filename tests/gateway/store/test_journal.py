"""The journal: fates, identity, cases, parking and order, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from gateway.canonical.messages import Message
from gateway.contract import Outcome
from gateway.errors import NotAuthentic
from gateway.store.arrivals import Announced, Kept
from gateway.store.cipher import Cipher, Key, Keyring
from gateway.store.engine import writing
from gateway.store.mending import keep_house
from gateway.store.tables import (
    case_reference,
    delivery,
    dispute_case,
    document,
    inbox,
    leg,
    message,
    nonce,
    request,
)
from gateway.store.times import millis
from tests.gateway.lifecycle import lifecycle_messages as say
from tests.gateway.store.keeping import COURT, TOWNSHIP, VILLAGE, Keeper


@pytest.fixture
def keeper(engine: Engine) -> Keeper:
    return Keeper(engine, Cipher(Keyring(keys=(Key(name="test", material=bytes(32)),)), "aes"))


def about(said: Message, **case: Any) -> Message:
    """Return a message that names its case differently."""
    data: Any = said.data
    return said.model_copy(update={"data": data.model_copy(update={"case": data.case.model_copy(update=case)})})


def village_says(said: Message, case_id: str | None) -> Message:
    """Return what the village says of a case that it knows by the gateway's id."""
    return about(said, partner_id=None, gateway_id=case_id)


def test_an_accepted_referral_is_kept_with_its_case_its_leg_and_the_delivery_due(keeper: Keeper) -> None:
    outcome = keeper.say(COURT, say.referral())
    assert outcome.fate == "accepted"
    case = keeper.rows(dispute_case)[0]
    assert (case["id"], case["state"], case["holder"]) == (outcome.case_id, "DISPATCHED", "org-village")
    assert keeper.rows(leg)[0]["unit"] == "org-village"
    due = keeper.rows(delivery)
    assert [(row["partner"], row["status"], row["step"]) for row in due] == [(VILLAGE, "pending", 1)]
    assert keeper.rows(case_reference)[0]["value"] == "A-1"
    assert len(keeper.rows(request)) == 1


def test_nothing_a_party_said_is_readable_in_the_database(keeper: Keeper) -> None:
    keeper.say(COURT, say.referral())
    content = keeper.rows(message)[0]["content_sealed"]
    assert say.APPLICANT.encode() not in content
    for table in (inbox, message, dispute_case, case_reference, delivery, leg):
        assert say.APPLICANT not in repr(keeper.rows(table))


def test_the_same_record_again_gets_the_first_answer_and_changes_nothing(keeper: Keeper) -> None:
    first = keeper.say(COURT, said := say.referral())
    again = keeper.say(COURT, say.referral(), record_id=said.id)
    assert again.repeated
    assert (again.receipt_id, again.case_id, again.fate) == (first.receipt_id, first.case_id, "accepted")
    assert (len(keeper.rows(message)), len(keeper.rows(delivery)), len(keeper.rows(inbox))) == (1, 1, 1)
    assert len(keeper.rows(request)) == 2, "every authenticated request is kept"


def test_an_accepted_id_with_other_contents_is_refused_as_conflicting(keeper: Keeper) -> None:
    first = keeper.say(COURT, said := say.referral())
    other = keeper.say(COURT, say.referral(), record_id=said.id, contents="changed")
    assert (other.fate, other.code) == ("refused", "inbox.conflicting")
    assert keeper.say(COURT, say.referral(), record_id=said.id).receipt_id == first.receipt_id


def test_the_same_record_twice_in_one_commit_enters_once(keeper: Keeper) -> None:
    said = say.referral()
    kept = keeper.keep(keeper.arrival(COURT, keeper.entry(said)), keeper.arrival(COURT, keeper.entry(said)))
    outcomes = [each.outcomes[0] for each in kept if isinstance(each, Kept)]
    assert [outcome.repeated for outcome in outcomes] == [False, True]
    assert len(keeper.rows(message)) == 1


def test_a_refused_record_may_be_corrected_and_sent_again_under_its_id(keeper: Keeper) -> None:
    refused = keeper.one(keeper.arrival(COURT, keeper.objected("R-1", "refused", "mapping.missing")))
    assert refused.fate == "refused"
    assert keeper.say(COURT, say.referral(), record_id="R-1").fate == "accepted"


def test_one_bad_record_never_harms_its_neighbours(keeper: Keeper) -> None:
    arrival = keeper.arrival(
        COURT,
        keeper.objected("bad", "refused", "mapping.missing"),
        keeper.entry(say.referral()),
        keeper.objected("unclear", "held", "mapping.unknown_code"),
    )
    kept = keeper.keep(arrival)[0]
    assert isinstance(kept, Kept)
    assert [outcome.fate for outcome in kept.outcomes] == ["refused", "accepted", "held"]
    assert kept.due == {VILLAGE}


def test_a_held_record_sent_again_gets_the_first_answer(keeper: Keeper) -> None:
    first = keeper.one(keeper.arrival(COURT, keeper.objected("R-1", "held", "mapping.unknown_code")))
    again = keeper.one(keeper.arrival(COURT, keeper.objected("R-1", "held", "mapping.unknown_code")))
    assert (again.receipt_id, again.repeated, again.fate) == (first.receipt_id, True, "held")


def test_a_held_record_that_can_be_translated_now_goes_on_under_its_first_receipt(keeper: Keeper) -> None:
    said = say.referral()
    held = keeper.objected(said.id, "held", "mapping.unknown_code")
    first = keeper.one(keeper.arrival(COURT, held))
    entry = keeper.entry(said, record_id=said.id)
    again = keeper.one(keeper.arrival(COURT, type(entry)(**{
        **{name: getattr(entry, name) for name in entry.__slots__}, "kind": held.kind, "digests": held.digests,
        "replays": first.receipt_id,
    })))  # fmt: skip
    assert (again.fate, again.receipt_id) == ("accepted", first.receipt_id)
    assert [row["fate"] for row in keeper.rows(inbox)] == ["accepted"]


def test_a_later_version_of_a_held_record_replaces_it(keeper: Keeper) -> None:
    keeper.one(keeper.arrival(COURT, keeper.objected("R-1", "held", "mapping.unknown_code")))
    said = say.referral()
    entry = keeper.entry(said, record_id="R-1", contents="mended")
    mended = type(entry)(**{**{name: getattr(entry, name) for name in entry.__slots__}, "kind": "k"})
    assert keeper.one(keeper.arrival(COURT, mended)).fate == "accepted"
    assert sorted((row["fate"], row["code"]) for row in keeper.rows(inbox)) == [
        ("accepted", None), ("refused", "inbox.superseded"),
    ]  # fmt: skip


def test_a_replayed_nonce_is_refused_and_nothing_of_it_is_kept(keeper: Keeper) -> None:
    used = {"nonce": "n-1", "nonce_expires": keeper.now, "key_id": "app"}
    assert keeper.one(keeper.arrival(COURT, keeper.entry(say.referral()), **used)).fate == "accepted"
    replayed = keeper.keep(keeper.arrival(COURT, keeper.entry(say.referral()), **used))[0]
    assert isinstance(replayed, NotAuthentic)
    assert replayed.code == "auth.replayed"
    assert len(keeper.rows(request)) == 1
    together = keeper.keep(
        keeper.arrival(COURT, **used | {"nonce": "n-2"}), keeper.arrival(COURT, **used | {"nonce": "n-2"})
    )
    assert [isinstance(each, NotAuthentic) for each in together] == [False, True]
    assert len(keeper.rows(nonce)) == 2


def test_a_record_before_its_predecessor_is_parked_and_taken_up_with_it(keeper: Keeper) -> None:
    case = keeper.say(COURT, say.referral()).case_id
    parked = keeper.say(VILLAGE, village_says(say.progress(), case))
    assert (parked.fate, parked.message_id) == ("parked", None)
    accepted = keeper.say(VILLAGE, village_says(say.acceptance(), case))
    assert accepted.fate == "accepted"
    assert [row["fate"] for row in keeper.rows(inbox, partner=VILLAGE)] == ["accepted", "accepted"]
    to_court = sorted(keeper.rows(delivery, partner=COURT), key=lambda row: row["step"])
    assert [row["type"] for row in to_court] == ["acceptance", "progress"]


def test_a_parked_record_is_taken_up_within_the_same_commit(keeper: Keeper) -> None:
    case = keeper.say(COURT, say.referral()).case_id
    kept = keeper.keep(
        keeper.arrival(VILLAGE, keeper.entry(village_says(say.progress(), case))),
        keeper.arrival(VILLAGE, keeper.entry(village_says(say.acceptance(), case))),
    )
    assert [each.outcomes[0].fate for each in kept if isinstance(each, Kept)] == ["accepted", "accepted"]


def test_an_answer_under_an_id_we_have_not_learnt_yet_waits_for_the_receipt(keeper: Keeper) -> None:
    """The partner's answer may overtake its own receipt of our delivery."""
    keeper.say(COURT, say.referral())
    claimed = keeper.claim(VILLAGE)[0]
    early = keeper.say(VILLAGE, about(say.acceptance(), partner_id="EV-7"))
    assert early.fate == "parked"
    assert keeper.close(keeper.delivered(claimed, case="EV-7")) == {COURT}
    assert [row["fate"] for row in keeper.rows(inbox, partner=VILLAGE)] == ["accepted"]
    assert keeper.rows(dispute_case)[0]["state"] == "ACCEPTED"


def test_a_parked_record_whose_predecessor_never_comes_is_held_for_a_person(keeper: Keeper) -> None:
    keeper.say(VILLAGE, about(say.acceptance(), partner_id="EV-7"))
    keeper.later(days=4)
    with writing(keeper.engine).begin() as connection:
        assert keep_house(connection, millis(keeper.now)) == 1
    row = keeper.rows(inbox)[0]
    assert (row["fate"], row["code"], row["content_sealed"]) == ("held", "inbox.predecessor_missing", None)


def test_a_partner_may_not_speak_of_a_case_it_is_not_party_to(keeper: Keeper) -> None:
    case = keeper.say(COURT, say.referral()).case_id
    stranger = keeper.say(TOWNSHIP, village_says(say.acceptance("org-township"), case))
    assert (stranger.fate, stranger.code) == ("refused", "auth.not_party")
    nothing = keeper.say(TOWNSHIP, village_says(say.acceptance("org-township"), "no-such-case"))
    assert (nothing.fate, nothing.code) == ("refused", "auth.not_party"), "it may not learn which cases exist"


def test_a_record_that_names_no_case_at_all_is_refused(keeper: Keeper) -> None:
    outcome = keeper.say(VILLAGE, about(say.acceptance(), partner_id=None))
    assert (outcome.fate, outcome.code) == ("refused", "inbox.case_not_named")


def test_two_ids_that_mean_different_cases_are_refused(keeper: Keeper) -> None:
    first = keeper.say(COURT, say.referral()).case_id
    keeper.say(COURT, about(say.referral(), partner_id="A-2"))
    mixed = keeper.say(COURT, about(say.supervision(), partner_id="A-2", gateway_id=first))
    assert (mixed.fate, mixed.code) == ("refused", "inbox.two_cases")


def test_an_illegal_step_is_refused_with_what_was_expected(keeper: Keeper) -> None:
    case = keeper.say(COURT, say.referral()).case_id
    keeper.say(VILLAGE, village_says(say.acceptance(), case))
    again = keeper.say(VILLAGE, village_says(say.acceptance(), case))
    assert again.fate == "refused"
    assert again.facts["basis"]
    assert again.case_id == case


def test_escalation_reaches_the_township_and_a_copy_the_court(keeper: Keeper) -> None:
    case = keeper.say(COURT, say.referral()).case_id
    for said in (say.acceptance(), say.progress()):
        keeper.say(VILLAGE, village_says(said, case))
    escalated = keeper.say(VILLAGE, village_says(say.escalation(), case))
    assert escalated.fate == "accepted"
    due = {row["partner"]: row["why"] for row in keeper.rows(delivery, type="escalation")}
    assert due == {TOWNSHIP: "addressed", COURT: "copy"}
    assert keeper.rows(dispute_case)[0]["holder"] == "org-township"
    assert [row["unit"] for row in sorted(keeper.rows(leg), key=lambda row: row["number"])] == [
        "org-village", "org-township",
    ]  # fmt: skip


def test_a_document_to_be_fetched_makes_work_for_its_senders_lane(keeper: Keeper) -> None:
    paper = Announced(media_type="application/pdf", url="https://files.example/1")
    kept = keeper.keep(keeper.arrival(COURT, keeper.entry(say.referral(), documents=[paper])))[0]
    assert isinstance(kept, Kept)
    assert kept.due == {COURT, VILLAGE}
    row = keeper.rows(document)[0]
    assert row["state"] == "awaited"
    assert b"files.example" not in row["url_sealed"]
    assert keeper.claim(VILLAGE) == [], "the delivery waits for its document"


def test_a_group_of_many_arrivals_is_decided_in_order(keeper: Keeper) -> None:
    case = keeper.say(COURT, say.referral()).case_id
    steps = [say.acceptance(), say.assignment(), say.progress(), say.success()]
    kept = keeper.keep(*[keeper.arrival(VILLAGE, keeper.entry(village_says(said, case))) for said in steps])
    assert [each.outcomes[0].fate for each in kept if isinstance(each, Kept)] == ["accepted"] * 4
    rows = sorted(keeper.rows(message), key=lambda row: row["step"])
    assert [row["type"] for row in rows] == ["referral", "acceptance", "assignment", "progress", "success"]
    assert rows[-1]["state"] == "SETTLED"
    assert {row["causation_id"] for row in rows[1:]} == {rows[0]["id"]}


def test_a_later_version_of_a_result_corrects_it_and_an_earlier_one_that_comes_late_does_not(keeper: Keeper) -> None:
    case = keeper.say(COURT, say.referral()).case_id
    for said in (say.acceptance(), say.progress()):
        keeper.say(VILLAGE, village_says(said, case))

    def result(version: str) -> Outcome:
        said = village_says(say.success(), case)
        return keeper.say(VILLAGE, said, record_id="R-9", contents=version, version=version)

    assert result("").fate == "accepted"
    assert result("10").fate == "accepted"
    late = result("9")
    assert (late.fate, late.code) == ("refused", "lifecycle.second_result")
    another = keeper.say(VILLAGE, village_says(say.success(), case), version="11")
    assert another.fate == "refused", "another record is no later version of this one"
    assert result("10").repeated
    assert [row["type"] for row in keeper.rows(delivery, partner=COURT)].count("success") == 2
