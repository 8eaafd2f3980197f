"""Translate: choose the mapping of a record or message, and carry it over, in either direction.

Record  ─► choose ─► read ─► validate ─► Reading (message | faults, unmapped)
Message ─► choose ─► write ─────────────► Writing (record, lost)        or Untranslatable
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from gateway.canonical.messages import Message, short_type
from gateway.contract import Record
from gateway.errors import Untranslatable
from gateway.mapping import documents
from gateway.mapping.binding import Test
from gateway.mapping.codes import CodeTable
from gateway.mapping.compiler import Compiled
from gateway.mapping.faults import Fault, printable
from gateway.mapping.passage import Directory, Passage
from gateway.mapping.paths import Step
from gateway.mapping.record_fields import fetch, matches
from gateway.mapping.validation import validated
from gateway.mapping.write_values import first, nth

Verdict = Literal["translated", "held", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What became of a record: a message, or the faults that stop it.

    ``held``: an administrator can mend it (a code, an organisation, a mapping is missing). ``refused``: the sender
    must. ``unmapped`` are the partner's fields with a value that no row names.
    """

    message: Message | None = None
    faults: tuple[Fault, ...] = ()
    verdict: Verdict
    unmapped: tuple[str, ...] = ()
    mapping: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What became of a message; ``lost`` are its fields with a value that the record does not carry."""

    record: Record = field(repr=False)
    lost: tuple[str, ...] = ()
    mapping: str


class MappingSet:
    """Every mapping and code table of one configuration revision, compiled."""

    def __init__(self, mappings: Sequence[Compiled], tables: Mapping[str, CodeTable]) -> None:
        self.mappings = tuple(mappings)
        self.tables: Mapping[str, CodeTable] = MappingProxyType(dict(tables))
        self._readers = _index(self.mappings, "read")
        self._writers = _index(self.mappings, "write")

    def read(
        self, adapter: str, partner: str, record: Record, *, directory: Directory, base: Mapping[str, Any]
    ) -> Reading:
        """Turn a record into a message.

        ``base``: what the gateway says about it (id, source, receivedtime); the record's time falls back to
        receivedtime. Raises nothing, whatever the record holds.
        """
        found = self.reader(adapter, partner, record)
        if found is None or found.read is None:
            return _no_mapping(record)
        passage = Passage(partner, directory)
        values = {**base, **found.read(record.fields, passage)}
        values.setdefault("time", base.get("receivedtime"))
        if found.documents is not None and record.attachments:
            values.setdefault("data", {})["documents"] = documents.read(record, found.documents, passage)
        message = validated(found.message, values, found.trail, passage)
        unmapped = found.unmapped(record.fields)
        if passage.faults or message is None:
            # What decides the verdict stands first: it is what a dialect with room for one reason tells the sender.
            faults = tuple(sorted(passage.faults, key=lambda fault: fault.verdict != "refused"))
            return Reading(faults=faults, verdict=faults[0].verdict, unmapped=unmapped, mapping=found.name)
        return Reading(message=message, verdict="translated", unmapped=unmapped, mapping=found.name)

    def write(self, adapter: str, partner: str, message: Message, *, directory: Directory) -> Writing:
        """Turn a message into a record of the partner. Raises Untranslatable.

        The record's id is the message's; its attachments are tickets without content.
        """
        found = self.writer(adapter, partner, message)
        if found is None or found.write is None:
            raise Untranslatable("mapping.no_mapping_out", type=short_type(message), adapter=adapter)
        passage = Passage(partner, directory)
        fields = found.write(message, {}, passage)
        attachments = documents.write(message, found.documents, passage) if found.documents is not None else ()
        if passage.faults:
            fault = passage.faults[0]
            raise Untranslatable(fault.code, mapping=found.name, faults=len(passage.faults), **fault.said)
        record = Record(kind=found.record, id=message.id, fields=fields, attachments=attachments)
        return Writing(record=record, lost=tuple(passage.lost), mapping=found.name)

    def reader(self, adapter: str, partner: str, record: Record) -> Compiled | None:
        """Return the mapping that reads a record: the partner's own first, one with a fitting condition first."""
        for mapping in _candidates(self._readers, adapter, partner, record.kind):
            if all(matches(fetch(record.fields, test.keys), test.values) for test in mapping.read_if):
                return mapping
        return None

    def writer(self, adapter: str, partner: str, message: Message) -> Compiled | None:
        """Return the mapping that writes a message for a partner, chosen as ``reader`` does."""
        for mapping in _candidates(self._writers, adapter, partner, short_type(message)):
            if all(_holds(test, message) for test in mapping.write_if):
                return mapping
        return None


_Index = dict[tuple[str, str | None, str], list[Compiled]]


def _index(mappings: Sequence[Compiled], way: Literal["read", "write"]) -> _Index:
    """Sort mappings by adapter, partner (None: any) and kind; a partner's own stand before those for everybody."""
    used = [mapping for mapping in mappings if (mapping.reads if way == "read" else mapping.writes)]
    used.sort(key=lambda mapping: not (mapping.read_if if way == "read" else mapping.write_if))
    found: _Index = {}
    for partner in {mapping.partner for mapping in used} | {None}:
        own = [mapping for mapping in used if mapping.partner == partner]
        replaced = {mapping.draft.base for mapping in own}
        everybody = [mapping for mapping in used if mapping.partner is None and mapping.draft.base not in replaced]
        for mapping in own if partner is None else (*own, *everybody):
            kind = mapping.record if way == "read" else mapping.message
            found.setdefault((mapping.adapter, partner, kind), []).append(mapping)
    return found


def _candidates(index: _Index, adapter: str, partner: str, kind: str) -> Sequence[Compiled]:
    return index.get((adapter, partner, kind)) or index.get((adapter, None, kind)) or ()


def _holds(test: Test, message: Message) -> bool:
    value: Any = message
    for step in test.steps:
        value = None if value is None else _taken(getattr(value, step.name), step)
    return matches(value, test.values)


def _taken(value: Any, step: Step) -> Any:
    if isinstance(step.select, int):
        return nth(value, step.select)
    if isinstance(step.select, tuple):
        return first(value, *step.select)
    return value


def _no_mapping(record: Record) -> Reading:
    kind = printable(record.kind[:100])
    fault = Fault(code="mapping.no_mapping", partner_path="", verdict="held", facts={"kind": kind})
    return Reading(faults=(fault,), verdict="held", mapping="")
