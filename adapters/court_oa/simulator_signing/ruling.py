"""The words of a ruling on a confirmation application (民事裁定书), laid out as courts do, with invented names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Decision = Literal["valid", "dismissed", "not_accepted", "withdrawn"]
LINES_PER_PAGE = 22  # 法〔2016〕221号
CHARACTERS_PER_LINE = 28
_NUMERALS = "〇一二三四五六七八九"
_DECIDES: dict[Decision, str] = {
    "valid": "申请人{one}与{other}于{agreed}达成的调解协议有效。",
    "dismissed": "驳回申请人{one}、{other}确认调解协议的申请。",
    "not_accepted": "对申请人{one}、{other}的申请，不予受理。",
    "withdrawn": "准许申请人{one}、{other}撤回申请。",
}


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What a ruling says."""

    court: str = "浙江省示例县人民法院"
    case_number: str = "（2026）浙0521民特18号"
    parties: tuple[str, ...] = field(default=("沈谷雨", "姚霜降"), repr=False)
    decision: Decision = "valid"
    issued_on: date = date(2026, 11, 20)
    agreed_on: date = date(2026, 11, 3)


def pages(ruling: Ruling) -> list[list[str]]:
    """Return the lines of every page."""
    lines = [wrapped for line in _lines(ruling) for wrapped in _wrapped(line)]
    return [lines[at : at + LINES_PER_PAGE] for at in range(0, len(lines), LINES_PER_PAGE)]


def _lines(ruling: Ruling) -> Iterator[str]:
    one, other = ruling.parties[0], ruling.parties[-1]
    agreed = f"{ruling.agreed_on.year}年{ruling.agreed_on.month}月{ruling.agreed_on.day}日"
    yield ruling.court
    yield "民 事 裁 定 书"
    yield ruling.case_number
    for party in ruling.parties:
        yield f"申请人：{party}，女，汉族，住浙江省示例县。"
    yield f"申请人{one}、{other}因申请司法确认调解协议一案，本院立案后进行了审查，现已审查终结。"
    yield f"{agreed}，{one}与{other}经示例街道人民调解委员会主持调解，达成如下调解协议："
    yield f"{other}于2026年12月31日前向{one}支付人民币三千六百元。"
    yield "本院经审查认为，申请人的申请应予处理。依照《中华人民共和国民事诉讼法》第二百零六条规定，裁定如下："
    yield _DECIDES[ruling.decision].format(one=one, other=other, agreed=agreed)
    yield "审判员　　程立夏"
    yield chinese_date(ruling.issued_on)
    yield "书记员　　温白露"


def chinese_date(day: date) -> str:
    """Return a date in Chinese numerals: 二〇二六年十一月二十日."""
    year = "".join(_NUMERALS[int(digit)] for digit in str(day.year))
    return f"{year}年{_small(day.month)}月{_small(day.day)}日"


def _small(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else f"{_NUMERALS[tens]}十") + (_NUMERALS[ones] if ones else "")


def _wrapped(line: str) -> Iterator[str]:
    for at in range(0, len(line), CHARACTERS_PER_LINE):
        yield line[at : at + CHARACTERS_PER_LINE]
