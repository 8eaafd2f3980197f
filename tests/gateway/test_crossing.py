"""Two ends and a gate between them that loses, repeats, mixes up and truncates: all arrives, in order, once."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event

from adapters.police.pretend_far_side import FarSide
from adapters.police.pretend_station import write_call, write_document
from gateway.crossing import Crossing
from gateway.errors import PermanentFailure
from gateway.store import ferry
from gateway.store.cipher import Cipher, Key, Keyring
from gateway.store.engine import writing
from gateway.store.tables import ferry as ferry_table
from gateway.store.tables import ferry_package, metadata
from gateway.transports.ferry import Damaged, Ends, Folder, LocalFolder, Package
from gateway.transports.ferry.package import unpack
from gateway.transports.ferry.sftp import SftpFolder
from tests.gateway.transports.sftp_server import sftp

LIMIT = 256 * 1024


@dataclass
class End:
    """One end: its crossing, and what it took in, in the order in which it did."""

    crossing: Crossing
    engine: Engine
    taken: list[tuple[int, bytes]] = field(default_factory=list)

    async def take(self, package: Package) -> None:
        """Take a package in and note it, as one commit."""
        self.taken.append((package.number, package.contents))
        await self.crossing.ran(lambda connection: ferry.took(connection, "partner", package.number))

    async def call(self) -> int:
        """Look what has come."""
        return await self.crossing.call(self.take)


@dataclass
class Clock:
    """A clock that is put forward by hand; files are as old as it says."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        """Return the time."""
        return self.at

    def on(self, seconds: float) -> None:
        """Put the clock forward."""
        self.at += timedelta(seconds=seconds)


@dataclass
class Gate:
    """A one-way gate: moves what lies in one folder into another, badly."""

    start: Path
    end: Path
    dice: random.Random
    share: float = 0.0
    lost: set[str] = field(default_factory=set)

    def open(self) -> None:
        """Move everything, or what is left of it."""
        self.end.mkdir(parents=True, exist_ok=True)
        files = sorted(path for path in self.start.glob("*") if not path.name.startswith("."))
        self.dice.shuffle(files)
        for path in files:
            self._move(path)

    def _move(self, path: Path) -> None:
        if path.name in self.lost or self._strikes():
            self.lost.discard(path.name)
            path.unlink()
        elif self._strikes():  # it comes a while after what was sent later
            return
        elif self._strikes():
            content = path.read_bytes()
            (self.end / path.name).write_bytes(content[: self.dice.randrange(len(content))])
            path.unlink()
        elif self._strikes():
            shutil.copy(path, self.end / path.name)  # and once more next time
        else:
            path.replace(self.end / path.name)

    def _strikes(self) -> bool:
        return self.dice.random() < self.share


@dataclass
class Water:
    """Both ends, and a gate each way."""

    ours: End
    theirs: End
    out: Gate
    back: Gate
    clock: Clock

    async def round(self) -> None:
        """Let both gates work and both ends look, later."""
        self.out.open()
        await self.theirs.call()
        self.back.open()
        await self.ours.call()
        self.clock.on(601)


@pytest.fixture(params=["local", "sftp"])
async def folder(request: pytest.FixtureRequest) -> AsyncIterator[Callable[[Path], Folder]]:
    """Make folders of one kind: on this machine, or on a server."""
    if request.param == "local":
        yield LocalFolder
        return
    async with sftp() as running:
        server = running.server()

        def there(path: Path) -> Folder:
            path.mkdir()
            return SftpFolder(server, str(path))

        yield there
        await server.aclose()


@pytest.fixture
def water(tmp_path: Path, folder: Callable[[Path], Folder]) -> Iterator[Callable[..., Water]]:
    """Make two ends with a store each, and gates that do so much wrong."""
    with ExitStack() as ends:

        def make(share: float = 0.0) -> Water:
            clock, dice = Clock(), random.Random(20)
            engines = [create_engine(f"sqlite:///{tmp_path / name}.db") for name in ("ours", "theirs")]
            for engine in engines:
                ends.callback(engine.dispose)
                event.listen(engine, "connect", _hasty)
                metadata.create_all(engine)
            a, b, c, d = (tmp_path / name for name in "abcd")
            ours = _end(engines[0], clock, ("GW", "PCS"), folder(a), folder(b))
            theirs = _end(engines[1], clock, ("PCS", "GW"), folder(c), folder(d))
            return Water(ours, theirs, Gate(b, c, dice, share), Gate(d, a, dice, share), clock)

        yield make


def _hasty(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")  # nothing is killed here, and thousands of commits are


def _end(engine: Engine, clock: Clock, names: tuple[str, str], incoming: Folder, outgoing: Folder) -> End:
    async def ran(work: Callable[[Connection], Any]) -> Any:
        with writing(engine).begin() as connection:
            return work(connection)

    cipher = Cipher(Keyring(keys=(Key(name="test-1", material=bytes(32)),)))
    ends = Ends(ours=names[0], theirs=names[1], key=b"a key for tests only", limit=LIMIT)
    crossing = Crossing(
        partner="partner", ends=ends, incoming=incoming, outgoing=outgoing, ran=ran,
        cipher=cipher, now=clock.now,
    )  # fmt: skip
    return End(crossing, engine)


def letter(number: int) -> bytes:
    """Return what package ``number`` says."""
    return f"第{number}号".encode()


async def sent(end: End, count: int) -> None:
    """Hand over so many letters."""
    for number in range(1, count + 1):
        await end.crossing.hand_over("record", f"M-{number}", letter(number))


async def test_a_thousand_packages_arrive_complete_in_order_and_once(water: Callable[..., Water]) -> None:
    both = water(share=0.05)
    await sent(both.ours, 1000)
    await sent(both.theirs, 30)
    for _ in range(60):
        await both.round()
        if len(both.theirs.taken) == 1000 and len(both.ours.taken) == 30:
            break
    assert both.theirs.taken == [(number, letter(number)) for number in range(1, 1001)]
    assert both.ours.taken == [(number, letter(number)) for number in range(1, 31)]


async def test_the_pretend_police_and_the_gateway_understand_each_other_through_bad_gates(tmp_path: Path) -> None:
    """Neither end is written like the other: what one takes for granted, the other has not got from it."""
    clock, engine = Clock(), create_engine(f"sqlite:///{tmp_path / 'ours'}.db")
    event.listen(engine, "connect", _hasty)
    metadata.create_all(engine)
    folders = (LocalFolder(tmp_path / "from-police"), LocalFolder(tmp_path / "to-police"))
    ours = _end(engine, clock, ("GW", "PCS"), *folders)
    police = FarSide(folder=tmp_path, key="a key for tests only", now=lambda: clock.now().timestamp())
    police.failures.order({"fault": "mixed", "share": 0.05, "seed": 3})
    ids = [f"M-{number}" for number in range(1, 201)]
    for each in ids:
        await ours.crossing.hand_over("record", each, write_call("JF0102", write_document({"id": each})))
    for number in range(1, 51):
        police.push({"id": f"PCS-{number}", "kind": "JF0205"})
    for _ in range(60):
        police.look()
        await ours.call()
        clock.on(601)
        if len(ours.taken) == 250:
            break
    assert police.station.acts == ids, "acted on in their order, each once"
    assert [number for number, _ in ours.taken] == list(range(1, 251)), "50 records, and 200 answers"
    police.book.close()
    engine.dispose()


async def test_a_gate_that_loses_file_17_of_20_is_asked_for_it_again(water: Callable[..., Water]) -> None:
    both = water()
    await sent(both.ours, 20)
    both.out.lost = {"GW-PCS-0000000017.zip"}
    await both.round()
    assert [number for number, _ in both.theirs.taken] == list(range(1, 17)), "what is later waits"
    await both.round()
    assert [number for number, _ in both.theirs.taken] == list(range(1, 21))
    await both.round()
    with both.ours.engine.connect() as connection:
        assert not ferry.waits(connection, "partner"), "what the other end has is kept no longer"


async def test_the_last_package_is_missed_by_how_far_was_sent(water: Callable[..., Water]) -> None:
    both = water()
    await sent(both.ours, 3)
    both.out.lost = {"GW-PCS-0000000003.zip"}
    for _ in range(4):
        await both.round()
    assert [number for number, _ in both.theirs.taken] == [1, 2, 3]


async def test_a_package_that_is_still_being_written_is_left_alone(water: Callable[..., Water]) -> None:
    both = water()
    await sent(both.ours, 1)
    both.out.open()
    [file] = (path for path in both.out.end.iterdir() if path.is_file())
    whole = file.read_bytes()
    file.write_bytes(whole[:-20])
    assert await both.theirs.call() == 0
    assert file.exists()
    file.write_bytes(whole)
    assert await both.theirs.call() == 1


async def test_a_package_on_a_machine_whose_clock_is_slow_is_not_taken_for_abandoned(
    water: Callable[..., Water],
) -> None:
    both = water()
    await sent(both.ours, 1)
    both.out.open()
    [file] = (path for path in both.out.end.iterdir() if path.is_file())
    whole = file.read_bytes()
    for part in (100, 200, len(whole)):  # it grows, and its time is always an hour ago
        file.write_bytes(whole[:part])
        os.utime(file, times=(both.clock.at.timestamp() - 3600,) * 2)
        assert await both.theirs.call() == (part == len(whole))
        both.clock.on(59)


async def test_a_package_that_stays_spoilt_is_set_aside_and_comes_again(water: Callable[..., Water]) -> None:
    both = water()
    await sent(both.ours, 1)
    both.out.open()
    [file] = (path for path in both.out.end.iterdir() if path.is_file())
    file.write_bytes(file.read_bytes()[:-20])
    await both.theirs.call()
    both.clock.on(60)
    await both.theirs.call()
    assert (both.out.end / "damaged" / file.name).exists()
    for _ in range(3):
        await both.round()
    assert both.theirs.taken == [(1, letter(1))]


async def test_a_package_sent_again_is_the_same_package(water: Callable[..., Water]) -> None:
    both = water()
    for _ in range(3):
        await both.ours.crossing.hand_over("record", "M-1", letter(1))
    await both.round()
    await both.ours.crossing.hand_over("record", "M-2", letter(2))
    await both.round()
    assert both.theirs.taken == [(1, letter(1)), (2, letter(2))]


async def test_an_end_restored_from_a_backup_goes_on_behind_the_numbers_it_had_used(
    water: Callable[..., Water],
) -> None:
    both = water()
    await sent(both.ours, 5)
    await both.round()
    with writing(both.ours.engine).begin() as connection:
        connection.execute(ferry_table.update().values(sent=2))
        connection.execute(ferry_package.delete())
    await both.theirs.crossing.hand_over("record", "T-1", letter(1))
    await both.round()
    await both.ours.crossing.hand_over("record", "M-9", letter(9))
    await both.round()
    assert both.theirs.taken[-1] == (6, letter(9))


async def test_what_no_package_holds_is_refused_for_good(water: Callable[..., Water]) -> None:
    with pytest.raises(PermanentFailure) as failure:
        await water().ours.crossing.hand_over("record", "M-1", b"x" * LIMIT)
    assert failure.value.code == "ferry.too_large"


@pytest.mark.parametrize("change", ["truncated", "a byte", "another key", "compressed", "from elsewhere"])
def test_a_package_that_is_not_whole_and_sealed_is_damaged(change: str) -> None:
    ours = Ends(ours="GW", theirs="PCS", key=b"key", limit=LIMIT)
    theirs = Ends(ours="PCS", theirs="GW", key=b"key", limit=LIMIT)
    package = Package(number=7, kind="record", about="M-7", contents=letter(7))
    file = package.pack(theirs)
    assert unpack(file, ours) == package
    if change == "truncated":
        file = file[: len(file) // 2]
    if change == "a byte":
        file = file.replace(letter(7), letter(8))
    if change == "another key":
        ours = Ends(ours="GW", theirs="PCS", key=b"other", limit=LIMIT)
    if change == "compressed":
        file = file.replace(
            b"PK\x01\x02\x14\x03\x14\x00\x00\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x00\x00\x08\x00"
        )
    if change == "from elsewhere":
        file = package.pack(Ends(ours="XX", theirs="GW", key=b"key", limit=LIMIT))
    with pytest.raises(Damaged):
        unpack(file, ours)
