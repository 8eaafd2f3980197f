"""SM2 verification: the standard's vector, both implementations alike, and nothing malformed passes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.court_oa.simulator_signing import der
from adapters.court_oa.simulator_signing.keys import Sm2Key
from gateway.rulings.sm2 import Holds, best, curve, encoding, plain, sm2_verify
from tests.contract.effort import effort

# GB/T 32918.5-2017, annex A.2
KEY = bytes.fromhex(
    "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
MESSAGE = b"message digest"

secrets = st.integers(min_value=1, max_value=curve.N - 2)


def implementations() -> Iterator[Holds]:
    """Yield every implementation that is installed."""
    yield plain.holds
    if best() is not plain.holds:
        yield best()


every = pytest.mark.parametrize("by", list(implementations()), ids=lambda by: by.__module__.rpartition(".")[2])


def der_of(r: int, s: int) -> bytes:
    return der.sequence(der.integer(r), der.integer(s))


@every
def test_the_signature_of_the_standard_holds(by: Holds) -> None:
    assert sm2_verify(KEY, MESSAGE, der_of(R, S), by=by)
    assert sm2_verify(KEY[1:], MESSAGE, R.to_bytes(32, "big") + S.to_bytes(32, "big"), by=by)


@every
@pytest.mark.parametrize(
    ("key", "message", "r", "s", "ident"),
    [
        (KEY, MESSAGE + b".", R, S, b"1234567812345678"),
        (KEY, MESSAGE, R, S, b"ALICE123@YAHOO.COM"),
        (KEY, MESSAGE, R ^ 1, S, b"1234567812345678"),
        (KEY, MESSAGE, R, S + 1, b"1234567812345678"),
        (KEY, MESSAGE, 0, S, b"1234567812345678"),
        (KEY, MESSAGE, R, 0, b"1234567812345678"),
        (KEY, MESSAGE, R, curve.N - R, b"1234567812345678"),  # t = 0
        (KEY, MESSAGE, R + curve.N, S, b"1234567812345678"),
        (KEY, MESSAGE, -R, S, b"1234567812345678"),
        (KEY[:-1] + b"\0", MESSAGE, R, S, b"1234567812345678"),  # not on the curve
        (b"\4" + bytes(64), MESSAGE, R, S, b"1234567812345678"),
        (b"", MESSAGE, R, S, b"1234567812345678"),
        (KEY, MESSAGE, R, S, bytes(1 << 13)),
    ],
)
def test_everything_else_does_not(  # noqa: PLR0917
    by: Holds, key: bytes, message: bytes, r: int, s: int, ident: bytes
) -> None:
    assert not sm2_verify(key, message, der_of(r, s), ident, by=by)


@pytest.mark.parametrize(
    "signature",
    [
        b"", der_of(R, S) + b"\0", der_of(R, S)[:-1], b"\x30\x81" + der_of(R, S)[1:],
        der.sequence(der.integer(R)), der.sequence(der.integer(R), der.integer(S), der.integer(1)),
        der.sequence(b"\x02\x22\0" + der.integer(R)[2:], der.integer(S)), bytes(64), b"\xff" * 64, bytes(63),
    ],
)  # fmt: skip
def test_an_encoding_that_is_not_strict_is_no_signature(signature: bytes) -> None:
    assert encoding.signature_numbers(signature) is None
    assert not sm2_verify(KEY, MESSAGE, signature)


@effort(15)
@given(secret=secrets, message=st.binary(max_size=200), other=st.binary(max_size=200), flip=st.integers(0, 255))
def test_both_implementations_say_the_same(secret: int, message: bytes, other: bytes, flip: int) -> None:
    key = Sm2Key(secret)
    r, s = key.numbers(message)
    for by in implementations():
        assert sm2_verify(key.point, message, der_of(r, s), by=by)
    turned = s ^ (1 << flip)
    for signed, number in ((other, s), (message, turned)):
        said = {sm2_verify(key.point, signed, der_of(r, number), by=by) for by in implementations()}
        assert said == {(signed, number) == (message, s)}


@effort(20)
@given(numbers=st.tuples(secrets, secrets))
def test_a_signature_is_written_back_as_it_was_read(numbers: tuple[int, int]) -> None:
    assert encoding.der(numbers) == der_of(*numbers)
    assert encoding.signature_numbers(encoding.der(numbers)) == numbers
