"""Unified social credit codes (统一社会信用代码, GB 32100-2015).

    9 1 350100 M000100Y4 3      authority, kind, division, body (organisation code, GB 11714), check character

The authority is a digit or a letter: 1 organs and institutions, 5 civil affairs (54: village and residents'
committees), 9 market regulation, A the military, N rural collective economic organisations, Y others; an unknown one
is not refused. python-stdnum wants digits there, which is why the check is our own.

The body is an organisation code with a check character of its own (0-9 or X). It is checked too where the body has
that form, since a wrong one means that the code was made up around a valid last character. A body ending in another
letter is not an organisation code of GB 11714; there the last character of the whole code has to do.
"""

from __future__ import annotations

import re

from gateway.canonical.identifiers.fault import IdentifierFault
from gateway.canonical.identifiers.folding import compact
from gateway.canonical.identifiers.masking import mask_number

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z
_FORM = re.compile(f"[{_ALPHABET}]{{2}}[0-9]{{6}}[{_ALPHABET}]{{10}}")
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def credit_code(value: str) -> str:
    """Return the 18 characters of a unified social credit code.

    Raises IdentifierFault with ``identifier.credit_code.`` + ``form``, ``check_digit`` or ``body_check_digit``.
    """
    code = compact(value).replace("-", "")
    if not _FORM.fullmatch(code):
        raise IdentifierFault("identifier.credit_code.form", mask_number(code))
    if code[17] != _check(code):
        raise IdentifierFault("identifier.credit_code.check_digit", mask_number(code))
    if code[16] in "0123456789X" and code[16] != _body_check(code[8:16]):
        raise IdentifierFault("identifier.credit_code.body_check_digit", mask_number(code))
    return code


def _check(code: str) -> str:
    total = sum(_ALPHABET.index(char) * weight for char, weight in zip(code[:17], _WEIGHTS, strict=True))
    return _ALPHABET[-total % 31]


def _body_check(body: str) -> str:
    # GB 11714 counts letters from A = 10 to Z = 35, unlike the code around it.
    total = sum(int(char, 36) * weight for char, weight in zip(body, _BODY_WEIGHTS, strict=True))
    return "0123456789X"[-total % 11]
