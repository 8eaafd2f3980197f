"""Lists in queries: the same answer as ever, one text for every length, and an index for every statement."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, Row, bindparam, event, select

from gateway.store import books, cases, inbox
from gateway.store.among import LookUp, among
from gateway.store.cipher import Cipher, Key, Keyring
from gateway.store.engine import writing
from gateway.store.tables import nonce, party_pair
from tests.gateway.lifecycle import lifecycle_messages as say
from tests.gateway.store.keeping import COURT, VILLAGE, Keeper
from tests.gateway.store.test_journal import about

ODD = ("", "'", '"', "\\", "a,b", "[1]", "枫桥", "𠮷", "%s", "null", "1")
TABLES = "delivery|inbox|message|dispute_case|case_reference|nonce|party_pair|document|message_document|request|leg"


@pytest.fixture
def keeper(engine: Engine) -> Keeper:
    return Keeper(engine, Cipher(Keyring(keys=(Key(name="test", material=bytes(32)),)), "aes"))


@pytest.fixture
def nonces(engine: Engine) -> Engine:
    with writing(engine).begin() as connection:
        for value in ODD:
            connection.execute(nonce.insert(), {"partner": "a", "value": value, "expires_at": 1})
            connection.execute(nonce.insert(), {"partner": "b", "value": value, "expires_at": 2})
    return engine


OWN = select(nonce.c.value, nonce.c.expires_at).where(nonce.c.partner == bindparam("partner"))


@pytest.mark.parametrize("asked", [(), ("nothing like it",), ("'",), ODD, ("枫桥", "枫桥x", "1")])
def test_the_same_is_found_as_by_comparing(nonces: Engine, asked: tuple[str, ...]) -> None:
    query, look_up = OWN.where(among(nonce.c.value, "values")), LookUp(OWN, nonce.c.value, "values")
    with nonces.connect() as connection:
        for each in (query, look_up.on(connection)):
            rows = connection.execute(each, {"partner": "a", "values": list(asked)}).all()
            assert sorted(rows) == sorted((value, 1) for value in ODD if value in asked)


def test_numbers_are_compared_as_numbers(engine: Engine, keeper: Keeper) -> None:
    case_id = keeper.say(COURT, about(say.referral(), partner_id="A")).case_id
    known = [-(2**63), -1, 0, 7, 2**63 - 1]
    rest = {"day": 1, "case_id": case_id, "within": 1, "type": "contract", "division": None, "place": None}
    query = select(party_pair.c.digest).where(among(party_pair.c.digest, "digests", numbers=True))
    with writing(engine).begin() as connection:
        for digest in known:
            connection.execute(party_pair.insert(), {"digest": digest, **rest})
        assert sorted(connection.execute(query, {"digests": [*known, 1, 2**62]}).scalars()) == known
        assert list(connection.execute(query, {"digests": [7, 8]}).scalars()) == [7]


@pytest.fixture
def said(engine: Engine) -> Iterator[dict[str, Any]]:
    """Every statement that is executed, with the last parameters it was given."""
    statements: dict[str, Any] = {}

    def heard(_connection: Any, _cursor: Any, statement: str, given: Any, _context: Any, many: bool) -> None:
        statements[statement] = given[0] if many else given

    event.listen(engine, "before_cursor_execute", heard)
    yield statements
    event.remove(engine, "before_cursor_execute", heard)


def whole_way(keeper: Keeper, name: str, count: int) -> None:
    """Keep so many referrals in one commit, claim them in one, and close them in one."""
    arrivals = [
        keeper.arrival(
            COURT, keeper.entry(about(say.referral(), partner_id=f"{name}-{n}")), nonce=f"{name}-{n}",
            nonce_expires=keeper.now,
        )
        for n in range(count)
    ]  # fmt: skip
    keeper.keep(*arrivals)
    claimed = keeper.claim(VILLAGE, limit=100)
    assert len(claimed) == count
    keeper.close(*(keeper.delivered(each, f"V-{name}-{n}") for n, each in enumerate(claimed)))


def test_a_statement_reads_the_same_for_every_length_of_its_lists(keeper: Keeper, said: dict[str, Any]) -> None:
    whole_way(keeper, "two", 2)
    whole_way(keeper, "three", 3)
    said_for_few = set(said)
    whole_way(keeper, "seven", 7)
    whole_way(keeper, "eleven", 11)
    assert len(said_for_few) > 20
    assert set(said) == said_for_few, "none is prepared anew because a group is larger"


def test_no_statement_on_the_way_of_a_record_reads_a_table_from_end_to_end(
    engine: Engine, keeper: Keeper, said: dict[str, Any]
) -> None:
    if engine.dialect.name == "sqlite":
        whole_way(keeper, "some", 5)
        with engine.connect() as connection:
            for statement, given in list(said.items()):
                if statement.startswith(("SELECT", "UPDATE", "DELETE")):
                    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all()
                    whole = [row.detail for row in plan if re.search(rf"SCAN ({TABLES})(?! USING)", row.detail)]
                    assert not whole, statement
        return
    # PostgreSQL plans for tables that it knows nothing of, and keeps the plan while they grow: so count what it reads.
    # Everything here is prepared in the first rounds, on empty tables.
    for n in range(40):
        whole_way(keeper, f"round-{n}", 10)
    for name, whole, by_index in _read(engine):
        assert whole == 0, f"{name} was read whole"
        assert by_index <= 400 * 30, f"{name}: {by_index} rows for 400 records"


@pytest.mark.parametrize(
    ("look_up", "column"), [(books._SPENT, "value"), (cases._FIND, "value"), (inbox._EARLIER, "record_id")]
)
def test_postgresql_looks_each_value_up_by_itself_in_a_table_it_knows_nothing_of(
    engine: Engine, look_up: LookUp, column: str
) -> None:
    if engine.dialect.name == "sqlite":
        return
    with engine.connect() as connection:
        said = str(look_up.on(connection).compile(engine))
        said = re.sub(r"%\((values|ids)\)s", "$1", said).replace("%(partner)s", "$2")
        connection.exec_driver_sql("SET plan_cache_mode = force_generic_plan")
        connection.exec_driver_sql(f"PREPARE asked(text[], text) AS {said}")
        plan = "\n".join(connection.exec_driver_sql("EXPLAIN EXECUTE asked(ARRAY['x', 'y'], 'a')").scalars())
    assert re.search(rf"Index Cond: .*partner.* AND .*{column}.* = \w+\.value", plan), plan


def _read(engine: Engine) -> list[Row[Any]]:
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT pg_stat_force_next_flush()")
        connection.commit()
        return list(
            connection.exec_driver_sql(
                "SELECT relname, seq_tup_read, idx_tup_fetch FROM pg_stat_user_tables"
                " WHERE relname IN ('nonce', 'inbox', 'case_reference', 'delivery', 'message', 'dispute_case')"
            )
        )
