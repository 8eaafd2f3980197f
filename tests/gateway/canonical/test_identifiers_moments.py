"""Days and points in time, in every form that partners send."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.canonical.identifiers import BEIJING, PATTERNS, IdentifierFault, day, moment, write_day, write_moment

AT = datetime(2022, 8, 20, 10, 11, 12, tzinfo=BEIJING)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC).astimezone(BEIJING)
MIDNIGHT = datetime(2022, 8, 20, tzinfo=BEIJING)

moments = st.integers(-5_364_662_400, 253_402_271_999).map(lambda second: EPOCH + timedelta(seconds=second))
days = st.dates(date(1800, 1, 1), date(9999, 12, 31))


def code_of(function, *arguments):
    with pytest.raises(IdentifierFault) as caught:
        function(*arguments)
    return caught.value.code


@pytest.mark.parametrize(
    "written",
    [
        "2022-08-20 10:11:12",
        " 2022-08-20 10:11:12\u00a0",
        "２０２２－０８－２０　１０：１１：１２",
        "2022-08-20 10:11:12.0",
        "2022-08-20T10:11:12",
        "2022-08-20T10:11:12+08:00",
        "2022-08-20T10:11:12+0800",
        "2022-08-20T02:11:12Z",
        "2022-08-20t02:11:12z",
        "2022-08-20T02:11:12.000Z",
        "2022-08-20 04:11:12+02:00",
        "20220820T101112",
        "20220820T021112Z",
        "20220820101112",
        "2022/08/20 10:11:12",
        "2022/8/20 10:11:12",
        "2022.8.20 10:11:12",
        "2022年8月20日10时11分12秒",
        "2022年08月20日 10:11:12",
        "2022 年 8 月 20 日 10 时 11 分 12 秒",
        "二〇二二年八月二十日十时十一分十二秒",
        "1660961472",
        "1660961472000",
        "1660961472.0",
        1660961472,
        1660961472000,
        1660961472.0,
        20220820101112,
        datetime(2022, 8, 20, 10, 11, 12),  # noqa: DTZ001  # a time without an offset is what is tested
        datetime(2022, 8, 20, 2, 11, 12, tzinfo=UTC),
    ],
)
def test_every_form_of_a_time_is_the_same_time_in_beijing(written):
    found = moment(written)
    assert found == AT
    assert found.utcoffset() == timedelta(hours=8)
    assert moment(found) == found


@pytest.mark.parametrize(
    "written",
    [
        "20220820",
        20220820,
        "2022-08-20",
        "2022-8-20",
        "2022/08/20",
        "2022/8/20",
        "2022.8.20",
        "2022.08.20",
        "2022年8月20日",
        "2022年08月20号",
        "二〇二二年八月二十日",
        "二零二二年八月二十日",
        "二○二二年八月二十日",
        "二◯二二年八月廿日",
        "二O二二年八月二十日",
        "二Ｏ二二年八月二十日",
        "二o二二年八月二十日",
        "二0二二年八月20日",
        "贰零贰贰年捌月贰拾日",
        "二〇二二年〇八月二〇日",
        "2022-08-19T16:00:00Z",
        "2022-08-20T23:59:59",
        date(2022, 8, 20),
        AT,
        datetime(2022, 8, 19, 23, tzinfo=UTC),
    ],
)
def test_every_form_of_a_day_is_the_same_day(written):
    assert day(written) == date(2022, 8, 20)


@pytest.mark.parametrize(
    ("written", "month_and_day"),
    [
        ("一〇月一日", (10, 1)),
        ("十月十日", (10, 10)),
        ("十一月十一日", (11, 11)),
        ("十二月三十一日", (12, 31)),
        ("一十二月卅一日", (12, 31)),
        ("一月廿九日", (1, 29)),
        ("二月二十八日", (2, 28)),
    ],
)
def test_chinese_numerals_are_counted(written, month_and_day):
    assert day(f"二〇二三年{written}") == date(2023, *month_and_day)


@pytest.mark.parametrize(
    ("pattern", "written", "expected"),
    [
        ("iso", "2022-08-20T10:11:12+08:00", AT),
        ("iso", "2022-08-20", MIDNIGHT),
        ("datetime", "2022-08-20 10:11:12", AT),
        ("date", "2022-08-20", MIDNIGHT),
        ("compact_date", "20220820", MIDNIGHT),
        ("compact", "20220820101112", AT),
        ("epoch_s", "1660961472", AT),
        ("epoch_s", 1660961472, AT),
        ("epoch_s", "-1", datetime(1970, 1, 1, 7, 59, 59, tzinfo=BEIJING)),
        ("epoch_ms", "1660961472000", AT),
        ("epoch_ms", 1660961472000.0, AT),
        ("chinese_date", "2022年8月20日", MIDNIGHT),
        ("chinese_date", "二〇二二年八月二十日", MIDNIGHT),
        ("dotted_date", "2022.8.20", MIDNIGHT),
        ("excel", "44793", MIDNIGHT),
        ("excel", 44793, MIDNIGHT),
        ("excel", 44793.42444444444, AT),
        ("excel", "1", datetime(1900, 1, 1, tzinfo=BEIJING)),
        ("excel", "59", datetime(1900, 2, 28, tzinfo=BEIJING)),
        ("excel", "61", datetime(1900, 3, 1, tzinfo=BEIJING)),
    ],
)
def test_a_pattern_reads_its_own_form(pattern, written, expected):
    assert moment(written, pattern) == expected


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("iso", "20220820"),
        ("iso", "2022-W33-6"),
        ("iso", "2022-08-20x10:11:12"),
        ("datetime", "2022-08-20"),
        ("datetime", "2022-08-20T10:11:12"),
        ("datetime", "2022-08-20 10:11:12.5"),
        ("datetime", "2022-08-20 24:00:00"),
        ("datetime", "2022-W33-6 10:11:12"),
        ("datetime", "2022-08-20 10:11+08"),
        ("date", "2022/08/20"),
        ("date", "2022-8-20"),
        ("date", "2022-08-20 10:11:12"),
        ("compact_date", "2022-08-20"),
        ("compact_date", "2022W336"),
        ("compact", "20220820T101112"),
        ("compact", "20220820240000"),
        ("epoch_s", "2022-08-20"),
        ("epoch_ms", "1660961472.5"),
        ("chinese_date", "2022-08-20"),
        ("dotted_date", "2022-08-20"),
        ("excel", "2022-08-20"),
        ("excel", "60"),
        ("excel", "0.5"),
        ("excel", "2958466"),
    ],
)
def test_a_pattern_refuses_every_other_form(pattern, written):
    assert code_of(moment, written, pattern) == "identifier.moment.form"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "今天",
        "2022-02-30",
        "20221301",
        "2022-08-20 25:00:00",
        "2022-08-20 24:00:00",
        "2022-08-20T10:60",
        "22.8.20",
        "2022年8月",
        "2022年13月1日",
        "二〇二十年八月二十日",
        "二〇二二年八月三十二日",
        "2022/08-20",
        "44793",
        "44793.5",
        "202208",
        "٢٠٢٢-٠٨-٢٠",
        "²⁰²²-08-20",
        "2022-08-20T10:11:12+99:99",
        pytest.param("9" * 6000, id="enormous"),
        float("nan"),
        float("inf"),
        pytest.param(10**400, id="enormous number"),
        -5,
        True,
        "9999-12-31T23:59:59-23:59",
        "-253402300799",
    ],
)
def test_what_is_no_time_is_refused(written):
    assert code_of(moment, written) == "identifier.moment.form"
    assert code_of(day, written) == "identifier.moment.form"


@pytest.mark.parametrize("written", ["0001-01-01 00:00:00", "1601-01-01T00:00:00Z", "1799-12-31"])
def test_the_zero_of_some_system_is_no_date(written):
    assert code_of(moment, written) == "identifier.moment.range"


def test_an_unknown_pattern_is_named():
    assert code_of(moment, "2022-08-20", "dd/MM/yyyy") == "identifier.moment.pattern"
    assert code_of(write_moment, AT, "dd/MM/yyyy") == "identifier.moment.pattern"
    assert code_of(write_day, date(2022, 8, 20), "dd/MM/yyyy") == "identifier.moment.pattern"


def test_every_pattern_is_written_as_its_name_says():
    assert {pattern: write_moment(AT, pattern) for pattern in PATTERNS} == {
        "iso": "2022-08-20T10:11:12+08:00",
        "datetime": "2022-08-20 10:11:12",
        "date": "2022-08-20",
        "compact_date": "20220820",
        "compact": "20220820101112",
        "epoch_s": 1660961472,
        "epoch_ms": 1660961472000,
        "chinese_date": "2022年8月20日",
        "dotted_date": "2022.8.20",
        "excel": pytest.approx(44793.42444444444, abs=1e-9),
    }
    assert write_day(date(2022, 8, 20), "iso") == "2022-08-20"
    assert write_day(date(2022, 8, 20), "datetime") == "2022-08-20 00:00:00"
    assert write_day(date(2022, 8, 20), "excel") == 44793


def test_a_time_is_written_as_beijing_reads_it():
    assert write_moment(datetime(2022, 8, 19, 18, 0, tzinfo=UTC), "datetime") == "2022-08-20 02:00:00"
    assert write_day(datetime(2022, 8, 19, 18, 0, tzinfo=UTC), "date") == "2022-08-20"


@pytest.mark.parametrize("value", [datetime.max.replace(tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)])
def test_a_time_that_cannot_be_held_is_refused(value):
    assert code_of(write_moment, value, "iso") == "identifier.moment.range"
    assert code_of(write_moment, datetime(1899, 12, 31, tzinfo=BEIJING), "excel") == "identifier.moment.range"


@settings(deadline=None)
@given(moments, st.sampled_from(["iso", "datetime", "compact", "epoch_s", "epoch_ms"]))
def test_a_time_survives_writing_and_reading(value, pattern):
    written = write_moment(value, pattern)
    assert moment(written, pattern) == value
    assert moment(str(written), pattern) == value


@settings(deadline=None)
@given(st.datetimes(timezones=st.timezones()).filter(lambda value: 1801 < value.year < 9999))
def test_iso_keeps_every_microsecond_of_every_zone(value):
    same = value.astimezone(UTC)  # Python holds times of two zones unequal in the hour that a zone's clock repeats
    assert moment(write_moment(value, "iso"), "iso") == same
    assert moment(value) == same


@settings(deadline=None)
@given(moments.filter(lambda value: value.year >= 1900))
def test_an_excel_serial_survives_to_the_second(value):
    assert moment(write_moment(value, "excel"), "excel") == value


@settings(deadline=None)
@given(days, st.sampled_from([pattern for pattern in PATTERNS if pattern != "excel"]))
def test_a_day_survives_writing_and_reading(value, pattern):
    assert day(write_day(value, pattern), pattern) == value


@settings(deadline=None)
@given(moments, st.sampled_from(["iso", "datetime", "compact", "chinese_date", "dotted_date", "date", "compact_date"]))
def test_a_written_text_is_recognised_without_its_pattern(value, pattern):
    assert moment(write_moment(value, pattern)) == moment(write_moment(value, pattern), pattern)
