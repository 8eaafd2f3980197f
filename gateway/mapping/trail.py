"""Lead a place in the message back to the partner's field it came from, indices included.

("data", "parties", 1, "document", "number")  ─►  dsrlb[2].zjhm        where dsrlb[0] was empty and skipped
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.mapping.faults import At, Field
from gateway.mapping.passage import Passage

Names = tuple[str, ...]


@dataclass(slots=True)
class Trail:
    """What the rows of one scope fill: single fields, lists of objects (by row), and lists filled item by item."""

    leaves: dict[Names, Field] = field(default_factory=dict)
    indexed: set[Names] = field(default_factory=set)  # lists of values that the partner sends as lists
    lists: dict[Names, dict[int, Trail]] = field(default_factory=dict)
    slotted: dict[Names, str] = field(default_factory=dict)  # list ─► its full canonical path
    paths: dict[Names, str] = field(default_factory=dict)  # the same for lists filled by several rows


def slot(name: str, number: int) -> str:
    """Return the name of one item of a list that is filled item by item."""
    return f"{name}#{number}"


def locate(trail: Trail, place: Sequence[str | int], passage: Passage, *, below: bool) -> tuple[Field | None, At]:
    """Return the field that filled ``place``, or should have, and the partner's indices; None where no row does.

    ``below``: where no row fills the place itself, a field inside it will do.
    """
    names: Names = ()
    at: At = ()
    for step in place:
        if isinstance(step, str):
            names = (*names, step)
        elif names in trail.lists:
            number, index = _row(trail, names, at, step, passage)
            at, trail, names = (*at, index), trail.lists[names][number], ()
        elif names in trail.slotted:
            filled = passage.filled.get((trail.slotted[names], at), [])
            number = filled[step][0] if step < len(filled) else 0
            names = (*names[:-1], slot(names[-1], number))
        else:
            at = (*at, step) if names in trail.indexed else at
            break
    return _nearest(trail, names, below=below), at


def _row(trail: Trail, names: Names, at: At, position: int, passage: Passage) -> tuple[int, int]:
    """Return which row an item of a list came from, and its index in the partner's list."""
    number = next(iter(trail.lists[names]))
    filled = passage.filled.get((trail.paths.get(names, ""), at))
    if filled is not None and position < len(filled):
        number, position = filled[position]
    for skipped in passage.skipped.get((number, at), ()):
        if skipped <= position:
            position += 1
    return number, position


def _nearest(trail: Trail, names: Names, *, below: bool) -> Field | None:
    """Return the field itself, else one inside it (a number before others: it is what is checked), else one above."""
    if names in trail.leaves:
        return trail.leaves[names]
    inside = [found for path, found in trail.leaves.items() if path[: len(names)] == names and below]
    if inside:
        return next((found for found in inside if found.personal == "number"), inside[0])
    above = [names[:n] for n in range(len(names) - 1, 0, -1) if names[:n] in trail.leaves]
    return trail.leaves[above[0]] if above else None
