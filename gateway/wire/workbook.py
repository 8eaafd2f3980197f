"""Read and write workbooks (.xlsx, .xls) so that whatever is in one ends in rows of plain values or in one error.

    bytes ─► within limits? (size, rows, columns) ─► visible sheets ─► rows, merged cells filled, hidden ones named

Needs the extra ``excel``. Of an .xls it is not known which rows are hidden, and its extent is bounded by its format.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from gateway.errors import Undecodable

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_BYTES = 64 * 1024 * 1024  # unpacked
MOST_ROWS = 50_000
MOST_COLUMNS = 256
Cell = str | int | float | bool | date | datetime | time | timedelta | None

_OLD = b"\xd0\xcf\x11\xe0"
_MADE = datetime(2000, 1, 1)  # noqa: DTZ001  # a workbook's own clock has no zone; the same workbook is the same bytes
_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\sr="([A-Z]{1,4})([0-9]{1,8})"')
_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*>")
_NUMBER = re.compile(rb'\sr="([0-9]{1,8})"')
_HIDDEN = re.compile(rb'\shidden="(?:1|true)"')
_SHEET = re.compile(r"<(?:\w+:)?sheet\b[^>]*>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b[^>]*>")
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One visible sheet: its rows from the first line on, and the numbers (from 0) of those that are hidden."""

    name: str
    rows: tuple[tuple[Cell, ...], ...] = field(repr=False)
    hidden: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One sheet to be written: a title over all columns, the header, the rows; every text stays a text."""

    name: str
    title: str | None
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]] = field(repr=False)


def read(body: bytes) -> tuple[Sheet, ...]:
    """Return the visible sheets of a workbook. Raises Undecodable, and nothing else."""
    calamine = _reader()
    hidden = {} if body.startswith(_OLD) else _hidden_rows(body)
    try:
        with calamine.CalamineWorkbook.from_filelike(io.BytesIO(body)) as book:
            shown = [each.name for each in book.sheets_metadata if each.visible == calamine.SheetVisibleEnum.Visible]
            return tuple(_sheet(book.get_sheet_by_name(name), hidden.get(name, frozenset())) for name in shown)
    except Undecodable:
        raise
    except BaseException as error:
        # What the reader makes of a damaged file is an error of its own, or a panic, which is no Exception.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
    raise Undecodable("wire.workbook_malformed")


def write(tables: Sequence[Table]) -> bytes:
    """Return a workbook with these sheets, the same bytes for the same tables. Raises Undecodable without the extra."""
    try:
        import xlsxwriter  # noqa: PLC0415  # of an extra
    except ImportError:
        raise Undecodable("wire.workbook_not_installed") from None
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.set_properties({"created": _MADE})
        forms = {
            "title": book.add_format({"bold": True, "align": "center", "font_size": 14}),
            "header": book.add_format({"bold": True, "border": 1, "text_wrap": True}),
            "text": book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        for table in tables:
            _write(book.add_worksheet(table.name[:31]), table, forms)
    return out.getvalue()


def _write(sheet: Any, table: Table, forms: Mapping[str, Any]) -> None:
    top = 0
    if table.title is not None:
        sheet.merge_range(0, 0, 0, max(1, len(table.header) - 1), table.title, forms["title"])
        top = 1
    for column, title in enumerate(table.header):
        sheet.write_string(top, column, title, forms["header"])
        sheet.set_column(column, column, 18)
    sheet.freeze_panes(top + 1, 0)
    for line, row in enumerate(table.rows, start=top + 1):
        for column, value in enumerate(row):
            if isinstance(value, date):
                sheet.write_datetime(line, column, value, forms["date"])
            elif isinstance(value, int | float) and not isinstance(value, bool):
                sheet.write_number(line, column, value)
            elif value is not None:
                sheet.write_string(line, column, str(value), forms["text"])


def _reader() -> Any:
    try:
        import python_calamine  # noqa: PLC0415  # of an extra
    except ImportError:
        raise Undecodable("wire.workbook_not_installed") from None
    return python_calamine


def _sheet(sheet: Any, hidden: frozenset[int]) -> Sheet:
    height, width = (sheet.end[0] + 1, sheet.end[1] + 1) if sheet.end else (0, 0)
    _require_extent(height, width)
    rows = [[None if value == "" else value for value in row] for row in sheet.to_python(skip_empty_area=False)]
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        for line in range(top, min(bottom + 1, len(rows))):
            for column in range(left, min(right + 1, len(rows[line]))):
                rows[line][column] = rows[top][left]
    return Sheet(name=sheet.name, rows=tuple(tuple(row) for row in rows), hidden=hidden)


def _hidden_rows(body: bytes) -> dict[str, frozenset[int]]:
    """Return the hidden rows of each sheet of an .xlsx, having looked whether it may be unpacked at all."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            _require_size(sum(each.file_size for each in archive.infolist()))
            return {name: _looked_through(archive.read(path)) for name, path in _sheets(archive).items()}
    except Undecodable:
        raise
    except Exception:  # noqa: S110  # zipfile has a dozen ways to say it; one error is raised below
        pass
    raise Undecodable("wire.workbook_malformed")


def _require_size(size: int) -> None:
    if size > MOST_BYTES:
        raise Undecodable("wire.too_large", limit=MOST_BYTES)


def _looked_through(xml: bytes) -> frozenset[int]:
    for found in _CELL.finditer(xml):
        _require_extent(int(found[2]), _column(found[1]))
    hidden = set()
    for found in _ROW.finditer(xml):
        number = _NUMBER.search(found[0])
        if number and _HIDDEN.search(found[0]):
            hidden.add(int(number[1]) - 1)
    return frozenset(hidden)


def _sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    relations = archive.read("xl/_rels/workbook.xml.rels").decode()
    targets = {each["Id"]: each["Target"] for each in map(_attributes, _RELATION.findall(relations))}
    found = {}
    for each in map(_attributes, _SHEET.findall(archive.read("xl/workbook.xml").decode())):
        relation = next(value for name, value in each.items() if name.endswith(":id"))
        target = targets[relation]
        found[html.unescape(each["name"])] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return found


def _attributes(element: str) -> dict[str, str]:
    return dict(_ATTRIBUTE.findall(element))


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _require_extent(rows: int, columns: int) -> None:
    if rows > MOST_ROWS or columns > MOST_COLUMNS:
        raise Undecodable("wire.workbook_too_wide", rows=MOST_ROWS, columns=MOST_COLUMNS)
