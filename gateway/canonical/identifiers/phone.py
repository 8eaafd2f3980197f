"""Telephone numbers as people write them into one cell: several, spaced, with country code and extension.

    13812345678            mobile
    0797-8123456-801       area code, number, extension
    400-812-3456           hotline

These are the spellings they come back in.
"""

from __future__ import annotations

import re

from gateway.canonical.identifiers.fault import IdentifierFault
from gateway.canonical.identifiers.folding import compact, fold
from gateway.canonical.identifiers.masking import mask_phone

_SEPARATORS = re.compile(r"[、/;,|\n\r\t]")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣", "-"))
_ABROAD = re.compile(r"(?:\+|00)86-?")  # seen from abroad: an area code follows without its 0
_COUNTRY = re.compile(r"86-?(?=0|1[3-9])")
_MOBILE = re.compile(r"0?(1[3-9][0-9]{9})")  # the 0 was once dialled before a mobile of another city
_LANDLINE = re.compile(
    r"\(?(010|02[0-9]|0[3-9][0-9]{2}|0[0-9]{2,3})\)?-?"
    r"([0-9]{3,4})-?([0-9]{4})"
    r"(?:(?:-|转|分机|EXT\.?|X|#)([0-9]{1,6}))?"
)
_HOTLINE = re.compile(r"([48]00)([0-9]{3})([0-9]{4})")
_WORDS_PER_NUMBER = 5
_AS_RETURNED = re.compile(r"1[3-9][0-9]{9}|(?:010|02[0-9]|0[3-9][0-9]{2})-[0-9]{7,8}")  # nothing left to do


def phones(value: str) -> tuple[str, ...]:
    """Return every telephone number in a cell, in its order, each once.

    Separators are 、 / ； ; ， , | and spaces where they separate. Raises IdentifierFault with
    ``identifier.phone.form`` when any of them is not a telephone number, or there is none.
    """
    if _AS_RETURNED.fullmatch(value):
        return (value,)
    found: dict[str, None] = {}
    for cell in _SEPARATORS.split(fold(value)):
        found.update(dict.fromkeys(_spaced(cell)))
    if not found:
        raise IdentifierFault("identifier.phone.form", mask_phone(value))
    return tuple(found)


def phone(value: str) -> str:
    """Return the one telephone number in ``value``. Raises IdentifierFault, ``identifier.phone.several`` for more."""
    found = phones(value)
    if len(found) > 1:
        raise IdentifierFault("identifier.phone.several", mask_phone(found[0]))
    return found[0]


def _spaced(cell: str) -> list[str]:
    """Return the numbers in a cell where a space may stand inside a number as well as between two."""
    words, found = cell.split(), []
    while words:
        for taken in range(min(len(words), _WORDS_PER_NUMBER), 0, -1):
            number = _one("".join(words[:taken]))
            if number is not None:
                break
        else:
            raise IdentifierFault("identifier.phone.form", mask_phone(cell))
        found.append(number)
        words = words[taken:]
    return found


def _one(written: str) -> str | None:
    written = compact(written.translate(_DASHES))
    from_abroad = _ABROAD.match(written)
    prefix = from_abroad or _COUNTRY.match(written)
    written = written[prefix.end() :] if prefix else written
    digits = written.replace("-", "")
    if mobile := _MOBILE.fullmatch(digits):
        return mobile[1]
    if hotline := _HOTLINE.fullmatch(digits):
        return "-".join(hotline.groups())
    if from_abroad and not written.startswith("0"):
        written = f"0{written}"
    landline = _LANDLINE.fullmatch(written)
    if landline is None:
        return None
    area, first, last, extension = landline.groups()
    return f"{area}-{first}{last}" + (f"-{extension}" if extension else "")
