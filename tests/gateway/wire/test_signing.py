"""The recipes by which partners sign."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import NotAuthentic
from gateway.wire.signing import SortedParameters, digest, header, hmac_digest, moment, same, within

PARAMETERS = {"timestamp": 1786000000, "appId": "court", "b": "", "none": None, "名": "值 /", "sign": "old", "ok": True}


def test_sm3_gives_the_digests_of_its_standard():
    # GB/T 32905-2016, appendix A, examples 1 and 2
    assert digest("sm3", b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert digest("sm3", b"abcd" * 16).hex() == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_other_digests_are_those_of_the_standard_library(algorithm):
    assert digest(algorithm, b"abc") == hashlib.new(algorithm, b"abc").digest()
    assert hmac_digest(f"hmac-{algorithm}", b"key", b"abc") == hmac.digest(b"key", b"abc", algorithm)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_hmac_sm3_is_built_as_rfc_2104_says(key, data):
    padded = (digest("sm3", key) if len(key) > 64 else key).ljust(64, b"\0")
    inner = digest("sm3", bytes(byte ^ 0x36 for byte in padded) + data)
    expected = digest("sm3", bytes(byte ^ 0x5C for byte in padded) + inner)
    assert hmac_digest("hmac-sm3", key, data) == hmac_digest("sm3", key, data) == expected


@pytest.mark.parametrize(
    ("recipe", "joined"),
    [
        ({}, "appId=court&ok=true&timestamp=1786000000&名=值 /"),
        ({"empty_values": True}, "appId=court&b=&none=&ok=true&timestamp=1786000000&名=值 /"),
        ({"url_encoded": True}, "appId=court&ok=true&timestamp=1786000000&%E5%90%8D=%E5%80%BC%20%2F"),
        ({"left_out": frozenset({"sign", "ok", "名"})}, "appId=court&timestamp=1786000000"),
        ({"left_out": frozenset({"ok", "名"})}, "appId=court&sign=old&timestamp=1786000000"),
    ],
)
def test_parameters_are_joined_as_the_recipe_says(recipe, joined):
    assert SortedParameters(**recipe).joined(PARAMETERS) == joined


@pytest.mark.parametrize(
    ("placement", "digested"),
    [
        (None, "a=1&key=S"),
        ("parameter", "a=1&key=S"),
        ("appended", "a=1S"),
        ("prepended", "Sa=1"),
        ("around", "Sa=1S"),
    ],
)
def test_the_secret_stands_where_the_recipe_says(placement, digested):
    recipe = SortedParameters(algorithm="md5", secret=placement, form="HEX")
    assert recipe.sign({"a": "1"}, "S") == hashlib.md5(digested.encode(), usedforsecurity=False).hexdigest().upper()


def test_the_known_example_of_the_widespread_recipe_holds():
    # the worked example of the WeChat Pay signature guide, MD5 and HMAC-SHA256 (which there also appends the key)
    parameters = {
        "appid": "wxd930ea5d5a258f4f",
        "mch_id": "10000100",
        "device_info": "1000",
        "body": "test",
        "nonce_str": "ibuaiVcKdpRxkhJA",
    }
    secret = "192006250b4c09247ec02edce69f6a2d"
    md5 = SortedParameters(algorithm="md5", form="HEX")
    keyed = SortedParameters(algorithm="hmac-sha256", secret="parameter", form="HEX")
    assert md5.sign(parameters, secret) == "9A0A8659F005D6984697E2CA0A9CF3B7"
    assert keyed.sign(parameters, secret) == "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6"


@pytest.mark.parametrize("algorithm", ["md5", "sha256", "sm3", "hmac-md5", "hmac-sha256", "hmac-sm3"])
@pytest.mark.parametrize("form", ["hex", "HEX", "base64"])
def test_what_is_signed_verifies_and_nothing_else_does(algorithm, form):
    recipe = SortedParameters(algorithm=algorithm, form=form)
    signature = recipe.sign(PARAMETERS, "secret")
    recipe.verify(PARAMETERS, "secret", signature)
    for parameters, secret, given_signature in [
        ({**PARAMETERS, "appId": "other"}, "secret", signature),
        (PARAMETERS, "other", signature),
        (PARAMETERS, "secret", signature[:-1]),
        (PARAMETERS, "secret", "é\ud800"),
    ]:
        with pytest.raises(NotAuthentic) as refusal:
            recipe.verify(parameters, secret, given_signature)
        assert refusal.value.code == "auth.signature_mismatch"


def test_hexadecimal_is_compared_in_either_case():
    recipe = SortedParameters(algorithm="sm3")
    recipe.verify({"a": "1"}, "secret", recipe.sign({"a": "1"}, "secret").upper())


@pytest.mark.parametrize("missing", [None, ""])
def test_a_missing_signature_has_its_own_code(missing):
    with pytest.raises(NotAuthentic) as refusal:
        SortedParameters().verify({}, "secret", missing)
    assert refusal.value.code == "auth.signature_missing"


@pytest.mark.parametrize("algorithm", ["md5", "sha256", "sm3"])
def test_a_recipe_that_would_leave_the_secret_out_is_refused(algorithm):
    with pytest.raises(ValueError, match="sign nothing"):
        SortedParameters(algorithm=algorithm, secret="none")


def test_no_parameters_still_sign():
    assert SortedParameters(algorithm="md5").sign({}, "S") == hashlib.md5(b"key=S", usedforsecurity=False).hexdigest()


def test_texts_and_bytes_are_compared_alike():
    assert same("é", "é".encode())
    assert not same("a", "b")
    assert not same("\ud800", "b")


def test_a_missing_header_is_named():
    assert header({"x-sign": " a "}, "x-sign") == "a"
    for headers in ({}, {"x-sign": "  "}):
        with pytest.raises(NotAuthentic) as refusal:
            header(headers, "x-sign")
        assert (refusal.value.code, refusal.value.facts) == ("auth.header_missing", {"header": "x-sign"})


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("1786000000", datetime(2026, 8, 6, 7, 6, 40, tzinfo=UTC)),
        ("1786000000123", datetime(2026, 8, 6, 7, 6, 40, 123000, tzinfo=UTC)),
    ],
)
def test_an_epoch_is_read_in_seconds_and_in_milliseconds(stated, expected):
    assert moment(stated) == expected


@pytest.mark.parametrize(
    "stated", ["", "now", "17860000000", "-178600000", "1786000000.0", "１７８６００００００", "9" * 40]
)
def test_other_timestamps_are_unreadable(stated):
    with pytest.raises(NotAuthentic) as refusal:
        moment(stated)
    assert refusal.value.code == "auth.timestamp_unreadable"


def test_the_window_is_open_on_both_sides_and_includes_its_ends():
    now = datetime(2026, 8, 20, 9, 0, tzinfo=UTC)
    tolerance = timedelta(seconds=300)
    for away in (-300, 0, 300):
        within(now + timedelta(seconds=away), now, tolerance)
    for away in (-301, 301):
        with pytest.raises(NotAuthentic) as refusal:
            within(now + timedelta(seconds=away), now, tolerance)
        assert (refusal.value.code, refusal.value.facts["seconds"]) == ("auth.outside_window", -away)
