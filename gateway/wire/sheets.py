"""Tables in a file, whatever kind it is of: workbooks as ``workbook`` reads them, and CSV in UTF-8 or GB18030."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime

from gateway.errors import Undecodable
from gateway.wire import charsets, workbook
from gateway.wire.workbook import MOST_COLUMNS, MOST_ROWS, Cell, Sheet, Table

_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def read(body: bytes, *, name: str) -> tuple[Sheet, ...]:
    """Return the sheets of a file; one of CSV is called ``name``. Raises Undecodable, and nothing else."""
    if body.startswith(_WORKBOOKS):
        return workbook.read(body)
    try:
        lines = [tuple(cell or None for cell in row) for row in csv.reader(io.StringIO(charsets.decode(body)))]
    except csv.Error:
        raise Undecodable("wire.workbook_malformed") from None
    if len(lines) > MOST_ROWS or any(len(row) > MOST_COLUMNS for row in lines):
        raise Undecodable("wire.workbook_too_wide", rows=MOST_ROWS, columns=MOST_COLUMNS)
    return (Sheet(name=name, rows=tuple(lines)),)


def write_csv(table: Table) -> bytes:
    """Return a table as CSV that Excel opens as UTF-8; no cell is taken for a formula."""
    out = io.StringIO()
    lines: list[Sequence[Cell]] = [table.header, *table.rows]
    csv.writer(out, lineterminator="\r\n").writerows([[_plain(cell) for cell in line] for line in lines])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    said = cell.strftime("%Y-%m-%d") if isinstance(cell, date | datetime) else str(cell)
    return f"'{said}" if said.startswith(_FORMULA) else said
