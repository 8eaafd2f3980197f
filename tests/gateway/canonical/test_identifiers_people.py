"""Resident numbers, credit codes and numbers of other documents."""

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.canonical.identifiers import (
    IdentifierFault,
    birth_date,
    credit_code,
    document_number,
    resident_id,
    sex,
)

TODAY = date(2026, 3, 1)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def code_of(function, *arguments, **named):
    with pytest.raises(IdentifierFault) as caught:
        function(*arguments, **named)
    return caught.value.code


def with_check(seventeen):
    return seventeen + "10X98765432"[sum(int(d) * w for d, w in zip(seventeen, WEIGHTS, strict=True)) % 11]


def credit_with_checks(authority, body, *, body_check=None):
    inner = -sum(int(c, 36) * w for c, w in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
    code = authority + body + (body_check or "0123456789X"[inner])
    total = sum(CREDIT_ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(code))
    return code + CREDIT_ALPHABET[-total % 31]


resident_numbers = st.builds(
    lambda region, born, sequence: with_check(f"{region}{born:%Y%m%d}{sequence:03d}"),
    st.integers(110000, 999999),
    st.dates(date(1800, 1, 1), TODAY),
    st.integers(1, 999),
).filter(lambda number: not number.endswith("000"))


@pytest.mark.parametrize("number", ["11010519491231002X", "360426199101010071"])
def test_a_valid_resident_number_is_returned_as_it_is(number):
    assert resident_id(number) == number


@pytest.mark.parametrize(
    "written",
    [
        "11010519491231002x",
        "  110105 19491231 002X ",
        "１１０１０５１９４９１２３１００２Ｘ",
        "\u00a0110105\u00a019491231\u00a0002X\u00a0",
        "'11010519491231002X",
        "\u2018110105\u300019491231002ｘ",
        "\ufeff11010519491231002X\u200b",
        "110105491231002",
        "'１１０１０５ 491231 002",
    ],
)
def test_a_resident_number_is_freed_of_keyboards_and_spreadsheets(written):
    assert resident_id(written) == "11010519491231002X"


def test_a_wrong_check_character_is_refused():
    assert code_of(resident_id, "50024219900307001X") == "identifier.resident_id.check_digit"
    assert code_of(resident_id, "360426199101010072") == "identifier.resident_id.check_digit"


@pytest.mark.parametrize("damaged", ["110105194912310000", "360426199101010000", "3.60426E+17", "1.10105194912310E+17"])
def test_a_number_damaged_by_excel_is_named_as_such(damaged):
    assert code_of(resident_id, damaged) == "identifier.resident_id.excel_damaged"


@pytest.mark.parametrize("born", ["19900230", "19901301", "19900100", "17991231", "21000101", "19000229", "20260302"])
def test_a_day_of_birth_must_exist_and_be_past(born):
    assert code_of(resident_id, with_check(f"500242{born}001"), today=TODAY) == "identifier.resident_id.birth_date"


def test_somebody_born_today_has_a_number():
    number = with_check("50024220260301001")
    assert resident_id(number, today=TODAY) == number


@pytest.mark.parametrize("region", ["810000", "820000", "830000", "999999", "512326", "910000"])
def test_a_region_is_never_refused(region):
    number = with_check(f"{region}19900307021")
    assert resident_id(number) == number


@pytest.mark.parametrize(
    "written",
    [
        "",
        "张三",
        "010105194912310021",
        "1101051949123100",
        "11010519491231002XX",
        "1101051949123X0021",
        "١١٠١٠٥١٩٤٩١٢٣١٠٠٢١",
        "¹¹⁰¹⁰⁵¹⁹⁴⁹¹²³¹⁰⁰²¹",
        pytest.param("9" * 100_000, id="enormous"),
    ],
)
def test_what_is_no_resident_number_is_refused(written):
    assert code_of(resident_id, written) == "identifier.resident_id.form"


def test_a_number_tells_the_day_of_birth_and_the_sex():
    assert birth_date("11010519491231002X") == date(1949, 12, 31)
    assert sex("11010519491231002X") == "2"
    assert sex("360426199101010071") == "1"
    assert code_of(birth_date, "110105") == code_of(sex, "110105") == "identifier.resident_id.form"


@settings(deadline=None)
@given(resident_numbers)
def test_every_generated_resident_number_passes_and_stays(number):
    assert resident_id(number, today=TODAY) == number
    assert resident_id(number.lower(), today=TODAY) == number


@settings(deadline=None)
@given(resident_numbers, st.integers(0, 16), st.integers(1, 9))
def test_no_single_wrong_digit_passes(number, place, shift):
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    with pytest.raises(IdentifierFault):
        resident_id(wrong, today=TODAY)


@pytest.mark.parametrize(
    "code",
    [
        "91350100M000100Y43",
        "91110000600037341L",
        credit_with_checks("11500242", "00911111"),  # a township government
        credit_with_checks("54500242", "ME123456"),  # a villagers' committee
        credit_with_checks("N2500242", "MF765432"),  # a rural collective
        credit_with_checks("A1110000", "MB000012"),
        credit_with_checks("Y1110000", "D2143569"),
    ],
)
def test_a_credit_code_of_every_authority_passes(code):
    assert credit_code(code) == code
    assert credit_code(f" {code[:8].lower()} {code[8:].lower()}\u00a0") == code


def test_the_check_character_of_the_body_is_that_of_the_standard():
    assert [credit_with_checks("91350100", body)[16] for body in ("60003734", "M000100Y", "D2143569")] == list("14X")


def test_a_credit_code_with_a_wrong_check_character_is_refused():
    assert code_of(credit_code, "91350100M000100Y44") == "identifier.credit_code.check_digit"


def test_a_credit_code_made_up_around_a_valid_last_character_is_refused():
    made_up = credit_with_checks("91350100", "M000100Y", body_check="5")
    assert code_of(credit_code, made_up) == "identifier.credit_code.body_check_digit"


def test_a_body_that_is_no_organisation_code_needs_the_outer_check_only():
    code = credit_with_checks("91350100", "M000100Y", body_check="A")
    assert credit_code(code) == code


@pytest.mark.parametrize(
    "written",
    [
        "",
        "91350100M000100Y4",
        "9135010OM000100Y43",
        "91350100M0001I0Y43",
        "村委会",
        pytest.param("x" * 9999, id="enormous"),
    ],
)
def test_what_is_no_credit_code_is_refused(written):
    assert code_of(credit_code, written) == "identifier.credit_code.form"


@settings(deadline=None)
@given(
    st.sampled_from(["11", "12", "51", "54", "91", "92", "N1", "Y1", "A1"]),
    st.integers(110000, 999999),
    st.text(CREDIT_ALPHABET, min_size=8, max_size=8),
)
def test_every_generated_credit_code_passes_and_stays(prefix, division, body):
    code = credit_with_checks(f"{prefix}{division}", body)
    assert credit_code(code) == code


@pytest.mark.parametrize(
    ("kind", "written", "number"),
    [
        ("111", "11010519491231002x", "11010519491231002X"),
        ("112", "110105491231002", "11010519491231002X"),
        ("113", "500242 001234", "500242001234"),
        ("114", "南字第 12345678 号", "南字第12345678号"),
        ("123", "０１２３４５", "012345"),
        ("335", "500242001234", "500242001234"),
        ("414", "e1234 5678", "E12345678"),
        ("511", "1234567890(b)", "1234567890B"),
        ("516", "c12345678", "C12345678"),
        ("990", "渝民证字2020-12号", "渝民证字2020-12号"),
        ("777", " ab/12 ", "AB/12"),
    ],
)
def test_the_number_of_a_document_has_the_form_of_its_type(kind, written, number):
    assert document_number(kind, written) == number
    assert document_number(kind, number) == number


@pytest.mark.parametrize(
    ("kind", "written", "code"),
    [
        ("111", "12345", "identifier.resident_id.form"),
        ("414", "E-1", "identifier.document_number.form"),
        ("516", "12345678", "identifier.document_number.form"),
        ("990", "", "identifier.document_number.form"),
        ("990", "x" * 41, "identifier.document_number.form"),
        ("身份证", "11010519491231002X", "identifier.document_number.type"),
        ("1", "11010519491231002X", "identifier.document_number.type"),
    ],
)
def test_a_number_without_the_form_of_its_type_is_refused(kind, written, code):
    assert code_of(document_number, kind, written) == code


def test_a_fault_shows_three_and_four_characters_and_stars():
    with pytest.raises(IdentifierFault) as caught:
        resident_id("50024219900307001X")
    assert caught.value.masked == "500***********001X"
    assert re.search("0307", repr(caught.value) + str(caught.value)) is None
