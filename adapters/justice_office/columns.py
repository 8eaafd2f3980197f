"""What the columns of a ledger (台账) are called: the titles that offices write, and the fields of a record they fill.

The columns follow the record of GB/T 31000-2015; a row of the partner's settings (``ledger_columns``) adds titles.
``申请人姓名`` and ``被申请人电话`` are a party and one of its columns, also where these stand in two lines of a header.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

APPLICANT, RESPONDENT = "申请人", "被申请人"
# The first title of each field is the one that a ledger of ours has.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "mediation_no": ("登记编号", "编号", "案件编号", "登记号"),
    "registered_time": ("登记日期", "登记时间", "受理日期", "受理时间"),
    "channel": ("受理渠道", "受理方式", "案件来源", "来源"),
    "dispute_type": ("纠纷类型", "纠纷类别", "事件类别", "矛盾类型", "类型"),
    "occur_date": ("发生日期", "发生时间", "事发日期"),
    "occur_address": ("发生地点", "事发地点", "发生地址"),
    "people": ("涉及人数", "人数"),
    "amount": ("涉案金额", "涉及金额", "标的额", "金额"),
    "facts": ("事件简述", "纠纷简述", "纠纷简要情况", "简要情况", "基本情况"),
    "claims": ("诉求", "当事人诉求"),
    "remark": ("备注",),
}
PARTY: Mapping[str, tuple[str, ...]] = {
    "party_name": ("姓名", "名称", "姓名或名称", "当事人姓名"),
    "id_card_type": ("证件类型",),
    "id_card_no": ("证件号码", "身份证号", "身份证号码", "证件号", "证件代码"),
    "gender": ("性别",),
    "nation": ("民族",),
    "phones": ("联系电话", "联系方式", "电话", "手机", "手机号码", "电话号码"),
    "home_address": ("居住详址", "住址", "家庭住址", "现住址", "住所"),
}
GROUPS: Mapping[str, tuple[str, ...]] = {
    RESPONDENT: ("被申请人", "对方当事人", "乙方", "被申请方"),
    APPLICANT: ("申请人", "主要当事人", "当事人", "甲方", "申请方"),
}
_DECORATION = re.compile(r"[\s*＊：:]|[(（].*?[)）]")

Place = tuple[str, str]  # the group of parties, or "", and the field


def place_of(title: str, group: str = "", *, more: Mapping[str, str] | None = None) -> Place | None:
    """Return what a column holds by its title, and by the title above it; None for a column that is not known."""
    own, above = plain(title), plain(group)
    if more and (named := more.get(own)):
        return "", named
    if field := _field(own, FIELDS):
        return "", field
    party = next((name for name, words in GROUPS.items() if above.startswith(words)), None)
    for name, words in GROUPS.items():
        start = next((word for word in words if own.startswith(word)), None)
        if start is not None:
            party, own = name, own.removeprefix(start)
            return (party, field) if (field := _field(own or "姓名", PARTY)) else None
    field = _field(own, PARTY)
    return (party or APPLICANT, field) if field else None


def plain(title: str) -> str:
    """Return a title without spaces, units in brackets and the stars of what must be filled in."""
    return _DECORATION.sub("", title)


def titles() -> Sequence[tuple[Place, str]]:
    """Return the columns of a ledger of ours, in their order."""
    parties = [
        ((group, field), f"{group}{words[0]}") for group in (APPLICANT, RESPONDENT) for field, words in PARTY.items()
    ]
    return [*((("", field), words[0]) for field, words in FIELDS.items()), *parties]


def _field(title: str, known: Mapping[str, tuple[str, ...]]) -> str | None:
    return next((field for field, words in known.items() if title in words), None)
