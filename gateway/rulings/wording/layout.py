"""Put pieces of text at their places together into lines, top to bottom and left to right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters; ``down`` grows towards the foot of the page."""

    down: float
    across: float
    text: str


def lines(pieces: Iterable[Piece], *, tolerance: float) -> list[str]:
    """Return the lines of one page; pieces whose heights differ by less than ``tolerance`` stand on one line."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda each: (each.down, each.across)):
        if rows and piece.down - rows[-1][0].down <= tolerance:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return ["".join(piece.text for piece in sorted(row, key=lambda each: each.across)) for row in rows]
