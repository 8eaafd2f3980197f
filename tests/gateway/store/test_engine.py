from __future__ import annotations

import sqlite3
import stat
import threading
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from gateway.errors import ConfigurationFault, StoreUnavailable
from gateway.store.engine import close, is_sqlite, migrate, open_engine, schema_state, writing
from gateway.store.tables import nonce
from tests.servers import free_port


@pytest.fixture
def embedded(sqlite_url: str) -> Engine:
    engine = open_engine(sqlite_url, busy_seconds=0.05)
    migrate(engine)
    yield engine
    engine.dispose()


def test_every_connection_of_the_embedded_store_is_durable_and_checks_references(embedded: Engine) -> None:
    assert is_sqlite(embedded)
    for engine in (embedded, writing(embedded)):
        with engine.connect() as connection:
            pragma = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
            assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 50}


def test_the_embedded_store_is_readable_by_its_owner_only(embedded: Engine) -> None:
    folder = Path(str(embedded.url.database)).parent
    with embedded.connect() as connection:
        connection.execute(select(nonce))
        assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_writing_transaction_holds_the_right_to_write_from_its_begin(embedded: Engine) -> None:
    with (
        writing(embedded).begin(),
        pytest.raises(OperationalError, match="locked"),
        writing(embedded).begin(),
    ):
        pass


def test_readers_see_what_is_committed_while_a_writer_writes(engine: Engine) -> None:
    with writing(engine).begin() as writer:
        writer.execute(insert(nonce).values(partner="court", value="n-1", expires_at=1))
        with engine.connect() as reader:
            assert reader.execute(select(nonce.c.value)).all() == []
    with engine.connect() as reader:
        assert reader.execute(select(nonce.c.value)).scalars().all() == ["n-1"]


def test_a_rolled_back_transaction_and_savepoint_leave_nothing(engine: Engine) -> None:
    with writing(engine).connect() as connection:
        with connection.begin() as transaction:
            connection.execute(insert(nonce).values(partner="court", value="n-1", expires_at=1))
            transaction.rollback()
        with connection.begin():
            connection.execute(insert(nonce).values(partner="court", value="n-2", expires_at=1))
            with connection.begin_nested() as savepoint:
                connection.execute(insert(nonce).values(partner="court", value="n-3", expires_at=1))
                savepoint.rollback()
    with engine.connect() as reader:
        assert reader.execute(select(nonce.c.value)).scalars().all() == ["n-2"]


def test_the_values_of_a_failing_statement_are_not_in_its_error(engine: Engine) -> None:
    with writing(engine).connect() as connection, connection.begin():
        connection.execute(insert(nonce).values(partner="court", value="n-1", expires_at=1))
        with pytest.raises(IntegrityError) as caught, connection.begin_nested():
            connection.execute(insert(nonce).values(partner="court", value="n-1", expires_at=424242))
        assert "424242" not in str(caught.value)


def test_postgresql_answers_a_commit_only_from_disk_and_waits_for_locks_only_so_long(postgres_url: str) -> None:
    lenient = open_engine(postgres_url + "?options=-csynchronous_commit%3Doff", busy_seconds=7)
    strict = open_engine(postgres_url + "?options=-csynchronous_commit%3Dremote_apply", busy_seconds=7)
    with lenient.connect() as one, strict.connect() as other:
        assert one.execute(text("SHOW synchronous_commit")).scalar() == "on"
        assert other.execute(text("SHOW synchronous_commit")).scalar() == "remote_apply"
        assert one.execute(text("SHOW lock_timeout")).scalar() == "7s"
    lenient.dispose()
    strict.dispose()


@pytest.mark.parametrize("url", ["sqlite://", "mysql://user:hidden-word@host/db", "::hidden-word"])
def test_an_address_of_no_supported_database_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        open_engine(url)
    assert caught.value.code == "store.url"
    assert "hidden-word" not in str(caught.value)


def test_a_database_that_is_not_there_is_unavailable_and_its_password_unseen() -> None:
    engine = open_engine(f"postgresql://user:hidden-word@127.0.0.1:{free_port()}/db")
    with pytest.raises(StoreUnavailable) as caught:
        schema_state(engine)
    assert "hidden-word" not in str(caught.value) + repr(engine)


def test_many_threads_read_at_once(engine: Engine) -> None:
    seen: list[int] = []

    def read() -> None:
        with engine.connect() as connection:
            seen.append(len(connection.execute(select(nonce)).all()))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [0] * 8


def test_a_connection_in_use_when_the_engine_is_closed_is_closed_when_it_comes_back(store_url: str) -> None:
    engine = open_engine(store_url)
    with engine.connect() as connection, engine.connect():
        raw = connection.connection.dbapi_connection
        assert raw is not None
        connection.execute(text("SELECT 1"))
        close(engine)
        assert connection.execute(text("SELECT 1")).scalar() == 1, "whoever uses it may finish"
    with pytest.raises((sqlite3.ProgrammingError, psycopg.OperationalError), match="closed"):
        raw.cursor().execute("SELECT 1")
