"""A process that writes words one by one through the turnstile, and prints how many of them were kept.

Arguments: the store's URL, the turnstile's folder, how many words; with ``stand`` it stays in the turnstile for good.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from sqlalchemy import Connection, insert

from gateway.errors import StoreUnavailable
from gateway.store.engine import open_engine
from gateway.store.tables import nonce
from gateway.store.turnstile import Turnstile
from gateway.store.writer import Writer


def keep(connection: Connection, items: list[str]) -> list[str]:
    connection.execute(insert(nonce), [{"partner": "test", "value": item, "expires_at": 1} for item in items])
    return items


def main() -> None:
    url, folder, count = sys.argv[1:4]
    if "stand" in sys.argv:
        with Turnstile(Path(folder)):
            print("stands", flush=True)
            threading.Event().wait()
    engine = open_engine(url, busy_seconds=0)  # SQLite itself waits for nobody
    kept = 0
    with Writer(engine, batch=keep, group=1, turnstile=Turnstile(Path(folder))) as writer:
        print("ready", flush=True)
        sys.stdin.readline()
        for number in range(int(count)):
            try:
                kept += bool(writer.submit(f"{os.getpid()}-{number}").result(60))
            except StoreUnavailable:
                continue
    print(kept, flush=True)


if __name__ == "__main__":
    main()
