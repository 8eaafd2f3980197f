"""The trace of a request stays with its messages, also with one that another request's commit takes up."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from gateway.store.cipher import Cipher, Key, Keyring
from gateway.store.tables import message
from tests.gateway.lifecycle import lifecycle_messages as say
from tests.gateway.store.keeping import COURT, VILLAGE, Keeper
from tests.gateway.store.test_journal import village_says

REFERRED, EARLY, ACCEPTED = "a" * 32, "b" * 32, "c" * 32


@pytest.fixture
def keeper(engine: Engine) -> Keeper:
    return Keeper(engine, Cipher(Keyring(keys=(Key(name="test", material=bytes(32)),)), "aes"))


def test_a_message_keeps_the_trace_of_its_own_request_even_when_it_was_parked(keeper: Keeper) -> None:
    case = keeper.one(keeper.arrival(COURT, keeper.entry(say.referral()), trace_id=REFERRED)).case_id
    early = keeper.entry(village_says(say.progress(), case))
    assert keeper.one(keeper.arrival(VILLAGE, early, trace_id=EARLY)).fate == "parked"
    keeper.one(keeper.arrival(VILLAGE, keeper.entry(village_says(say.acceptance(), case)), trace_id=ACCEPTED))
    traces = {row["type"]: row["trace_id"] for row in keeper.rows(message)}
    assert traces == {"referral": REFERRED, "acceptance": ACCEPTED, "progress": EARLY}
    assert {each.message["trace_id"] for each in keeper.claim(VILLAGE)} == {REFERRED}
