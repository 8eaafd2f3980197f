"""The words of a ruling (民事裁定书) and of a certificate (自动履行证明书), laid out as courts do, names invented."""

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

    def lines(self) -> Iterator[str]:
        """Yield what it says, paragraph by paragraph."""
        one, other = self.parties[0], self.parties[-1]
        agreed = day(self.agreed_on)
        yield self.court
        yield "民 事 裁 定 书"
        yield self.case_number
        for party in self.parties:
            yield f"申请人：{party}，女，汉族，住浙江省示例县。"
        yield f"申请人{one}、{other}因申请司法确认调解协议一案，本院立案后进行了审查，现已审查终结。"
        yield f"{agreed}，{one}与{other}经示例街道人民调解委员会主持调解，达成如下调解协议："
        yield f"{other}于2026年12月31日前向{one}支付人民币三千六百元。"
        yield "本院经审查认为，申请人的申请应予处理。依照《中华人民共和国民事诉讼法》第二百零六条规定，裁定如下："
        yield _DECIDES[self.decision].format(one=one, other=other, agreed=agreed)
        yield "审判员　　程立夏"
        yield chinese_date(self.issued_on)
        yield "书记员　　温白露"


@dataclass(frozen=True, kw_only=True)
class Certificate(Ruling):
    """What a certificate of voluntary performance says: the first party performed the ruling towards the last."""

    number: str = "（2026）示履证第3号"
    performed_on: date = date(2026, 11, 18)

    def lines(self) -> Iterator[str]:
        """Yield what it says, paragraph by paragraph."""
        one, other = self.parties[0], self.parties[-1]
        yield self.court
        yield "自 动 履 行 证 明 书"
        yield self.number
        yield f"履行人：{one}，女，汉族，住浙江省示例县。"
        yield f"权利人：{other}，女，汉族，住浙江省示例县。"
        yield f"{one}与{other}申请司法确认调解协议一案，本院作出{self.case_number}民事裁定书。"
        yield f"经审查，{one}已于{day(self.performed_on)}自动履行全部义务。特此证明。"
        yield chinese_date(self.issued_on)


def pages(ruling: Ruling) -> list[list[str]]:
    """Return the lines of every page."""
    lines = [wrapped for line in ruling.lines() for wrapped in _wrapped(line)]
    return [lines[at : at + LINES_PER_PAGE] for at in range(0, len(lines), LINES_PER_PAGE)]


def day(of: date) -> str:
    """Return a date in digits: 2026年11月20日."""
    return f"{of.year}年{of.month}月{of.day}日"


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
