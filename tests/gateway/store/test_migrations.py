from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Boolean, Connection, Engine, Integer, LargeBinary, MetaData, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from gateway.errors import ConfigurationFault
from gateway.store.engine import migrate, migrate_back, open_engine, schema_state, writing
from gateway.store.tables import metadata


@pytest.fixture
def bare(store_url: str) -> Iterator[Engine]:
    """An engine on a database without tables."""
    engine = open_engine(store_url)
    yield engine
    engine.dispose()


def fill(connection: Connection) -> int:
    """Put one plausible row into every table; return how many tables there are."""
    for table in metadata.sorted_tables:
        row: dict[str, object] = {}
        for column in table.columns:
            if isinstance(column.type, Boolean):
                row[column.name] = True
            elif isinstance(column.type, Integer):
                row[column.name] = 1
            elif isinstance(column.type, LargeBinary):
                row[column.name] = b"\x00\xff" * 16
            else:
                row[column.name] = "1"
        connection.execute(insert(table).values(row))
    return len(metadata.sorted_tables)


def test_the_migrated_tables_are_the_declared_ones(bare: Engine) -> None:
    migrate(bare)
    with bare.connect() as connection:
        # On SQLite Alembic takes the default '' for a missing one.
        defaults = bare.dialect.name != "sqlite"
        context = MigrationContext.configure(connection, opts={"compare_server_default": defaults})
        wanting = render_python_code(produce_migrations(context, metadata).upgrade_ops)
        assert compare_metadata(context, metadata) == [], f"the migrations lack:\n{wanting}"


def test_partial_indexes_keep_their_condition(bare: Engine) -> None:
    """Alembic does not compare conditions, and an index without its own would forbid a record to be sent again."""
    migrate(bare)
    for table in metadata.sorted_tables:
        here = {index["name"]: index for index in inspect(bare).get_indexes(table.name)}
        for index in table.indexes:
            declared = index.dialect_kwargs.get(f"{bare.dialect.name}_where") is not None
            present = any(name.endswith("_where") for name in here[index.name].get("dialect_options", {}))
            assert present == declared, index.name


def test_the_state_of_a_database_is_told(bare: Engine) -> None:
    assert schema_state(bare) == "empty"
    migrate(bare)
    assert schema_state(bare) == "current"
    migrate(bare)
    assert schema_state(bare) == "current"


def test_forward_with_data_and_back_leaves_nothing_and_forward_again_works(bare: Engine) -> None:
    for _ in range(2):
        migrate(bare)
        with writing(bare).begin() as connection:
            assert fill(connection) == len(metadata.tables)
        migrate(bare)  # a second start keeps what is there
        with bare.connect() as connection:
            assert all(len(connection.execute(select(table)).all()) == 1 for table in metadata.sorted_tables)
        migrate_back(bare, "base")
        assert schema_state(bare) == "empty"
        assert set(inspect(bare).get_table_names()) <= {"alembic_version"}


def test_tables_of_a_newer_gateway_are_left_alone(bare: Engine) -> None:
    migrate(bare)
    with writing(bare).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert schema_state(bare) == "unknown"
    with pytest.raises(ConfigurationFault) as caught:
        migrate(bare)
    assert caught.value.code == "store.schema_unknown"


def test_tables_of_somebody_else_are_left_alone(bare: Engine) -> None:
    with writing(bare).begin() as connection:
        connection.execute(text("CREATE TABLE message (words TEXT)"))
    assert schema_state(bare) == "unknown"
    with pytest.raises(ConfigurationFault):
        migrate(bare)
    assert inspect(bare).get_table_names() == ["message"]


def test_several_processes_may_migrate_at_once(store_url: str) -> None:
    failures: list[BaseException] = []

    def bring_forward() -> None:
        engine = open_engine(store_url)
        try:
            migrate(engine)
        except BaseException as error:
            failures.append(error)
        finally:
            engine.dispose()

    threads = [threading.Thread(target=bring_forward) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine = open_engine(store_url)
    assert failures == []
    assert schema_state(engine) == "current"
    engine.dispose()


def test_references_are_checked_again_after_a_migration(bare: Engine) -> None:
    migrate(bare)
    leg = metadata.tables["leg"]
    with pytest.raises(IntegrityError), writing(bare).begin() as connection:
        connection.execute(insert(leg).values(case_id="nowhere", number=1, state="open"))


@pytest.mark.parametrize(("since", "state"), [("0006", "newer"), ("9998", "unknown")])
def test_newer_tables_are_worked_on_where_they_say_that_they_suit(bare: Engine, since: str, state: str) -> None:
    migrate(bare)
    with writing(bare).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("UPDATE compatibility SET revision = '9999', since = :since"), {"since": since})
    assert schema_state(bare) == state
    if state == "newer":
        migrate(bare)  # nothing to do
        with pytest.raises(ConfigurationFault):
            migrate_back(bare, "base")
    else:
        with pytest.raises(ConfigurationFault):
            migrate(bare)
    with bare.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"


def test_the_tables_say_which_gateways_may_work_on_them(bare: Engine) -> None:
    migrate(bare)
    with bare.connect() as connection:
        revision, since = connection.execute(text("SELECT revision, since FROM compatibility")).one()
        assert revision == connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    assert since <= revision


REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0012")


def fill_as_it_is(connection: Connection) -> dict[str, int]:
    """Put one plausible row into every table that a revision has; return how many rows each table holds."""
    here = MetaData()
    here.reflect(connection)
    for table in (table for table in here.sorted_tables if table.name not in {"alembic_version", "compatibility"}):
        row = {column.name: _plausible(column.type) for column in table.columns}
        connection.execute(insert(table).values(row))
    return rows_of(connection)


def rows_of(connection: Connection) -> dict[str, int]:
    here = MetaData()
    here.reflect(connection)
    return {
        table.name: len(connection.execute(select(table)).all())
        for table in here.sorted_tables
        if table.name not in {"alembic_version", "compatibility"}
    }


def _plausible(kind: object) -> object:
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Integer):
        return 1
    return b"\x00\xff" * 16 if isinstance(kind, LargeBinary) else "1"


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_store_filled_at_any_revision_goes_forward_and_back_and_forward_again(bare: Engine, revision: str) -> None:
    migrate(bare, revision)
    with writing(bare).begin() as connection:
        filled = fill_as_it_is(connection)
    assert set(filled.values()) == {1}
    migrate(bare)
    with bare.connect() as connection:
        assert rows_of(connection).items() >= filled.items()
    migrate_back(bare, revision)
    with bare.connect() as connection:
        assert rows_of(connection) == filled
    migrate(bare)
    with bare.connect() as connection:
        assert rows_of(connection).items() >= filled.items()


def test_what_was_found_about_certificates_goes_with_their_column(bare: Engine) -> None:
    migrate(bare, "0014")
    here = MetaData()
    here.reflect(bare)
    ruling, rests_on = here.tables["ruling"], here.tables["ruling_certificate"]
    with writing(bare).begin() as connection:
        fill_as_it_is(connection)
    migrate(bare)
    with writing(bare).begin() as connection:
        assert connection.execute(text("SELECT paper FROM ruling")).scalar() == "ruling"
        connection.execute(text("UPDATE ruling SET paper = 'certificate'"))
    migrate_back(bare, "0014")
    with bare.connect() as connection:
        assert connection.execute(select(ruling)).all() == connection.execute(select(rests_on)).all() == []
        assert connection.execute(select(here.tables["message"])).all(), "the message that brought it stays"


def test_a_full_store_goes_back_step_by_step(bare: Engine) -> None:
    migrate(bare)
    with writing(bare).begin() as connection:
        filled = fill_as_it_is(connection)
    for revision in reversed(REVISIONS):
        migrate_back(bare, revision)
        with bare.connect() as connection:
            left = rows_of(connection)
        assert left.items() <= filled.items()
        assert {"request", "message", "delivery", "dispute_case"} <= left.keys()
