"""The words of a ruling, drawn out of the signed file: pages to lines, lines to what identifies the ruling.

    ofd.py   TextCode of the pages and their templates ──┐
    pdf.py   Tj/TJ through ToUnicode or a known CMap ────┴─► Wording.lines ─► fields.py   court, number, parties, type

Where the words cannot be had (a scan, a font without a way back to characters) ``lines`` is empty and ``why`` says so:
then a person must look.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Lines in reading order, and how many pages there are; ``why``: the code of what made reading impossible."""

    lines: tuple[str, ...] = field(repr=False)
    pages: int | None
    why: str | None = None
