"""Documents without a row: collected after their time, and never one that somebody needs."""

from __future__ import annotations

import asyncio
import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, update
from structlog.testing import capture_logs

from gateway.canonical.identifiers import uuid7
from gateway.errors import NotFound
from gateway.store.documents import Documents, FolderShelf, Item
from gateway.store.documents.census import count
from gateway.store.documents.orphans import GRACE, REFERENCES, Collected, collect_orphans
from gateway.store.documents.rounds import Rounds
from gateway.store.engine import migrate, open_engine, writing
from gateway.store.tables import confirmation, document, inbox, metadata, request, ruling
from gateway.store.times import millis
from tests.gateway.store.shelves import CIPHER, Bench, FolderBench, over

PARTNER = "court"


@pytest.fixture
def documents(bench: Bench) -> Documents:
    return over(bench)


def later(days: float) -> datetime:
    """Return a time after now: what has just been put is old then."""
    return datetime.now(UTC) + timedelta(days=days, minutes=5)


def refer(engine: Engine, sha256: str) -> None:
    """Write the row of a document that came with a record."""
    with writing(engine).begin() as connection:
        row = {"id": uuid7(), "partner": PARTNER, "state": "kept", "sha256": sha256, "created_at": 0}
        connection.execute(insert(document).values(row))


def receive(engine: Engine, fate: str, received_at: datetime, *, body: str | None = None) -> None:
    """Write the rows of a request with one record; ``body``: the digest of its spooled body."""
    at = millis(received_at)
    asked = {
        "id": uuid7(), "partner": PARTNER, "method": "POST", "path_sealed": b"", "headers_sealed": b"", "size": 0,
        "document": body, "received_at": at,
    }  # fmt: skip
    record = {
        "id": uuid7(), "request_id": asked["id"], "position": 0, "partner": PARTNER, "kind": "k", "record_id": "1",
        "digest": bytes(32), "fate": fate, "received_at": at, "decided_at": at,
    }  # fmt: skip
    with writing(engine).begin() as connection:
        connection.execute(insert(request).values(asked))
        connection.execute(insert(inbox).values(record))


def collected(engine: Engine, documents: Documents, days: float, **given: Any) -> Collected:
    return collect_orphans(engine, documents, now=later(days), **given)


def test_an_orphan_is_set_aside_after_its_time_and_gone_after_that_again(
    engine: Engine, documents: Documents, bench: Bench
) -> None:
    orphan, needed, body = (documents.put(name).sha256 for name in (b"orphan", b"needed", b"spooled"))
    refer(engine, needed)
    receive(engine, "accepted", datetime.now(UTC), body=body)
    assert collected(engine, documents, 0.9) == Collected(looked_at=3)
    assert collected(engine, documents, 1) == Collected(looked_at=3, set_aside=1)
    assert bench.shelf.modified(orphan) is None
    assert collected(engine, documents, 0.9).dropped == 0, "it counts from when it was set aside"
    assert collected(engine, documents, 1).dropped == 1
    assert bench.everything() == sorted([needed, body])
    assert collected(engine, documents, 3) == Collected(looked_at=2)
    with pytest.raises(NotFound):
        documents.read(orphan)


def test_an_orphan_that_comes_again_is_kept_whatever_is_aside(
    engine: Engine, documents: Documents, bench: Bench
) -> None:
    sha256 = documents.put(b"sent again a day later").sha256
    collected(engine, documents, 1)
    documents.put(b"sent again a day later")
    refer(engine, sha256)
    assert collected(engine, documents, 1).dropped == 1
    assert bench.everything() == [sha256]
    assert documents.read(sha256) == b"sent again a day later"


def test_what_is_aside_and_has_its_row_is_brought_back(engine: Engine, documents: Documents, bench: Bench) -> None:
    sha256 = documents.put(b"committed late").sha256
    bench.shelf.set_aside(sha256)
    refer(engine, sha256)
    assert collected(engine, documents, 2).brought_back == 1
    assert bench.shelf.modified(sha256) is not None
    assert documents.read(sha256) == b"committed late"


@pytest.mark.parametrize("fate", ["held", "parked"])
def test_what_a_waiting_record_may_need_stays_until_it_is_decided(
    engine: Engine, documents: Documents, fate: str
) -> None:
    sha256 = documents.put(b"uploaded, then named by a record that is held").sha256
    receive(engine, fate, datetime.now(UTC))
    assert collected(engine, documents, 30) == Collected(looked_at=1)
    with writing(engine).begin() as connection:
        connection.execute(update(inbox).values(fate="refused"))
    assert collected(engine, documents, 30).set_aside == 1
    assert documents.exists(sha256)


def test_a_step_is_bounded_and_the_next_one_goes_on(engine: Engine, documents: Documents) -> None:
    names = sorted(documents.put(b"%d" % number).sha256 for number in range(7))
    refer(engine, names[2])
    steps, after = [], ""
    while True:
        steps.append(collected(engine, documents, 1, after=after, limit=2))
        if steps[-1].after is None:
            break
        after = steps[-1].after
    assert [step.looked_at for step in steps] == [2, 2, 2, 1]
    assert sum(step.set_aside for step in steps) == 6
    steps, after = [], ""
    while True:
        steps.append(collected(engine, documents, 2, after=after, limit=2))
        if steps[-1].after is None:
            break
        after = steps[-1].after
    assert sum(step.dropped for step in steps) == 6
    assert [item.name for item in documents.shelf.listed("", 10)] == [names[2]]


class Meanwhile(FolderShelf):
    """A shelf on which something happens just before a document is set aside."""

    def __init__(self, folder: Path, happens: Any) -> None:
        super().__init__(folder)
        self._happens = happens

    def set_aside(self, name: str) -> None:
        self._happens()
        super().set_aside(name)


def test_a_put_at_the_very_moment_of_collecting_loses_nothing(engine: Engine, tmp_path: Path) -> None:
    content = b"comes again while it is taken away"
    door = Documents(FolderShelf(tmp_path), CIPHER)
    sha256 = door.put(content).sha256
    collector = Documents(Meanwhile(tmp_path, lambda: refer(engine, door.put(content).sha256)), CIPHER)
    assert collected(engine, collector, 1).set_aside == 1
    assert door.read(sha256) == content
    assert collected(engine, collector, 5) == Collected(looked_at=1)
    assert door.read(sha256) == content


def test_an_orphan_that_is_asked_for_after_it_was_listed_stays(engine: Engine, tmp_path: Path) -> None:
    bench = FolderBench(tmp_path)
    documents = over(bench)
    sha256 = documents.put(b"an old upload").sha256
    long_ago = (datetime.now(UTC) - 3 * GRACE).timestamp()
    os.utime(bench.folder / sha256[:2] / sha256, (long_ago, long_ago))

    class Asked(FolderShelf):
        def listed(self, after: str, limit: int, *, aside: bool = False) -> list[Item]:
            found = super().listed(after, limit, aside=aside)
            documents.ticket(sha256)
            return found

    done = collect_orphans(engine, Documents(Asked(tmp_path), CIPHER), now=datetime.now(UTC))
    assert done == Collected(looked_at=1)
    assert documents.exists(sha256)


class Hasty(FolderShelf):
    """A shelf whose documents are old after a fifth of a second, and never when they are aside."""

    def modified(self, name: str, *, aside: bool = False) -> datetime | None:
        return None if aside else super().modified(name)

    def listed(self, after: str, limit: int, *, aside: bool = False) -> list[Item]:
        return [] if aside else super().listed(after, limit)


def test_doors_and_collectors_at_work_at_once_lose_nothing(sqlite_url: str, tmp_path: Path) -> None:
    engine = open_engine(sqlite_url, readers=4, busy_seconds=60)
    migrate(engine)
    documents = Documents(FolderShelf(tmp_path / "documents"), CIPHER)
    collectors_own = Documents(Hasty(tmp_path / "documents"), CIPHER)
    contents = [b"%d" % number for number in range(8)]
    names = [documents.put(content).sha256 for content in contents]
    ended = threading.Event()
    faults: list[BaseException] = []

    def collect() -> None:
        try:
            while not ended.is_set():
                collect_orphans(engine, collectors_own, now=datetime.now(UTC), grace=timedelta(seconds=0.2))
        except BaseException as fault:
            faults.append(fault)

    collectors = [threading.Thread(target=collect) for _ in range(2)]
    for each in collectors:
        each.start()
    try:
        for _ in range(4):
            assert [documents.read(name) for name in names] == contents
            assert [documents.put(documents.read(documents.ticket(name).sha256)).sha256 for name in names] == names
            while any(documents.shelf.modified(name) for name in names) and not faults:
                ended.wait(0.01)
    finally:
        ended.set()
        for each in collectors:
            each.join(60)
        engine.dispose()
    assert not faults
    assert [documents.read(name) for name in names] == contents


def test_collecting_is_done_every_hour_and_goes_on_where_it_ended(sqlite_url: str, tmp_path: Path) -> None:
    engine = open_engine(sqlite_url)
    migrate(engine)
    bench = FolderBench(tmp_path / "documents")
    documents = over(bench)
    for number in range(5):
        documents.put(b"%d" % number)
    (bench.folder / "incoming" / "left.part").write_bytes(b"of a process that was killed")
    clock = [later(2)]
    rounds = Rounds(engine=engine, documents=documents, now=lambda: clock[0], steps=1, step=2)
    counts = []
    for minutes in range(0, 240, 10):
        clock[0] = later(2) + timedelta(minutes=minutes)
        if (done := rounds.collect()) is not None:
            counts.append((minutes, done.set_aside))
    assert counts == [(0, 2), (60, 2), (120, 1), (180, 0)]
    assert not list(bench.folder.glob("incoming/*.part"))
    engine.dispose()


async def test_a_round_runs_beside_and_ends_with_its_step(sqlite_url: str, tmp_path: Path) -> None:
    engine = open_engine(sqlite_url)
    migrate(engine)
    documents = Documents(FolderShelf(tmp_path / "documents"), CIPHER)
    sha256 = documents.put(b"orphan").sha256
    rounds = Rounds(engine=engine, documents=documents, now=lambda: later(2))
    await rounds.set_off()
    await rounds.set_off()
    assert rounds._round is not None
    await asyncio.wait_for(rounds._round, 60)
    assert documents.shelf.modified(sha256) is None
    await rounds.set_off()
    await rounds.stop()
    engine.dispose()


async def test_a_round_that_fails_is_logged_and_does_no_harm(sqlite_url: str, tmp_path: Path) -> None:
    engine = open_engine(sqlite_url)
    migrate(engine)
    rounds = Rounds(
        engine=engine, documents=Documents(FolderShelf(tmp_path / "no", make=False), CIPHER), now=lambda: later(2)
    )
    with capture_logs() as logged:
        await rounds.set_off()
        assert rounds._round is not None
        await asyncio.wait_for(rounds._round, 60)
    assert [(each["event"], each["code"]) for each in logged] == [
        ("documents.not_collected", "store.documents_unavailable")
    ]
    engine.dispose()


def test_every_column_that_can_name_a_document_is_looked_at() -> None:
    named = {
        column
        for table in metadata.tables.values()
        for column in table.columns
        if column.name in {"sha256", "document", "evidence"} or column.name.endswith(("_document", "_spooled"))
    }
    named.remove(confirmation.c.document)  # the court's own id of its ruling, not a digest
    named.remove(ruling.c.sha256)  # says which bytes were verified; the message's document row keeps them
    assert named == set(REFERENCES), "a new column that names kept documents belongs among the references"


def test_a_census_names_what_is_missing_and_damaged_and_counts_what_has_no_row(
    engine: Engine, documents: Documents, bench: Bench
) -> None:
    whole, damaged, gone, orphan, aside = (
        documents.put(name).sha256 for name in (b"whole", b"damaged", b"gone", b"orphan", b"aside")
    )
    for name in (whole, damaged, gone, whole):
        refer(engine, name)
    receive(engine, "accepted", datetime.now(UTC), body=whole)
    documents.remove(gone)
    bench.overwrite(damaged, b"scratched")
    bench.shelf.set_aside(aside)
    with engine.connect() as connection:
        shallow = count(connection, documents, now=later(1), contents=False)
        deep = count(connection, documents, now=later(1), contents=True)
        young = count(connection, documents, now=later(0), contents=False)
    assert (shallow.referenced, shallow.missing, shallow.damaged_count) == (3, [gone], 0)
    assert (deep.missing, deep.missing_count, deep.damaged, deep.damaged_count) == ([gone], 1, [damaged], 1)
    assert (shallow.orphans, shallow.aside, young.orphans) == (1, 1, 0)
    assert bench.shelf.modified(orphan) is not None
