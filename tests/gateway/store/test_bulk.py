from __future__ import annotations

import pytest
from sqlalchemy import Engine, bindparam, delete, func, select, update
from sqlalchemy.exc import DataError

from gateway.store.bulk import change_rows, insert_rows
from gateway.store.engine import migrate, open_engine, writing
from gateway.store.tables import attempt, dispute_case, message, nonce


def test_rows_come_back_as_they_were_written(engine: Engine) -> None:
    rows = [
        {"id": f"m-{n}", "type": "referral", "partner": "court", "time": 1_700_000_000_000 + n, "received_at": n,
         "leg": None if n % 2 else n, "sender": None, "addressee": 'a "quoted", {braced} \\name', "revision": "r",
         "content_sealed": bytes(range(n))}
        for n in range(40)
    ]  # fmt: skip
    with writing(engine).begin() as connection:
        insert_rows(connection, message, rows)
        found = connection.execute(select(message).order_by(message.c.received_at)).mappings().all()
    assert [{name: row[name] for name in rows[0]} for row in found] == rows
    assert {(row["step"], row["unmapped"]) for row in found} == {(0, 0)}


def test_keys_that_are_no_columns_and_no_rows_at_all_are_passed_over(engine: Engine) -> None:
    with writing(engine).begin() as connection:
        insert_rows(connection, attempt, [])
        insert_rows(connection, nonce, [{"_new": True, "partner": "court", "value": "n", "expires_at": 1}])
        assert connection.execute(select(nonce.c.value)).scalars().all() == ["n"]


CHANGE = (
    update(dispute_case)
    .where(dispute_case.c.id == bindparam("b_id"), dispute_case.c.state == bindparam("b_before"))
    .values(
        state=bindparam("b_state"), holder=func.coalesce(bindparam("b_holder"), dispute_case.c.holder), closed_at=None,
        step=dispute_case.c.step + bindparam("b_steps"),
    )
)  # fmt: skip


@pytest.mark.parametrize("count", [1, 40])
def test_each_row_is_changed_by_its_own_parameters_and_only_where_it_is_as_expected(engine: Engine, count: int) -> None:
    rows = [
        {"id": f"c-{n:02d}", "state": "OPEN", "holder": "before", "opened_by": "m", "leg_opened_by": "m", "step": n,
         "parties": "[]", "snapshot": "{}", "opened_at": 1, "closed_at": 5}
        for n in range(count)
    ]  # fmt: skip
    given = [
        {"b_id": f"c-{n:02d}", "b_before": "CLOSED" if n % 4 == 3 else "OPEN", "b_state": 'a "quoted" \\ state',
         "b_holder": None if n % 2 else f"org-{n}", "b_steps": 1000 + n}
        for n in range(count)
    ]  # fmt: skip
    with writing(engine).begin() as connection:
        insert_rows(connection, dispute_case, rows)
        change_rows(connection, CHANGE, given)
        found = connection.execute(select(dispute_case).order_by(dispute_case.c.id)).mappings().all()
    for n, row in enumerate(found):
        changed = ('a "quoted" \\ state', "before" if n % 2 else f"org-{n}", 1000 + 2 * n, None)
        kept = ("OPEN", "before", n, 5)
        assert (row["state"], row["holder"], row["step"], row["closed_at"]) == (kept if n % 4 == 3 else changed)


def test_rows_can_be_deleted_one_by_one_in_one_call(engine: Engine) -> None:
    forget = delete(nonce).where(nonce.c.partner == "court", nonce.c.value == bindparam("b_value"))
    with writing(engine).begin() as connection:
        insert_rows(connection, nonce, [{"partner": "court", "value": f"n{n}", "expires_at": n} for n in range(5)])
        change_rows(connection, forget, [{"b_value": "n1"}, {"b_value": "n3"}])
        assert set(connection.execute(select(nonce.c.value)).scalars()) == {"n0", "n2", "n4"}


def test_a_text_that_does_not_fit_is_refused_rather_than_cut(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    migrate(engine)
    row = {"id": "c", "state": "s" * 33, "opened_by": "m", "leg_opened_by": "m", "step": 1, "parties": "[]",
           "snapshot": "{}", "opened_at": 1}  # fmt: skip
    with writing(engine).connect() as connection, pytest.raises(DataError):
        insert_rows(connection, dispute_case, [row])
    engine.dispose()
