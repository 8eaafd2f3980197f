"""The conversions that both hand-written dialects share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from gateway.canonical.identifiers import BEIJING, phones

Fields = dict[str, Any]
Tables = Mapping[str, Mapping[str, str]]


class Directory(Protocol):
    """The two look-ups of the directory."""

    def organisation(self, partner: str, code: str) -> str | None: ...

    def code(self, partner: str, organisation_id: str) -> str | None: ...


def moment(text: str) -> datetime:
    """Read ``2022-08-20 10:11:12`` as Beijing time."""
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


def from_millis(value: int) -> datetime:
    """Read milliseconds since 1970 as Beijing time."""
    return datetime.fromtimestamp(value / 1000, BEIJING)


def pieces(text: str) -> list[str]:
    """Divide a cell of telephone numbers; each comes in its one spelling, as the mapping has it."""
    return [number for piece in text.split("、") if piece.strip() for number in phones(piece)]


def written(value: datetime) -> str:
    """Write ``2022-08-20 10:11:12``."""
    return value.isoformat(" ")[:19]


def millis(value: datetime) -> int:
    """Write milliseconds since 1970."""
    return int(value.timestamp() * 1000)


def compact(value: date) -> str:
    """Write ``20220820``."""
    return value.strftime("%Y%m%d")


def yuan(value: Decimal) -> str:
    """Write an amount with two decimals."""
    return f"{value:.2f}"


def fen(value: Decimal) -> int:
    """Write an amount in cents."""
    return int(value * 100)


def yuan_of(cents: int) -> Decimal:
    """Read an amount in cents."""
    return Decimal(cents) / 100


def joined(values: Iterable[str]) -> str:
    """Write a cell."""
    return "、".join(values)
