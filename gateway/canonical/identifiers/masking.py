"""Show who or what is meant without showing it: for logs, errors, reports and commands.

Practice of masked display: a name keeps its first character, a number its first three and last four, a telephone
number its first three and last four. Where a value is too short for that, or is not of its kind at all (a whole
sentence in the field of a number), only its length class is shown.
"""

from __future__ import annotations

import re
from typing import Literal

from gateway.canonical.identifiers.folding import compact, fold

Kind = Literal["name", "number", "phone", "address", "text"]

_CLASSES = (4, 20, 100, 1000)
_NUMBER = re.compile(r"(?=(?:[^0-9]*[0-9]){4})[0-9A-Z./()-]{1,32}")  # fewer digits: perhaps a name in Latin letters
_PHONE = re.compile(r"[0-9+()-]{1,24}")
_SHAPE = re.compile(r"[0-9 TZ:/.,+¥年月日时分秒元万-]{1,40}")
_PROVINCE = re.compile(
    "(?:北京|天津|河北|山西|内蒙古|辽宁|吉林|黑龙江|上海|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|广西|海南"
    "|重庆|四川|贵州|云南|西藏|陕西|甘肃|青海|宁夏|新疆|台湾|香港|澳门)"
    "(?:省|市|(?:壮族|回族|维吾尔)?自治区|特别行政区)?"
)


def mask_name(value: str) -> str:
    """Keep the first character of a name: 王小明 becomes 王**; at most three stars, so that long names do not count."""
    name = fold(value)
    if len(name) < 2:
        return "*" * len(name)
    return name[0] + "*" * min(len(name) - 1, 3)


def mask_number(value: str) -> str:
    """Keep the first three and last four characters of an identity, licence or account number."""
    number = compact(value)
    return _ends(number) if _NUMBER.fullmatch(number) else mask_text(value)


def mask_phone(value: str) -> str:
    """Keep the first three and last four digits of a telephone number."""
    number = compact(value)
    return _ends(number) if _PHONE.fullmatch(number) else mask_text(value)


def mask_address(value: str) -> str:
    """Keep the province an address begins with, and nothing below it."""
    province = _PROVINCE.match(fold(value))
    return f"{province[0]}***" if province else mask_text(value)


def mask_text(value: str) -> str:
    """Keep the length class of a text only: ``***(≤20)``, ``***(>1000)``; nothing of an empty one."""
    if not value:
        return ""
    for limit in _CLASSES:
        if len(value) <= limit:
            return f"***(≤{limit})"
    return f"***(>{_CLASSES[-1]})"


def mask_shape(value: str) -> str:
    """Keep the punctuation of a date or an amount, which says what is wrong with it: 2022/13/1 becomes ####/##/#."""
    shape = fold(value)
    return re.sub("[0-9]", "#", shape) if _SHAPE.fullmatch(shape) else mask_text(value)


def mask(value: object, kind: Kind) -> str:
    """Mask any value as ``kind``: "" for None; of what is neither text nor a whole number nothing at all is shown."""
    if value is None:
        return ""
    if isinstance(value, int) and abs(value) < 10**32:
        value = str(value)
    if not isinstance(value, str):
        return "***"
    return _MASKS[kind](value)


def _ends(value: str) -> str:
    if len(value) >= 11:
        return value[:3] + "*" * (len(value) - 7) + value[-4:]
    if len(value) >= 6:
        return "*" * (len(value) - 2) + value[-2:]
    return "*" * len(value)


_MASKS = {
    "name": mask_name,
    "number": mask_number,
    "phone": mask_phone,
    "address": mask_address,
    "text": mask_text,
}
