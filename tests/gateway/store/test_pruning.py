"""What is old goes and what anybody may still need stays, on both databases."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, insert, update

from gateway.contract import Outcome
from gateway.errors import NotFound
from gateway.retention import Retention
from gateway.store import mending, pruning, rulings, shown
from gateway.store.arrivals import Announced, Arrival, Kept
from gateway.store.cipher import Cipher, Key, Keyring
from gateway.store.engine import writing
from gateway.store.tables import (
    attempt,
    case_reference,
    delivery,
    dispute_case,
    document,
    inbox,
    leg,
    legal_hold,
    message,
    message_document,
    reconciliation,
    reconciliation_item,
    request,
    ruling,
    ruling_certificate,
)
from gateway.store.times import millis
from gateway.store.writer import Writer
from tests.gateway.lifecycle import lifecycle_messages as say
from tests.gateway.store.keeping import COURT, VILLAGE, Keeper
from tests.gateway.store.test_earlier import at_the_township, escalated
from tests.gateway.store.test_journal import about, village_says

COMPLAINT = Announced(sha256="a" * 64, sm3="b" * 64, size=7, media_type="text/plain")
CONTENT, EVENTS = 1095, 1826  # days
OF_A_CASE = (inbox, message, delivery, case_reference, leg)


@pytest.fixture
def keeper(engine: Engine) -> Keeper:
    return Keeper(engine, Cipher(Keyring(keys=(Key(name="test", material=bytes(32)),)), "aes"))


def doing(keeper: Keeper, work: Callable[[Retention], Any], **given: Any) -> Any:
    """Do something with the retention of the keeper's store, by the keeper's clock."""
    with Writer[Arrival, Kept](keeper.engine, batch=keeper.journal.keep) as writer:
        settings = {"content_days": CONTENT, "event_days": EVENTS, "step": 3, "rest": 0, **given}
        return asyncio.run(work(Retention(engine=keeper.engine, writer=writer, now=lambda: keeper.now, **settings)))


def pruned(keeper: Keeper, **given: Any) -> dict[str, int]:
    counts, more = doing(keeper, lambda retention: retention.prune(), **given)
    assert not more
    return {name: count for name, count in counts.items() if count}


def deliver(keeper: Keeper, *partners: str) -> None:
    """Deliver everything that is due, with its successors."""
    while claimed := [each for partner in partners or (COURT, VILLAGE) for each in keeper.claim(partner)]:
        for each in claimed:
            keeper.close(keeper.delivered(each))


def told(keeper: Keeper, partner: str, what: Any, name: str, **given: Any) -> Outcome:
    outcome = keeper.say(partner, about(what, partner_id=name), **given)
    assert outcome.fate == "accepted", outcome
    return outcome


def referred(keeper: Keeper, name: str) -> str:
    """Refer a case with a document to the village, which declines it."""
    outcome = told(keeper, COURT, say.referral(), name, documents=(COMPLAINT,))
    (claimed,) = [each for each in keeper.claim(VILLAGE) if each.case_id == outcome.case_id]
    keeper.close(keeper.delivered(claimed, case=f"SJ-{name}"))
    told(keeper, VILLAGE, say.decline(), f"SJ-{name}")
    return str(outcome.case_id)


def closed(keeper: Keeper, name: str) -> str:
    """Play a case from its referral to the filing that closes it, everything delivered; return its id."""
    case_id = referred(keeper, name)
    end(keeper, name)
    assert keeper.rows(dispute_case, id=case_id)[0]["closed_at"] is not None
    return case_id


def end(keeper: Keeper, name: str) -> None:
    deliver(keeper)
    number = f"(2026)渝0242民初{len(keeper.rows(dispute_case))}号"
    told(keeper, COURT, about(say.filing(), number=number, legacy_number=None), name)
    deliver(keeper)


def contents(keeper: Keeper, case_id: str) -> set[bool]:
    """Return whether the messages of a case are whole."""
    return {bool(row["content_sealed"]) for row in keeper.rows(message, case_id=case_id)}


def requests_of(keeper: Keeper, case_id: str) -> list[dict[str, Any]]:
    ids = {row["request_id"] for row in keeper.rows(inbox, case_id=case_id)}
    return [row for row in keeper.rows(request) if row["id"] in ids]


def change(keeper: Keeper, table: Any, case_id: str, **values: Any) -> None:
    with writing(keeper.engine).begin() as connection:
        connection.execute(update(table).where(table.c.case_id == case_id).values(**values))


def test_contents_are_emptied_when_the_case_has_been_closed_for_long_enough(keeper: Keeper) -> None:
    case_id = closed(keeper, "A")
    keeper.later(days=CONTENT - 1)
    assert pruned(keeper) == {}
    assert contents(keeper, case_id) == {True}
    keeper.later(days=1)
    assert doing(keeper, lambda retention: asyncio.to_thread(retention.due))["cases_emptied"] == 1
    assert pruned(keeper) == {"cases_emptied": 1, "requests_emptied": 3}
    assert contents(keeper, case_id) == {False}
    assert [(row["path_sealed"], row["headers_sealed"], row["body_sealed"]) for row in keeper.rows(request)] == [
        (b"", b"", None)
    ] * 3
    (paper,) = keeper.rows(document)
    assert (paper["state"], paper["sha256"], paper["url_sealed"]) == ("emptied", None, None)
    (case,) = keeper.rows(dispute_case)
    assert "marks" not in orjson.loads(case["snapshot"])
    assert pruned(keeper) == {}


def test_an_emptied_case_is_still_traced_and_says_so(keeper: Keeper) -> None:
    case_id = closed(keeper, "A")
    keeper.later(days=CONTENT)
    pruned(keeper)
    with keeper.engine.connect() as connection:
        story = shown.trace(connection, case_id)
    assert {step["emptied_at"] for step in story["steps"]} == {keeper.now}
    assert [step["type"] for step in story["steps"]] == ["referral", "decline", "litigation"]


def test_a_record_sent_again_gets_its_first_answer_for_as_long_as_there_are_rows(keeper: Keeper) -> None:
    referral = about(say.referral(), partner_id="A")
    first = keeper.say(COURT, referral, record_id="R-1")
    deliver(keeper)
    keeper.say(VILLAGE, village_says(say.decline(), first.case_id))
    end(keeper, "A")
    keeper.later(days=CONTENT)
    assert pruned(keeper)["cases_emptied"] == 1
    again = keeper.say(COURT, referral, record_id="R-1")
    assert (again.receipt_id, again.repeated) == (first.receipt_id, True)
    keeper.later(days=EVENTS - CONTENT)
    assert pruned(keeper)["cases_deleted"] == 1


def test_rows_go_when_their_time_has_come_and_leave_nothing_behind(keeper: Keeper) -> None:
    old = closed(keeper, "A")
    keeper.later(days=EVENTS)
    young = closed(keeper, "B")
    assert pruned(keeper) == {"cases_deleted": 1, "requests_deleted": 3, "cases_emptied": 1, "requests_emptied": 3}
    assert [row["id"] for row in keeper.rows(dispute_case)] == [young]
    for table in OF_A_CASE:
        assert keeper.rows(table, case_id=old) == []
        assert keeper.rows(table, case_id=young) != []
    assert {row["delivery_id"] for row in keeper.rows(attempt)} <= {row["id"] for row in keeper.rows(delivery)}
    assert len(keeper.rows(request)) == len(keeper.rows(message)) == 3
    assert len(keeper.rows(document)) == len(keeper.rows(message_document)) == 1


def test_what_belongs_to_no_case_goes_by_its_receipt(keeper: Keeper) -> None:
    keeper.one(keeper.arrival(COURT, keeper.objected("R-1", "refused", "mapping.missing")))
    keeper.later(days=CONTENT)
    assert pruned(keeper) == {"requests_emptied": 1}
    assert keeper.rows(inbox)[0]["code"] == "mapping.missing"
    keeper.later(days=EVENTS - CONTENT)
    assert pruned(keeper) == {"requests_deleted": 1}
    assert keeper.rows(inbox) == keeper.rows(request) == []


def test_nothing_goes_by_a_clock_that_is_switched_off(keeper: Keeper) -> None:
    closed(keeper, "A")
    keeper.later(days=100_000)
    assert pruned(keeper, content_days=0, event_days=0) == {}
    assert pruned(keeper, event_days=0) == {"cases_emptied": 1, "requests_emptied": 3}
    assert len(keeper.rows(dispute_case)) == 1


def test_a_hold_keeps_a_case_until_it_is_released(keeper: Keeper) -> None:
    case_id = closed(keeper, "A")
    held = doing(keeper, lambda retention: retention.hold("A", reason="信访复查", by="王管理员"))
    assert held == {"case": case_id, "held": True, "changed": True}
    assert not doing(keeper, lambda retention: retention.hold("A", reason="again", by="x"))["changed"]
    keeper.later(days=2 * EVENTS)
    assert pruned(keeper) == {}
    assert contents(keeper, case_id) == {True}
    assert all(row["body_sealed"] for row in requests_of(keeper, case_id))
    with keeper.engine.connect() as connection:
        (hold,) = shown.holds(connection)
        assert shown.trace(connection, case_id)["holds"] == [hold]
    assert (hold["reason"], hold["placed_by"], hold["placed_at"] < keeper.now) == ("信访复查", "王管理员", True)
    doing(keeper, lambda retention: retention.release("A", by="李管理员"))
    with pytest.raises(NotFound):
        doing(keeper, lambda retention: retention.release("A", by="李管理员"))
    assert pruned(keeper)["cases_deleted"] == 1
    assert keeper.rows(legal_hold) == []


def undelivered(keeper: Keeper, case_id: str) -> None:
    change(keeper, delivery, case_id, status="pending", due_at=millis(keeper.now))


def leased(keeper: Keeper, case_id: str) -> None:
    change(keeper, delivery, case_id, status="pending", due_at=1, lease="somebody")


def dead(keeper: Keeper, case_id: str) -> None:
    change(keeper, delivery, case_id, status="dead")


def handed(keeper: Keeper, case_id: str) -> None:
    change(keeper, delivery, case_id, status="handed", receipt_due=1)


def in_doubt(keeper: Keeper, case_id: str) -> None:
    change(keeper, delivery, case_id, status="in_doubt", due_at=None)


def blocked(keeper: Keeper, case_id: str) -> None:
    first, *others = [row["id"] for row in keeper.rows(delivery, case_id=case_id)]
    with writing(keeper.engine).begin() as connection:
        connection.execute(update(delivery).where(delivery.c.id == first).values(status="dead"))
        connection.execute(update(delivery).where(delivery.c.id.in_(others)).values(status="pending", due_at=1))


def one_parked(keeper: Keeper, case_id: str) -> None:
    change_one_record(keeper, case_id, fate="parked", content_sealed=b"sealed", waits_for="referral", deadline_at=2**50)


def one_held(keeper: Keeper, case_id: str) -> None:
    change_one_record(keeper, case_id, fate="held", code="mapping.missing")


def change_one_record(keeper: Keeper, case_id: str, **values: Any) -> None:
    chosen = max(row["id"] for row in keeper.rows(inbox, case_id=case_id))
    with writing(keeper.engine).begin() as connection:
        connection.execute(update(inbox).where(inbox.c.id == chosen).values(**values))


def under_hold(keeper: Keeper, case_id: str) -> None:
    doing(keeper, lambda retention: retention.hold(case_id, reason="信访复查", by="x"))


def different(keeper: Keeper, case_id: str) -> None:
    row = {"partner": VILLAGE, "day": "2026-03-20", "record_id": case_id, "case_id": case_id, "outcome": "missing",
           "code": "reconciliation.missing", "found_at": 1}  # fmt: skip
    with writing(keeper.engine).begin() as connection:
        connection.execute(insert(reconciliation_item).values(row))


def awaited(keeper: Keeper, case_id: str) -> None:
    mine = {row["id"] for row in keeper.rows(message, case_id=case_id)}
    papers = [row["document_id"] for row in keeper.rows(message_document) if row["message_id"] in mine]
    with writing(keeper.engine).begin() as connection:
        connection.execute(update(document).where(document.c.id.in_(papers)).values(state="awaited"))


def still_open(keeper: Keeper, case_id: str) -> None:
    with writing(keeper.engine).begin() as connection:
        connection.execute(update(dispute_case).where(dispute_case.c.id == case_id).values(closed_at=None))


STATES = (
    undelivered, leased, dead, handed, in_doubt, blocked, one_parked, one_held, under_hold, different, awaited,
    still_open,
)  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_what_anybody_may_still_need_survives(keeper: Keeper, state: Callable[[Keeper, str], None]) -> None:
    case_id = closed(keeper, "A")
    state(keeper, case_id)
    before = everything_of(keeper, case_id)
    keeper.later(days=2 * EVENTS)
    assert not {"cases_emptied", "cases_deleted"} & pruned(keeper).keys()
    assert everything_of(keeper, case_id) == before


@pytest.mark.parametrize("seed", range(3))
def test_any_run_over_any_mixture_leaves_whole_whatever_is_not_through(keeper: Keeper, seed: int) -> None:
    chance = random.Random(seed)
    fates: dict[str, Callable[[Keeper, str], None] | None] = {}
    for number in range(9):
        case_id = closed(keeper, f"C-{number}")
        fates[case_id] = chance.choice((None, *STATES))
        keeper.later(days=chance.randrange(400))
    for case_id, state in fates.items():
        if state is not None:
            state(keeper, case_id)
    before = {case_id: everything_of(keeper, case_id) for case_id, state in fates.items() if state is not None}
    for _ in range(4):
        keeper.later(days=chance.randrange(1500))
        pruned(keeper, step=chance.choice((1, 2, 50)))
        assert {case_id: everything_of(keeper, case_id) for case_id in before} == before
    keeper.later(days=EVENTS)
    pruned(keeper)
    assert {row["id"] for row in keeper.rows(dispute_case)} == set(before)


def test_a_neighbour_in_the_same_request_keeps_it_whole(keeper: Keeper) -> None:
    referral = keeper.entry(about(say.referral(), partner_id="A"))
    keeper.keep(keeper.arrival(COURT, referral, keeper.objected("R-2", "held", "mapping.missing")))
    deliver(keeper)
    keeper.say(VILLAGE, village_says(say.decline(), keeper.rows(dispute_case)[0]["id"]))
    end(keeper, "A")
    keeper.later(days=CONTENT)
    assert pruned(keeper) == {"cases_emptied": 1, "requests_emptied": 2}
    assert sorted(bool(row["body_sealed"]) for row in keeper.rows(request)) == [False, False, True]
    waiting = keeper.rows(inbox, fate="held")[0]
    with keeper.engine.connect() as connection:
        kept = mending.kept_record(connection, waiting["id"])
    assert kept is not None
    assert kept["body_sealed"] == b"sealed"


def test_a_case_that_is_spoken_of_again_is_emptied_again_only_when_that_is_old(keeper: Keeper) -> None:
    case_id = closed(keeper, "A")
    keeper.later(days=CONTENT)
    pruned(keeper)
    with writing(keeper.engine).begin() as connection:
        said = dict(keeper.rows(message, case_id=case_id)[0], id="late", step=4, received_at=millis(keeper.now))
        said |= {"content_sealed": b"said late", "emptied_at": None}
        connection.execute(insert(message).values(said))
        connection.execute(update(dispute_case).values(step=4))
    assert pruned(keeper) == {}
    assert keeper.rows(message, id="late")[0]["content_sealed"] == b"said late"
    keeper.later(days=CONTENT)
    assert pruned(keeper)["cases_emptied"] == 1
    assert keeper.rows(message, id="late")[0]["content_sealed"] == b""


def test_what_was_emptied_is_not_told_to_a_new_holder(keeper: Keeper) -> None:
    escalated(keeper, "A")
    emptied = update(message).where(message.c.type == "acceptance").values(content_sealed=b"", emptied_at=1)
    with writing(keeper.engine).begin() as connection:
        connection.execute(emptied)
    (claimed,) = at_the_township(keeper).values()
    assert [each.type for each in claimed.earlier] == ["referral", "progress"]


def test_a_run_that_was_cut_off_goes_on(keeper: Keeper) -> None:
    for number in range(5):
        closed(keeper, f"C-{number}")
    keeper.later(days=CONTENT)
    counts, more = doing(keeper, lambda retention: retention.prune(1), step=2)
    assert (counts["cases_emptied"], more) == (2, True)
    assert pruned(keeper)["cases_emptied"] == 3


def test_a_case_that_changed_since_it_was_found_is_left(keeper: Keeper) -> None:
    case_id = closed(keeper, "A")
    keeper.later(days=CONTENT)
    sweep, before = pruning.CONTENTS[0], millis(keeper.now)
    with keeper.engine.connect() as connection:
        found = sweep.find(connection, before, pruning.START, 10)
    dead(keeper, case_id)
    with writing(keeper.engine).begin() as connection:
        assert sweep.prune(connection, found, before, before) == 0
    assert contents(keeper, case_id) == {True}


def test_old_comparisons_go_and_unsettled_ones_stay(keeper: Keeper) -> None:
    days = {"2026-01-01": None, "2026-01-02": 5, "2032-01-01": 5}
    with writing(keeper.engine).begin() as connection:
        for day, settled in days.items():
            connection.execute(insert(reconciliation).values(partner=VILLAGE, day=day, state="done", started_at=1))
            item = {"partner": VILLAGE, "day": day, "record_id": "R", "outcome": "missing", "code": "c", "found_at": 1}
            connection.execute(insert(reconciliation_item).values(item | {"settled_at": settled}))
    keeper.later(days=EVENTS + 30)
    pruned(keeper)
    for table in (reconciliation, reconciliation_item):
        assert sorted(row["day"] for row in keeper.rows(table)) == ["2026-01-01", "2032-01-01"]


def everything_of(keeper: Keeper, case_id: str) -> dict[str, Any]:
    """Return every row of a case, with its requests and documents, as it is kept."""
    found: dict[str, Any] = {table.name: keeper.rows(table, case_id=case_id) for table in OF_A_CASE}
    mine = {row["id"] for row in found["message"]}
    papers = {row["document_id"] for row in keeper.rows(message_document) if row["message_id"] in mine}
    found["document"] = [row for row in keeper.rows(document) if row["id"] in papers]
    found["request"] = requests_of(keeper, case_id)
    found["case"] = keeper.rows(dispute_case, id=case_id)
    sent = {row["id"] for row in found["delivery"]}
    found["attempt"] = [row for row in keeper.rows(attempt) if row["delivery_id"] in sent]
    return {name: sorted(rows, key=str) for name, rows in found.items()}


def test_what_may_go_is_found_by_an_index(keeper: Keeper) -> None:
    """Else every look at an old store would read all of it."""
    wanted = {"cases_emptied": "ix_dispute_case_contents", "cases_deleted": "ix_dispute_case_closed",
              "requests_emptied": "ix_request_contents", "requests_deleted": "ix_request_"}  # fmt: skip
    closed(keeper, "A")
    with keeper.engine.connect() as connection:
        on_sqlite = connection.dialect.name == "sqlite"
        if not on_sqlite:
            connection.exec_driver_sql("SET enable_seqscan = off")
        for sweep in (*pruning.CONTENTS, *pruning.EVENTS):
            query = sweep.query(1000, pruning.START, 50).compile(connection, compile_kwargs={"literal_binds": True})
            plan = connection.exec_driver_sql(f"EXPLAIN {'QUERY PLAN' if on_sqlite else ''} {query}").all()
            assert wanted[sweep.name] in str(plan), (sweep.name, plan)


def test_what_was_found_about_a_ruling_goes_with_its_case(keeper: Keeper) -> None:
    case_id = closed(keeper, "A")
    (first, *_) = keeper.rows(message, case_id=case_id)
    row = {"message_id": first["id"], "case_id": case_id, "number": 1, "document_id": "D-1", "version": 1,
           "result": "valid", "state": "SERVED", "evidence": "0" * 64, "decided_by": "许知微", "received_at": 0,
           "checks": "[]"}  # fmt: skip
    with writing(keeper.engine).begin() as connection:
        rulings.add(connection, row)
        rulings.keep_foundation(connection, first["id"], ["1" * 64], ["5002421000017"])
    keeper.later(days=CONTENT)
    pruned(keeper)
    (kept,) = keeper.rows(ruling)
    assert (kept["evidence"], kept["decided_by"], kept["checks"]) == (None, None, "[]")
    keeper.later(days=EVENTS - CONTENT)
    pruned(keeper)
    assert keeper.rows(ruling) == keeper.rows(ruling_certificate) == []
