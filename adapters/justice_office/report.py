"""The workbooks that go back: a report with one verdict for each line of a ledger, and a ledger of records.

A report names a line by sheet and number, never by whom it is about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from adapters.justice_office.columns import APPLICANT, RESPONDENT, titles
from adapters.justice_office.ledger import Line
from gateway.contract import Outcome, Record, Response
from gateway.texts import text
from gateway.wire import workbook
from gateway.wire.workbook import Cell, Table

_VERDICTS = {"accepted": "已受理", "held": "已收", "parked": "已收", "refused": "退回"}
_HEADER = ("工作表", "行号", "结论", "列", "原因", "Reason", "回执号")
_DAYS = ("registered_time", "occur_date")


def report(lines: Sequence[Line], outcomes: Sequence[Outcome]) -> Response:
    """Answer with one verdict for each line, in the order of the ledger."""
    table = Table(name="登记结果", title="台账登记结果", header=_HEADER, rows=list(_verdicts(lines, outcomes)))
    return Response(status=200, headers={"content-type": workbook.MEDIA_TYPE}, body=workbook.write([table]))


def ledger(records: Sequence[Record], *, title: str) -> bytes:
    """Return the ledger that holds these records, as an office would write it. Raises Undecodable without the extra."""
    columns = titles()
    rows = [[number, *_row(record, columns)] for number, record in enumerate(records, start=1)]
    total: list[Cell] = ["合计", f"{len(rows)}件", *[None] * (len(columns) - 1)]
    header = ["序号", *(name for _, name in columns)]
    return workbook.write([Table(name="台账", title=title, header=header, rows=[*rows, total])])


def _verdicts(lines: Sequence[Line], outcomes: Sequence[Outcome]) -> Iterator[list[Cell]]:
    judged = iter(outcomes)
    for line in lines:
        outcome = next(judged, None) if line.record is not None else None
        yield [line.sheet, line.number, *(_skipped(line) if outcome is None else _judged(line, outcome))]


def _skipped(line: Line) -> list[Cell]:
    code, facts = line.code or "justice_office.ledger_end_note", dict(line.facts)
    return ["未录入", None, text(code, "zh", **facts), text(code, "en", **facts), None]


def _judged(line: Line, outcome: Outcome) -> list[Cell]:
    facts: dict[str, Any]
    if line.code is not None and outcome.fate == "refused":  # damaged: the line says it better than the mapping
        code, facts, column = line.code, {**line.facts}, line.facts.get("column")
    else:
        fallback = f"justice_office.{'accepted' if outcome.fate == 'accepted' else 'received'}"
        code, facts = outcome.code or fallback, dict(outcome.facts)
        column = line.titles.get(outcome.field or "", outcome.field)
    reason = (text(code, "zh", **facts), text(code, "en", **facts))
    return [_VERDICTS[outcome.fate], column, *reason, outcome.receipt_id]


def _row(record: Record, columns: Sequence[tuple[tuple[str, str], str]]) -> Iterator[Cell]:
    parties = [each for each in record.fields.get("parties") or () if isinstance(each, Mapping)]
    first = next((each for each in parties if each.get("party_role") != RESPONDENT), None)
    second = next((each for each in parties if each is not first), None)
    said = {"": record.fields, APPLICANT: first or {}, RESPONDENT: second or {}}
    for (group, name), _ in columns:
        yield _cell(name, said[group].get(name))


def _cell(name: str, value: Any) -> Cell:
    if name in _DAYS and isinstance(value, str):
        return date.fromisoformat(value[:10])
    return value if value is None or isinstance(value, int) else str(value)
