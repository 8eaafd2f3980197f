"""What may be shown of a value."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.canonical.identifiers import mask, mask_name, mask_number, mask_phone, mask_text


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("name", "王小明", "王**"),
        ("name", "王五", "王*"),
        ("name", "王", "*"),
        ("name", "", ""),
        ("name", "阿卜杜拉·买买提江", "阿***"),
        ("number", "11010519491231002X", "110***********002X"),
        ("number", "91350100M000100Y43", "913***********0Y43"),
        ("number", 110105194912310021, "110***********0021"),
        ("number", "12345678", "******78"),
        ("number", "12345", "*****"),
        ("number", "WANGXIAOMING", "***(≤20)"),
        ("number", "王小明住在三村", "***(≤20)"),
        ("phone", "13812345678", "138****5678"),
        ("phone", "+86 138 1234 5678", "+86*******5678"),
        ("phone", "8123456", "*****56"),
        ("phone", "家里电话", "***(≤4)"),
        ("address", "重庆市酉阳县腴地乡一组12号", "重庆市***"),
        ("address", "内蒙古自治区某旗", "内蒙古自治区***"),
        ("address", "腴地乡一组12号", "***(≤20)"),
        ("text", "双方因宅基地边界发生争执", "***(≤20)"),
        pytest.param("text", "长" * 500, "***(≤1000)", id="text of 500"),
        pytest.param("text", "长" * 5000, "***(>1000)", id="text of 5000"),
        ("text", "", ""),
        ("text", None, ""),
        ("number", None, ""),
        ("name", {"name": "王小明"}, "***"),
        pytest.param("number", 10**5000, "***", id="enormous number"),
        ("number", 3.14, "***"),
    ],
)
def test_a_value_is_shown_as_far_as_its_kind_allows(kind, value, shown):
    assert mask(value, kind) == shown


@settings(deadline=None)
@given(st.text(min_size=1))
def test_a_mask_never_shows_a_whole_value(value):
    for function in (mask_name, mask_number, mask_phone, mask_text):
        assert function(value).strip("*") != value or not value.strip("*")


@settings(deadline=None)
@given(st.text("0123456789X", min_size=1, max_size=30))
def test_a_masked_number_shows_at_most_seven_characters(value):
    assert sum(char != "*" for char in mask_number(value) if not mask_number(value).startswith("***(")) <= 7
