"""What identifies a ruling, read from its lines by the layout of 民事裁定书 (法〔2016〕221号).

浙江省示例县人民法院          court
民事裁定书                    the document's name
（2026）浙0521民特18号        case number
申请人：某某，……             parties
……裁定如下：……有效。        type of ruling
二〇二六年十一月二十日        date, in Chinese numerals
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from gateway.canonical.identifiers import IdentifierFault, parse_case_number
from gateway.rulings.context import RulingType
from gateway.rulings.wording import Wording

_COURT = re.compile(r"[\u4e00-\u9fff]{2,40}法院")
_NAME = re.compile(r"民事裁定书")
_NUMBER = re.compile(r"\((?:19|20)\d{2}\)[^\s()号]{2,24}?\d+(?:-\d+)?号(?:之[一二三四五六七八九十]{1,4})?")
_PARTY = re.compile(r"(?:被?申请人|申请人)(?:\([^()]{1,20}\))?[::]([^,。;()]{2,60})")
_DATE = re.compile(
    r"([二一][〇零○OＯ0一二三四五六七八九]{3})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})日"
)
_DECIDES = "裁定如下"
_TYPES: tuple[tuple[RulingType, re.Pattern[str]], ...] = (
    ("dismissed", re.compile(r"驳回.{0,80}申请")),
    ("not_accepted", re.compile(r"不予受理")),
    ("withdrawn", re.compile(r"(?:准许|准予).{0,80}撤回|按撤回.{0,20}处理")),
    ("valid", re.compile(r"(?:调解协议|协议).{0,20}有效")),
)
_DIGITS = {**{digit: value for value, digit in enumerate("〇一二三四五六七八九")}, "零": 0, "○": 0, "O": 0, "0": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a ruling says of itself; None for what was not found or stands there in more than one way."""

    court: str | None
    case_number: str | None
    parties: tuple[str, ...] = field(repr=False)
    ruling: RulingType | None
    issued_on: date | None
    documents: int  # how many times a document begins


def stated(wording: Wording) -> Stated:
    """Return what the lines of a ruling say of it."""
    lines = [_folded(line) for line in wording.lines]
    lines = [line for line in lines if line]
    begins = [number for number, line in enumerate(lines) if _NAME.fullmatch(line)]
    numbers = _unique(_number(found) for line in lines[: _head(begins)] for found in _NUMBER.findall(line))
    return Stated(
        court=_court(lines, begins),
        case_number=numbers[0] if len(numbers) == 1 else None,
        parties=tuple(_unique(found for line in lines for found in _PARTY.findall(line) if _begins_with_party(line))),
        ruling=_ruling("".join(lines)),
        issued_on=_issued(lines),
        documents=len(begins),
    )


def same_court(first: str, second: str) -> bool:
    """Say whether two names are one court's: equal, or one with its province or city before it, or words after it."""
    one, other = (_bare(name) for name in (first, second))
    shorter, longer = sorted((one, other), key=len)
    if not shorter or not longer.endswith(shorter):
        return False
    before = longer.removesuffix(shorter)
    return not before or before.endswith(("省", "市", "自治区", "州", "盟", "地区"))


def _bare(name: str) -> str:
    """Return a court's name without what a seal adds to it, (电子印章) or 司法确认专用章."""
    end = _folded(name).rfind("法院")
    return _folded(name)[: end + 2] if end >= 0 else ""


def _folded(line: str) -> str:
    """Return a line with full-width forms folded and without spaces, which layout puts between characters."""
    return "".join(unicodedata.normalize("NFKC", line).split())


def _head(begins: list[int]) -> int:
    """Return how many lines may hold the number: those right after the document's name, else the first ten."""
    return begins[0] + 4 if begins else 10


def _court(lines: list[str], begins: list[int]) -> str | None:
    before = lines[: begins[0]] if begins else lines[:3]
    found = [line for line in before if _COURT.fullmatch(line)]
    return found[-1] if found else None


def _number(text: str) -> str | None:
    try:
        return str(parse_case_number(text))
    except IdentifierFault:
        return None


def _begins_with_party(line: str) -> bool:
    return line.startswith(("申请人", "被申请人"))


def _ruling(text: str) -> RulingType | None:
    _, decides, decision = text.partition(_DECIDES)
    if not decides:
        return None
    decision = decision[:400]
    found = [kind for kind, pattern in _TYPES if pattern.search(decision)]
    # A dismissal may say that the agreement is not valid; what is dismissed is not confirmed.
    return found[0] if len(found) == 1 or found[:1] == ["dismissed"] else None


def _issued(lines: list[str]) -> date | None:
    found = [parts for line in lines for parts in _DATE.findall(line)]
    if not found:
        return None
    year, month, day = found[-1]
    try:
        return date(int("".join(str(_DIGITS[each]) for each in year)), _small(month), _small(day))
    except (ValueError, KeyError):
        return None


def _small(numeral: str) -> int:
    """Return a number up to 31 written as 二十九."""
    tens, ten, ones = numeral.partition("十")
    if not ten:
        return _DIGITS[numeral]
    return 10 * (_DIGITS[tens] if tens else 1) + (_DIGITS[ones] if ones else 0)


def _unique(found: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(each for each in found if each))
