"""A process that writes and prints each word once it is told that it is kept; its test kills it.

Arguments: the store's URL; ``any`` (killed from outside), ``before`` or ``after`` (kills itself at its third commit).
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from sqlalchemy import Connection, insert

from gateway.store.engine import open_engine
from gateway.store.tables import nonce
from gateway.store.writer import Writer


def keep(connection: Connection, items: list[str]) -> list[str]:
    connection.execute(insert(nonce), [{"partner": "test", "value": item, "expires_at": 1} for item in items])
    return items


def write_on(writer: Writer[str, str], name: int) -> None:
    for number in range(1_000_000):
        word = writer.submit(f"{os.getpid()}-{name}-{number}").result()
        os.write(1, f"{word}\n".encode())


def main() -> None:
    engine = open_engine(sys.argv[1])
    commit, commits = engine.dialect.do_commit, 0

    def commit_and_die(connection: object) -> None:
        nonlocal commits
        commits += 1
        if sys.argv[2] == "before" and commits == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        commit(connection)
        if sys.argv[2] == "after" and commits == 3:
            os.kill(os.getpid(), signal.SIGKILL)

    writer: Writer[str, str] = Writer(engine, batch=keep)
    threads = 1 if sys.argv[2] != "any" else 8
    if sys.argv[2] != "any":
        writer.submit(f"{os.getpid()}-first").result()  # the connection's own preparations are done after this
        engine.dialect.do_commit = commit_and_die
    for name in range(threads):
        threading.Thread(target=write_on, args=(writer, name)).start()


main()
