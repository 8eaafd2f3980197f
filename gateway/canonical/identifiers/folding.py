"""Fold what keyboards, Excel and input methods do to a value before anybody looks at its form.

Only full-width ASCII and spaces are folded, as NFKC would; other digits of Unicode (Arabic-Indic, superscript) stay
what they are, so that a form written with ``[0-9]`` refuses them.
"""

from __future__ import annotations

import re
from string import ascii_lowercase, ascii_uppercase

LONGEST = 1000  # characters: a cell with a dozen telephone numbers is far shorter

_SPACES = (0x00A0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)
_INVISIBLE = (0x00AD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x202A, 0x202C, 0x202D, 0x2060, 0xFEFF)
_FOLD: dict[int, int | None] = {
    **{0xFF01 + offset: 0x21 + offset for offset in range(94)},
    **dict.fromkeys(_SPACES, 0x20),
    **dict.fromkeys(_INVISIBLE),
    0xFFE5: 0x00A5,  # full-width yen sign
}
# str.upper() would turn a dotless i or a long s into an ASCII letter.
_UPPER = str.maketrans(ascii_lowercase, ascii_uppercase)
_COMPACT = re.compile(r"[0-9A-Z\u4e00-\u9fff]{1,1000}")  # nothing to do: most numbers, and most names
_APOSTROPHES = "'`‘’"  # Excel's mark for "this number is text" sometimes travels with the value


def fold(value: str) -> str:
    """Return ``value`` trimmed, with half-width characters and plain spaces; "" where it is longer than any identifier.

    The empty text stands for "nothing usable": no form accepts it.
    """
    if len(value) > LONGEST:
        return ""
    if not value.isascii():
        value = value.translate(_FOLD)
    return value.strip()


def compact(value: str) -> str:
    """Return ``value`` folded, without any space or leading apostrophe, its ASCII letters in upper case."""
    if _COMPACT.fullmatch(value):
        return value
    if value.isascii() and value.isalnum() and len(value) <= LONGEST:
        return value.upper()
    return "".join(fold(value).split()).lstrip(_APOSTROPHES).translate(_UPPER)
