"""Court case numbers (案号, 法〔2015〕137号 as amended by 法〔2018〕335号).

    (2022) 渝0242  [知] 诉前调 123 [-1] 号 [之一]
     year  court   │    type   serial │     └ which of several documents
                   └ special trial    └ sub-number

Court codes come from a table, never from the division: railway, maritime and forestry courts have their own series.
Numbers of before 2016 (``…民初字第00012号``) follow no common grammar and are refused with a code of their own, so that
whoever receives one can keep it as text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.canonical.identifiers.fault import IdentifierFault
from gateway.canonical.identifiers.folding import compact
from gateway.canonical.identifiers.masking import mask_text

_COURTS = "京津冀晋内辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川黔云藏陕甘青宁新兵军"
_FORM = re.compile(
    r"[(\[〔【]?(?P<year>(?:19|20)[0-9]{2})[)\]〕】]?"
    rf"(?P<court>最高法|[{_COURTS}](?:[0-9]{{4}}|[0-9]{{2}})?)"
    r"(?P<speciality>知)?(?P<type>(?:(?![第字号])[\u4e00-\u9fa5]){1,5}?)第?"
    r"0{0,8}(?P<serial>[1-9][0-9]{0,7})(?:-0{0,2}(?P<sub>[1-9][0-9]{0,2}))?号"
    r"(?P<continuation>之[一二三四五六七八九十]{1,4})?"
)
_LEGACY = re.compile(r"[(\[〔【]?(?:19|20)[0-9]{2}[)\]〕】]?[^0-9]{1,20}字第?[0-9]{1,8}(?:-[0-9]{1,3})?号.{0,5}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNumber:
    """The parts of a case number; its text is the one spelling, with half-width brackets."""

    year: int
    court: str  # court code: 渝0242
    speciality: str | None = None  # 知
    type: str  # type code: 诉前调
    serial: int
    sub: int | None = None
    continuation: str | None = None  # 之一

    def __str__(self) -> str:
        sub = "" if self.sub is None else f"-{self.sub}"
        kind = f"{self.speciality or ''}{self.type}"
        return f"({self.year}){self.court}{kind}{self.serial}{sub}号{self.continuation or ''}"


def parse_case_number(value: str) -> CaseNumber:
    """Return the parts of a case number; any brackets, full-width characters and leading zeros are understood.

    Raises IdentifierFault with ``identifier.case_number.legacy`` for the style before 2016, else
    ``identifier.case_number.form``.
    """
    written = compact(value)
    if _LEGACY.fullmatch(written):
        raise IdentifierFault("identifier.case_number.legacy", mask_text(written))
    parts = _FORM.fullmatch(written)
    if parts is None:
        raise IdentifierFault("identifier.case_number.form", mask_text(written))
    return CaseNumber(
        year=int(parts["year"]),
        court=parts["court"],
        speciality=parts["speciality"],
        type=parts["type"],
        serial=int(parts["serial"]),
        sub=int(parts["sub"]) if parts["sub"] else None,
        continuation=parts["continuation"],
    )


def case_number(value: str) -> str:
    """Return the one spelling of a case number: ``(2022)渝0242诉前调123号``. Raises IdentifierFault."""
    return str(parse_case_number(value))
