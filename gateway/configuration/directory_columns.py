"""What the columns of a directory in a sheet are called, and the words that stand in them.

The first title of each column, and the first word of each value, is the one that an export has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gateway.wire.cells import as_text
from gateway.wire.workbook import Cell

ORGANISATION: Mapping[str, tuple[str, ...]] = {
    "id": ("机构标识", "机构编号", "机构编码", "机构代码"),
    "name": ("机构名称", "单位名称", "名称"),
    "kind": ("机构类型", "单位类型", "类型"),
    "level": ("层级", "级别"),
    "credit_code": ("统一社会信用代码", "信用代码"),
    "division": ("行政区划代码", "区划代码"),
    "since": ("起始日期", "启用日期"),
    "until": ("终止日期", "停用日期"),
    "former_name": ("曾用名", "原名称"),
    "former_until": ("曾用名终止日期", "曾用名截止日期"),
    "successor": ("并入机构", "合并后机构"),
}
PERSON: Mapping[str, tuple[str, ...]] = {
    "id": ("人员标识", "人员编号", "工号", "编号"),
    "name": ("姓名", "名称"),
    "category": ("人员类别", "类别", "身份"),
    "title": ("职务",),
    "phones": ("联系电话", "联系方式", "电话", "手机号码"),
    "organisation": ("工作单位", "所属机构", "所在单位", "单位"),
    "role": ("名册角色", "角色"),
    "grids": ("负责网格", "责任网格", "网格"),
    "since": ("起始日期", "任职日期"),
    "until": ("终止日期", "离任日期"),
    "number": ("证件号码", "身份证号", "身份证号码"),
}
KINDS: Mapping[str, tuple[str, ...]] = {
    "court": ("人民法院", "法院"),
    "tribunal": ("人民法庭", "法庭"),
    "mediation_center": ("矛调中心", "综治中心", "矛盾纠纷调处化解中心", "调解中心", "矛调站"),
    "township": ("乡镇街道", "乡镇", "街道", "镇街"),
    "village": ("村社区", "村", "社区"),
    "peoples_mediation_committee": ("人民调解委员会", "调委会"),
    "industry_mediation": ("行业性专业性调解组织", "行业调解组织"),
    "police_station": ("派出所", "公安派出所"),
    "justice_office": ("司法所",),
    "peace_office": ("平安办", "政法委"),
    "studio": ("调解工作室", "工作室"),
    "union": ("工会",),
    "womens_federation": ("妇联", "妇女联合会"),
    "department": ("行政部门", "部门"),
    "other": ("其他",),
}
LEVELS: Mapping[str, tuple[str, ...]] = {
    "village": ("村级", "村社区级"),
    "township": ("乡镇级", "镇街级"),
    "county": ("县级", "区县级"),
    "city": ("市级", "地市级"),
    "province": ("省级",),
    "nation": ("国家级",),
}
CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "mediator": ("人民调解员", "调解员"),
    "invited_mediator": ("特邀调解员",),
    "grid_worker": ("网格员",),
    "township_cadre": ("乡镇干部",),
    "village_cadre": ("村干部", "村社区干部"),
    "judge": ("法官",),
    "dispatcher": ("分流员", "调度员"),
    "liaison": ("联络员",),
    "police_officer": ("民警",),
    "other": ("其他",),
}
ROLES: Mapping[str, tuple[str, ...]] = {
    "member": ("成员",),
    "liaison": ("联络员",),
    "dispatcher": ("分流员", "调度员"),
    "mediator": ("调解员",),
    "grid_judge": ("网格法官", "驻格法官", "包片法官"),
    "service_point": ("法官联络点", "服务点"),
}
WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "kind": KINDS, "level": LEVELS, "category": CATEGORIES, "role": ROLES,
}  # fmt: skip
_DECORATION = re.compile(r"[\s*＊：:]|[(（].*?[)）]")
_NEEDED = frozenset({"id", "name"})


def header_of(line: Sequence[Cell]) -> tuple[str, dict[int, str]] | None:
    """Return whether a line is the header of ``people`` or ``organisations``, and which column holds what."""
    titles = [_DECORATION.sub("", as_text(cell)) for cell in line]
    for table, columns, mark in (("people", PERSON, "category"), ("organisations", ORGANISATION, "kind")):
        found: dict[int, str] = {}
        for place, title in enumerate(titles):
            field = next((name for name, words in columns.items() if title in words), None)
            if field and field not in found.values():
                found[place] = field
        if {*_NEEDED, mark} <= set(found.values()):
            return table, found
    return None


def meant(field: str, said: str) -> str | None:
    """Return the value that a word of a column stands for, or the value itself; None for any other word."""
    known = WORDS[field]
    plain = _DECORATION.sub("", said)
    return plain if plain in known else next((name for name, words in known.items() if plain in words), None)


def word(field: str, value: str | None) -> str | None:
    """Return the word for a value."""
    return WORDS[field][value][0] if value else None
