"""What a sender is told: its own field path, the canonical field, the Chinese title, and a masked value."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from gateway.contract import Attachment
from gateway.mapping import Fault, Reading
from gateway.mapping.faults import masked_code
from gateway.texts import actor
from tests.gateway.mapping.hill import Codes, hill, one, read

RECORD: dict[str, Any] = {
    "head": {"lx": "1", "fssj": "2026-03-02 09:30:00", "jsdw": "J-org-village"},
    "ajxx": {"ajbh": "A-1", "jflx": "0101", "bdje": "1250050"},
    "wtfs": "1",
    "dsrlb": [
        {},
        {"ssdw": "1", "lx": "0", "xm": "谢小河", "zjhm": "11010519491231002X", "dhhm": "13812345678"},
        {"ssdw": "2", "lx": "1", "xm": "松溪农机合作社", "zjhm": "91350100M000100Y43",
         "dlr": [{"xm": "吴某", "lx": "1"}, {"xm": "郑某", "lx": "5", "dh": ["13912345678"]}]},
    ],
}  # fmt: skip


def record(**changes: Any) -> dict[str, Any]:
    """Return the record with values changed at paths like dsrlb.1.zjhm (None takes the field out)."""
    made = copy.deepcopy(RECORD)
    for path, value in changes.items():
        *way, last = [int(key) if key.isdigit() else key for key in path.split("__")]
        at: Any = made
        for key in way:
            at = at[key]
        at[last] = value
    return made


def faults(**changes: Any) -> tuple[Fault, ...]:
    reading = read("case.dispatch", record(**changes))
    assert reading.message is None
    return reading.faults


def only(reading: Reading) -> Fault:
    assert len(reading.faults) == 1, [fault.code for fault in reading.faults]
    return reading.faults[0]


def test_a_wrong_check_digit_is_refused_by_the_partners_own_path() -> None:
    (fault,) = faults(dsrlb__1__zjhm="11010519491231003X")
    assert fault.code == "identifier.resident_id.check_digit"
    assert fault.partner_path == "dsrlb[1].zjhm"
    assert fault.canonical_path == "data.parties[].document"
    assert fault.title == "当事人 / 证件"
    assert fault.value_masked == "110***********003X"
    assert fault.verdict == "refused"
    assert "110105" not in fault.text("zh") + fault.text("en") + repr(fault)


def test_indices_are_the_partners_even_where_an_empty_item_was_skipped() -> None:
    wrong = "91350100M000100Y44"
    assert [fault.partner_path for fault in faults(dsrlb__2__zjhm=wrong)] == ["dsrlb[2].zjhm"]
    (fault,) = faults(dsrlb__2__dlr__1__dh=["13912345678", "12"])
    assert (fault.partner_path, fault.code) == ("dsrlb[2].dlr[1].dh[1]", "identifier.phone.form")
    (fault,) = faults(dsrlb__2__csrq="1980-01-01")
    assert (fault.partner_path, fault.code) == ("dsrlb[2]", "canonical.organisation_with_sex")


def test_every_fault_of_a_record_is_found_at_once() -> None:
    found = faults(
        head__fssj="2026-13-02 09:30:00", ajxx__bdje="-1", ajxx__jflx="77", dsrlb__1__xm="",
        dsrlb__1__lx={"a": 1}, tjts="999",
    )  # fmt: skip
    assert {(fault.partner_path, fault.code) for fault in found} == {
        ("head.fssj", "identifier.moment.form"),
        ("ajxx.bdje", "identifier.amount.negative"),
        ("ajxx.jflx", "mapping.unknown_code"),
        ("dsrlb[1].xm", "mapping.missing"),
        ("dsrlb[1].lx", "mapping.wrong_type"),
        ("tjts", "mapping.out_of_range"),
    }


def test_an_unknown_code_is_held_and_named() -> None:
    reading = read("case.dispatch", record(ajxx__jflx="77"))
    fault = only(reading)
    assert reading.verdict == "held"
    assert (fault.code, fault.value_masked, fault.facts["table"]) == ("mapping.unknown_code", "77", "hill.dispute_type")
    assert "hill.dispute_type" in fault.text("zh")
    assert actor(fault.code) == "administrator"


def test_a_sentence_in_the_field_of_a_code_is_not_shown() -> None:
    fault = only(read("case.dispatch", record(ajxx__jflx="谢小河与邻居的纠纷")))
    assert fault.value_masked is not None
    assert "谢" not in fault.value_masked


def test_a_refusal_outweighs_a_hold() -> None:
    reading = read("case.dispatch", record(ajxx__jflx="77", ajxx__bdje="-1"))
    assert {fault.verdict for fault in reading.faults} == {"held", "refused"}
    assert reading.verdict == "refused"


def test_unknown_codes_are_rejected_or_kept_where_the_mapping_says_so() -> None:
    consents = [{"xm": "甲", "ty": True, "sj": "2026-03-02 09:30:00"}]
    fields = {"ajbh": "A-1", "sj": "2026-03-02T09:30:00+08:00", "yy": "99", "yysm": "雨天路断", "yj": consents}
    reading = read("case.up", fields)
    assert (reading.verdict, only(reading).code) == ("refused", "mapping.unknown_code")
    assert only(read("case.up", {**fields, "yj": [], "yy": 2})).partner_path == "yj"
    kept = read("case.up", {**fields, "yy": "2"})
    assert kept.message is not None
    assert kept.message.data.explanation == "雨天路断"
    back = hill().write("hill", "hill-1", kept.message, directory=Codes())
    assert back.record.fields["yysm"] == "雨天路断"


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"head__jsdw": None}, "head.jsdw", "mapping.missing"),
        ({"ajxx__ajbh": " "}, "ajxx.ajbh", "mapping.missing"),
        ({"ajxx": "x"}, "ajxx", "mapping.wrong_shape"),
        ({"dsrlb": None}, "dsrlb", "mapping.missing"),
        ({"dsrlb": "x"}, "dsrlb", "mapping.wrong_shape"),
        ({"dsrlb__1": "x"}, "dsrlb[1]", "mapping.wrong_shape"),
        ({"dsrlb__1__xm": "x" * 201}, "dsrlb[1].xm", "mapping.too_long"),
        ({"dsrlb__1__xm": "\ud800"}, "dsrlb[1].xm", "mapping.wrong_characters"),
        ({"dsrlb__1__xb": {"a": 1}}, "dsrlb[1].xb", "mapping.wrong_type"),
        ({"ajxx__jflx": None}, "ajxx.jflx", "mapping.missing"),
        ({"ajxx__qhdm": "12"}, "ajxx.qhdm", "identifier.division.form"),
        ({"wtfs": "2"}, "", "canonical.individual_not_named"),
    ],
)
def test_what_is_wrong_is_named_by_the_partners_path(change: dict[str, Any], path: str, code: str) -> None:
    assert (path, code) in [(fault.partner_path, fault.code) for fault in faults(**change)]


def test_texts_of_pydantic_and_raw_values_stay_inside() -> None:
    for fault in faults(wtfs="2", dsrlb__1__xm="谢小河" * 100, tjts=9999):
        said = fault.text("en") + fault.text("zh") + str(dict(fault.facts))
        assert "should" not in said
        assert "谢小河" not in said
        assert fault.text("zh") != fault.code


def test_faults_in_items_chosen_one_by_one_lead_to_their_own_fields() -> None:
    rows = """
  - {partner: ajbh, canonical: data.case.partner_id}
  - {partner: fz, canonical: 'data.mediators[1].phones'}
  - {partner: xm, canonical: 'data.mediators[0].name'}
  - {partner: fx, canonical: 'data.mediators[1].name'}
"""
    mappings = one(rows, message="assignment")
    fault = only(read("k", {"ajbh": "1", "xm": "甲", "fz": "13812345678"}, mappings))
    assert (fault.partner_path, fault.code) == ("fx", "mapping.missing")
    fault = only(read("k", {"ajbh": "1", "fx": "x" * 201}, mappings))
    assert (fault.partner_path, fault.code) == ("fx", "mapping.too_long")


def test_faults_in_lists_that_share_a_field_lead_to_their_own_list() -> None:
    fields = {
        "ajbh": "A-1", "sj": "2026-03-02T09:30:00+08:00", "yy": 2,
        "yj": [{"xm": "甲", "ty": 1, "sj": "2026-03-02 09:30:00"}],
        "sqr": [{"mc": "甲"}], "bsqr": [{"mc": ""}, {"mc": "乙" * 201}],
    }  # fmt: skip
    assert only(read("case.up", fields)).partner_path == "bsqr[1].mc"


def test_what_no_row_names_is_reported_with_its_path() -> None:
    fields = record(ajxx__zz={"b": [{"c": 1}, {"c": 2, "d": None}]})
    fields["dsrlb"][1]["hyzk"] = "已婚"
    fields["dsrlb"][2]["hyzk"] = "-"
    fields["kong"] = ""
    fields["a.b"] = 1
    reading = read("case.dispatch", fields)
    assert reading.verdict == "translated"
    assert reading.unmapped == ('["a.b"]', "ajxx.zz.b[].c", "dsrlb[].hyzk")


def test_a_kind_without_a_mapping_is_held() -> None:
    for reading in (read("unknown", {}), read("case.result", {"jglx": "9"})):
        assert (reading.verdict, only(reading).code, reading.mapping) == ("held", "mapping.no_mapping", "")


def test_files_of_one_kind_are_chosen_by_a_fields_value() -> None:
    common = {"ajbh": "A-1", "yy": "1", "sj": 46083.5}
    returned = read("case.result", {**common, "jglx": "2"})
    assert returned.mapping == "hill/return"
    assert returned.message is not None
    made = hill().write("hill", "hill-1", returned.message, directory=Codes())
    assert made.record.fields["jglx"] == 2


def test_attachments_are_documents_and_back() -> None:
    attachment = Attachment(
        id="F-1", name="调解申请.pdf", kind="W00", media_type="application/pdf", size=12, sha256="AB" * 32
    )
    plain = Attachment(id="F-2", name="照片.jpg", media_type="image/jpeg", url="https://files.example.test/2")
    reading = read("case.dispatch", record(), attachments=(attachment, plain))
    assert reading.message is not None
    assert [(document.kind, document.partner_id) for document in reading.message.data.documents] == [
        ("complaint", "F-1"), ("other", "F-2")
    ]  # fmt: skip
    sent = hill().write("hill", "hill-1", reading.message, directory=Codes()).record.attachments
    assert [(one.id, one.kind, one.name) for one in sent] == [
        ("ab" * 32, "W00", "调解申请.pdf"), ("F-2", "other", "照片.jpg")
    ]  # fmt: skip
    unknown = read("case.dispatch", record(), attachments=(Attachment(id="1", name="x", kind="W99"),))
    assert (unknown.verdict, only(unknown).partner_path) == ("held", "attachments[0].kind")
    nameless = read("case.dispatch", record(), attachments=(plain, Attachment(id="1", name="")))
    assert (only(nameless).partner_path, only(nameless).code) == ("attachments[1].name", "mapping.too_short")


def test_a_single_object_is_a_list_of_one() -> None:
    reading = read("case.dispatch", record(dsrlb=RECORD["dsrlb"][1], head=[RECORD["head"]]))
    assert reading.message is not None
    assert [party.name for party in reading.message.data.parties] == ["谢小河"]


@pytest.mark.parametrize("code", ["9977", "FT50024201", "TJ500242219201", "500242219201", "0202-a"])
def test_an_unknown_code_is_shown_so_that_it_can_be_added(code):
    assert masked_code(code) == code


@pytest.mark.parametrize(
    "value",
    [
        "13996000121",
        "8613996000121",
        "02355567712",
        "500242197906211029",
        "110105491231002",
        "许书宁",
        "E12345678",
        "x" * 30,
    ],
)
def test_what_might_be_somebodys_number_or_name_is_masked_even_where_a_code_belongs(value):
    assert value not in str(masked_code(value))
