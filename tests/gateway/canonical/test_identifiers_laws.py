"""What holds for every identifier: one kind of failure, a text for it, no raw value in it, and idempotence."""

import pickle
import re
from importlib.resources import files
from typing import Annotated

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, ValidationError

from gateway.canonical import identifiers
from gateway.canonical.identifiers import IdentifierFault
from gateway.texts import actor, catalogue, text

NORMALISERS = {
    "resident_id": identifiers.resident_id,
    "credit_code": identifiers.credit_code,
    "case_number": identifiers.case_number,
    "division_code": identifiers.division_code,
    "phone": identifiers.phone,
    "phones": lambda value: "、".join(identifiers.phones(value)),
    "moment": lambda value: identifiers.moment(value).isoformat(),
    "day": lambda value: identifiers.day(value).isoformat(),
    "amount": lambda value: str(identifiers.amount(value)),
    **{
        f"document_number {kind}": lambda value, kind=kind: identifiers.document_number(kind, value)
        for kind in ("111", "112", "113", "114", "123", "335", "414", "511", "516", "990", "000")
    },
}
OTHERS = {
    "birth_date": identifiers.birth_date,
    "sex": identifiers.sex,
    "parse_case_number": identifiers.parse_case_number,
    "division_name": identifiers.division_name,
    "document type": lambda value: identifiers.document_number(value, "E12345678"),
    "uuid7_time": identifiers.uuid7_time,
    **{f"moment {p}": lambda value, p=p: identifiers.moment(value, p) for p in identifiers.PATTERNS},
    **{f"amount {unit}": lambda value, unit=unit: identifiers.amount(value, unit) for unit in identifiers.UNITS},
    "mask_name": identifiers.mask_name,
    "mask_number": identifiers.mask_number,
    "mask_phone": identifiers.mask_phone,
    "mask_text": identifiers.mask_text,
    "mask address": lambda value: identifiers.mask(value, "address"),
}

DIGITS = "0123456789０１９٠٣٩۳²⅔〇零○O一二十廿"
ODD = st.text(
    DIGITS + "-－/:：. TZtz+年月日时分秒号之第字(（)[〕渝知诉前调民初元万¥,，、；'xXeE\u00a0\u3000\u200bıſK",
    max_size=40,
)
anything = st.text() | ODD | st.from_regex(r"[0-9]{6,18}[0-9Xx]?", fullmatch=True)
ENORMOUS = ("9" * 1_000_000, "九" * 1_000_000, " " * 1_000_000, "1 " * 500_000, "\ud800", "٣" * 18, "\x00" * 18)


def fault_of(function, value):
    try:
        function(value)
    except IdentifierFault as fault:
        return fault
    return None


@pytest.mark.parametrize("name", [*NORMALISERS, *OTHERS])
@settings(max_examples=150, deadline=None)
@given(value=anything)
@example(value="")
@example(value="\ud800")
def test_no_text_raises_anything_but_an_identifier_fault(name, value):
    fault = fault_of(NORMALISERS.get(name) or OTHERS[name], value)
    assert fault is None or fault.code in catalogue()


@pytest.mark.parametrize("name", [*NORMALISERS, *OTHERS])
def test_enormous_and_odd_texts_end_quickly_in_a_fault(name):
    function = NORMALISERS.get(name) or OTHERS[name]
    for value in ENORMOUS:
        assert len(str(fault_of(function, value))) < 300


@pytest.mark.parametrize("name", NORMALISERS)
@settings(max_examples=150, deadline=None)
@given(value=anything)
def test_a_normalised_value_is_left_alone(name, value):
    try:
        once = NORMALISERS[name](value)
    except IdentifierFault:
        return
    assert NORMALISERS[name](once) == once


@settings(deadline=None)
@given(anything.filter(lambda value: re.search(r"\w{8}", value)))
def test_a_fault_never_carries_the_raw_value(value):
    for function in NORMALISERS.values():
        fault = fault_of(function, value)
        assert fault is None or value.strip() not in f"{fault!r} {fault} {fault.text('zh')}"
        assert fault is None or fault.__context__ is None


def test_every_code_has_a_text_in_both_languages_and_every_text_a_code():
    room = files(identifiers)
    used = {
        code
        for file in room.iterdir()
        if file.name.endswith(".py")
        for code in re.findall(r'"(identifier\.[a-z0-9_.]+)"', file.read_text(encoding="utf-8"))
    }
    assert used == {code for code in catalogue() if code.startswith("identifier.")}
    for code in used:
        assert actor(code) != "nobody"
        assert text(code, "zh", value="***") != text(code, "en", value="***") != code


def test_a_fault_speaks_both_languages_and_survives_pickling():
    with pytest.raises(IdentifierFault) as caught:
        identifiers.resident_id("50024219900307001X")
    fault = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  # our own bytes
    assert (fault.code, fault.masked) == ("identifier.resident_id.check_digit", "500***********001X")
    assert "check character" in str(fault)
    assert "校验码" in fault.text("zh")


def test_pydantic_keeps_the_fault_beside_its_own_error():
    class Person(BaseModel):
        number: Annotated[str, AfterValidator(identifiers.resident_id)]

    with pytest.raises(ValidationError) as caught:
        Person(number="50024219900307001X")
    (error,) = caught.value.errors()
    assert error["type"] == "value_error"
    assert error["ctx"]["error"].code == "identifier.resident_id.check_digit"
    assert "50024219900307001X" not in error["msg"]
    assert Person(number="110105491231002").number == "11010519491231002X"
