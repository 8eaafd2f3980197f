"""Administrative division codes: 6 digits (GB/T 2260), 9 with the township (GB/T 10114), 12 with the village.

There is no check digit, and no table knows every code that is in use: the form is checked, the name is looked up, and
an unknown code is never refused. A code padded with zeros (500242000000) means the same division as the short one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from stdnum import numdb

from gateway.canonical.identifiers.fault import IdentifierFault
from gateway.canonical.identifiers.folding import compact
from gateway.canonical.identifiers.masking import mask_number

_FORM = re.compile(r"[1-9][0-9]{5}(?:[0-9]{3}){0,2}")


def division_code(value: str) -> str:
    """Return a division code of 6, 9 or 12 digits. Raises IdentifierFault with ``identifier.division.form``."""
    code = compact(value)
    if not _FORM.fullmatch(code):
        raise IdentifierFault("identifier.division.form", mask_number(code))
    return code


def division_name(code: str, extra: Mapping[str, str] | None = None) -> str | None:
    """Return the division's own name (酉阳土家族苗族自治县), the latest it had; None where it is unknown.

    ``extra`` is the administrator's table (code to name, any length of code) and wins over GB/T 2260.
    """
    code = compact(code)
    if not _FORM.fullmatch(code):
        return None
    short = code.removesuffix("000") if len(code) > 6 else code
    short = short.removesuffix("000") if len(short) > 6 else short
    for spelling in (code, short, short.ljust(9, "0"), short.ljust(12, "0")):
        if extra and spelling in extra:
            return extra[spelling]
    return _national_name(short) if len(short) == 6 else None


@lru_cache(maxsize=4096)
def _national_name(code: str) -> str | None:
    # python-stdnum keeps the table as "[1997-1997]万县区,[1998-]万州区": years of validity, oldest name first.
    parts = numdb.get("cn/loc").info(code)
    names = parts[1][1].get("county", "") if len(parts) == 2 else ""
    return names.rpartition(",")[2].rpartition("]")[2] or None
