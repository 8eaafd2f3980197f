"""What identifies a certificate of voluntary performance (自动履行证明书), read from its lines.

浙江省示例县人民法院          court
自动履行证明书                the document's name
（2026）示履证第3号           number
履行人：某某，……             who performed
权利人：某某，……             to whom
……（2026）浙0521民特18号……  what was performed: every case number below the head
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.canonical.identifiers import IdentifierFault, parse_case_number
from gateway.rulings.wording import Wording

_COURT = re.compile(r"[\u4e00-\u9fff]{2,40}法[院庭]")
_NAME = re.compile(r"自动履行(?:生效法律文书|义务)?(?:情况)?证明书?")
_NUMBER = re.compile(r"\((?:19|20)\d{2}\)[^\s()号]{2,24}?\d+(?:-\d+)?号(?:之[一二三四五六七八九十]{1,4})?")
_PARTY = r"(?:\([^()]{1,20}\))?:([^,。;()]{1,60})"
_PERFORMER = re.compile(rf"(?:履行人|履行义务人|义务人|债务人|被执行人){_PARTY}")
_COUNTERPART = re.compile(rf"(?:权利人|债权人|申请执行人){_PARTY}")
_LABEL = re.compile(r"(?:证明书)?编号:|证号:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certifies:
    """What a certificate says of itself; ``open_ended``: names that end with their line, and may go on in the next."""

    court: str | None
    head: tuple[str, ...]  # the lines that may hold the number
    performers: tuple[str, ...] = field(repr=False)
    counterparts: tuple[str, ...] = field(repr=False)
    open_ended: frozenset[str] = field(repr=False)
    cases: frozenset[str]  # case numbers below the head, in their usual spelling
    documents: int  # how many times a document begins


def certifies(wording: Wording) -> Certifies:
    """Return what the lines of a certificate say of it."""
    lines = [line for line in map(folded, wording.lines) if line]
    begins = [at for at, line in enumerate(lines) if _NAME.fullmatch(line)]
    top = begins[0] + 1 if begins else 0
    head = tuple(_LABEL.sub("", line) for line in lines[top : top + 3])
    courts = [line for line in lines[: top or 3] if _COURT.fullmatch(line)]
    return Certifies(
        court=courts[-1] if courts else None,
        head=head,
        performers=_names(lines, _PERFORMER),
        counterparts=_names(lines, _COUNTERPART),
        open_ended=frozenset(_open_ended(lines)),
        cases=frozenset(map(spelled, _NUMBER.findall("".join(lines[top:])))),
        documents=len(begins),
    )


def folded(line: str) -> str:
    """Return a line with full-width forms folded and without spaces, which layout puts between characters."""
    return "".join(unicodedata.normalize("NFKC", line).split())


def spelled(number: str) -> str:
    """Return a case number in its one spelling; what is none stays as it is, folded."""
    try:
        return str(parse_case_number(number))
    except IdentifierFault:
        return folded(number)


def numbers_in(lines: Iterable[str]) -> tuple[str, ...]:
    """Return what looks like a number of a certificate or case, each once."""
    return tuple(dict.fromkeys(found for line in lines for found in _NUMBER.findall(line)))


def _names(lines: list[str], label: re.Pattern[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.group(1) for line in lines if (found := label.match(line))))


def _open_ended(lines: list[str]) -> Iterable[str]:
    for line in lines:
        for label in (_PERFORMER, _COUNTERPART):
            if (found := label.match(line)) and found.end() == len(line):
                yield found.group(1)
