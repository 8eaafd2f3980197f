"""What stands in the cells of a sheet, read as plain texts; what Excel has damaged is told, never guessed.

id      5.00242199003070e17, 500242199003070000   Excel keeps 15 digits: the rest is lost             CellFault
date    46162 (serial), a date, 2026.5.20, 2026年5月20日, 20260520                                    2026-05-20
phones  13996000135.0; 13996000135/023-75550135                                                       …、…
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from gateway.canonical.identifiers import IdentifierFault, moment
from gateway.wire.workbook import Cell

_DAMAGED = re.compile(r"[0-9]{15}000", re.ASCII)
_SEPARATORS = re.compile(r"[、，,;；/／|\s]+")
_EPOCH = date(1899, 12, 30)  # Excel counts a 29 February 1900 that never was
_SERIALS = range(20_000, 80_000)  # 1954 to 2119
_DAY = re.compile(r"([12][0-9]{3})[-./年]([0-9]{1,2})[-./月]([0-9]{1,2})日?", re.ASCII)


class CellFault(ValueError):
    """A cell cannot be read; ``code`` of the catalogue."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def as_text(cell: Cell) -> str:
    """Return what a cell says; a whole number without the point that Excel gives it."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    return str(cell).replace("\u00a0", " ").strip()


def as_number(cell: Cell) -> str:
    """Return the number of a document. Raises CellFault for one whose last digits are lost."""
    if isinstance(cell, int | float) and abs(cell) >= 1e15:
        raise CellFault("wire.cell_number_damaged")
    said = as_text(cell).lstrip("'‘’").replace(" ", "").upper()
    if _DAMAGED.fullmatch(said) or re.fullmatch(r"[0-9.]+E\+?[0-9]+", said):
        raise CellFault("wire.cell_number_damaged")
    return said


def as_day(cell: Cell) -> str:
    """Return a day as yyyy-MM-dd. Raises CellFault."""
    if isinstance(cell, datetime | date):
        return cell.strftime("%Y-%m-%d")
    if isinstance(cell, int | float) and int(cell) in _SERIALS:
        return (_EPOCH + timedelta(days=int(cell))).isoformat()
    said = as_text(cell).split(" ")[0]
    if said.isdigit() and len(said) == 5 and int(said) in _SERIALS:
        return (_EPOCH + timedelta(days=int(said))).isoformat()
    try:
        if found := _DAY.fullmatch(said):
            return date(*map(int, found.groups())).isoformat()
        return moment(said, "compact_date").date().isoformat()
    except (IdentifierFault, ValueError):
        raise CellFault("wire.cell_day_unreadable") from None


def as_phones(cell: Cell) -> str:
    """Return the telephone numbers in a cell, separated as the dialect does."""
    return "、".join(part for part in _SEPARATORS.split(as_text(cell)) if part)
