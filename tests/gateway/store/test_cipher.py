from __future__ import annotations

import hmac

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import StoreUnavailable
from gateway.store.cipher import Algorithm, Cipher, Key, Keyring

OLD = Key(name="2025", material=b"o" * 32)
NEW = Key(name="2026", material=b"n" * 32)
ALGORITHMS: list[Algorithm] = ["aes", "sm4"]


def ring(*keys: Key) -> Keyring:
    return Keyring(keys=keys)


@given(st.binary(max_size=5000), st.binary(max_size=40), st.sampled_from(ALGORITHMS))
def test_what_is_sealed_opens_in_the_same_context(plain: bytes, context: bytes, algorithm: Algorithm) -> None:
    cipher = Cipher(ring(NEW), algorithm)
    assert cipher.open(cipher.seal(plain, context=context), context=context) == plain


def test_the_plaintext_does_not_show_and_no_two_seals_are_alike(cipher: Cipher) -> None:
    plain = b"\xe5\xbc\xa0\xe6\x9f\x90 13800138000" * 20
    one, other = cipher.seal(plain, context=b"c"), cipher.seal(plain, context=b"c")
    assert plain[:8] not in one
    assert one != other


def test_another_context_does_not_open(cipher: Cipher) -> None:
    sealed = cipher.seal(b"one row's", context=b"message:1")
    with pytest.raises(StoreUnavailable) as caught:
        cipher.open(sealed, context=b"message:2")
    assert caught.value.code == "store.damaged"


def test_any_bit_changed_anywhere_does_not_open(cipher: Cipher) -> None:
    sealed = cipher.seal(b"amount 12000", context=b"c")
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(StoreUnavailable):
            cipher.open(bytes(changed), context=b"c")


def test_any_cut_does_not_open(cipher: Cipher) -> None:
    sealed = cipher.seal(b"amount 12000", context=b"c")
    for length in range(len(sealed)):
        with pytest.raises(StoreUnavailable):
            cipher.open(sealed[:length], context=b"c")


@given(st.binary(max_size=200))
def test_arbitrary_bytes_raise_nothing_but_the_declared_error(junk: bytes) -> None:
    with pytest.raises(StoreUnavailable):
        Cipher(ring(NEW)).open(junk, context=b"c")


def test_a_key_that_is_not_in_the_ring_is_named() -> None:
    sealed = Cipher(ring(OLD)).seal(b"x", context=b"c")
    with pytest.raises(StoreUnavailable) as caught:
        Cipher(ring(NEW)).open(sealed, context=b"c")
    assert caught.value.code == "store.key_missing"
    assert caught.value.facts == {"key": "2025"}


def test_another_key_of_the_same_name_does_not_open() -> None:
    sealed = Cipher(ring(OLD)).seal(b"x", context=b"c")
    with pytest.raises(StoreUnavailable):
        Cipher(ring(Key(name="2025", material=b"z" * 32))).open(sealed, context=b"c")


@pytest.mark.parametrize("before", ALGORITHMS)
@pytest.mark.parametrize("after", ALGORITHMS)
def test_a_rotated_ring_opens_the_old_seals_of_either_algorithm(before: Algorithm, after: Algorithm) -> None:
    sealed = Cipher(ring(OLD), before).seal(b"kept for years", context=b"c")
    rotated = Cipher(ring(NEW, OLD), after)
    assert rotated.open(sealed, context=b"c") == b"kept for years"
    assert b"2026" in rotated.seal(b"new", context=b"c")


def test_a_digest_is_keyed_steady_and_of_32_bytes(cipher: Cipher) -> None:
    assert len(cipher.digest(b"one")) == 32
    assert cipher.digest(b"one") == cipher.digest(b"one") != cipher.digest(b"two")
    assert cipher.digest(b"one") != Cipher(ring(NEW), cipher.algorithm).digest(b"one")


def test_the_two_algorithms_digest_differently() -> None:
    assert Cipher(ring(NEW), "aes").digest(b"one") != Cipher(ring(NEW), "sm4").digest(b"one")


@pytest.mark.parametrize("before", ALGORITHMS)
@pytest.mark.parametrize("after", ALGORITHMS)
def test_a_kept_digest_is_found_again_after_rotation(before: Algorithm, after: Algorithm) -> None:
    kept = Cipher(ring(OLD), before).digest(b"the record")
    rotated = Cipher(ring(NEW, OLD), after)
    assert kept in rotated.digests(b"the record")
    assert kept not in rotated.digests(b"another record")
    assert rotated.digests(b"the record")[0] == rotated.digest(b"the record")
    assert kept in rotated.recognising(b"the record")
    assert kept not in rotated.recognising(b"another record")
    assert rotated.recognising(b"the record")[0] == rotated.digest(b"the record")


def test_a_digest_is_the_hmac_of_its_standard() -> None:
    derived = HKDF(hashes.SHA256(), 32, None, b"fengqiao:digest:aes").derive(NEW.material)
    assert Cipher(ring(NEW), "aes").digest(b"one" * 99) == hmac.digest(derived, b"one" * 99, "sha256")


def test_nothing_secret_shows_in_a_repr() -> None:
    shown = repr(Cipher(ring(NEW, OLD))) + repr(ring(NEW, OLD)) + repr(NEW)
    assert "2026" in shown
    assert "nnnn" not in shown
    assert "oooo" not in shown


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_digests_by_keys_are_those_of_the_present_algorithm_the_present_key_first(algorithm: Algorithm) -> None:
    cipher = Cipher(ring(NEW, OLD), algorithm)
    present, older = cipher.by_keys(b"two people")
    assert present == cipher.digest(b"two people")
    assert older == Cipher(ring(OLD), algorithm).digest(b"two people")
