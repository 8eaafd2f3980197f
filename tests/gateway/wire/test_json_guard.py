"""JSON that is hostile or careless ends in one declared error; JSON that is right comes through exactly."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Undecodable, Untranslatable
from gateway.wire.json_guard import dumps, loads

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 10**19 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])), inner)
    ),
    max_leaves=20,
)


def _code(body, **limits) -> str:
    with pytest.raises(Undecodable) as refusal:
        loads(body, **limits)
    assert refusal.value.__context__ is None  # the parser's own error would hold the whole document
    return refusal.value.code


@given(VALUES)
def test_every_value_comes_back(value):
    assert loads(dumps(value), max_depth=100) == value
    assert loads(json.dumps(value, indent=1), max_depth=100) == value


@given(VALUES)
def test_depth_is_what_it_is_whatever_the_strings_hold(value):
    def depth(of) -> int:
        inner = of.values() if isinstance(of, dict) else of if isinstance(of, list) else None
        return 0 if inner is None else 1 + max(map(depth, inner), default=0)

    body = dumps({"brackets": '[[{{"\\', "value": value})
    limit = 1 + depth(value)
    loads(body, max_depth=limit)
    assert _code(dumps([{"brackets": '[[{{"\\', "value": value}]), max_depth=limit) == "wire.too_deep"


@given(st.binary() | st.text(st.characters(exclude_categories=[])) | st.text('[]{}",:\\u0dn9.e-'))
def test_arbitrary_input_ends_in_a_value_or_in_the_declared_error(body):
    with suppress(Undecodable):
        loads(body, max_depth=4)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"NaN",
        b"[Infinity]",
        b"[1e999]",
        b'"\\ud800"',
        '"\ud800"',
        b'"\xc0\xaf"',
        "张".encode("gbk"),
        b"{'a': 1}",
        b"[1,]",
        b"[1] [2]",
        b"01",
        b'"\n"',
    ],
)
def test_what_is_no_json_is_refused_with_its_place(body):
    assert _code(body) == "wire.json_malformed"


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 33 + b"]" * 33])
def test_depth_is_refused_before_anything_recurses(body):
    assert _code(body) == "wire.too_deep"


def test_a_flat_body_with_many_brackets_is_not_deep():
    assert len(loads(dumps([{"phones": []}] * 1000))) == 1000


@pytest.mark.parametrize("body", [b"[" * 40 + b'"' + b'\\"' * 500_000, b"[" * 40 + b'"' + b'\\"' * 500_000 + b"\\"])
def test_a_body_of_escaped_quotes_takes_no_longer_than_its_length(body):
    assert _code(body) == "wire.too_deep"


def test_size_is_refused_first():
    assert _code(b"[" * 11, max_bytes=10) == "wire.too_large"
    assert loads(b"[1,2,3,4]", max_bytes=9) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "body", [b'"\\u0000"', b'{"\\u0000":1}', b'"a\\\\\\u0000"', b'["\\u0000' + b"\\u0000" * 1000 + b'"]']
)
def test_the_nul_character_is_refused(body):
    assert _code(body) == "wire.nul_character"


def test_an_escaped_backslash_before_u0000_is_text():
    assert loads(b'"\\\\u0000"') == "\\u0000"


@pytest.mark.parametrize(
    "body", [b"12345678901234567890", b'{"a":-12345678901234567890123}', b"[1,123456789012345678901.5]"]
)
def test_an_integer_that_would_lose_digits_is_refused(body):
    assert _code(body) == "wire.integer_too_long"


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"9223372036854775807", 9223372036854775807),
        (b'"123456789012345678901234567890"', "123456789012345678901234567890"),
        (b'{"a":"\\"12345678901234567890123"}', {"a": '"12345678901234567890123'}),
        (b"0.12345678901234567890123", 0.12345678901234568),
        (b'{"a":1,"a":2}', {"a": 2}),
        (b"\xef\xbb\xbf[1]", [1]),
        ("\ufeff[1]", [1]),
        (b' \n{"\xe5\xa7\x93":"\xe7\x8e\x8b"} ', {"姓": "王"}),
    ],
)
def test_what_is_unusual_but_right_comes_through(body, value):
    assert loads(body) == value


def test_decimals_are_written_exactly_and_times_in_iso_form():
    value = {
        "amount": Decimal("12345678901234567890.10"),
        "small": Decimal("1E-7"),
        "at": datetime(2026, 8, 20, 9, 30, tzinfo=UTC),
        "on": date(2026, 8, 20),
        "nested": MappingProxyType({"a": (1, 2)}),
    }
    assert dumps(value) == (
        b'{"amount":12345678901234567890.10,"small":0.0000001,"at":"2026-08-20T09:30:00+00:00",'
        b'"on":"2026-08-20","nested":{"a":[1,2]}}'
    )


def test_sorted_keys_make_one_text_of_equal_values():
    assert dumps({"b": 1, "a": {"d": 2, "c": 3}}, sort_keys=True) == b'{"a":{"c":3,"d":2},"b":1}'
    assert dumps({"a": "值"}) == '{"a":"值"}'.encode()


@pytest.mark.parametrize("value", [Decimal("NaN"), object(), {1: 2}, b"bytes", {"a": {1, 2}}, "\ud800", 2**70])
def test_what_json_cannot_express_is_untranslatable(value):
    with pytest.raises(Untranslatable) as refusal:
        dumps(value)
    assert refusal.value.code == "wire.not_expressible_in_json"
    assert refusal.value.__context__ is None
