"""A ledger (台账) as the records of its rows: what is none is told apart, what is damaged is refused by its line.

sheet ─► header (one line or two, below titles) ─► each line: total │ end note │ hidden │ twice │ damaged │ a record

The same row read again is the same record: its id is made of name, number, date and type, as the offices themselves
recognise an entry. A row is the record ``register.intake`` in another frame; its names stand in the mapping.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.justice_office.columns import APPLICANT, GROUPS, Place, place_of, plain
from gateway.contract import Record
from gateway.errors import Undecodable
from gateway.wire import json_guard, workbook
from gateway.wire.batch_frames import UNREADABLE
from gateway.wire.cells import CellFault, as_day, as_number, as_phones, as_text
from gateway.wire.workbook import Cell, Sheet

KIND = "register.intake"
_HEADER_WITHIN = 20  # lines
_HEADER_AT_LEAST = 3  # columns that are known
_TOTALS = ("合计", "总计", "小计", "共计")
_END_NOTES = ("填表", "制表", "审核", "注:", "注：", "说明:", "说明：", "单位负责人")
_DAYS = ("registered_time", "occur_date")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a ledger: a record to be judged, or why it is none. ``titles``: column by field path."""

    sheet: str
    number: int  # as Excel counts
    record: Record | None = field(default=None, repr=False)
    code: str | None = None  # why it is no record, or damaged
    facts: Mapping[str, str | int] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)


def staged(body: bytes, *, more: Mapping[str, str], max_rows: int) -> list[Line]:
    """Return every line below the headers of a workbook. Raises Undecodable where there is no ledger in it."""
    found: list[Line] = []
    seen: dict[str, int] = {}
    headed = False
    for sheet in workbook.read(body):
        header = _header(sheet, more)
        if header is not None:
            headed = True
            found += _lines(sheet, header, seen)
    if not headed:
        raise Undecodable("justice_office.ledger_without_header")
    if not any(line.record for line in found):
        raise Undecodable("justice_office.ledger_without_rows")
    if len(found) > max_rows:
        raise Undecodable("justice_office.too_many_records", count=len(found), limit=max_rows)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    below: int  # the first line of data, from 0
    columns: Mapping[int, Place]
    unknown: Mapping[int, str]
    titles: Mapping[int, str]


def _header(sheet: Sheet, more: Mapping[str, str]) -> _Header | None:
    for number in range(min(_HEADER_WITHIN, len(sheet.rows))):
        one = _columns(sheet.rows[number], [None] * len(sheet.rows[number]), more)
        two = _under(sheet, number, more)
        best, below = (two, number + 2) if two and len(two) > len(one) else (one, number + 1)
        if len(best) >= _HEADER_AT_LEAST:
            line, above = sheet.rows[below - 1], sheet.rows[number] if best is two else ()
            titles = {
                place: as_text(cell) or as_text(above[place] if place < len(above) else None)
                for place, cell in enumerate(line)
            }
            unknown = {place: title for place, title in titles.items() if title and place not in best}
            return _Header(below=below, columns=best, unknown=unknown, titles=titles)
    return None


def _under(sheet: Sheet, number: int, more: Mapping[str, str]) -> dict[int, Place]:
    """Return the columns where this line and the next are one header: groups above, what is in them below."""
    if number + 1 >= len(sheet.rows):
        return {}
    above, line = sheet.rows[number], sheet.rows[number + 1]
    grouped = any(plain(as_text(cell)).startswith(words) for cell in above for words in GROUPS.values())
    return _columns(line, above, more) if grouped else {}


def _columns(line: Sequence[Cell], above: Sequence[Cell], more: Mapping[str, str]) -> dict[int, Place]:
    found: dict[int, Place] = {}
    for place, cell in enumerate(line):
        group = as_text(above[place]) if place < len(above) else ""
        named = (
            place_of(as_text(cell), group, more=more) or place_of(group, more=more) if as_text(cell) or group else None
        )
        if named and named not in found.values():
            found[place] = named
    return found


def _lines(sheet: Sheet, header: _Header, seen: dict[str, int]) -> Iterator[Line]:
    for number in range(header.below, len(sheet.rows)):
        row = sheet.rows[number]
        first = next((as_text(cell) for cell in row if as_text(cell)), None)
        if first is None:
            continue
        at: dict[str, Any] = {"sheet": sheet.name, "number": number + 1}
        if plain(first).startswith(_TOTALS):
            yield Line(**at, code="justice_office.ledger_total")
        elif first.replace(" ", "").startswith(_END_NOTES):
            yield Line(**at, code="justice_office.ledger_end_note")
        elif number in sheet.hidden:
            yield Line(**at, code="justice_office.ledger_hidden")
        else:
            yield _line(row, header, seen, at)


def _line(row: Sequence[Cell], header: _Header, seen: dict[str, int], at: Mapping[str, Any]) -> Line:
    fields, titles, fault = _fields(row, header)
    known_by = _key(fields)
    if fault is not None:
        code, column = fault
        record = Record(kind=UNREADABLE, id=f"{known_by}-{at['number']}", fields={"record_no": known_by, "kind": KIND})
        return Line(**at, record=record, code=code, facts={"column": column}, titles=titles)
    if known_by in seen:
        return Line(**at, code="justice_office.ledger_twice", facts={"row": seen[known_by]})
    seen[known_by] = at["number"]
    fields.setdefault("mediation_no", known_by)
    return Line(**at, record=Record(kind=KIND, id=known_by, fields=fields), titles=titles)


def _fields(row: Sequence[Cell], header: _Header) -> tuple[dict[str, Any], dict[str, str], tuple[str, str] | None]:
    """Return a row's fields, its columns' titles by field, and the first fault with its column."""
    fields: dict[str, Any] = {}
    parties: dict[str, dict[str, Any]] = {}
    titles: dict[str, str] = {}
    fault = None
    for place, (group, name) in header.columns.items():
        if place >= len(row) or not as_text(row[place]):
            continue
        titles[f"{group}.{name}" if group else name] = header.titles[place]
        try:
            (parties.setdefault(group, {}) if group else fields)[name] = _said(name, row[place])
        except CellFault as error:
            fault = fault or (error.code, header.titles[place])
    fields["parties"] = [_party(group, parties[group]) for group in sorted(parties, key=lambda name: name != APPLICANT)]
    for number, party in enumerate(fields["parties"]):
        for name in parties[party["party_role"]]:
            titles[f"parties[{number}].{name}"] = titles[f"{party['party_role']}.{name}"]
    if beside := {header.unknown[place]: as_text(row[place]) for place in header.unknown if _beside(row, place)}:
        fields["other_columns"] = beside
    if day := fields.get("registered_time") or fields.get("occur_date"):
        fields.setdefault("registered_time", day)
        fields["occur_time"] = f"{day} 00:00:00"
    return fields, titles, fault


def _beside(row: Sequence[Cell], place: int) -> bool:
    return place < len(row) and bool(as_text(row[place]))


def _party(group: str, said: Mapping[str, Any]) -> dict[str, Any]:
    party = {"party_role": group, "party_kind": "自然人", **said}
    return {**party, "id_card_type": party.get("id_card_type", "居民身份证")} if "id_card_no" in party else party


def _said(name: str, cell: Cell) -> Any:
    if name == "id_card_no":
        return as_number(cell)
    if name == "phones":
        return as_phones(cell)
    if name == "people" and as_text(cell).isdigit():
        return int(as_text(cell))
    return as_day(cell) if name in _DAYS else as_text(cell)


def _key(fields: Mapping[str, Any]) -> str:
    """Return the id by which an entry is recognised: name, number, date and type of the first party's dispute."""
    first = fields["parties"][0] if fields["parties"] else {}
    day = fields.get("occur_date") or fields.get("registered_time")
    said = [first.get("party_name"), first.get("id_card_no"), day, fields.get("dispute_type")]
    if not any(said):
        said = [str(fields)]
    return "TZ" + hashlib.sha256(json_guard.dumps(said)).hexdigest()[:24]
