"""Ledgers as offices really send them, written for the tests; the persons in them are invented."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

GOOD_ID, OTHER_ID = "500242196611301014", "11010519491231002X"
HEADER = ("序号", "登记编号", "登记日期", "纠纷类型", "发生日期", "发生地点", "涉及人数", "事件简述", "化解方式")
APPLICANT, RESPONDENT = ("姓名", "身份证号", "联系电话"), ("姓名", "联系电话")


def row(number: int, **changed: Any) -> dict[str, Any]:
    """Return one entry by its columns."""
    return {
        "序号": number, "登记编号": f"XZ01-{number:03}", "登记日期": "2026.5.20", "纠纷类型": "邻里矛盾",
        "发生日期": 46161, "发生地点": "青石村2组", "涉及人数": 2, "事件简述": "因围墙占道发生争执。",
        "化解方式": "调解", "申请人姓名": f"许书{'一二三四五六七八九'[number % 9]}", "申请人身份证号": GOOD_ID,
        "申请人联系电话": "13996000136/023-75550135", "被申请人姓名": "冉明溪",
        "被申请人联系电话": 13996000137, **changed,
    }  # fmt: skip


def workbook(rows: Sequence[dict[str, Any]], *, hidden: Sequence[int] = (), totals: bool = True) -> bytes:
    """Return a workbook with title lines, a header of two merged lines, and a line of totals."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("5月台账")
        last = len(HEADER) + 4
        sheet.merge_range(0, 0, 0, last, "示例乡矛盾纠纷排查化解台账")
        sheet.merge_range(1, 0, 1, last, "填报单位：示例乡司法所    2026年5月")
        for place, title in enumerate(HEADER):
            sheet.merge_range(2, place, 3, place, title)
        sheet.merge_range(2, len(HEADER), 2, len(HEADER) + 2, "申请人")
        sheet.merge_range(2, len(HEADER) + 3, 2, len(HEADER) + 4, "被申请人")
        sheet.write_row(3, len(HEADER), [*APPLICANT, *RESPONDENT])
        names = [*HEADER, *(f"申请人{each}" for each in APPLICANT), *(f"被申请人{each}" for each in RESPONDENT)]
        dated = book.add_format({"num_format": "yyyy/m/d"})
        for line, entry in enumerate(rows, start=4):
            for place, name in enumerate(names):
                value = entry.get(name)
                if isinstance(value, datetime):
                    sheet.write_datetime(line, place, value, dated)
                elif value is not None:
                    sheet.write(line, place, value)
            if line in hidden:
                sheet.set_row(line, None, None, {"hidden": True})
        if totals:
            sheet.merge_range(len(rows) + 4, 0, len(rows) + 4, 3, "合  计")
            sheet.write(len(rows) + 4, 6, 2 * len(rows))
            sheet.write(len(rows) + 5, 0, "填表人：李沐言")
        book.add_worksheet("填表说明").write(0, 0, "请勿合并单元格")
    return out.getvalue()
