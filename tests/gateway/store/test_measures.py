"""What the store holds, measured for a scrape: right on both databases, and bounded."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection, Engine, event, insert

from gateway.store import measures
from gateway.store.engine import writing
from gateway.store.tables import breaker, delivery, document, inbox, leader, message, request

NOW = 1_800_000_000_000


def keep(connection: Connection, number: int, partner: str, status: str, **given: Any) -> None:
    """Put one delivery of a message of its own into the store."""
    connection.execute(
        insert(message).values(
            id=f"m{number}", type="t", step=1, partner="court", time=NOW, received_at=NOW, revision="r", unmapped=0,
            content_sealed=b"",
        )
    )  # fmt: skip
    row: dict[str, Any] = {
        "id": f"d{number}", "message_id": f"m{number}", "case_id": f"c{number}", "step": 1, "type": "t",
        "partner": partner, "why": "copy", "independent": False, "priority": 1, "status": status, "due_at": NOW,
        "attempts": 0, "created_at": NOW, "deadline_at": NOW, "lost_fields": 0, **given,
    }  # fmt: skip
    connection.execute(insert(delivery).values(row))


def measured(engine: Engine, *partners: str) -> measures.Measured:
    with engine.connect() as connection:
        return measures.measure(connection, partners, NOW)


def test_an_empty_store_measures_zero_for_every_partner(engine: Engine) -> None:
    found = measured(engine, "a", "b")
    assert found["oldest_undelivered_seconds"] == {("a",): 0, ("b",): 0}
    assert found["waiting_deliveries"]["a", "1"] == 0
    assert found["oldest_record_seconds"] == {("held",): 0, ("parked",): 0}
    assert found["breaker_open"] == {}


def test_what_waits_is_counted_by_partner_with_the_oldest_and_the_overdue(engine: Engine) -> None:
    with writing(engine).begin() as connection:
        keep(connection, 1, "a", "pending", created_at=NOW - 7_000, due_at=NOW + 60_000)
        keep(connection, 2, "a", "in_doubt", created_at=NOW - 5_000, due_at=NOW - 2_000, priority=0)
        keep(connection, 3, "a", "in_doubt", due_at=None)
        keep(connection, 4, "gone", "pending")
        keep(connection, 5, "a", "delivered", created_at=NOW - 99_000)
    found = measured(engine, "a")
    assert found["oldest_undelivered_seconds"]["a",] == 7
    assert found["overdue_seconds"]["a",] == 2
    assert found["waiting_deliveries"] == {
        ("a", "0"): 1, ("a", "1"): 2, ("a", "2"): 0, ("gone", "0"): 0, ("gone", "1"): 1, ("gone", "2"): 0,
    }  # fmt: skip
    assert found["person_deliveries"] == {("a",): 1, ("gone",): 0}


def test_dead_ones_and_what_they_block_are_counted(engine: Engine) -> None:
    with writing(engine).begin() as connection:
        keep(connection, 1, "a", "dead", case_id="c")
        keep(connection, 2, "a", "dead", case_id="c", step=2)
        keep(connection, 3, "a", "pending", case_id="c", step=3)
        keep(connection, 4, "a", "pending", case_id="c", step=4, independent=True)
        keep(connection, 5, "b", "pending", case_id="c", step=5)
        keep(connection, 6, "b", "handed")
    found = measured(engine)
    assert found["dead_deliveries"] == {("a",): 2, ("b",): 0}
    assert found["blocked_deliveries"] == {("a",): 1, ("b",): 0}, "each once, and not what may pass"
    assert found["handed_deliveries"]["b",] == 1


def test_held_and_parked_records_documents_breakers_and_the_leader_are_measured(engine: Engine) -> None:
    with writing(engine).begin() as connection:
        connection.execute(
            insert(request).values(
                id="r", partner="a", method="POST", path_sealed=b"", headers_sealed=b"", size=0, received_at=NOW
            )
        )
        for number, (partner, fate, age) in enumerate([("a", "held", 4), ("b", "held", 9), ("a", "parked", 2)]):
            connection.execute(
                insert(inbox).values(
                    id=f"i{number}", request_id="r", position=number, partner=partner, kind="k", record_id=f"{number}",
                    digest=b"\0" * 32, fate=fate, received_at=NOW - age * 1000, decided_at=NOW,
                )
            )  # fmt: skip
        connection.execute(insert(document).values(id="x", partner="a", state="awaited", created_at=NOW, due_at=NOW))
        connection.execute(insert(breaker).values(partner="a", state="open", failures=5))
        connection.execute(insert(breaker).values(partner="b", state="closed", failures=1))
        connection.execute(
            insert(leader).values(name="clock", holder="p", until=NOW + 1, since=NOW, beat_at=NOW - 3_000)
        )
    found = measured(engine, "a")
    assert found["waiting_records"] == {("a", "held"): 1, ("b", "held"): 1, ("a", "parked"): 1}
    assert found["oldest_record_seconds"] == {("held",): 9, ("parked",): 2}
    assert found["awaited_documents"]["a",] == 1
    assert found["breaker_open"] == {("a",): 1, ("b",): 0}
    assert found["breaker_failures"]["a",] == 5
    assert (found["clock_leads"], found["clock_beat_seconds"]) == ({("clock",): 1}, {("clock",): 3})


def test_a_count_stops_and_the_oldest_is_found_at_either_end(engine: Engine) -> None:
    many = measures.MOST + 100
    rows = [
        {
            "id": f"d{n}", "message_id": f"m{n}", "case_id": f"c{n}", "step": 1, "type": "t", "partner": "a",
            "why": "copy", "independent": False, "priority": 1, "status": "pending", "due_at": NOW + n, "attempts": 0,
            "created_at": NOW - (n == many - 1) * 50_000, "deadline_at": NOW, "lost_fields": 0,
        }
        for n in range(many)
    ]  # fmt: skip
    papers = [
        {"id": f"m{n}", "type": "t", "step": 1, "partner": "c", "time": 1, "received_at": 1, "revision": "r",
         "unmapped": 0, "content_sealed": b""}
        for n in range(many)
    ]  # fmt: skip
    with writing(engine).begin() as connection:
        connection.execute(insert(message), papers)
        connection.execute(insert(delivery), rows)
    found = measured(engine, "a")
    assert found["waiting_deliveries"]["a", "1"] == measures.MOST
    assert found["oldest_undelivered_seconds"]["a",] == 50, "it has failed often, and is due last"


def test_no_query_reads_a_table_from_end_to_end(sqlite_url: str) -> None:
    from gateway.store.engine import migrate, open_engine

    engine = open_engine(sqlite_url)
    migrate(engine)
    asked: list[tuple[str, Any]] = []
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append((given[2], given[3])))
    with writing(engine).begin() as connection:
        for number in range(2 * measures.END + 1):
            keep(connection, number, "a", "pending")
    asked.clear()
    measured(engine, "a")
    statements = [(said, given) for said, given in asked if said.startswith(("SELECT", "WITH"))]
    assert len(statements) > 10
    with engine.connect() as connection:
        for said, given in statements:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}", given).all()
            whole = [row.detail for row in plan if re.search(r"SCAN (delivery|inbox|document)(?!.*USING)", row.detail)]
            assert not whole, said
    engine.dispose()
