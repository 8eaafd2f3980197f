"""Two processes that write one SQLite file: each waits its turn, and neither passes twice before the other."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, func, select

from gateway.errors import StoreUnavailable
from gateway.store.engine import migrate, open_engine
from gateway.store.tables import nonce
from gateway.store.turnstile import Turnstile
from gateway.store.writer import Writer

WORDS = 150


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Engine]:
    engine = open_engine(sqlite_url)
    migrate(engine)
    yield engine
    engine.dispose()


@contextmanager
def another(url: str, folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.gateway.store.taking_turns", url, str(folder), str(WORDS), *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def until(happened: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def until_somebody_stands_next(folder: Path) -> None:
    with (folder / "turnstile.next").open("rb") as looked_at:

        def stands() -> bool:
            try:
                fcntl.flock(looked_at, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            fcntl.flock(looked_at, fcntl.LOCK_UN)
            return False

        until(stands)


def test_who_stands_next_passes_before_who_was_there_passes_again(tmp_path: Path) -> None:
    ours, theirs = Turnstile(tmp_path), Turnstile(tmp_path)
    passed: list[str] = []

    def pass_once() -> None:
        with theirs:
            passed.append("theirs")

    with ours:
        passed.append("ours")
        waiting = threading.Thread(target=pass_once)
        waiting.start()
        until_somebody_stands_next(tmp_path)
    with ours:
        passed.append("ours")
    waiting.join(60)
    assert passed == ["ours", "theirs", "ours"]


def test_two_processes_write_all_they_have_though_sqlite_waits_for_neither(store: Engine, tmp_path: Path) -> None:
    url = str(store.url)
    with ExitStack() as both:
        processes = [both.enter_context(another(url, tmp_path)) for _ in range(2)]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        kept = [int(process.stdout.readline()) for process in processes if process.stdout]
    assert kept == [WORDS, WORDS]
    with store.connect() as connection:
        assert connection.execute(select(func.count()).select_from(nonce)).scalar() == 2 * WORDS


def test_whoever_is_killed_in_it_has_left_it(store: Engine, tmp_path: Path) -> None:
    with another(str(store.url), tmp_path, "stand") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "stands\n"
        with Writer(store, batch=lambda _, items: items, turnstile=Turnstile(tmp_path)) as writer:
            future = writer.submit("word")
            until_somebody_stands_next(tmp_path)
            assert not future.done()
            process.kill()
            assert future.result(60) == "word"


def test_who_loses_the_database_in_it_leaves_it_and_comes_back(store: Engine, tmp_path: Path) -> None:
    def lose(connection: Connection) -> None:
        connection.connection.dbapi_connection.close()

    with Writer(store, batch=lambda _, items: items, turnstile=Turnstile(tmp_path)) as writer:
        with pytest.raises(StoreUnavailable):
            writer.run(lose).result(60)
        with Turnstile(tmp_path):
            pass
        until(lambda: writer.ready)
        assert writer.submit("word").result(60) == "word"


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable):
        Turnstile(tmp_path / "file" / "below")
