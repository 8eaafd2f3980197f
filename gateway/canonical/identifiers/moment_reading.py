"""Read the forms in which partners write points in time; every reader returns None for what is not of its form.

    compact_date  20220820                     iso           2022-08-20T10:11:12.5+08:00, 20220820T021112Z
    compact       20220820101112               chinese_date  2022年8月20日10时11分12秒, 二〇二二年八月二十日
    date          2022-08-20                   dotted_date   2022.8.20
    datetime      2022-08-20 10:11:12          excel         44793.4244 (days since 1899-12-30)
    epoch_s       1660961472                   epoch_ms      1660961472000

A time without an offset is Beijing time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType

BEIJING = timezone(timedelta(hours=8), "UTC+8")
EPOCH = datetime(1970, 1, 1, 8, tzinfo=BEIJING)
EXCEL_EPOCH = datetime(1899, 12, 30, tzinfo=BEIJING)
EXCEL_LEAP_DAY = 60  # Excel counts a 29 February 1900 that never was; days before it are one off

_ZONE = r"(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
_HOUR = r"(?:[01][0-9]|2[0-3])"  # newer Pythons would take 24
_ISO = re.compile(
    rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:[T ]{_HOUR}:[0-9]{{2}}(?::[0-9]{{2}}(?:[.,][0-9]{{1,9}})?)?{_ZONE})?"
    rf"|[0-9]{{8}}T{_HOUR}[0-9]{{4}}(?:[.,][0-9]{{1,9}})?{_ZONE}"
)
_SEPARATED = re.compile(
    r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})"
    r"(?:[ T]+([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2})(?:\.[0-9]{1,9})?)?)?"
)
_DOTTED = re.compile(r"([0-9]{4})\.([0-9]{1,2})\.([0-9]{1,2})")
_NUMERAL = "[0-9〇零○◯OoΟО一二三四五六七八九十廿卅壹贰叁肆伍陆柒捌玖拾]"
_CHINESE = re.compile(
    rf"({_NUMERAL}{{4}})年({_NUMERAL}{{1,3}})月({_NUMERAL}{{1,4}})[日号]"
    rf"(?:({_NUMERAL}{{1,4}})[时点:](?:({_NUMERAL}{{1,4}})(?:分|(?=:|$))(?::?({_NUMERAL}{{1,4}})秒?)?)?)?"
)
_TO_DIGITS = str.maketrans(
    "〇零○◯OoΟО一二三四五六七八九壹贰叁肆伍陆柒捌玖拾",
    "00000000123456789123456789十",
)
_TENS = re.compile(r"([1-9]?)十([1-9]?)")
_EPOCH_S = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,10})?")
_EPOCH_MS = re.compile(r"-?[0-9]{1,15}")
_EXCEL = re.compile(r"[0-9]{1,7}(?:\.[0-9]{1,16})?")


def read_datetime(text: str) -> datetime | None:
    """Read ``2022-08-20 10:11:12``; the door does this for every record, so no regular expression."""
    if len(text) != 19 or not (text[4] == text[7] == "-" and text[10] == " " and text[13] == text[16] == ":"):
        return None
    return None if text[11:13] == "24" else _from_iso(text)


def read_iso(text: str) -> datetime | None:
    """Read ISO 8601, calendar dates only, extended or basic, with or without an offset."""
    text = text.upper() if text.isascii() else ""
    return _from_iso(text.replace(",", ".")) if _ISO.fullmatch(text) else None


def read_any(text: str) -> datetime | None:
    """Read every form but the Excel serial, which looks like any other number."""
    if text.isascii() and text.isdigit():
        reader = _BY_DIGITS.get(len(text))
        return reader(text) if reader else None
    for reader in (read_datetime, read_iso, _read_separated, _read_chinese, _read_fractional_epoch):
        found = reader(text)
        if found is not None:
            return found
    return None


def _read_date(text: str) -> datetime | None:
    return _from_iso(text) if len(text) == 10 and text[4] == text[7] == "-" else None


def _read_compact_date(text: str) -> datetime | None:
    return _from_iso(text) if len(text) == 8 and text.isascii() and text.isdigit() else None


def _read_compact(text: str) -> datetime | None:
    if len(text) != 14 or not (text.isascii() and text.isdigit()) or text[8:10] == "24":
        return None
    return _from_iso(f"{text[:8]}T{text[8:]}")


def _read_separated(text: str) -> datetime | None:
    parts = _SEPARATED.fullmatch(text)
    if parts is None:
        return None
    year, _, month, day, hour, minute, second = parts.groups()
    return _made(year, month, day, hour or 0, minute or 0, second or 0)


def _read_dotted(text: str) -> datetime | None:
    parts = _DOTTED.fullmatch(text)
    return _made(*parts.groups()) if parts else None


def _read_chinese(text: str) -> datetime | None:
    parts = _CHINESE.fullmatch("".join(text.split()))
    if parts is None:
        return None
    numbers = [_numeral(part or "0") for part in parts.groups()]
    known = [number for number in numbers if number is not None]
    return _made(*known) if len(known) == len(numbers) else None


def _read_epoch_s(text: str) -> datetime | None:
    return _since(EPOCH, microseconds=round(Decimal(text) * 1_000_000)) if _EPOCH_S.fullmatch(text) else None


def _read_epoch_ms(text: str) -> datetime | None:
    return _since(EPOCH, microseconds=int(text) * 1000) if _EPOCH_MS.fullmatch(text) else None


def _read_fractional_epoch(text: str) -> datetime | None:
    return _read_epoch_s(text) if text.find(".") == 10 else None


def _read_excel(text: str) -> datetime | None:
    if not _EXCEL.fullmatch(text):
        return None
    serial = Decimal(text)
    if not 1 <= serial < 2_958_466 or int(serial) == EXCEL_LEAP_DAY:
        return None
    if serial < EXCEL_LEAP_DAY:
        serial += 1
    return _since(EXCEL_EPOCH, microseconds=round(serial * 86_400_000) * 1000)


READERS: Mapping[str, Callable[[str], datetime | None]] = MappingProxyType(
    {
        "iso": read_iso,
        "datetime": read_datetime,
        "date": _read_date,
        "compact_date": _read_compact_date,
        "compact": _read_compact,
        "epoch_s": _read_epoch_s,
        "epoch_ms": _read_epoch_ms,
        "chinese_date": _read_chinese,
        "dotted_date": _read_dotted,
        "excel": _read_excel,
    }
)
_BY_DIGITS = {8: _read_compact_date, 10: _read_epoch_s, 13: _read_epoch_ms, 14: _read_compact}


def in_beijing(value: datetime) -> datetime | None:
    """Return ``value`` in Beijing time; one without an offset is Beijing time already."""
    if value.tzinfo is None:
        return value.replace(tzinfo=BEIJING)
    try:
        return value.astimezone(BEIJING)
    except OverflowError:
        return None


def _from_iso(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=BEIJING) if found.tzinfo is None else in_beijing(found)


def _made(*parts: str | int) -> datetime | None:
    year, month, day, hour, minute, second = [int(part) for part in (*parts, 0, 0, 0)[:6]]
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=BEIJING)
    except ValueError:
        return None


def _since(start: datetime, *, microseconds: int) -> datetime | None:
    try:
        return start + timedelta(microseconds=microseconds)
    except OverflowError:
        return None


def _numeral(written: str) -> int | None:
    """Return 20 for 20, 二〇, 二十 and 廿; None for what is no numeral."""
    digits = written.translate(_TO_DIGITS).replace("廿", "2十").replace("卅", "3十")
    if digits.isascii():
        return int(digits)
    tens = _TENS.fullmatch(digits)
    return int(tens[1] or 1) * 10 + int(tens[2] or 0) if tens else None
