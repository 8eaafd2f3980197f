"""Case numbers of courts, and divisions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.canonical.identifiers import (
    CaseNumber,
    IdentifierFault,
    case_number,
    division_code,
    division_name,
    parse_case_number,
)


def code_of(function, *arguments):
    with pytest.raises(IdentifierFault) as caught:
        function(*arguments)
    return caught.value.code


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("(2022)渝0242诉前调123号", "(2022)渝0242诉前调123号"),
        ("（2022）渝0242诉前调123号", "(2022)渝0242诉前调123号"),
        ("〔2022〕渝0242诉前调123号", "(2022)渝0242诉前调123号"),
        ("[2022]渝0242诉前调123号", "(2022)渝0242诉前调123号"),
        ("【2022】渝0242诉前调123号", "(2022)渝0242诉前调123号"),
        ("2022渝0242诉前调123号", "(2022)渝0242诉前调123号"),
        ("（２０２２）渝０２４２诉前调１２３号", "(2022)渝0242诉前调123号"),
        (" ( 2022 ) 渝0242 诉前调 123 号 ", "(2022)渝0242诉前调123号"),
        ("(2022)渝0242诉前调00123号", "(2022)渝0242诉前调123号"),
        ("(2022)渝0242诉前调第123号", "(2022)渝0242诉前调123号"),
        ("(2023)渝0242诉前调确8号", "(2023)渝0242诉前调确8号"),
        ("(2023)渝0242诉前调书8号", "(2023)渝0242诉前调书8号"),
        ("(2022)渝0242民特45号", "(2022)渝0242民特45号"),
        ("(2022)渝0242民特监1号", "(2022)渝0242民特监1号"),
        ("（2018）粤03民终9212号之一", "(2018)粤03民终9212号之一"),
        ("(2018)粤03民终9212号之十二", "(2018)粤03民终9212号之十二"),
        ("(2021)吉7502民初6-1号", "(2021)吉7502民初6-1号"),
        ("(2019)最高法知民终725号", "(2019)最高法知民终725号"),
        ("(2020)京民终12号", "(2020)京民终12号"),
        ("(2022)渝0242民诉前调7号", "(2022)渝0242民诉前调7号"),
        ("(2024)内0102执恢99999999号", "(2024)内0102执恢99999999号"),
    ],
)
def test_a_case_number_has_one_spelling(written, number):
    assert case_number(written) == number
    assert case_number(number) == number


def test_a_case_number_is_taken_apart():
    assert parse_case_number("（2019）最高法知民终725-2号之三") == CaseNumber(
        year=2019, court="最高法", speciality="知", type="民终", serial=725, sub=2, continuation="之三"
    )
    parts = parse_case_number("(2023)渝0242诉前调确8号")
    assert (parts.court, parts.speciality, parts.type, parts.sub, parts.continuation) == (
        "渝0242",
        None,
        "诉前调确",
        None,
        None,
    )


@pytest.mark.parametrize(
    "written",
    ["(2012)渝四中法民初字第00012号", "（2015）酉法民初字第5号", "(2014)民申字第123-1号", "[2012]渝高法民字5号"],
)
def test_the_style_before_2016_has_its_own_code(written):
    assert code_of(case_number, written) == "identifier.case_number.legacy"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "(2022)渝0242诉前调号",
        "(2022)渝0242诉前调0号",
        "(2022)渝0242诉前调123",
        "(2022)渝024诉前调123号",
        "(22)渝0242诉前调123号",
        "(2022)美0242诉前调123号",
        "(2022)渝0242民间借贷纠纷1号",
        "(2022)渝0242民初123456789号",
        "(٢٠٢٢)渝0242诉前调123号",
        "(2022)渝0242诉前调١٢٣号",
        "晋医人调字[2019]011号",
        pytest.param("(2022)渝0242民初" + "1" * 5000 + "号", id="enormous"),
        pytest.param("(" * 900, id="brackets"),
    ],
)
def test_what_is_no_case_number_is_refused(written):
    assert code_of(case_number, written) == "identifier.case_number.form"


@settings(deadline=None)
@given(
    st.builds(
        CaseNumber,
        year=st.integers(2016, 2099),
        court=st.sampled_from(["最高法", "渝", "渝02", "渝0242", "吉7502", "粤0783"]),
        speciality=st.sampled_from([None, "知"]),
        type=st.sampled_from(["诉前调", "诉前调确", "诉前调书", "民特", "民特监", "民初", "执", "执恢"]),
        serial=st.integers(1, 99_999_999),
        sub=st.none() | st.integers(1, 999),
        continuation=st.sampled_from([None, "之一", "之二十一"]),
    )
)
def test_a_case_number_survives_writing_and_reading(number):
    assert parse_case_number(str(number)) == number
    assert case_number(str(number)) == str(number)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("500242", "500242"),
        (" 500242 219 ", "500242219"),
        ("５００２４２２１９０００", "500242219000"),
        ("'999999", "999999"),
    ],
)
def test_a_division_code_has_6_9_or_12_digits(written, code):
    assert division_code(written) == code
    assert division_code(code) == code


@pytest.mark.parametrize(
    "written",
    [
        "",
        "50024",
        "5002422",
        "50024221",
        "012345",
        "5002422190001",
        "٥٠٠٢٤٢",
        "酉阳",
        pytest.param("5" * 9999, id="enormous"),
    ],
)
def test_what_is_no_division_code_is_refused_and_has_no_name(written):
    assert code_of(division_code, written) == "identifier.division.form"
    assert division_name(written) is None


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("500242", "酉阳土家族苗族自治县"),
        ("411502", "浉河区"),
        ("500000", "重庆市"),
        ("500110", "綦江区"),  # earlier 万盛区 under the same code
        ("110103", "崇文区"),  # abolished in 2010, still found in old records
        ("500242000000", "酉阳土家族苗族自治县"),
        ("500242219", None),
        ("500242219000", None),
        ("509999", None),
        ("999999", None),
    ],
)
def test_a_division_is_named_from_the_national_table_or_not_at_all(code, name):
    assert division_name(code) == name


def test_the_administrators_table_wins_and_knows_townships_and_villages():
    table = {"500242": "酉阳县", "500242219": "腴地乡", "500242219201": "某某村", "500243100000": "汉葭街道"}
    assert division_name("500242", table) == "酉阳县"
    assert division_name("500242219", table) == "腴地乡"
    assert division_name("500242219000", table) == "腴地乡"
    assert division_name("500243100", table) == "汉葭街道"
    assert division_name("500242219201", table) == "某某村"
    assert division_name("500242219202", table) is None
    assert division_name("110105", table) == "朝阳区"
