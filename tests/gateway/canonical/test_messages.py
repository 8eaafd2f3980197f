"""The common language: every field is titled in Chinese, nothing unknown gets in, and what is said stays as it was."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.canonical.identifiers import uuid7
from gateway.canonical.messages import TYPES, Message, any_message, parse, short_type
from gateway.canonical.messages.catalogue import CATALOGUE
from gateway.canonical.schema import fields, json_schema, title
from gateway.texts import text
from tests.strategies import messages

# Numbers of documents, and the words of the procedure that an English sentence quotes.
_QUOTED = re.compile(r"法〔\d{4}〕\d+号|附件|委派|名册|主调方|协调方")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def said(kind: str, **data: Any) -> dict[str, Any]:
    return {
        "type": f"fengqiao.{kind}", "id": uuid7(), "source": "/partners/test", "time": "2026-05-12T08:45:00+08:00",
        "data": {"case": {"partner_id": "A-1"}, **data},
    }  # fmt: skip


def referral(**data: Any) -> dict[str, Any]:
    party = {"role": "applicant", "kind": "natural_person", "name": "测试甲"}
    return said("referral", **{"variant": "delegated", "parties": [party], "dispute": {"type": "contract"}, **data})


def faults(value: dict[str, Any]) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        parse(value)
    found = [getattr(one.get("ctx", {}).get("error"), "code", one["type"]) for one in caught.value.errors()]
    return found[:1] if found[1:] == ["too_short"] else found  # pydantic counts a wrong item as missing, too


# §1.6 of the domain's catalogue, and what the gateway carries besides: intake and the answers to what is asked.
NUMBERS = {
    "M-01", "M-02", "M-03", "M-04", "M-05", "M-06", "M-07", "M-08", "M-09", "M-09a", "M-10", "M-11", "M-12", "M-13",
    "M-14", "M-15", "M-16", "M-17", "M-18", "M-19", "M-20", "M-21", "M-22", "M-23", "M-24", "M-25", "M-26", "M-27",
    "M-28", "M-29", "M-30", "M-31", "M-32", "M-33", "M-34", "M-35", "M-36", "REG-01", "REG-02", "P-01",
}  # fmt: skip


def test_every_message_that_the_gateway_carries_is_in_the_catalogue() -> None:
    assert list(TYPES) == list(CATALOGUE)
    numbers = {number for entry in CATALOGUE.values() for number in entry.number.split(", ")}
    assert numbers >= NUMBERS


@pytest.mark.parametrize("name", TYPES)
def test_a_type_names_its_number_and_says_what_it_changes(name: str) -> None:
    entry = CATALOGUE[name]
    assert all(number in (TYPES[name].__doc__ or "") for number in entry.number.split(", "))
    assert text(f"canonical.effect.{name}", "zh") != text(f"canonical.effect.{name}", "en")
    assert set(TYPES) >= entry.answers
    assert bool(entry.bodies) == (entry.route == "area")
    assert not (entry.recipients and entry.bodies) or entry.bodies <= entry.recipients
    assert not entry.answers or "answers" in type_of_body(name).model_fields


def type_of_body(name: str) -> Any:
    return TYPES[name].model_fields["data"].annotation


@pytest.mark.parametrize("name", TYPES)
def test_every_field_has_a_chinese_title_and_an_english_description(name: str) -> None:
    for path, field in fields(name).items():
        assert CHINESE.search(field.title), path
        assert field.description, path
        assert not CHINESE.search(_QUOTED.sub("", field.description)), path


@pytest.mark.parametrize("name", TYPES)
def test_every_type_has_a_published_schema_with_titles(name: str) -> None:
    schema = json_schema(name)
    assert schema["properties"]["type"]["const"] == f"fengqiao.{name}"
    assert schema["additionalProperties"] is False
    assert json.dumps(schema, ensure_ascii=False).count('"title"') > 20


def test_the_envelope_is_a_cloudevent() -> None:
    required = {"specversion", "id", "source", "type"}
    optional = {"subject", "time", "datacontenttype", "data"}
    extensions = {"receivedtime", "schemaversion", "correlationid", "causationid", "sender", "addressee", "sensitivity"}
    names = set(TYPES["referral"].model_fields)
    assert names == required | optional | extensions
    assert all(re.fullmatch(r"[a-z0-9]{1,20}", name) for name in names), "CloudEvents attribute names"
    assert get_args(TYPES["referral"].model_fields["specversion"].annotation) == ("1.0",)


def test_titles_are_told_from_the_outermost_to_the_innermost() -> None:
    assert title("referral", "data.parties[].document.number") == "当事人 / 证件 / 证件号码"
    assert title("referral", "no.such.path") == "no.such.path"


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(sorted(TYPES)).flatmap(messages))
def test_a_message_survives_its_json(message: Message) -> None:
    again = any_message().validate_json(message.model_dump_json())
    assert again == message
    assert short_type(again) in TYPES


def test_a_message_cannot_be_changed() -> None:
    message = parse(referral())
    with pytest.raises(ValidationError):
        message.data.variant = "invited"


def test_what_the_language_does_not_know_is_refused() -> None:
    assert faults(referral(unheard_of=1)) == ["extra_forbidden"]
    assert faults({**referral(), "type": "fengqiao.unheard_of"}) == ["union_tag_invalid"]


def test_identifiers_are_checked_in_full() -> None:
    wrong = {"role": "respondent", "kind": "natural_person", "name": "测试乙", "document": {"type": "111"}}
    for number, code in (
        ("500242197906211020", "identifier.resident_id.check_digit"),
        ("500242199003070000", "identifier.resident_id.excel_damaged"),
    ):
        party = {**wrong, "document": {"type": "111", "number": number}}
        assert faults(referral(parties=[party])) == [code]
    assert faults(said("litigation", reason="other", case={"number": "2022年第3号"})) == ["identifier.case_number.form"]
    legal = {"role": "respondent", "kind": "legal_person", "name": "测试公司", "credit_code": "91350100M000100Y44"}
    assert faults(referral(parties=[legal])) == ["identifier.credit_code.check_digit"]


def test_a_fifteen_digit_number_becomes_the_eighteen_digit_one() -> None:
    old = {"role": "applicant", "kind": "natural_person", "name": "测试甲",
           "document": {"type": "111", "number": "110105491231002"}}  # fmt: skip
    message: Any = parse(referral(parties=[old]))
    assert message.data.parties[0].document.number == "11010519491231002X"


def test_values_that_contradict_each_other_are_told_by_code() -> None:
    person = {"role": "applicant", "kind": "natural_person", "name": "测试甲", "representative": {"name": "测试乙"}}
    organisation = {"role": "applicant", "kind": "legal_person", "name": "测试公司", "sex": "1"}
    assert faults(referral(parties=[person])) == ["canonical.person_with_representative"]
    assert faults(referral(parties=[organisation])) == ["canonical.organisation_with_sex"]
    assert faults(referral(variant="individual")) == ["canonical.individual_not_named"]
    assert faults(referral(variant="entrusted")) == ["canonical.entrusted_without_number"]
    assert faults(said("litigation", reason="other", state="filed")) == ["canonical.filed_without_number"]


def test_what_a_state_needs_is_asked_for_by_code() -> None:
    at = "2026-05-12T08:45:00+08:00"
    status = {"decided_at": at}
    assert faults(said("confirmation_status", state="accepted", **status)) == ["canonical.accepted_without_number"]
    assert faults(said("confirmation_status", state="supplement", **status)) == ["canonical.supplement_without_list"]
    assert faults(said("confirmation_status", state="not_accepted", **status)) == ["canonical.refused_without_ground"]
    receipt = {"items": [{"name": "民事裁定书"}], "addressee": "测试甲", "method": "direct"}
    assert faults(said("service_receipt", outcome="served", **receipt)) == ["canonical.served_without_time"]
    assert faults(said("service_receipt", outcome="refused", **receipt)) == ["canonical.refused_without_witness"]
    assert faults(said("consent_inquiry", outcome="given")) == ["canonical.consent_not_shown"]


def test_an_extension_or_escalation_that_asked_nobody_is_refused() -> None:
    assert faults(said("extension", until="2026-06-30", consents=[])) == ["too_short"]
    assert faults(said("escalation", reason="differences", consents=[])) == ["too_short"]


def test_amounts_are_exact_yuan() -> None:
    message: Any = parse(referral(dispute={"type": "contract", "amount": "4800.5"}))
    assert str(message.data.dispute.amount) == "4800.50"
    assert json.loads(message.model_dump_json())["data"]["dispute"]["amount"] == "4800.50"
    assert faults(referral(dispute={"type": "contract", "amount": "-1"})) == ["identifier.amount.negative"]


def test_times_have_an_offset_and_are_told_in_beijing_time() -> None:
    message = parse({**referral(), "time": "2026-05-12T00:45:00Z"})
    assert message.time.isoformat() == "2026-05-12T08:45:00+08:00"
    assert faults({**referral(), "time": "2026-05-12T08:45:00"}) == ["timezone_aware"]


def test_an_error_shows_no_value() -> None:
    with pytest.raises(ValidationError) as caught:
        parse(referral(parties=[{"role": "applicant", "kind": "x", "name": "13996000121"}]))
    assert "13996000121" not in str(caught.value)
