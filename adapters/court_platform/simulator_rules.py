"""What the pretend court platform asks of each message, in its own words: required fields and allowed values.

``a.b`` must be there and not empty; ``a[].b`` must be there in every item of a list with at least one. A path with
values after it may be absent, but may hold nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_REASONS = (
    "联系不到当事人", "明确表示不接受", "分歧较大", "期限届满", "拒绝签章", "撤回调解请求", "涉嫌虚假调解", "其他",
)  # fmt: skip
_YES_NO = ("0", "1")
_CASE = ("fssj", "ajxx")
# Kind ─► required paths, allowed values by path. Only what comes to a court is here.
RULES: Mapping[str, tuple[tuple[str, ...], Mapping[str, tuple[str, ...]]]] = {
    "qrjs": ((*_CASE, "jssj"), {}),
    "byjs": ((*_CASE, "yy"), {"yy": ("1", "2", "3", "4", "5", "9")}),
    "zdtjy": ((*_CASE, "tjylb[].xm", "tjylb[].rylb"), {"llyzxtj": _YES_NO}),
    "tjjz": ((*_CASE, "jzjd"), {"jzjd": ("10", "20", "30", "41", "42", "50", "60", "99")}),
    "tjyq": ((*_CASE, "yqz", "dsryj[].xm", "dsryj[].sfty"), {"dsryj[].sfty": _YES_NO}),
    "tjcg": ((*_CASE, "xyxx.xylx", "xyxx.dcsj", "xyxx.xynr"), {"xyxx.xylx": ("1", "2", "3")}),
    "ajsj": ((*_CASE, "yy", "mbcj", "dsryj[].xm", "dsryj[].sfty"), {"yy": _REASONS}),
    "thzx": ((*_CASE, "yy"), {"yy": _REASONS}),
    "ajth": ((*_CASE, "yy"), {"yy": _REASONS, "wzysssy": _YES_NO}),
    "ajdb": ((*_CASE, "dbsx"), {"dbcd": ("1", "2")}),  # a copy of what a unit that is late was told
    "cdtz": ((*_CASE, "wsbs", "cljg", "clsj"), {"cljg": ("1", "2", "3", "4", "5", "6", "7")}),  # the gateway's own word
    "lxfk": ((*_CASE, "lxzt", "fksj"), {"lxzt": ("1", "2", "3", "9")}),
    "jgxx": (("fssj", "jgbm", "jgmc", "jglx", "zt"), {"zt": ("1", "2", "3")}),
    "ryxx": (("fssj", "rybh", "xm", "rylb", "zt"), {"zt": ("1", "2", "3")}),
}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_FORMS = {
    **dict.fromkeys(("fssj", "jssj", "tjsj", "xcsj", "dcsj", "sxsj", "zxsj", "clsj", "fksj"), _MOMENT),
    **dict.fromkeys(("yqz", "lxqx", "sxrq", "qsrq", "zzrq", "lxrq"), _DAY),
}


def objection(kind: str, fields: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the field that the court objects to and why; None when the message is in order."""
    if kind not in RULES:
        return "ywlx", f"未知的业务类型：{kind}"
    required, allowed = RULES[kind]
    for path in required:
        for place, value in _walk(fields, path):
            if value in (None, "", [], {}):
                return place, f"缺少必填字段：{place}"
    for path, values in allowed.items():
        for place, value in _walk(fields, path):
            if value not in (None, *values):
                return place, f"字段取值不在代码表内：{place}"
    return _ill_formed(fields, "")


def _ill_formed(value: Any, place: str) -> tuple[str, str] | None:
    if isinstance(value, list):
        steps = [(f"{place}[{index}]", item) for index, item in enumerate(value)]
    elif isinstance(value, Mapping):
        steps = [(f"{place}.{name}" if place else name, item) for name, item in value.items()]
    else:
        form = _FORMS.get(place.rpartition(".")[2])
        wrong = form is not None and not (isinstance(value, str) and form.fullmatch(value))
        return (place, f"日期格式不正确：{place}") if wrong else None
    return next(filter(None, (_ill_formed(item, step) for step, item in steps)), None)


def _walk(fields: Any, path: str, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value at ``path`` with its place; an empty or missing list yields itself."""
    step, _, rest = path.partition(".")
    name = step.removesuffix("[]")
    here = f"{place}.{name}" if place else name
    value = fields.get(name) if isinstance(fields, Mapping) else None
    if step.endswith("[]") and isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _walk(item, rest, f"{here}[{index}]")
    elif rest and not step.endswith("[]"):
        yield from _walk(value, rest, here)
    else:
        yield here, value if not rest else None
