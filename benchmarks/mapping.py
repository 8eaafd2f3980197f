"""Mapping: compiled rows against a plain function written by hand that gives the same result, for both dialects."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from benchmarks import hand_written
from benchmarks.figures import Figure
from benchmarks.setting import Setting, setting
from gateway.canonical.messages import TYPES
from gateway.contract import Record
from gateway.mapping.passage import Passage

BASE = {"id": "01900000-0000-7000-8000-000000000001", "source": "/partners/x"}


def measure(rounds: int, quick: bool) -> Iterator[Figure]:
    """Yield reading and writing of a referral: the compiled function alone, and all that happens around it."""
    repeats = 300 if quick else 3000
    scene = setting()
    for dialect, (partner, record) in scene.records.items():
        yield _reading(scene, dialect, partner, record, rounds, repeats)
        yield _whole_reading(scene, dialect, partner, record, rounds, repeats)
        yield _writing(scene, dialect, partner, record, rounds, repeats)
        yield _whole_writing(scene, dialect, partner, record, rounds, repeats)


def _reading(scene: Setting, dialect: str, partner: str, record: Any, rounds: int, repeats: int) -> Figure:
    mapping = scene.revision.mappings.reader(dialect, partner, record)
    assert mapping is not None
    assert mapping.read is not None
    by_hand = hand_written.READ[dialect]
    compiled = mapping.read

    def ours() -> Mapping[str, Any]:
        return compiled(record.fields, Passage(partner, scene.revision.directory))

    def twin() -> Mapping[str, Any]:
        return by_hand(record.fields, scene.codes, partner, scene.revision.directory)

    _same(dict(ours()), dict(twin()), f"{dialect} reading")
    return _figure(f"read a referral, {dialect}", ours, twin, rounds, repeats)


def _whole_reading(scene: Setting, dialect: str, partner: str, record: Any, rounds: int, repeats: int) -> Figure:
    directory, mappings = scene.revision.directory, scene.revision.mappings
    by_hand, base = hand_written.READ[dialect], {**BASE, "receivedtime": scene.now}
    validator = TYPES["referral"].__pydantic_validator__

    def ours() -> object:
        return mappings.read(dialect, partner, record, directory=directory, base=base).message

    def twin() -> object:
        return validator.validate_python({**base, **by_hand(record.fields, scene.codes, partner, directory)})

    _same(ours(), twin(), f"{dialect} whole reading")
    return _figure(f"  the same with validation, {dialect}", ours, twin, rounds, repeats // 3)


def _writing(scene: Setting, dialect: str, partner: str, record: Any, rounds: int, repeats: int) -> Figure:
    directory, message = scene.revision.directory, _message(scene, dialect, partner, record)
    mapping = scene.revision.mappings.writer(dialect, partner, message)
    assert mapping is not None
    assert mapping.write is not None
    by_hand, compiled = hand_written.WRITE[dialect], mapping.write

    def ours() -> Mapping[str, Any]:
        return compiled(message, {}, Passage(partner, directory))

    def twin() -> Mapping[str, Any]:
        return by_hand(message, scene.ways_back, partner, directory)

    _same(dict(ours()), dict(twin()), f"{dialect} writing")
    return _figure(f"write a referral, {dialect}", ours, twin, rounds, repeats)


def _whole_writing(scene: Setting, dialect: str, partner: str, record: Any, rounds: int, repeats: int) -> Figure:
    directory, mappings = scene.revision.directory, scene.revision.mappings
    message = _message(scene, dialect, partner, record)
    by_hand, kind = hand_written.WRITE[dialect], record.kind

    def ours() -> Record:
        return mappings.write(dialect, partner, message, directory=directory).record

    def twin() -> Record:
        return Record(kind=kind, id=message.id, fields=by_hand(message, scene.ways_back, partner, directory))

    _same(ours(), twin(), f"{dialect} whole writing")
    return _figure(f"  the same into a record, {dialect}", ours, twin, rounds, repeats)


def _message(scene: Setting, dialect: str, partner: str, record: Any) -> Any:
    base = {**BASE, "receivedtime": scene.now}
    reading = scene.revision.mappings.read(dialect, partner, record, directory=scene.revision.directory, base=base)
    assert reading.message is not None, reading.faults
    return reading.message


def _figure(name: str, ours: Callable[[], object], twin: Callable[[], object], rounds: int, repeats: int) -> Figure:
    measured: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for work, into in zip((ours, twin), measured, strict=True):
            into.append(repeats / _cpu(work, repeats))
    return Figure(name=name, ours=measured[0], twin=measured[1], aim="≥ 0.5")


def _cpu(work: Callable[[], object], repeats: int) -> float:
    started = time.process_time()
    for _ in range(repeats):
        work()
    return time.process_time() - started


def _same(ours: object, twin: object, what: str) -> None:
    if ours != twin:
        raise SystemExit(f"{what}: the hand-written twin does something else:\n{ours}\n{twin}")
