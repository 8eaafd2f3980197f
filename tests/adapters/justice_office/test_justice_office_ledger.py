"""The ledger of an office: whatever Excel and people do to it, each line has one verdict and enters at most once."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from adapters.justice_office.adapter import JusticeOffice
from gateway.contract import Outcome, Partner, Record, Request
from gateway.errors import Undecodable
from gateway.wire import workbook as wire
from gateway.wire.cells import CellFault, as_day, as_number, as_phones, as_text
from tests.adapters.justice_office.bureau import bureau
from tests.adapters.justice_office.ledgers import GOOD_ID, OTHER_ID, row, workbook


def office(**settings: Any) -> JusticeOffice:
    """Return an adapter of an office."""
    return JusticeOffice(Partner(name="office", settings={"app_id": "fengqiao", **settings}))


def uploaded(body: bytes) -> Request:
    """Return the request that brings a workbook."""
    return Request(method="POST", path="/ledger", body=body)


def reported(adapter: JusticeOffice, body: bytes, fate: Any = "accepted") -> list[tuple[Any, ...]]:
    """Return the lines of the report, every record judged alike unless it is unreadable."""
    records = adapter.decode(uploaded(body))
    outcomes = [
        Outcome(kind=each.kind, record_id=each.id, receipt_id=f"R{number}",
                fate="refused" if each.kind == "unreadable" else fate)
        for number, each in enumerate(records)
    ]  # fmt: skip
    answer = adapter.acknowledge(uploaded(body), outcomes)
    assert (answer.status, answer.headers["content-type"]) == (200, wire.MEDIA_TYPE)
    [sheet] = wire.read(answer.body)
    return [tuple(line) for line in sheet.rows[2:]]


def verdicts(lines: list[tuple[Any, ...]]) -> dict[int, str]:
    """Return the verdict of each line by its number."""
    return {int(line[1]): line[2] for line in lines}


def test_titles_merged_headers_totals_and_notes_are_told_from_entries() -> None:
    lines = reported(office(), workbook([row(1), row(2)]))
    assert verdicts(lines) == {5: "已受理", 6: "已受理", 7: "未录入", 8: "未录入"}
    assert [line[4] for line in lines[2:]] == ["合计行", "表尾说明"]


def test_a_row_becomes_the_record_that_the_office_would_push() -> None:
    [record] = office().decode(uploaded(workbook([row(1, 发生日期=datetime(2026, 5, 19))])))  # noqa: DTZ001
    assert record.kind == "register.intake"
    assert record.fields == {
        "mediation_no": "XZ01-001", "registered_time": "2026-05-20", "occur_time": "2026-05-20 00:00:00",
        "dispute_type": "邻里矛盾", "occur_date": "2026-05-19", "occur_address": "青石村2组", "people": 2,
        "facts": "因围墙占道发生争执。", "other_columns": {"序号": "1", "化解方式": "调解"},
        "parties": [
            {"party_role": "申请人", "party_kind": "自然人", "party_name": "许书二", "id_card_type": "居民身份证",
             "id_card_no": GOOD_ID, "phones": "13996000136、023-75550135"},
            {"party_role": "被申请人", "party_kind": "自然人", "party_name": "冉明溪", "phones": "13996000137"},
        ],
    }  # fmt: skip


def test_a_serial_date_is_the_day_it_stands_for() -> None:
    dated, serial = office().decode(
        uploaded(workbook([row(1, 发生日期=datetime(2026, 5, 19)), row(2, 发生日期=46161)]))  # noqa: DTZ001
    )
    assert dated.fields["occur_date"] == serial.fields["occur_date"] == "2026-05-19"


@pytest.mark.parametrize("damaged", [500242199003070000, 5.0024219900307e17, "500242199003070000"])
def test_a_number_that_excel_damaged_is_refused_with_its_row_and_its_neighbours_go_on(damaged: Any) -> None:
    lines = reported(office(), workbook([row(1), row(2, 申请人身份证号=damaged), row(3)]))
    assert verdicts(lines) == {5: "已受理", 6: "退回", 7: "已受理", 8: "未录入", 9: "未录入"}
    assert lines[1][3] == "身份证号"
    assert "Excel" in lines[1][4]
    assert str(damaged)[:6] not in str(lines), "a report says nothing of people"


def test_a_hidden_line_is_not_entered_unseen() -> None:
    lines = reported(office(), workbook([row(1), row(2), row(3)], hidden=[5]))
    assert verdicts(lines)[6] == "未录入"
    assert "隐藏" in lines[1][4]


def test_the_same_name_number_date_and_type_is_the_same_entry() -> None:
    again = row(2, 申请人姓名="许书二", 事件简述="写法不同。")
    lines = reported(office(), workbook([row(1), again, row(3)]))
    assert verdicts(lines)[6] == "未录入"
    assert "第 5 行" in lines[1][4]
    [first] = office().decode(uploaded(workbook([row(1)])))
    [moved, *_] = office().decode(uploaded(workbook([again, row(3)])))
    assert first.id == moved.id, "in another workbook, too"


def test_a_cell_merged_over_several_lines_counts_for_each() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("台账")
        sheet.write_row(0, 0, ["纠纷类型", "发生地点", "当事人", "登记日期"])
        sheet.merge_range(1, 1, 2, 1, "青石村")
        sheet.write_row(1, 2, ["甲某一", "2026-05-20"])
        sheet.write_row(2, 2, ["甲某二", "2026-05-20"])
    records = office().decode(uploaded(out.getvalue()))
    assert [record.fields["occur_address"] for record in records] == ["青石村", "青石村"]


def test_an_old_workbook_is_read_as_well() -> None:
    [record] = office().decode(uploaded((Path(__file__).parent / "old.xls").read_bytes()))
    assert record.fields["registered_time"] == "2026-05-20"
    assert record.fields["parties"][0]["phones"] == "13996000136"


def test_an_offices_own_titles_are_a_setting() -> None:
    [record] = office(ledger_columns={"化解方式": "remark"}).decode(uploaded(workbook([row(1)])))
    assert record.fields["remark"] == "调解"


def test_what_is_written_is_read_again_as_it_was() -> None:
    adapter = office()
    records = adapter.decode(uploaded(workbook([row(1), row(2, 申请人身份证号=OTHER_ID)])))
    bare = [{name: value for name, value in each.fields.items() if name != "other_columns"} for each in records]
    written = adapter.write_ledger(records)
    assert written == adapter.write_ledger(records)
    again = adapter.decode(uploaded(written))
    assert [each.id for each in again] == [each.id for each in records]
    found = [{name: value for name, value in each.fields.items() if name != "other_columns"} for each in again]
    assert found == bare


def test_a_text_that_looks_like_a_formula_stays_a_text() -> None:
    record = Record(kind="register.intake", id="1", fields={"facts": '=HYPERLINK("http://x")', "parties": []})
    [sheet] = wire.read(office().write_ledger([record]))
    assert '=HYPERLINK("http://x")' in sheet.rows[2]


def _zip(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def _far_away() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.add_worksheet("x").write(1_048_575, 16_383, 1)
    return out.getvalue()


@pytest.mark.parametrize(
    "body",
    [b"", b"x" * 100, b"PK\x03\x04", b"\xd0\xcf\x11\xe0" + b"\x00" * 600, _zip(a=b"b"), _zip(a=b"\0" * (65 << 20)),
     workbook([row(1)])[:-300], _far_away(), workbook([])],
    ids=["nothing", "text", "torn", "old torn", "a zip", "a bomb", "cut off", "a cell far away", "no entries"],
)  # fmt: skip
def test_what_is_no_ledger_is_undecodable(body: bytes) -> None:
    with pytest.raises(Undecodable):
        office().decode(uploaded(body))


@pytest.mark.parametrize(
    ("cell", "day"),
    [(46162, "2026-05-20"), (46162.5, "2026-05-20"), ("46162", "2026-05-20"), ("2026/5/2", "2026-05-02"),
     ("2026年5月20日", "2026-05-20"), ("20260520", "2026-05-20"), ("2026-05-20 10:30", "2026-05-20")],
)  # fmt: skip
def test_a_day_is_read_however_it_is_written(cell: Any, day: str) -> None:
    assert as_day(cell) == day


@pytest.mark.parametrize("cell", ["五月", "2026-02-30", 7, True, "2026"])
def test_what_is_no_day_is_told(cell: Any) -> None:
    with pytest.raises(CellFault):
        as_day(cell)


def test_numbers_and_phones_are_read_as_texts() -> None:
    assert as_number("'" + OTHER_ID.lower()) == OTHER_ID
    assert as_number(110105491231002) == "110105491231002"
    assert as_phones("13996000136；13996000137 / 023-75550135") == "13996000136、13996000137、023-75550135"
    assert as_text(12.5) == "12.5"


async def test_a_ledger_comes_in_at_the_door_and_again_without_a_second_effect(tmp_path: Path) -> None:
    async with bureau(tmp_path) as there:
        body = workbook([row(1), row(2, 申请人身份证号=500242199003070000), row(3, 纠纷类型="没有的类型")])
        answers = []
        for _ in range(2):
            request = Request(**there.simulator.signed("/ledger", body, wire.MEDIA_TYPE))
            answers.append(await there.gateway.inbound.receive(there.gateway.post("office"), request))
        [sheet] = wire.read(answers[0].body)
        assert [line[2] for line in sheet.rows[2:5]] == ["已受理", "退回", "已收"]
        assert sheet.rows[4][3] == "纠纷类型", "the column of the ledger, not the field of the record"
        assert {each["fate"] for each in there.records()} == {"accepted", "held", "refused"}
        assert len(there.records("accepted")) == len(there.records("held")) == 1
        [again] = wire.read(answers[1].body)
        assert again.rows[2] == sheet.rows[2], "the first answer, with its receipt"
