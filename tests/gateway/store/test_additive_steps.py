"""Two versions work side by side: a step of the tables that calls itself additive leaves the older one its own."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from typing import Any

import pytest
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Boolean, Engine, Integer, LargeBinary, MetaData, delete, insert, inspect, select, text, update

from gateway.store import engine as database
from gateway.store.engine import migrate, open_engine, schema_state, writing

# Made before anybody had an older version. Whatever comes later is additive: renaming and removing takes two releases,
# and the second of them is a line here, with its reason.
CONTRACTING = {"0001", "0002", "0003", "0004"}
STEPS: list[Script] = sorted(
    ScriptDirectory(str(files("gateway.store") / "migrations")).walk_revisions(), key=lambda step: step.revision
)
ADDITIVE = [step.revision for step in STEPS if getattr(step.module, "additive", False)]
BOOKS = {"alembic_version", "compatibility"}


@pytest.fixture
def bare(store_url: str) -> Iterator[Engine]:
    """An engine on a database without tables."""
    engine = open_engine(store_url)
    yield engine
    engine.dispose()


def test_every_step_after_the_first_ones_is_additive() -> None:
    assert {step.revision for step in STEPS} - set(ADDITIVE) == CONTRACTING


@pytest.mark.parametrize("revision", ADDITIVE)
def test_an_additive_step_takes_nothing_away_and_demands_nothing_new(bare: Engine, revision: str) -> None:
    migrate(bare, _before(revision))
    before = _shape(bare)
    migrate(bare, revision)
    after = _shape(bare)
    for table, was in before.items():
        now = after[table]
        assert now["columns"].items() >= was["columns"].items(), table
        for name in now["columns"].keys() - was["columns"].keys():
            nullable, default = now["columns"][name][1:]
            assert nullable or default is not None, f"{table}.{name} demands what the older version does not write"
        for rule in ("unique", "references", "checks"):
            assert now[rule] == was[rule], f"{table}: {rule} changed, which the older version may break"


@pytest.mark.parametrize("revision", ADDITIVE)
def test_the_older_version_reads_and_writes_the_newer_tables_as_its_own(bare: Engine, revision: str) -> None:
    """What it says of the tables is what it knew of them: its columns, by name."""
    migrate(bare, _before(revision))
    older = MetaData()
    older.reflect(bare)
    migrate(bare, revision)
    tables = [table for table in older.sorted_tables if table.name not in BOOKS]
    with writing(bare).begin() as connection:
        for table in tables:
            row = {column.name: _plausible(column.type) for column in table.columns}
            connection.execute(insert(table).values(row))
            assert connection.execute(select(table)).mappings().all() == [row]
            free = {name: value for name, value in row.items() if not table.columns[name].primary_key}
            if free:
                assert connection.execute(update(table).values(free)).rowcount == 1
        for table in reversed(tables):
            assert connection.execute(delete(table)).rowcount == 1


def test_a_step_that_cannot_have_a_table_lets_others_work_on_it_and_comes_again(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WAIT", 0.2)
    engine = open_engine(postgres_url)
    migrate(engine, "0004")
    with engine.connect() as busy, ThreadPoolExecutor(1) as other:
        busy.execute(text("SELECT count(*) FROM request"))  # and goes on with its transaction
        moving = other.submit(migrate, engine)
        for _ in range(20):
            with engine.connect() as another:
                assert another.execute(text("SELECT count(*) FROM request")).scalar() == 0
        assert not moving.done()
        busy.rollback()
        moving.result(60)
    assert schema_state(engine) == "current"
    engine.dispose()


def _before(revision: str) -> str:
    step = next(step for step in STEPS if step.revision == revision)
    assert isinstance(step.down_revision, str)
    return step.down_revision


def _shape(engine: Engine) -> dict[str, dict[str, Any]]:
    """Return the columns of each table (type, may be empty, default) and what is demanded of its rows."""
    looked, shape = inspect(engine), {}
    for table in looked.get_table_names():
        unique = {tuple(each["column_names"]) for each in looked.get_unique_constraints(table)}
        unique |= {tuple(each["column_names"]) for each in looked.get_indexes(table) if each["unique"]}
        references = {
            (tuple(each["constrained_columns"]), each["referred_table"]) for each in looked.get_foreign_keys(table)
        }
        shape[table] = {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], column["default"])
                for column in looked.get_columns(table)
            },
            "unique": unique,
            "references": references,
            "checks": {each["sqltext"] for each in looked.get_check_constraints(table)},
        }
    return shape


def _plausible(kind: object) -> object:
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Integer):
        return 1
    return b"\x00\xff" * 16 if isinstance(kind, LargeBinary) else "1"
