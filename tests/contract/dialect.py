"""What the suite knows of one adapter, all of it found from its row in the table: its folder says the rest.

ADAPTERS row ─► package ─┬─► folder ────────────┬─► simulator.py        Simulator
                         └─► systems/*/ (each) ─┤   samples/*.json      records and their canonical twins
                                                └─► mappings/, codes/   its own, or those shipped under its name

An adapter that is configured alone has a folder for each system that it proves itself by; each counts as a dialect.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from gateway import configuration
from gateway.canonical.messages import TYPES, Message, parse
from gateway.contract import (
    Adapter,
    Attachment,
    MemorySession,
    Partner,
    Record,
    Request,
    is_canonical,
    is_collected,
)
from gateway.mapping import MappingSet, Reading, Writing, compile_set, read_canonical, write_canonical
from gateway.mapping.common import OURS

PARTNER = "partner"
# What the gateway says about a message that came in, the same for every reading here.
BASE: Mapping[str, Any] = {
    "id": "019e1c50-7a00-7000-8000-00000000beef",
    "source": f"/partners/{PARTNER}",
    "receivedtime": "2026-11-09T09:12:31+08:00",
}


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A record in wire form and what it means: its twin, or the partner's field for which it is refused."""

    name: str
    direction: str  # in | out | both
    plain: Mapping[str, Any] = field(repr=False)
    twin: Mapping[str, Any] | None = field(repr=False)
    refused: str | None = None

    @property
    def arrives(self) -> bool:
        """Whether the partner sends such a record."""
        return self.direction != "out"

    @property
    def leaves(self) -> bool:
        """Whether the gateway sends such a record."""
        return self.direction != "in"

    @property
    def record(self) -> Record:
        """The record as the adapter decodes it."""
        return record_of(self.plain)

    @property
    def message(self) -> Message:
        """The twin as it stands in the file."""
        assert self.twin is not None
        return parse(self.twin)

    @property
    def papers(self) -> dict[str, bytes]:
        """The attachments' contents by SHA-256, as far as the sample holds them."""
        listed = (each.get("content_base64") for each in self.plain.get("attachments", ()))
        contents = [base64.b64decode(each) for each in listed if each is not None]
        return {hashlib.sha256(content).hexdigest(): content for content in contents}


@dataclass(frozen=True, kw_only=True)
class OneDirectory:
    """The organisations that the samples speak of, by the partner's codes."""

    codes: Mapping[str, str]

    def organisation(self, partner: str, code: str) -> str | None:
        """Return the organisation that the partner calls ``code``."""
        return next((organisation for organisation, own in self.codes.items() if own == code), None)

    def code(self, partner: str, organisation_id: str) -> str | None:
        """Return what the partner calls an organisation."""
        return self.codes.get(organisation_id)


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """One row of the table and everything that belongs to it."""

    adapter_name: str
    adapter: type[Adapter]
    system: str | None = None

    @property
    def name(self) -> str:
        """What a test's output calls it: the adapter, and the system where there are several."""
        return f"{self.adapter_name}-{self.system}" if self.system else self.adapter_name

    @property
    def partner(self) -> str:
        """The partner that the suite makes of it; mappings of one system are for that partner alone."""
        return self.system or self.adapter_name

    @property
    def canonical(self) -> bool:
        """Whether it speaks the common language, so that there is no mapping."""
        return is_canonical(self.adapter)

    @property
    def collected(self) -> bool:
        """Whether the partner fetches what is due to it, so that nobody calls it."""
        return is_collected(self.adapter)

    @property
    def ours(self) -> frozenset[str]:
        """The fields of its records that the gateway says, whoever sends them: those of the envelope."""
        return OURS | {"id"} if self.canonical else frozenset()

    @property
    def package(self) -> str:
        """The package that the adapter lives in."""
        return self.adapter.__module__.rpartition(".")[0]

    @property
    def home(self) -> str:
        """The package of its simulator and samples: the adapter's, or one of its systems'."""
        return f"{self.package}.systems.{self.system}" if self.system else self.package

    @property
    def code_folder(self) -> Path:
        """The folder of the adapter's package."""
        return Path(str(importlib.import_module(self.package).__file__)).parent

    @property
    def folder(self) -> Path:
        """The folder of its simulator and samples."""
        return Path(str(importlib.import_module(self.home).__file__)).parent

    @cached_property
    def simulator(self) -> Any:
        """The class that pretends to be the partner's system."""
        return importlib.import_module(f"{self.home}.simulator").Simulator

    @cached_property
    def anybody(self) -> Adapter:
        """An adapter for some partner, to ask what the dialect is able to do."""
        return self.speaking(self.simulator.make_keys())

    @cached_property
    def batches(self) -> bool:
        """Whether one request carries several records."""
        arriving = [sample.plain for sample in self.samples if sample.arrives and sample.twin is not None]
        try:
            self.pretending(self.simulator.make_keys()).wrap(arriving[:2])
        except ValueError:
            return False
        return True

    @cached_property
    def samples(self) -> tuple[Sample, ...]:
        """Every sample, in the order of the files."""
        files = sorted(path for path in (self.folder / "samples").glob("*.json") if path.stem != "directory")
        return tuple(sample for path in files for sample in _samples(path))

    @cached_property
    def directory(self) -> OneDirectory:
        """The organisations of the samples."""
        return OneDirectory(codes=json.loads((self.folder / "samples/directory.json").read_text(encoding="utf-8")))

    @cached_property
    def own_files(self) -> Mapping[str, str]:
        """The mapping files that the adapter keeps in its own folder; none where they are shipped."""
        found = [path for room in ("mappings", "codes") for path in sorted((self.folder / room).rglob("*.yaml"))]
        return {path.relative_to(self.folder).as_posix(): path.read_text(encoding="utf-8") for path in found}

    @cached_property
    def files(self) -> Mapping[str, str]:
        """Its mapping files and code tables as texts by path."""
        rooms = (f"mappings/{self.adapter_name}/", f"mappings/codes/{self.adapter_name}.")
        shipped = {path: text for path, text in configuration.shipped_files().items() if path.startswith(rooms)}
        return {**shipped, **self.own_files}

    @cached_property
    def mappings(self) -> MappingSet:
        """Those files, compiled."""
        return compile_set(self.files)

    @property
    def written_types(self) -> tuple[str, ...]:
        """The canonical types that some mapping writes for this dialect."""
        if self.canonical:
            return tuple(TYPES)
        return tuple(sorted({mapping.message for mapping in self.mappings.mappings if mapping.write is not None}))

    def read(self, record: Record) -> Reading:
        """Turn a record into a message, as the gateway would."""
        if self.canonical:
            return read_canonical(record, base=BASE)
        return self.mappings.read(self.adapter_name, self.partner, record, directory=self.directory, base=BASE)

    def write(self, message: Message) -> Writing:
        """Turn a message into a record, as the gateway would."""
        if self.canonical:
            return write_canonical(message)
        return self.mappings.write(self.adapter_name, self.partner, message, directory=self.directory)

    def speaking(self, keys: Mapping[str, str], now: datetime | None = None) -> Adapter:
        """Return an adapter for a partner with these keys; its clock stands still at ``now`` when that is given."""
        clock = (lambda: datetime.now(UTC)) if now is None else (lambda: now)
        return self.adapter(
            Partner(
                name=PARTNER,
                settings=self.simulator.partner_settings(),
                secret=lambda name: dict(keys)[name],
                session=MemorySession(clock),
                now=clock,
            )
        )

    def pretending(self, keys: Mapping[str, str], gateway_url: str | None = None, partner: str = PARTNER) -> Any:
        """Return a simulator with these keys."""
        return self.simulator(gateway_url=gateway_url, partner=partner, keys=keys)


def dialects(table: Mapping[str, type[Adapter]]) -> tuple[Dialect, ...]:
    """Return every row of a table of adapters as the suite sees it: one dialect, or one for each of its systems."""
    rows = [Dialect(adapter_name=name, adapter=adapter) for name, adapter in table.items()]
    return tuple(each for row in rows for each in _systems(row) or (row,))


def _systems(row: Dialect) -> tuple[Dialect, ...]:
    folders = sorted(path.parent.name for path in row.code_folder.glob("systems/*/simulator.py"))
    return tuple(replace(row, system=name) for name in folders)


def received(wrapped: Mapping[str, Any], **changes: Any) -> Request:
    """Return what the door hands to an adapter of a request that a simulator wrapped."""
    return Request(**{**wrapped, **changes})


def record_of(plain: Mapping[str, Any]) -> Record:
    """Return a record of the samples' wire form as an adapter decodes it."""
    return Record(
        kind=plain["kind"],
        id=plain["id"],
        version=plain.get("version"),
        fields=plain["fields"],
        attachments=tuple(_attachment(each) for each in plain.get("attachments") or ()),
    )


def without_contents(record: Record) -> Record:
    """Return a record whose attachments are tickets, as a mapping writes them."""
    return replace(record, attachments=tuple(replace(each, content=None) for each in record.attachments))


def personal_values(sample: Sample) -> set[str]:
    """Return the values of a sample's record that no log, error or repr may show."""
    said = set(_texts(sample.plain["fields"]))
    return {value for value in said if len(value) >= 6 or (len(value) >= 2 and not value.isascii())}


def _attachment(plain: Mapping[str, Any]) -> Attachment:
    given = dict(plain)
    coded = given.pop("content_base64", None)
    content = base64.b64decode(coded) if coded is not None else None
    return Attachment(**given, content=content)


def _samples(path: Path) -> Iterator[Sample]:
    held = json.loads(path.read_text(encoding="utf-8"))
    for number, each in enumerate(held if isinstance(held, list) else [held]):
        yield Sample(
            name=f"{path.stem}-{number}" if isinstance(held, list) else path.stem,
            direction=each["direction"],
            plain=each["record"],
            twin=each.get("message"),
            refused=each.get("refused"),
        )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _texts(inner)
