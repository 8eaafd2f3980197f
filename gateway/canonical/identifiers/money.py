"""Amounts of money in yuan, exact to the cent, from yuan (元), cents (分) or ten thousands (万元)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal, get_args

from gateway.canonical.identifiers.fault import IdentifierFault
from gateway.canonical.identifiers.folding import compact
from gateway.canonical.identifiers.masking import mask_shape

Unit = Literal["yuan", "fen", "wan"]
UNITS: tuple[Unit, ...] = get_args(Unit)

_IN_YUAN = {"yuan": Decimal(1), "fen": Decimal("0.01"), "wan": Decimal(10_000)}
_SUFFIXES: dict[str, Unit] = {"元": "yuan", "圆": "yuan", "分": "fen", "万": "wan", "万元": "wan"}
_CENT = Decimal("0.01")
_TOO_MUCH = Decimal(10**15)
_AS_WRITTEN = re.compile(r"[0-9]{1,15}\.[0-9]{2}")  # yuan to the cent: nothing left to do
_FORM = re.compile(
    r"(?:人民币|RMB|CNY)?¥?(?P<minus>-)?"
    r"(?P<number>(?:[0-9]{1,18}|[0-9]{1,3}(?:,[0-9]{3}){1,5})(?:\.[0-9]{0,10})?)"
    r"(?P<suffix>万元|万|元|圆|分)?整?"
)


def amount(value: str | int | float | Decimal, unit: Unit = "yuan") -> Decimal:
    """Return an amount in yuan with two decimals.

    A unit written behind the number (12.5万元) wins over ``unit``. A float must be a number of cents as it prints.
    Raises IdentifierFault with ``identifier.amount.`` + ``form``, ``negative``, ``precision`` (more than cents),
    ``range`` (10^15 yuan and more) or ``unit``.
    """
    if isinstance(value, str):
        if unit == "yuan" and _AS_WRITTEN.fullmatch(value):
            return Decimal(value)
        number, unit = _written(value, unit)
    elif isinstance(value, bool):
        raise IdentifierFault("identifier.amount.form", "***")
    else:
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if unit not in _IN_YUAN:
        raise IdentifierFault("identifier.amount.unit", str(unit))
    return _in_yuan(number, unit)


def write_amount(value: Decimal, unit: Unit = "yuan") -> str | int:
    """Write an amount in yuan: "125000.00" (yuan), 12500000 (fen) or "12.5" (wan). Raises IdentifierFault."""
    yuan = value if _is_canonical(value) else amount(value)
    if unit == "yuan":
        return str(yuan)
    if unit == "fen":
        return int(yuan * 100)
    if unit == "wan":
        written = f"{yuan / 10_000:f}"
        return written.rstrip("0").rstrip(".") if "." in written else written
    raise IdentifierFault("identifier.amount.unit", str(unit))


def _is_canonical(value: Decimal) -> bool:
    """Say whether it is what ``amount`` returns: every amount of a message is."""
    return value.same_quantum(_CENT) and not value.is_signed() and value < _TOO_MUCH


def _written(value: str, unit: Unit) -> tuple[Decimal, Unit]:
    parts = _FORM.fullmatch(compact(value))
    if parts is None:
        raise IdentifierFault("identifier.amount.form", mask_shape(value))
    if parts["minus"]:
        raise IdentifierFault("identifier.amount.negative", mask_shape(value))
    return Decimal(parts["number"].replace(",", "")), _SUFFIXES.get(parts["suffix"] or "", unit)


def _in_yuan(number: Decimal, unit: Unit) -> Decimal:
    if not number.is_finite():
        raise IdentifierFault("identifier.amount.form", "***")
    if number < 0:
        raise IdentifierFault("identifier.amount.negative", "***")
    if number.adjusted() > 18:
        raise IdentifierFault("identifier.amount.range", "***")
    # Looked at digit by digit first: arithmetic would round a long tail away instead of refusing it.
    tail = number.as_tuple().exponent
    if isinstance(tail, int) and tail < -10 and number != number.quantize(Decimal("1e-8")):
        raise IdentifierFault("identifier.amount.precision", "***")
    yuan = abs(number * _IN_YUAN[unit])
    if yuan >= _TOO_MUCH:
        raise IdentifierFault("identifier.amount.range", "***")
    if yuan != yuan.quantize(_CENT):
        raise IdentifierFault("identifier.amount.precision", "***")
    return yuan.quantize(_CENT)
