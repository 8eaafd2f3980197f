"""Resident identity numbers (公民身份号码, GB 11643-1999).

    110105 19491231 002 X      region, day of birth, sequence (odd: male), check character
    110105   491231 002        the form before 1999: no century, no check character

Codes of residence permits for Hong Kong, Macao and Taiwan residents (810000, 820000, 830000) and of permanent
residence cards (beginning with 9) have the same form. A region is never refused: abolished ones live on in old numbers.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Literal

from stdnum.cn import ric

from gateway.canonical.identifiers.fault import IdentifierFault
from gateway.canonical.identifiers.folding import compact
from gateway.canonical.identifiers.masking import mask_number
from gateway.canonical.identifiers.moment import BEIJING

_FORM = re.compile(r"[1-9][0-9]{16}[0-9X]")
_OLD_FORM = re.compile(r"[1-9][0-9]{14}")
# A numeric cell of Excel keeps 15 significant digits: the last three become 000, or the cell shows 1.10105E+17.
_EXCEL_DAMAGED = re.compile(r"[0-9]{15}000|[0-9](?:\.[0-9]+)?E\+?[0-9]{1,3}")
_CENTURIES = ("18", "19", "20")


def resident_id(value: str, *, today: date | None = None) -> str:
    """Return the 18 characters of a resident identity number, from the 15-digit form too.

    ``today`` (default: today in Beijing) bounds the day of birth. Raises IdentifierFault with
    ``identifier.resident_id.`` + ``form``, ``excel_damaged``, ``birth_date`` or ``check_digit``.
    """
    number = compact(value)
    if number.endswith("000") or not _FORM.fullmatch(number):
        number = _another_form(number)
    born = _born(number)
    if born > (today or datetime.now(BEIJING).date()):
        raise IdentifierFault("identifier.resident_id.birth_date", mask_number(number))
    if ric.calc_check_digit(number) != number[17]:
        raise IdentifierFault("identifier.resident_id.check_digit", mask_number(number))
    return number


def birth_date(number: str) -> date:
    """Return the day of birth in an 18-character number. Raises IdentifierFault where there is none."""
    return _born(number)


def sex(number: str) -> Literal["1", "2"]:
    """Return the sex in an 18-character number (GB/T 2261.1: 1 male, 2 female). Raises IdentifierFault."""
    _born(number)
    return "1" if number[16] in "13579" else "2"


def _another_form(number: str) -> str:
    """Lengthen a number of the form before 1999; refuse what Excel has damaged."""
    if _EXCEL_DAMAGED.fullmatch(number):
        raise IdentifierFault("identifier.resident_id.excel_damaged", mask_number(number))
    return _lengthened(number) if _OLD_FORM.fullmatch(number) else number


def _lengthened(number: str) -> str:
    # The 15-digit form ended in 1999 and its holders were born in the 1900s.
    number = f"{number[:6]}19{number[6:]}"
    return number + str(ric.calc_check_digit(f"{number}0"))


def _born(number: str) -> date:
    if not _FORM.fullmatch(number):
        raise IdentifierFault("identifier.resident_id.form", mask_number(number))
    born = _calendar_day(number[6:14]) if number[6:8] in _CENTURIES else None
    if born is None:
        raise IdentifierFault("identifier.resident_id.birth_date", mask_number(number))
    return born


def _calendar_day(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
