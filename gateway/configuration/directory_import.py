"""Take a directory in from sheets: one verdict for each row, and the new directory.yaml only where none is refused.

rows ─► organisations, then people (whose units may stand in the same file) ─► read ─► twice? known? ─► verdict each
                                                                                  └──► all of them good: the new file
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from gateway.canonical import identifiers
from gateway.canonical.identifiers import IdentifierFault
from gateway.canonical.identifiers.folding import compact
from gateway.configuration.directory_columns import WORDS, header_of, meant
from gateway.configuration.directory_rows import DirectoryFile, FormerRow, OrganisationRow, PersonRow, PlaceRow
from gateway.errors import Fact, Undecodable
from gateway.wire.cells import CellFault, as_day, as_number, as_phones, as_text
from gateway.wire.workbook import Cell, Sheet

Fate = Literal["added", "changed", "unchanged", "by_hand", "refused"]
_HEADER_WITHIN = 20  # lines
_LONGEST = 200  # characters of a name, as in every file of the configuration
_DAYS = frozenset({"since", "until", "former_until"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one row, told by sheet, line and id, never by whom it is about."""

    sheet: str
    line: int  # as Excel counts
    fate: Fate
    id: str | None = None
    code: str | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)


class _Refused(Exception):
    def __init__(self, code: str, **facts: Fact) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    table: str
    sheet: str
    line: int
    cells: Mapping[str, Cell] = field(repr=False)
    titles: Mapping[str, str]


def staged(
    sheets: Sequence[Sheet], *, before: DirectoryFile, by_hand: Sequence[OrganisationRow]
) -> tuple[list[Verdict], DirectoryFile | None]:
    """Judge every row; return the verdicts, and the directory with all of them or None where any is refused.

    ``before`` is what was imported earlier: what the sheets do not name stays. Raises Undecodable where no sheet has
    the header of a directory.
    """
    rows = [row for sheet in sheets for row in _rows(sheet)]
    if not rows:
        raise Undecodable("directory.no_rows")
    taking = _Taking(before, by_hand)
    judged = {}
    for table in ("organisations", "people"):
        for row in (row for row in rows if row.table == table):
            judged[row.sheet, row.line] = taking.take(row)
    for row in rows:
        judged[row.sheet, row.line] = taking.with_successor(row, judged[row.sheet, row.line])
    verdicts = list(judged.values())
    refused = any(verdict.fate == "refused" for verdict in verdicts)
    return verdicts, None if refused else taking.file()


class _Taking:
    """The directory as it becomes, row by row."""

    def __init__(self, before: DirectoryFile, by_hand: Sequence[OrganisationRow]) -> None:
        self._by_hand = {row.id: row for row in by_hand}
        self._organisations = {row.id: row for row in before.organisations}
        self._people = {row.id: row for row in before.people}
        self._lines: dict[tuple[str, ...], tuple[str, int]] = {}  # what each line claims
        self._numbers: dict[str, tuple[str, int]] = {}  # identity number ─► whose, and where it stands

    def file(self) -> DirectoryFile:
        return DirectoryFile(organisations=tuple(self._organisations.values()), people=tuple(self._people.values()))

    def take(self, row: _Row) -> Verdict:
        said = as_text(row.cells.get("id"))
        hidden = _is_identity_number(said)
        at: dict[str, Any] = {"sheet": row.sheet, "line": row.line, "id": None if hidden else said or None}
        if hidden:
            return Verdict(**at, fate="refused", code="directory.id_is_number", facts={"column": row.titles["id"]})
        try:
            taken = _read(row)
            return Verdict(**at, fate=self._organisation(row, taken) if _is_unit(row) else self._person(row, taken))
        except _Refused as refused:
            return Verdict(**at, fate="refused", code=refused.code, facts=refused.facts)

    def with_successor(self, row: _Row, verdict: Verdict) -> Verdict:
        """Name the successor by its id, which any row may bring; refuse a row whose successor none brings."""
        said = as_text(row.cells.get("successor"))
        if verdict.fate == "refused" or not _is_unit(row) or not said:
            return verdict
        heir, own = self._unit(said), self._organisations.get(verdict.id or "")
        if heir is not None and heir != verdict.id:
            if own is not None:
                self._organisations[own.id] = own.model_copy(update={"successor": heir})
            return verdict
        facts = {"column": row.titles["successor"]}
        return Verdict(
            sheet=row.sheet, line=row.line, id=verdict.id, fate="refused", code="directory.unknown_unit", facts=facts
        )

    def _organisation(self, row: _Row, said: dict[str, Any]) -> Fate:
        self._claim(row, "organisation", said["id"])
        self._claim(row, "name", compact(said["name"]), said.get("division") or "")
        if said.get("credit_code"):
            self._claim(row, "credit_code", said["credit_code"])
        before = self._by_hand.get(said["id"]) or self._organisations.get(said["id"])
        former, until = said.pop("former_name", None), said.pop("former_until", None)
        if (former is None) != (until is None):
            raise _Refused("directory.former_incomplete")
        if said.get("successor") and not said.get("until"):
            raise _Refused("directory.successor_without_until")
        if said.get("since") and said.get("until") and said["until"] < said["since"]:
            raise _Refused("directory.until_before_since")
        if former:
            kept = [each for each in (before.former if before else ()) if each.until != until]
            said["former"] = (*kept, FormerRow.model_validate({"name": former, "until": until}))
        now = (
            before or OrganisationRow.model_validate({name: said[name] for name in ("id", "name", "kind")})
        ).model_copy(update=said)
        if said["id"] in self._by_hand:
            return "unchanged" if now == before else "by_hand"
        self._organisations[now.id] = now
        return _fate(before, now)

    def _person(self, row: _Row, said: dict[str, Any]) -> Fate:
        unit = self._unit(said.pop("organisation", None) or "")
        if unit is None:
            raise _Refused("directory.unknown_unit", column=row.titles["organisation"])
        place = PlaceRow(
            organisation=unit, role=said.pop("role", None) or "member", since=said.pop("since", None),
            until=said.pop("until", None),
        )  # fmt: skip
        if place.since and place.until and place.until < place.since:
            raise _Refused("directory.until_before_since")
        self._claim(row, "person", said["id"], unit, place.role)
        self._own_number(row, said.pop("number", None), said["id"])
        before = self._people.get(said["id"])
        if before and compact(before.name) != compact(said["name"]):
            raise _Refused("directory.other_name")
        kept = [
            each for each in (before.places if before else ()) if (each.organisation, each.role) != (unit, place.role)
        ]
        start = before or PersonRow(id=said["id"], name=said["name"], category=said["category"])
        places = tuple(sorted([*kept, place], key=lambda each: (each.organisation, each.role)))
        self._people[start.id] = now = start.model_copy(update={**said, "places": places})
        return _fate(before, now)

    def _claim(self, row: _Row, *what: str) -> None:
        """Refuse a second line that says the same thing of the same one."""
        sheet, line = self._lines.setdefault(what, (row.sheet, row.line))
        if (sheet, line) != (row.sheet, row.line):
            raise _Refused("directory.twice", line=line)

    def _own_number(self, row: _Row, number: str | None, who: str) -> None:
        """Refuse one identity number under two ids; the number itself is not kept."""
        if number is not None:
            owner, line = self._numbers.setdefault(number, (who, row.line))
            if owner != who:
                raise _Refused("directory.same_number", line=line)

    def _unit(self, said: str) -> str | None:
        """Return the organisation of this id, or the only one of this name, present or former."""
        known = {**self._organisations, **self._by_hand}
        if said in known:
            return said
        wanted = compact(said)
        named = [each.id for each in known.values() if wanted and wanted in _names(each)]
        return named[0] if len(named) == 1 else None


def _rows(sheet: Sheet) -> Iterator[_Row]:
    found, below = None, 0
    for number in range(min(_HEADER_WITHIN, len(sheet.rows))):
        if found := header_of(sheet.rows[number]):
            below = number + 1
            break
    if found is None:
        return
    table, columns = found
    titles = {name: as_text(sheet.rows[below - 1][place]) for place, name in columns.items()}
    for number in range(below, len(sheet.rows)):
        line = sheet.rows[number]
        cells = {name: line[place] for place, name in columns.items() if place < len(line) and as_text(line[place])}
        if cells and number not in sheet.hidden:
            yield _Row(table=table, sheet=sheet.name, line=number + 1, cells=cells, titles=titles)


def _read(row: _Row) -> dict[str, Any]:
    """Return what the cells say. Raises _Refused for the first that cannot be read, with its column."""
    needed = ("id", "name", "kind") if _is_unit(row) else ("id", "name", "category", "organisation")
    for name in needed:
        if name not in row.cells:
            raise _Refused("directory.missing", column=row.titles.get(name, name))
    found = {}
    for name, cell in row.cells.items():
        try:
            found[name] = _value(name, cell)
        except IdentifierFault as fault:
            refused = _Refused(fault.code, column=row.titles[name], **fault.facts)
        except CellFault as fault:
            refused = _Refused(fault.code, column=row.titles[name])
        else:
            continue
        raise refused
    for name in WORDS.keys() & found.keys():
        if found[name] is None:
            raise _Refused("directory.unknown_word", column=row.titles[name])
    return found


def _value(name: str, cell: Cell) -> Any:
    if name in WORDS:
        return meant(name, as_text(cell))
    if name in _DAYS:
        return date.fromisoformat(as_day(cell))
    if name == "number":
        return identifiers.resident_id(as_number(cell))
    if name == "phones":
        return identifiers.phones(as_phones(cell))
    if name == "grids":
        return tuple(part for part in as_text(cell).replace("，", "、").replace(",", "、").split("、") if part.strip())
    said = as_text(cell)
    checks = {"credit_code": identifiers.credit_code, "division": identifiers.division_code}
    if len(said) > _LONGEST:
        raise CellFault("directory.too_long")
    return checks[name](said) if name in checks else said


def _is_identity_number(said: str) -> bool:
    try:
        return bool(identifiers.resident_id(said))
    except IdentifierFault:
        return False


def _is_unit(row: _Row) -> bool:
    return row.table == "organisations"


def _names(row: OrganisationRow) -> set[str]:
    return {compact(name) for name in (row.name, *(each.name for each in row.former)) if name}


def _fate(before: object, now: object) -> Fate:
    return "added" if before is None else "unchanged" if before == now else "changed"
