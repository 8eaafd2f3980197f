"""Mapping: compiled rows against a plain function written by hand that gives the same result, for both dialects."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks import hand_written
from benchmarks.figures import Figure
from benchmarks.setting import Setting, setting
from gateway.canonical.messages import TYPES, Message
from gateway.contract import Record
from gateway.mapping import MappingSet
from gateway.mapping.passage import Directory, Passage

BASE = {"id": "01900000-0000-7000-8000-000000000001", "source": "/partners/x"}
Pair = tuple[Callable[[], object], Callable[[], object]]  # ours, the plain twin


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One dialect's referral, as a record and as a message."""

    scene: Setting
    dialect: str
    partner: str
    record: Record

    @property
    def mappings(self) -> MappingSet:
        """Return the compiled mappings."""
        return self.scene.revision.mappings

    @property
    def directory(self) -> Directory:
        """Return the directory."""
        return self.scene.revision.directory

    @property
    def base(self) -> Mapping[str, Any]:
        """Return what the gateway itself says about a message."""
        return {**BASE, "receivedtime": self.scene.now}

    def message(self) -> Message:
        """Return the record's message."""
        reading = self.mappings.read(self.dialect, self.partner, self.record, directory=self.directory, base=self.base)
        assert reading.message is not None, reading.faults
        return reading.message


def measure(rounds: int, quick: bool) -> Iterator[Figure]:
    """Yield reading and writing of a referral: the compiled function alone, and all that happens around it."""
    repeats = 300 if quick else 3000
    scene = setting()
    for dialect, (partner, record) in scene.records.items():
        subject = Subject(scene=scene, dialect=dialect, partner=partner, record=record)
        yield _figure(f"read a referral, {dialect}", _reading(subject), rounds, repeats)
        yield _figure(f"  the same with validation, {dialect}", _whole_reading(subject), rounds, repeats // 3)
        yield _figure(f"write a referral, {dialect}", _writing(subject), rounds, repeats)
        yield _figure(f"  the same into a record, {dialect}", _whole_writing(subject), rounds, repeats)


def _reading(subject: Subject) -> Pair:
    partner, record, directory, codes = subject.partner, subject.record, subject.directory, subject.scene.codes
    mapping = subject.mappings.reader(subject.dialect, partner, record)
    assert mapping is not None
    assert mapping.read is not None
    by_hand, compiled = hand_written.READ[subject.dialect], mapping.read
    return (
        lambda: compiled(record.fields, Passage(partner, directory)),
        lambda: by_hand(record.fields, codes, partner, directory),
    )


def _whole_reading(subject: Subject) -> Pair:
    partner, record, directory, codes = subject.partner, subject.record, subject.directory, subject.scene.codes
    by_hand, base = hand_written.READ[subject.dialect], subject.base
    validator, mappings, dialect = TYPES["referral"].__pydantic_validator__, subject.mappings, subject.dialect
    return (
        lambda: mappings.read(dialect, partner, record, directory=directory, base=base).message,
        lambda: validator.validate_python({**base, **by_hand(record.fields, codes, partner, directory)}),
    )


def _writing(subject: Subject) -> Pair:
    partner, message, directory, codes = subject.partner, subject.message(), subject.directory, subject.scene.ways_back
    mapping = subject.mappings.writer(subject.dialect, partner, message)
    assert mapping is not None
    assert mapping.write is not None
    by_hand, compiled = hand_written.WRITE[subject.dialect], mapping.write
    return (
        lambda: compiled(message, {}, Passage(partner, directory)),
        lambda: by_hand(message, codes, partner, directory),
    )


def _whole_writing(subject: Subject) -> Pair:
    partner, message, directory, codes = subject.partner, subject.message(), subject.directory, subject.scene.ways_back
    by_hand, kind = hand_written.WRITE[subject.dialect], subject.record.kind
    mappings, dialect = subject.mappings, subject.dialect
    return (
        lambda: mappings.write(dialect, partner, message, directory=directory).record,
        lambda: Record(kind=kind, id=message.id, fields=by_hand(message, codes, partner, directory)),
    )


def _figure(name: str, pair: Pair, rounds: int, repeats: int) -> Figure:
    """Measure both in turn, by the time of the processor: other processes then disturb little."""
    ours, twin = (work() for work in pair)
    if ours != twin:
        raise SystemExit(f"{name}: the hand-written twin does something else:\n{ours}\n{twin}")
    measured: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for work, into in zip(pair, measured, strict=True):
            into.append(repeats / _cpu(work, repeats))
    return Figure(name=name, ours=measured[0], twin=measured[1], aim="≥ 0.5")


def _cpu(work: Callable[[], object], repeats: int) -> float:
    started = time.process_time()
    for _ in range(repeats):
        work()
    return time.process_time() - started
