"""Telephone numbers, one and several to a cell."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.canonical.identifiers import IdentifierFault, phone, phones

numbers = st.one_of(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.from_regex(r"(010|02[0-9])-[1-9][0-9]{7}(-[0-9]{1,6})?", fullmatch=True),
    st.from_regex(r"0[3-9][0-9]{2}-[1-9][0-9]{6,7}(-[0-9]{1,6})?", fullmatch=True),
    st.from_regex(r"[48]00-[0-9]{3}-[0-9]{4}", fullmatch=True),
)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("13812345678", "13812345678"),
        ("138 1234 5678", "13812345678"),
        ("138-1234-5678", "13812345678"),
        ("１３８１２３４５６７８", "13812345678"),
        ("'13812345678", "13812345678"),
        ("+86 13812345678", "13812345678"),
        ("+86-138-1234-5678", "13812345678"),
        ("008613812345678", "13812345678"),
        ("8613812345678", "13812345678"),
        ("86 138 1234 5678", "13812345678"),
        ("013812345678", "13812345678"),
        ("\u00a0138\u00a01234\u00a05678", "13812345678"),
        ("0797-8123456", "0797-8123456"),
        ("07978123456", "0797-8123456"),
        ("0797 8123456", "0797-8123456"),
        ("(0797)8123456", "0797-8123456"),
        ("（０７９７）８１２３４５６", "0797-8123456"),
        ("0797—8123456", "0797-8123456"),
        ("023-81234567-801", "023-81234567-801"),
        ("02381234567转801", "023-81234567-801"),
        ("023 8123 4567 ext. 801", "023-81234567-801"),
        ("+86 23 81234567", "023-81234567"),
        ("+86-797-8123456", "0797-8123456"),
        ("86-0797-8123456", "0797-8123456"),
        ("010-86138123", "010-86138123"),
        ("4008123456", "400-812-3456"),
    ],
)
def test_a_telephone_number_has_one_spelling(written, number):
    assert phone(written) == number
    assert phone(number) == number


@pytest.mark.parametrize(
    "cell",
    [
        "13812345678、0797-8123456",
        "13812345678/0797-8123456",
        "13812345678／07978123456",
        "13812345678；0797-8123456；",
        "13812345678;0797-8123456",
        "13812345678，0797-8123456",
        "13812345678, 0797-8123456",
        "13812345678 0797-8123456",
        "138 1234 5678 0797 8123456",
        "13812345678\n0797-8123456\r\n",
        "+86 13812345678、13812345678、(0797) 8123456",
        "13812345678\u30000797-8123456",
    ],
)
def test_several_numbers_in_one_cell_come_out_in_order_and_once(cell):
    assert phones(cell) == ("13812345678", "0797-8123456")


def test_where_one_number_belongs_several_are_refused():
    with pytest.raises(IdentifierFault) as caught:
        phone("13812345678/13912345678")
    assert (caught.value.code, caught.value.masked) == ("identifier.phone.several", "138****5678")


@pytest.mark.parametrize(
    "written",
    [
        "",
        "、",
        "12812345678",
        "1381234567",
        "138123456789",
        "8123456",
        "手机",
        "13812345678、无",
        "٠١٣٨",
        "1.38E+10",
        pytest.param("1" * 5000, id="enormous"),
        pytest.param("1 " * 499, id="many"),
        "+86",
        "138١2345678",
    ],
)
def test_what_is_no_telephone_number_is_refused(written):
    with pytest.raises(IdentifierFault) as caught:
        phones(written)
    assert caught.value.code == "identifier.phone.form"


@settings(deadline=None)
@given(
    st.lists(numbers, min_size=1, max_size=4, unique=True),
    st.sampled_from(["、", "/", "；", ";", "，", ",", "|", " ", " / ", "\n"]),
)
def test_numbers_survive_being_joined_and_split(found, separator):
    assert phones(separator.join(found)) == tuple(found)
