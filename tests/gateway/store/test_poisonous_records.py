"""A record that nobody can read or judge stands alone: its neighbours, its predecessor and its lane go on."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, update

from gateway.canonical.messages import Message
from gateway.errors import NotFound
from gateway.rules import Rules
from gateway.store.arrivals import CaseFile, Judgement, Kept
from gateway.store.cipher import Cipher, Key, Keyring
from gateway.store.engine import writing
from gateway.store.journal import Journal
from gateway.store.tables import dispute_case, inbox, message
from tests.gateway.lifecycle import lifecycle_messages as say
from tests.gateway.store.keeping import COURT, VILLAGE, Keeper, a_revision
from tests.gateway.store.test_journal import about, village_says


@pytest.fixture
def keeper(engine: Engine) -> Keeper:
    return Keeper(engine, Cipher(Keyring(keys=(Key(name="test", material=bytes(32)),)), "aes"))


def damage_what_is_parked(keeper: Keeper) -> None:
    with writing(keeper.engine).begin() as connection:
        connection.execute(update(inbox).where(inbox.c.fate == "parked").values(content_sealed=b"damaged"))


class StumblesOver:
    """Rules with a bug that one message meets."""

    def __init__(self, message_id: str) -> None:
        revision = a_revision()
        self._rules, self._victim = Rules(lambda: revision), message_id

    def __call__(self, case: CaseFile | None, message: Message, **given: Any) -> Judgement:
        if message.id == self._victim:
            raise ZeroDivisionError
        return self._rules(case, message, **given)


def test_a_parked_record_that_cannot_be_opened_is_held_and_its_predecessor_accepted(keeper: Keeper) -> None:
    case = keeper.say(COURT, say.referral()).case_id
    parked = keeper.say(VILLAGE, village_says(say.progress(), case))
    damage_what_is_parked(keeper)
    assert keeper.say(VILLAGE, village_says(say.acceptance(), case)).fate == "accepted"
    (row,) = keeper.rows(inbox, id=parked.receipt_id)
    assert (row["fate"], row["code"], row["message_id"]) == ("held", "gateway.fault", None)


def test_a_parked_record_that_cannot_be_opened_does_not_stop_the_lane_that_learns_its_case(keeper: Keeper) -> None:
    keeper.say(COURT, say.referral())
    claimed = keeper.claim(VILLAGE)[0]
    keeper.say(VILLAGE, about(say.acceptance(), partner_id="EV-7"))
    damage_what_is_parked(keeper)
    keeper.close(keeper.delivered(claimed, case="EV-7"))
    assert [row["fate"] for row in keeper.rows(inbox, partner=VILLAGE)] == ["held"]
    assert keeper.claim(VILLAGE) == [], "the delivery itself is closed"


def test_a_bug_in_the_rules_holds_the_record_it_struck_and_no_neighbour(keeper: Keeper) -> None:
    case = keeper.say(COURT, say.referral()).case_id
    bad, good = village_says(say.acceptance(), case), village_says(say.acceptance(), case)
    keeper.journal = Journal(cipher=keeper.cipher, decide=StumblesOver(bad.id), now=lambda: keeper.now)
    kept = keeper.keep(keeper.arrival(VILLAGE, keeper.entry(bad), keeper.entry(good)))[0]
    assert isinstance(kept, Kept)
    assert [(each.fate, each.code) for each in kept.outcomes] == [("held", "gateway.fault"), ("accepted", None)]
    assert kept.outcomes[0].facts["fault"]
    assert len(keeper.rows(message)) == 2


def test_records_parked_before_are_taken_up_before_those_of_this_commit(keeper: Keeper) -> None:
    case = keeper.say(COURT, say.referral()).case_id
    first = keeper.say(VILLAGE, village_says(say.progress(day=3), case))
    keeper.later(seconds=1)
    second, opening = village_says(say.progress(day=4), case), village_says(say.acceptance(), case)
    keeper.keep(keeper.arrival(VILLAGE, keeper.entry(second)), keeper.arrival(VILLAGE, keeper.entry(opening)))
    steps = {row["id"]: row["step"] for row in keeper.rows(message)}
    (row,) = keeper.rows(inbox, id=first.receipt_id)
    assert steps[opening.id] < steps[row["message_id"]] < steps[second.id]


def test_many_parked_records_of_one_commit_enter_once_each(keeper: Keeper) -> None:
    """What unlocks them one after another must not make their number grow."""
    case = keeper.say(COURT, say.referral()).case_id
    backwards = [say.appraisal_ended(), say.appraisal_started(), say.progress(), say.assignment(), say.acceptance()]
    arrival = keeper.arrival(VILLAGE, *[keeper.entry(village_says(each, case)) for each in backwards])
    kept = keeper.keep(arrival)[0]
    assert isinstance(kept, Kept)
    assert {each.fate for each in kept.outcomes} == {"accepted"}
    assert len(keeper.rows(message)) == 1 + len(backwards)
    assert keeper.rows(dispute_case)[0]["step"] == 1 + len(backwards)


def test_a_parked_record_sent_again_is_told_so_under_its_first_receipt(keeper: Keeper) -> None:
    case = keeper.say(COURT, say.referral()).case_id
    first = keeper.say(VILLAGE, said := village_says(say.progress(), case))
    again = keeper.say(VILLAGE, village_says(say.progress(), case), record_id=said.id)
    assert (again.fate, again.receipt_id, again.repeated) == ("parked", first.receipt_id, True)


def test_a_replay_of_a_record_that_no_longer_waits_changes_nothing(keeper: Keeper) -> None:
    held = keeper.one(keeper.arrival(COURT, keeper.objected("R-1", "held", "mapping.unknown_code")))
    keeper.one(keeper.arrival(COURT, keeper.entry(say.referral(), record_id="R-1", contents="mended", kind="k")))
    late = keeper.entry(say.referral(), record_id="R-1", kind="k", replays=held.receipt_id)
    arrival = keeper.arrival(COURT, late)
    replay = type(arrival)(
        id=arrival.id, partner=COURT, revision=arrival.revision, received_at=keeper.now, entries=arrival.entries
    )
    assert isinstance(keeper.keep(replay)[0], NotFound)
    assert len(keeper.rows(message)) == 1
