"""The shipped mapping of this dialect: what a clerk of the court writes, and what becomes of it."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

import adapters.court_platform
import mappings
from gateway.canonical import dispute, documents, organisations, parties
from gateway.canonical.messages import TYPES, bodies, parse, performance, referral_data, ruling_data
from gateway.contract import Attachment, Record
from gateway.mapping import MappingSet, compile_set

SAMPLES = Path(adapters.court_platform.__file__).parent / "samples"
SHIPPED = Path(mappings.__file__).parent
BASE = {
    "id": "01845a3e-7c00-7a11-8b21-0c1d2e3f4a00",
    "source": "/partners/court",
    "receivedtime": "2022-11-09T09:12:31+08:00",
}
TABLES: dict[str, Any] = {
    "variant": referral_data.Variant,
    "party_role": parties.PartyRole,
    "party_kind": parties.PartyKind,
    "sex": parties.Sex,
    "document_type": parties.DocumentType,
    "agent_kind": parties.AgentKind,
    "powers": parties.Powers,
    "dispute_type": dispute.DisputeType,
    "cause_version": dispute.CauseVersion,
    "channel": dispute.Channel,
    "joint_scope": dispute.JointScope,
    "level": organisations.Level,
    "consent_method": bodies.ConsentMethod,
    "decline_reason": referral_data.DeclineReason,
    "failure_reason": referral_data.FailureReason,
    "stage": referral_data.Stage,
    "person_category": organisations.PersonCategory,
    "agreement_kind": referral_data.AgreementKind,
    "effective_basis": referral_data.EffectiveBasis,
    "litigation_reason": referral_data.LitigationReason,
    "filing_state": referral_data.FilingState,
    "organisation_kind": organisations.OrganisationKind,
    "docking": organisations.Docking,
    "status": organisations.Status,
    "roster_role": organisations.RosterRole,
    "document_kind": documents.DocumentKind,
    "performance_state": performance.PerformanceState,
    "notice_outcome": ruling_data.NoticeOutcome,
    "check_verdict": ruling_data.CheckVerdict,
}


class Directory:
    """The organisations that the samples speak of."""

    def __init__(self) -> None:
        self._codes: dict[str, str] = json.loads((SAMPLES / "directory.json").read_text(encoding="utf-8"))
        self._ids = {code: organisation for organisation, code in self._codes.items()}

    def organisation(self, partner: str, code: str) -> str | None:
        return self._ids.get(code)

    def code(self, partner: str, organisation_id: str) -> str | None:
        return self._codes.get(organisation_id)


@pytest.fixture(scope="module")
def shipped() -> MappingSet:
    files = {
        str(Path("mappings") / file.relative_to(SHIPPED)): file.read_text(encoding="utf-8")
        for file in (*SHIPPED.glob("court_platform/*.yaml"), *SHIPPED.glob("codes/court_platform.*.yaml"))
    }
    return compile_set(files)


def samples() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((SAMPLES / "court_platform.json").read_text(encoding="utf-8"))
    return found


def a_referral() -> dict[str, Any]:
    return copy.deepcopy(next(sample["record"] for sample in samples() if sample["record"]["kind"] == "ajwp"))


def as_record(plain: Mapping[str, Any]) -> Record:
    # Content travels beside the record: a mapping neither reads nor writes it.
    tickets = [{k: v for k, v in ticket.items() if k != "content_base64"} for ticket in plain.get("attachments", ())]
    attachments = tuple(Attachment(**ticket) for ticket in tickets)
    return Record(kind=plain["kind"], id=plain["id"], fields=plain["fields"], attachments=attachments)


ONLY_WRITTEN = {"cdtz"}  # the gateway's own word: nobody tells it


def read(shipped: MappingSet, plain: Mapping[str, Any]) -> Any:
    return shipped.read("court_platform", "court", as_record(plain), directory=Directory(), base=BASE)


def test_there_is_a_sample_of_every_type_that_the_platform_carries() -> None:
    carried = {file.stem for file in (SHIPPED / "court_platform").glob("*.yaml")}
    assert carried <= set(TYPES)
    assert {sample["message"]["type"].removeprefix("fengqiao.") for sample in samples()} == carried
    variants = {sample["message"]["data"].get("variant") for sample in samples()}
    assert set(get_args(referral_data.Variant)) <= variants


@pytest.mark.parametrize("name", TABLES)
def test_a_code_table_knows_every_canonical_value(name: str) -> None:
    table = yaml.safe_load((SHIPPED / "codes" / f"court_platform.{name}.yaml").read_text(encoding="utf-8"))
    assert {entry["canonical"] for entry in table["entries"]} == set(get_args(TABLES[name]))


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: f"{sample['record']['kind']}-{sample['record']['id']}")
def test_a_sample_and_its_twin_say_the_same(sample: dict[str, Any], shipped: MappingSet) -> None:
    twin = parse({**sample["message"], **BASE})
    if sample["record"]["kind"] not in ONLY_WRITTEN:
        reading = read(shipped, sample["record"])
        assert (reading.verdict, reading.faults, reading.unmapped) == ("translated", (), ())
        assert reading.message == twin
    if sample["direction"] != "in":
        message = parse(sample["message"])
        writing = shipped.write("court_platform", "court", message, directory=Directory())
        assert (writing.record, writing.lost) == (as_record(sample["record"]), ())


def test_a_wrong_check_digit_is_refused_by_the_courts_own_field_path(shipped: MappingSet) -> None:
    record = a_referral()
    record["fields"]["dsrlb"][0]["zjhm"] = "50024219900307001X"
    reading = read(shipped, record)
    assert reading.verdict == "refused"
    [fault] = reading.faults
    assert fault.partner_path == "dsrlb[0].zjhm"
    assert "50024219900307001X" not in str(fault)


def test_an_unknown_dispute_type_is_held(shipped: MappingSet) -> None:
    record = a_referral()
    record["fields"]["jfxx"]["jflx"] = "0999"
    reading = read(shipped, record)
    assert reading.verdict == "held"
    assert [fault.partner_path for fault in reading.faults] == ["jfxx.jflx"]


def test_a_field_that_no_row_names_is_kept_and_counted(shipped: MappingSet) -> None:
    record = a_referral()
    record["fields"]["ajxx"]["cbr"] = "承办人"
    reading = read(shipped, record)
    assert (reading.verdict, reading.unmapped) == ("translated", ("ajxx.cbr",))


@pytest.mark.parametrize(
    ("said", "meant"), [("汉族", "01"), ("汉", "01"), ("土家族", "15"), ("02", "02"), ("97", "97")]
)
def test_an_ethnic_group_comes_by_name_or_by_national_code(shipped: MappingSet, said: str, meant: str) -> None:
    record = a_referral()
    record["fields"]["dsrlb"][0]["mz"] = said
    assert read(shipped, record).message.data.parties[0].ethnicity == meant


@pytest.mark.parametrize(("said", "meant"), [("0103", "support"), ("0105", "support"), ("0302", "contract")])
def test_several_codes_of_the_court_may_mean_one_type(shipped: MappingSet, said: str, meant: str) -> None:
    record = a_referral()
    record["fields"]["jfxx"]["jflx"] = said
    assert read(shipped, record).message.data.dispute.type == meant


def test_the_court_counts_sexes_from_nought(shipped: MappingSet) -> None:
    record = a_referral()
    for said, meant in (("0", "1"), ("1", "2"), ("2", "0"), ("9", "9")):
        record["fields"]["dsrlb"][0]["xb"] = said
        assert read(shipped, record).message.data.parties[0].sex == meant
