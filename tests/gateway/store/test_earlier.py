"""What a claim brings along for a message that goes to a new holder, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from gateway.store.arrivals import Announced
from gateway.store.cipher import Cipher, Key, Keyring
from gateway.store.earlier import MOST
from gateway.store.outbox import Claimed, Closing
from gateway.store.tables import delivery
from tests.gateway.lifecycle import lifecycle_messages as say
from tests.gateway.store.keeping import COURT, TOWNSHIP, VILLAGE, Keeper
from tests.gateway.store.test_journal import about

COMPLAINT = Announced(sha256="a" * 64, sm3="b" * 64, size=7, media_type="text/plain")


@pytest.fixture
def keeper(engine: Engine) -> Keeper:
    return Keeper(engine, Cipher(Keyring(keys=(Key(name="test", material=bytes(32)),)), "aes"))


def escalated(keeper: Keeper, case: str, *, reports: int = 1) -> None:
    """Refer a case with its complaint to the village, let it report, and hand it up."""
    keeper.say(COURT, about(say.referral(), partner_id=case), documents=(COMPLAINT,))
    (claimed,) = keeper.claim(VILLAGE)
    keeper.close(keeper.delivered(claimed, case=f"SJ-{case}"))
    for message in (say.acceptance(), *(say.progress() for _ in range(reports)), say.escalation()):
        assert keeper.say(VILLAGE, about(message, partner_id=f"SJ-{case}")).fate == "accepted"


def at_the_township(keeper: Keeper) -> dict[str, Claimed]:
    return {str(each.case_id): each for each in keeper.claim(TOWNSHIP)}


def test_a_new_holder_gets_what_was_said_before_of_its_own_case_only(keeper: Keeper) -> None:
    escalated(keeper, "A")
    escalated(keeper, "B")
    claimed = at_the_township(keeper)
    assert len(claimed) == 2
    for each in claimed.values():
        assert [earlier.type for earlier in each.earlier] == ["referral", "acceptance", "progress"]
        assert [row["sha256"] for row in each.earlier[0].documents] == [COMPLAINT.sha256]
        opened = [earlier.id for earlier in each.earlier]
        assert each.opened_by == opened[0]
        assert "sealed" not in repr(each.earlier[0])


def test_whoever_only_gets_a_copy_gets_nothing_added(keeper: Keeper) -> None:
    escalated(keeper, "A")
    copies = keeper.claim(COURT, limit=1)
    while copies:
        assert all(each.earlier == () for each in copies)
        keeper.close(*(keeper.delivered(each) for each in copies))
        copies = keeper.claim(COURT, limit=1)
    assert {(row["type"], row["why"]) for row in keeper.rows(delivery, partner=COURT)} >= {("escalation", "copy")}


def test_every_try_says_the_same_whatever_has_been_said_since(keeper: Keeper) -> None:
    escalated(keeper, "A")
    (first,) = at_the_township(keeper).values()
    keeper.close(Closing(claimed=first, status="pending", due_at=0))
    keeper.say(COURT, about(say.supervision(), partner_id="A"))
    (second,) = [each for each in keeper.claim(TOWNSHIP) if each.type == "escalation"]
    assert second.earlier == first.earlier


def test_an_endless_reporter_does_not_make_the_claim_endless(keeper: Keeper) -> None:
    escalated(keeper, "A", reports=MOST + 5)
    (claimed,) = at_the_township(keeper).values()
    assert len(claimed.earlier) == 2 + MOST, "the newest of each type"
    assert [each.type for each in claimed.earlier[:2]] == ["referral", "acceptance"]
