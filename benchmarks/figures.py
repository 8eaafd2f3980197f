"""What a measurement yields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measurement and its plain twin, per second, one value per round; the ratio is ours to the twin's."""

    name: str
    ours: Sequence[float]
    twin: Sequence[float]
    aim: str
    unit: str = "/s"
    remarks: Sequence[str] = ()
