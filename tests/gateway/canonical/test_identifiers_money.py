"""Amounts of money."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.canonical.identifiers import UNITS, IdentifierFault, amount, write_amount


def code_of(function, *arguments):
    with pytest.raises(IdentifierFault) as caught:
        function(*arguments)
    return caught.value.code


@pytest.mark.parametrize(
    ("value", "unit", "yuan"),
    [
        ("125000", "yuan", "125000.00"),
        ("125000.5", "yuan", "125000.50"),
        ("125,000.00", "yuan", "125000.00"),
        ("１２５，０００．００元", "yuan", "125000.00"),
        ("¥125000", "yuan", "125000.00"),
        ("￥ 125 000", "yuan", "125000.00"),
        ("人民币125000元整", "yuan", "125000.00"),
        ("12.5万元", "yuan", "125000.00"),
        ("12.5万", "fen", "125000.00"),
        ("125000元", "wan", "125000.00"),
        ("12.5", "wan", "125000.00"),
        ("0.000001", "wan", "0.01"),
        (12.5, "wan", "125000.00"),
        ("12500000", "fen", "125000.00"),
        (12500000, "fen", "125000.00"),
        ("12.000000000", "yuan", "12.00"),
        (0, "yuan", "0.00"),
        (-0.0, "yuan", "0.00"),
        (0.1, "yuan", "0.10"),
        (1234.56, "yuan", "1234.56"),
        (Decimal("1E+3"), "yuan", "1000.00"),
        (Decimal("5.000000000000000000000"), "yuan", "5.00"),
        ("999999999999999.99", "yuan", "999999999999999.99"),
    ],
)
def test_an_amount_is_exact_yuan_with_two_decimals(value, unit, yuan):
    found = amount(value, unit)
    assert str(found) == yuan
    assert str(amount(found)) == yuan


@pytest.mark.parametrize(
    ("value", "unit", "code"),
    [
        ("", "yuan", "form"),
        ("一千元", "yuan", "form"),
        ("1,25", "yuan", "form"),
        ("1e5", "yuan", "form"),
        ("NaN", "yuan", "form"),
        ("١٢٥", "yuan", "form"),
        pytest.param("1" * 5000, "yuan", "form", id="enormous form"),
        (True, "yuan", "form"),
        (float("nan"), "yuan", "form"),
        (float("inf"), "yuan", "form"),
        (Decimal("sNaN"), "yuan", "form"),
        (Decimal("-Infinity"), "yuan", "form"),
        ("-5", "yuan", "negative"),
        (-0.01, "yuan", "negative"),
        (0.1 + 0.2, "yuan", "precision"),
        ("1.005", "yuan", "precision"),
        ("0.5", "fen", "precision"),
        ("0.0000001", "wan", "precision"),
        pytest.param(Decimal("1." + "0" * 40 + "1"), "yuan", "precision", id="enormous precision"),
        (Decimal("1E-5000"), "yuan", "precision"),
        (5e-324, "yuan", "precision"),
        ("1000000000000000", "yuan", "range"),
        ("100000000000", "wan", "range"),
        (1e300, "yuan", "range"),
        pytest.param(10**5000, "fen", "range", id="enormous range"),
        (Decimal("1E+999999"), "yuan", "range"),
        ("5", "dollar", "unit"),
    ],
)
def test_what_is_no_exact_amount_is_refused(value, unit, code):
    assert code_of(amount, value, unit) == f"identifier.amount.{code}"


def test_an_amount_is_written_in_the_partners_unit():
    yuan = Decimal("125000.00")
    assert [write_amount(yuan, unit) for unit in UNITS] == ["125000.00", 12500000, "12.5"]
    assert write_amount(Decimal("0.01"), "wan") == "0.000001"
    assert write_amount(Decimal(100000), "wan") == "10"
    assert write_amount(Decimal(0), "wan") == "0"
    assert code_of(write_amount, yuan, "dollar") == "identifier.amount.unit"
    assert code_of(write_amount, Decimal("0.001"), "yuan") == "identifier.amount.precision"


@settings(deadline=None)
@given(st.decimals(0, 10**15 - 1, places=2), st.sampled_from(UNITS))
def test_an_amount_survives_writing_and_reading(yuan, unit):
    assert amount(write_amount(yuan, unit), unit) == yuan
