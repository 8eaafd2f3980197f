"""Every word of the vocabulary, read and written."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from gateway.canonical.identifiers import BEIJING
from gateway.canonical.messages import Message, parse
from gateway.contract import Record
from gateway.errors import Untranslatable
from gateway.mapping import MappingSet, Writing
from tests.gateway.mapping.hill import BASE, Codes, one, read

CASE = "  - {partner: ajbh, canonical: data.case.partner_id}\n"
STAGE = "  - {constant: started, canonical: data.stage}\n"
VALUES = {"ajbh": "A-1"}


def progress(mappings: MappingSet, **fields: Any) -> Any:
    """Read a progress note; return its data."""
    reading = read("k", {**VALUES, **fields}, mappings)
    assert reading.message is not None, [fault.text("en") for fault in reading.faults]
    return reading.message.data


def message(short_type: str, **data: Any) -> Message:
    return parse({**BASE, "type": f"fengqiao.{short_type}", "time": BASE["receivedtime"], "data": data})


def written(mappings: MappingSet, short_type: str, **data: Any) -> Writing:
    return mappings.write("hill", "hill-1", message(short_type, case={"partner_id": "A-1"}, **data), directory=Codes())


def test_a_rename_trims_and_takes_scalars_for_text() -> None:
    mappings = one(CASE + STAGE + "  - {partner: sm.nr, canonical: data.text}\n")
    assert progress(mappings, sm={"nr": "  谈过一次 "}).text == "谈过一次"
    assert progress(mappings, sm={"nr": 12}).text == "12"
    assert progress(mappings, sm={"nr": True}).text == "true"
    assert progress(mappings, sm={"nr": 1.5}).text == "1.5"
    record = written(mappings, "progress", stage="started", text="谈过一次").record
    assert record.fields == {"ajbh": "A-1", "sm": {"nr": "谈过一次"}}
    assert (record.kind, record.id) == ("k", BASE["id"])


@pytest.mark.parametrize("nothing", [None, "", "  ", [], {}])
def test_what_is_empty_is_absent(nothing: object) -> None:
    mappings = one(
        CASE + STAGE + "  - {partner: sm, canonical: data.text}\n  - {partner: x.sj, canonical: data.next_at}\n"
    )
    assert progress(mappings, sm=nothing, x=nothing).text is None
    assert progress(mappings, sm=nothing, x={"sj": nothing}).next_at is None


def test_a_float_is_no_identifier() -> None:
    reading = read("k", {"ajbh": 5.00242199003e17}, one(CASE + STAGE))
    assert [(fault.code, fault.partner_path) for fault in reading.faults] == [("mapping.wrong_type", "ajbh")]


def test_a_code_table_reads_many_and_writes_the_preferred_one() -> None:
    codes = """
  - {partner: 0101, canonical: contacted, preferred: false}
  - {partner: 0102, canonical: contacted}
  - {partner: 7, canonical: started}
  - {partner: 08, canonical: other}
  - {partner: 09, canonical: other, preferred: true}
"""
    mappings = one(CASE + "  - {partner: jd, canonical: data.stage, codes: hill.t}\n", codes)
    assert [progress(mappings, jd=code).stage for code in ("0101", "0102", 7, " 7 ", "08")] == [
        "contacted", "contacted", "started", "started", "other"
    ]  # fmt: skip
    back = [
        written(mappings, "progress", stage=stage).record.fields["jd"] for stage in ("contacted", "started", "other")
    ]
    assert back == ["0102", 7, "09"]


@pytest.mark.parametrize(
    ("form", "said", "writes"),
    [
        ("datetime", "2026-03-02 09:30:00", "2026-03-02 09:30:00"),
        ("iso", "2026-03-02T01:30:00Z", "2026-03-02T09:30:00+08:00"),
        ("epoch_s", 1772415000, 1772415000),
        ("compact", "20260302093000", "20260302093000"),
        ("[chinese_date, datetime]", "2026-03-02 09:30:00", "2026年3月2日"),
    ],
)
def test_a_date_is_read_and_written_in_its_form(form: str, said: object, writes: object) -> None:
    mappings = one(CASE + STAGE + f"  - {{partner: sj, canonical: data.next_at, date: {form}}}\n")
    moment = datetime(2026, 3, 2, 9, 30, tzinfo=BEIJING)
    assert progress(mappings, sj=said).next_at == moment
    writing = written(mappings, "progress", stage="started", next_at=moment)
    assert writing.record.fields["sj"] == writes
    # The hour that a day has no room for is not dropped in silence.
    assert ("data.next_at" in writing.lost) == ("chinese" in form)


def test_a_whole_number_of_a_date_may_be_written_as_text() -> None:
    mappings = one(CASE + STAGE + "  - {partner: sj, canonical: data.next_at, date: epoch_ms, as: text}\n")
    moment = datetime(2026, 3, 2, 9, 30, tzinfo=BEIJING)
    assert written(mappings, "progress", stage="started", next_at=moment).record.fields["sj"] == "1772415000000"


@pytest.mark.parametrize(
    ("words", "said", "writes"),
    [
        ("money: yuan", "12,500.50元", "12500.50"),
        ("money: yuan, as: number", 12500.5, 12500.5),
        ("money: fen", 1250050, 1250050),
        ("money: fen, as: text", "1250050", "1250050"),
        ("money: wan", "1.25005", "1.25005"),
    ],
)
def test_money_has_a_unit(words: str, said: object, writes: object) -> None:
    rows = f"""
  - {{partner: fs, canonical: data.agreement.kind}}
  - {{partner: sj, canonical: data.agreement.reached_at}}
  - {{partner: nr, canonical: data.agreement.terms}}
  - partner: yw
    canonical: data.agreement.obligations
    each:
      - {{partner: r, canonical: debtor}}
      - {{partner: n, canonical: content}}
      - {{partner: je, canonical: amount, {words}}}
"""
    mappings = one(CASE + rows, message="success")
    agreement = {
        "fs": "written",
        "sj": "2026-03-02T09:30:00+08:00",
        "nr": "付款",
        "yw": {"r": "甲", "n": "付", "je": said},
    }
    data = progress(mappings, **agreement)
    assert data.agreement.obligations[0].amount == Decimal("12500.50")
    assert written(mappings, "success", agreement=data.agreement).record.fields["yw"][0]["je"] == writes


def test_words_for_true_and_false_are_the_partners() -> None:
    row = "  - {partner: lly, canonical: data.by_liaison, boolean: {true: [是, Y], false: 0}}\n"
    mappings = one(CASE + "  - {partner: xm, canonical: 'data.mediators[0].name'}\n" + row, message="assignment")
    assert [progress(mappings, xm="谢某", lly=said).by_liaison for said in ("是", "Y", "0", 0, True, None)] == [
        True, True, False, False, True, False
    ]  # fmt: skip
    mediators = ({"name": "谢某"},)
    assert written(mappings, "assignment", mediators=mediators, by_liaison=True).record.fields["lly"] == "是"
    assert written(mappings, "assignment", mediators=mediators, by_liaison=False).record.fields["lly"] == 0


def test_an_unworded_truth_value_understands_the_usual_spellings() -> None:
    rows = (
        CASE + "  - {partner: xm, canonical: 'data.mediators[0].name'}\n  - {partner: l, canonical: data.by_liaison}\n"
    )
    mappings = one(rows, message="assignment")
    assert [progress(mappings, xm="谢某", l=said).by_liaison for said in (True, "TRUE", 1, "0", False)] == [
        True, True, True, False, False
    ]  # fmt: skip


def test_one_text_is_a_list_where_it_is_split() -> None:
    rows = """
  - {partner: bh, canonical: data.person.id}
  - {partner: xm, canonical: data.person.name}
  - {partner: lb, canonical: data.person.category}
  - {partner: wg, canonical: data.person.grids, split: "|"}
  - {partner: dh, canonical: data.person.phones, split: "、"}
"""
    mappings = one(rows, message="person")
    fields = {
        "bh": "P1",
        "xm": "谢某",
        "lb": "mediator",
        "wg": "一格| 二格||",
        "dh": "+86 138-1234-5678；023 6543 2100",
    }
    person = progress(mappings, **fields).person
    assert (person.grids, person.phones) == (("一格", "二格"), ("13812345678", "023-65432100"))
    made = mappings.write("hill", "x", message("person", person=person), directory=Codes()).record.fields
    assert (made["wg"], made["dh"]) == ("一格|二格", "13812345678、023-65432100")


def test_a_separator_inside_an_item_is_never_written() -> None:
    rows = """
  - {partner: wg, canonical: data.person.grids, split: "|"}
"""
    person = {"id": "P1", "name": "谢某", "category": "mediator", "grids": ("一|格",)}
    with pytest.raises(Untranslatable) as error:
        one(rows, message="person").write("hill", "x", message("person", person=person), directory=Codes())
    assert error.value.code == "mapping.separator_in_value"
    assert "一" not in str(error.value)


def test_a_list_of_values_stays_a_list_without_split() -> None:
    rows = """
  - {partner: xm, canonical: 'data.mediators[0].name'}
  - {partner: dh, canonical: 'data.mediators[0].phones'}
"""
    mappings = one(CASE + rows, message="assignment")
    assert progress(mappings, xm="谢某", dh=["13812345678", 13912345678]).mediators[0].phones == (
        "13812345678",
        "13912345678",
    )
    assert progress(mappings, xm="谢某", dh="13812345678").mediators[0].phones == ("13812345678",)
    made = written(mappings, "assignment", mediators=({"name": "谢某", "phones": ("13812345678",)},)).record.fields
    assert made["dh"] == ["13812345678"]


def test_several_fields_are_one_text() -> None:
    row = "  - {partner: [sheng, shi, xian], canonical: data.text, join: ''"
    assert progress(one(CASE + STAGE + row + "}\n"), sheng="重庆市", xian="酉阳县").text == "重庆市酉阳县"
    one_way = written(one(CASE + STAGE + row + "}\n"), "progress", stage="started", text="重庆市酉阳县")
    assert "data.text" in one_way.lost
    both = written(one(CASE + STAGE + row + ", write_to: xian}\n"), "progress", stage="started", text="重庆市酉阳县")
    assert both.record.fields == {"ajbh": "A-1", "xian": "重庆市酉阳县"}
    assert "data.text" not in both.lost


def test_a_prefix_is_taken_off_and_put_back() -> None:
    mappings = one("  - {partner: ah, canonical: data.case.number, as: case_number, strip: '案号：'}\n" + STAGE)
    number = "(2022)渝0242诉前调123号"
    assert progress(mappings, ah="案号：（2022）渝0242诉前调123号").case.number == number
    assert progress(mappings, ah=number).case.number == number
    case = message("progress", case={"number": number}, stage="started")
    assert mappings.write("hill", "x", case, directory=Codes()).record.fields == {"ah": f"案号：{number}"}


def test_constants_go_one_way_and_defaults_fill_what_is_missing() -> None:
    rows = (
        CASE
        + """
  - {constant: v1, partner: head.bbh}
  - {constant: 3, partner: lx}
  - {partner: jd, canonical: data.stage, default: other}
"""
    )
    mappings = one(rows)
    assert progress(mappings).stage == "other"
    assert progress(mappings, jd="started").stage == "started"
    fields = written(mappings, "progress", stage="started").record.fields
    assert fields == {"ajbh": "A-1", "head": {"bbh": "v1"}, "lx": 3, "jd": "started"}


def test_a_constant_alone_makes_no_object() -> None:
    rows = (
        CASE
        + """
  - {partner: xm, canonical: 'data.mediators[0].name'}
  - {constant: judge, canonical: 'data.mediators[1].category', only: read}
  - {partner: fz, canonical: 'data.mediators[1].name'}
"""
    )
    mappings = one(rows, message="assignment")
    assert len(progress(mappings, xm="谢某").mediators) == 1
    assert progress(mappings, xm="谢某", fz="吴某").mediators[1].category == "judge"


def test_the_directory_knows_organisations() -> None:
    mappings = one(CASE + STAGE + "  - {partner: dw, canonical: addressee, directory: organisation}\n")
    reading = read("k", {**VALUES, "dw": "J-org-village"}, mappings)
    assert reading.message is not None
    assert reading.message.addressee == "org-village"
    unknown = read("k", {**VALUES, "dw": "J-99"}, mappings)
    assert (unknown.verdict, unknown.faults[0].code) == ("held", "mapping.unknown_organisation")
    assert unknown.faults[0].value_masked == "J-99"


def test_an_item_of_a_partners_list_is_selected_by_a_field() -> None:
    rows = (
        CASE
        + STAGE
        + """
  - {partner: ry, canonical: data.text, select: {field: zw.mc, is: 分流员, take: xm}}
  - {partner: ry, canonical: data.note, select: {field: zw.mc, is: 分流员, take: bz.nr}}
"""
    )
    mappings = one(rows)
    people = [{"zw": {"mc": "法官"}, "xm": "甲"}, {"zw": {"mc": "分流员"}, "xm": "乙", "bz": {"nr": "在"}}]
    data = progress(mappings, ry=people)
    assert (data.text, data.note) == ("乙", "在")
    made = written(mappings, "progress", stage="started", text="乙", note="在").record.fields
    assert made["ry"] == [{"zw": {"mc": "分流员"}, "xm": "乙", "bz": {"nr": "在"}}]


def test_a_selected_item_is_not_written_beside_the_list_it_is_in() -> None:
    rows = """
  - {partner: dsr, canonical: data.note, select: {field: sf, is: applicant, take: xm}}
  - partner: dsr
    canonical: data.consents
    each:
      - {partner: xm, canonical: party}
      - {partner: ty, canonical: given}
      - {partner: sj, canonical: at}
  - {partner: rq, canonical: data.until, date: date}
"""
    consents = ({"party": "甲", "given": True, "at": BASE["receivedtime"]},)
    writing = written(
        one(CASE + rows, message="extension"), "extension", until=date(2026, 5, 1), consents=consents, note="乙"
    )
    assert writing.record.fields["dsr"] == [{"xm": "甲", "ty": True, "sj": "2026-03-02T09:30:00+08:00"}]
    assert "data.note" in writing.lost


def test_items_are_counted() -> None:
    rows = (
        CASE
        + """
  - {partner: rs, count: ty}
  - {partner: rq, canonical: data.until, date: compact_date}
  - partner: ty
    canonical: data.consents
    each:
      - {partner: xm, canonical: party}
      - {partner: ty, canonical: given}
      - {partner: sj, canonical: at}
"""
    )
    mappings = one(rows, message="extension")
    consent = {"party": "甲", "given": True, "at": BASE["receivedtime"]}
    assert written(mappings, "extension", until=date(2026, 5, 1), consents=(consent, consent)).record.fields["rs"] == 2
    assert written(mappings, "extension", until=date(2026, 5, 1), consents=(consent,)).record.fields["rs"] == 1
    agreement = {"kind": "oral", "reached_at": BASE["receivedtime"], "terms": "当场履行"}
    none = one(CASE + "  - {partner: rs, count: yw}\n  - partner: yw\n    canonical: data.agreement.obligations\n"
               "    each:\n      - {partner: ywr, canonical: debtor}\n      - {partner: nr, canonical: content}\n",
               message="success")  # fmt: skip
    assert written(none, "success", agreement=agreement).record.fields["rs"] == 0
    counted = one(CASE + STAGE + "  - {canonical: data.case.leg, count: hj}\n")
    assert progress(counted, hj=[{"a": 1}, {}, {"a": 2}]).case.leg == 2
    assert progress(counted).case.leg is None


def test_a_row_applies_where_a_field_has_a_value() -> None:
    rows = (
        CASE
        + STAGE
        + """
  - {partner: nr, canonical: data.text, when: {partner: lx, is: [1, "2"]}}
  - {partner: nr, canonical: data.note, when: {partner: lx, is: 3}}
"""
    )
    mappings = one(rows)
    assert progress(mappings, lx="1", nr="x").text == "x"
    assert progress(mappings, lx=2, nr="x").text == "x"
    data = progress(mappings, lx=3, nr="x")
    assert (data.text, data.note) == (None, "x")
    assert progress(mappings, nr="x").text is None
    # No row writes lx: the condition does, or the row could not be read back.
    assert written(mappings, "progress", stage="started", note="x").record.fields == {"ajbh": "A-1", "nr": "x", "lx": 3}
    both = written(mappings, "progress", stage="started", text="x", note="y")
    assert (both.record.fields["nr"], both.lost) == ("x", ("time", "data.note"))


def test_a_row_may_ask_the_message_in_both_directions() -> None:
    rows = (
        CASE
        + """
  - {partner: jd, canonical: data.stage}
  - {partner: nr, canonical: data.text, when: {canonical: data.stage, is: started}}
  - {partner: nr, canonical: data.note, when: {canonical: data.stage, is: [contacted, other]}}
"""
    )
    mappings = one(rows)
    assert progress(mappings, jd="started", nr="x").text == "x"
    assert progress(mappings, jd="other", nr="x").note == "x"
    writing = written(mappings, "progress", stage="other", text="a", note="b")
    assert writing.record.fields["nr"] == "b"
    assert "data.text" in writing.lost


def test_a_list_may_be_filled_by_the_value_of_a_field_of_its_items() -> None:
    reading = read(
        "case.up",
        {
            "ajbh": "A-1", "sj": "2026-03-02T09:30:00+08:00", "yy": 2,
            "bsqr": [{"mc": ""}, {"mc": "乙"}], "sqr": {"mc": "甲"},
            "yj": [{"xm": "甲", "ty": "1", "sj": "2026-03-02 09:30:00"}],
        },
    )  # fmt: skip
    assert reading.message is not None
    assert [(party.role, party.name) for party in reading.message.data.parties] == [
        ("applicant", "甲"),
        ("respondent", "乙"),
    ]


def test_a_path_may_name_an_item_and_a_key_with_a_dot() -> None:
    mappings = one(CASE + STAGE + "  - {partner: 'x[1][\"a.b\"]', canonical: data.text}\n")
    assert progress(mappings, x=[{}, {"a.b": "z"}]).text == "z"
    assert written(mappings, "progress", stage="started", text="z").record.fields["x"] == [{}, {"a.b": "z"}]


def test_only_goes_one_way() -> None:
    rows = (
        CASE
        + STAGE
        + """
  - {partner: a, canonical: data.text, only: read}
  - {partner: b, canonical: data.text, only: write}
  - {partner: id, canonical: id}
"""
    )
    mappings = one(rows)
    assert progress(mappings, a="x", b="y").text == "x"
    fields = written(mappings, "progress", stage="started", text="x").record.fields
    assert fields == {"ajbh": "A-1", "b": "x", "id": BASE["id"]}
    assert read("k", {"ajbh": "A", "id": "theirs"}, mappings).message.id == BASE["id"]  # type: ignore[union-attr]


def test_time_falls_back_to_when_it_was_received() -> None:
    reading = read("k", VALUES, one(CASE + STAGE))
    assert reading.message is not None
    assert reading.message.time == BASE["receivedtime"]


def test_nothing_of_a_record_is_needed_to_write_to_a_read_only_kind() -> None:
    mappings = one(CASE + STAGE, head="direction: read")
    with pytest.raises(Untranslatable) as error:
        written(mappings, "progress", stage="started")
    assert error.value.code == "mapping.no_mapping_out"
    out = one(CASE, head="direction: write")
    assert read("k", VALUES, out).verdict == "held"
    made = Record(kind="k", id="1", fields={})
    assert out.read("hill", "x", made, directory=Codes(), base=BASE).faults[0].code == "mapping.no_mapping"
