"""What is promised holds when the process is killed, the server restarts, or another process is in the way."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, insert, select, text, update

from gateway.errors import StoreUnavailable
from gateway.store.engine import migrate, open_engine
from gateway.store.tables import nonce
from gateway.store.writer import Writer
from tests.servers import PostgresServer

PROGRAM = Path(__file__).with_name("killed_writer.py")


def kept(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(select(nonce.c.value)).scalars())


def run_until_killed(url: str, when: str, lines: int = 0) -> list[str]:
    """Run the writing program, kill it after so many lines, and return every word it said was kept."""
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), url, when],
        stdout=subprocess.PIPE, cwd=PROGRAM.parents[3], env={"PYTHONPATH": str(PROGRAM.parents[3])},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(lines)]
        if lines:
            process.kill()
        said += process.stdout.readlines()
    assert process.returncode == -9
    return [line.decode().strip() for line in said if line.endswith(b"\n")]


@pytest.mark.fault
@pytest.mark.parametrize("lines", [1, 50, 400])
def test_what_a_killed_process_said_was_kept_is_on_disk(engine: Engine, store_url: str, lines: int) -> None:
    said = run_until_killed(store_url, "any", lines)
    assert len(said) >= lines
    assert set(said) <= set(kept(engine))


@pytest.mark.fault
def test_a_process_killed_before_its_commit_said_nothing_and_kept_nothing(engine: Engine, store_url: str) -> None:
    said = run_until_killed(store_url, "before")
    assert len(said) == 2
    assert kept(engine)[1:] == said


@pytest.mark.fault
def test_a_process_killed_after_its_commit_kept_what_it_had_not_yet_said(engine: Engine, store_url: str) -> None:
    said = run_until_killed(store_url, "after")
    assert len(said) == 2
    assert kept(engine)[1:3] == said
    assert len(kept(engine)) == 1 + 3


@pytest.fixture
def shared(postgres_url: str) -> Iterator[tuple[Engine, Engine]]:
    """Two engines on one PostgreSQL store, as two processes have them."""
    engines = (open_engine(postgres_url, busy_seconds=20), open_engine(postgres_url, busy_seconds=20))
    migrate(engines[0])
    yield engines
    for engine in engines:
        engine.dispose()


def keep_once(meeting: threading.Barrier) -> Callable[[Connection, list[str]], list[str]]:
    """Return a batch that says whether each word is new; at its first look it waits for the other process's."""
    looks = 0

    def batch(connection: Connection, items: list[str]) -> list[str]:
        nonlocal looks
        looks += 1
        known = set(connection.execute(select(nonce.c.value).where(nonce.c.value.in_(items))).scalars())
        if looks == 1:
            meeting.wait(60)
        new = [item for item in items if item not in known]
        if new:
            connection.execute(insert(nonce), [{"partner": "t", "value": item, "expires_at": 1} for item in new])
        return ["new" if item in new else "repeated" for item in items]

    return batch


def test_two_processes_that_take_the_same_record_agree_who_was_first(shared: tuple[Engine, Engine]) -> None:
    meeting = threading.Barrier(2)
    with Writer(shared[0], batch=keep_once(meeting)) as one, Writer(shared[1], batch=keep_once(meeting)) as other:
        futures = one.submit("the record"), other.submit("the record")
        assert sorted(future.result() for future in futures) == ["new", "repeated"]
    assert kept(shared[0]) == ["the record"]


def test_two_processes_that_lock_each_other_out_both_get_through(shared: tuple[Engine, Engine]) -> None:
    meeting = threading.Barrier(2)
    tries: list[str] = []

    def touch(first: str, second: str) -> Callable[[Connection], None]:
        def work(connection: Connection) -> None:
            tries.append(first)
            for word in (first, second):
                connection.execute(update(nonce).where(nonce.c.value == word).values(expires_at=nonce.c.expires_at + 1))
                if word == first and tries.count(first) == 1:
                    meeting.wait(60)

        return work

    with Writer(shared[0], batch=list) as one, Writer(shared[1], batch=list) as other:
        rows = [{"partner": "t", "value": word, "expires_at": 0} for word in ("a", "b")]
        one.run(lambda connection: connection.execute(insert(nonce), rows)).result()
        futures = one.run(touch("a", "b")), other.run(touch("b", "a"))
        assert [future.result() for future in futures] == [None, None]
    assert len(tries) == 3  # one of them was the server's victim and tried again
    with shared[0].connect() as connection:
        assert connection.execute(select(nonce.c.expires_at)).scalars().all() == [2, 2]


def word(number: int) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        connection.execute(insert(nonce).values(partner="t", value=str(number), expires_at=1))

    return work


@pytest.mark.fault
def test_a_server_that_goes_away_and_comes_back_is_found_again(
    postgres: PostgresServer, shared: tuple[Engine, Engine]
) -> None:
    writer: Writer[str, str] = Writer(shared[0], batch=list)
    writer.run(word(0)).result()
    postgres.stop()
    try:
        assert isinstance(writer.run(word(1)).exception(), StoreUnavailable)
        with pytest.raises(StoreUnavailable):
            writer.run(word(2))
        assert writer.alive
        assert not writer.ready
    finally:
        postgres.start()
    pause = threading.Event()
    while not writer.ready:
        pause.wait(0.02)
    writer.run(word(3)).result()
    writer.close()
    assert kept(shared[1]) == ["0", "3"]


def test_a_connection_lost_while_nobody_wrote_is_replaced_unnoticed(shared: tuple[Engine, Engine]) -> None:
    with Writer(shared[0], batch=list) as writer:
        backend = writer.run(lambda connection: connection.execute(text("SELECT pg_backend_pid()")).scalar()).result()
        with shared[1].connect() as connection:
            connection.execute(text("SELECT pg_terminate_backend(:backend)"), {"backend": backend})
        writer._used_at = float("-inf")  # as after a quiet while
        writer.run(word(1)).result()
    assert kept(shared[1]) == ["1"]


def test_a_connection_lost_in_the_middle_of_a_group_is_told_to_the_whole_group(shared: tuple[Engine, Engine]) -> None:
    inside, proceed = threading.Event(), threading.Event()

    def hold(connection: Connection) -> None:
        inside.set()
        assert proceed.wait(60)

    def cut(connection: Connection) -> None:
        backend = connection.execute(text("SELECT pg_backend_pid()")).scalar()
        with shared[1].connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:backend, 10000)"), {"backend": backend})
        connection.execute(text("SELECT 1"))

    writer: Writer[str, str] = Writer(shared[0], batch=list)
    writer.run(hold)
    assert inside.wait(60)
    futures = [writer.run(word(1)), writer.run(cut), writer.run(word(2))]
    proceed.set()
    assert all(isinstance(future.exception(), StoreUnavailable) for future in futures)
    writer.close()
    assert kept(shared[1]) == []
