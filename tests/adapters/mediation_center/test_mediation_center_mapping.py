"""The shipped mapping says what the centres mean: their codes, units and dates, and what becomes of a broken record."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any, get_args

import pytest
import yaml

from adapters.mediation_center.adapter import MediationCenter
from gateway.canonical.schema import fields
from gateway.contract import Record, Request
from gateway.mapping import MappingSet, Reading, compile_set

SHIPPED = files("mappings")
MAPPINGS = sorted(file for file in (SHIPPED / "mediation_center").iterdir() if file.name.endswith(".yaml"))
TABLES = sorted(file for file in (SHIPPED / "codes").iterdir() if file.name.startswith("mediation_center."))
BASE = {
    "id": "019e1c50-7a00-7000-8000-000000000001",
    "source": "/partners/centre",
    "receivedtime": "2026-05-11T09:31:00+08:00",
}
PARTY = {"partyName": "许书宁", "partyKind": "0", "partyRole": "1"}
DISPATCH = {"gatewayCaseNo": "GW-1", "dispatchType": "1", "disputeTypeCode": "0201", "partyList": [PARTY]}


class Nobody:
    """A directory without anybody in it."""

    def organisation(self, partner: str, code: str) -> str | None:
        return None

    def code(self, partner: str, organisation: str) -> str | None:
        return None


@pytest.fixture(scope="module")
def mapping() -> MappingSet:
    texts = {f"mappings/mediation_center/{file.name}": file.read_text(encoding="utf-8") for file in MAPPINGS}
    return compile_set({**texts, **{f"codes/{file.name}": file.read_text(encoding="utf-8") for file in TABLES}})


def read(mapping: MappingSet, record: Record) -> Reading:
    return mapping.read("mediation_center", "centre", record, directory=Nobody(), base=BASE)


def dispatched(mapping: MappingSet, **changes: Any) -> Reading:
    return read(mapping, Record(kind="case.dispatch", id="R1", fields={**DISPATCH, **changes}))


@pytest.mark.parametrize(
    ("code", "meaning"),
    [("0201", "neighbours"), ("02", "neighbours"), ("0402", "neighbours"), ("07", "labour"), ("0703", "labour")],
)
def test_many_dispute_types_of_the_centres_lead_to_one_of_ours(mapping, code, meaning):
    assert dispatched(mapping, disputeTypeCode=code).message.data.dispute.type == meaning


@pytest.mark.parametrize(("gender", "sex"), [("0", "1"), (0, "1"), ("1", "2"), (1, "2"), ("2", "0")])
def test_the_centres_count_the_sexes_differently_from_the_national_standard(mapping, gender, sex):
    reading = dispatched(mapping, partyList=[{**PARTY, "gender": gender}])

    assert reading.message.data.parties[0].sex == sex


@pytest.mark.parametrize("nation", ["15", "土家族", "土家"])
def test_an_ethnic_group_is_known_by_code_and_by_name(mapping, nation):
    assert dispatched(mapping, partyList=[{**PARTY, "nation": nation}]).message.data.parties[0].ethnicity == "15"


def test_amounts_are_in_fen(mapping):
    assert str(dispatched(mapping, involveAmount=480050).message.data.dispute.amount) == "4800.50"


def test_an_unknown_code_is_held_and_named_by_the_centres_own_field(mapping):
    reading = dispatched(mapping, disputeTypeCode="0999")

    assert reading.verdict == "held"
    assert [fault.partner_path for fault in reading.faults] == ["disputeTypeCode"]


def test_a_wrong_check_digit_is_refused_by_the_centres_own_field_path(mapping):
    wrong = {**PARTY, "idCardType": "1", "idCardNo": "500242198503120013"}
    reading = dispatched(mapping, partyList=[PARTY, wrong])

    assert reading.verdict == "refused"
    assert [fault.partner_path for fault in reading.faults] == ["partyList[1].idCardNo"]


@pytest.mark.parametrize(
    ("bad", "missing"),
    [
        ("7", ["recordId", "type", "body"]),
        ('{"recordId": "R9", "type": "case.accept"}', ["body"]),
        ('{"recordId": "R9", "type": "case.accept", "body": {}, "fileList": [{"fileContent": "%"}]}', ["fileList"]),
    ],
)
def test_a_broken_record_is_refused_for_what_it_lacks(mapping, adapter: MediationCenter, bad, missing):
    request = Request(method="POST", path="/events", body=f'{{"records": [{bad}]}}'.encode())
    [record] = adapter.decode(request)
    reading = read(mapping, record)

    assert reading.verdict == "refused"
    assert [fault.partner_path for fault in reading.faults] == missing


def coded(rows: list[dict[str, Any]], prefix: str = "") -> Iterator[tuple[str, str]]:
    for row in rows:
        if "codes" in row:
            yield prefix + row["canonical"], row["codes"]
        yield from coded(row.get("each", []), f"{prefix}{row.get('canonical')}[].")


@pytest.mark.parametrize("file", MAPPINGS, ids=lambda file: file.name)
def test_every_canonical_value_has_a_way_back_into_the_centres_codes(mapping, file):
    shipped = yaml.safe_load(file.read_text(encoding="utf-8"))
    known = fields(shipped["message"])
    for path, table in coded(shipped["rows"]):
        allowed = get_args((known.get(path) or known[f"{path}[]"]).annotation)  # a list of codes: its items
        assert set(allowed) <= set(mapping.tables[table].written), (path, table)
