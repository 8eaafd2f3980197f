"""What is signed, and everything that makes a signature worthless."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.court_platform.signature import Signer
from gateway.contract import Part, Request
from gateway.errors import NotAuthentic, Undecodable

BODY = b'{"xxbh":"TJXX1","ywlx":"ajdb","ywsj":{}}'
NONCE = "5d41402abc4b2a76b9719d911017c592"

Push = Callable[..., Request]


@pytest.mark.parametrize(
    ("algorithm", "sign"),
    [
        # Computed with: openssl dgst -sm3 | -sha256, and -hmac, over the text that the README writes down.
        ("hmac-sm3", "05e39b8fbece8e3dc2f68b21c1f39af31bb2133d435225a521a64a115312907a"),
        ("hmac-sha256", "28f3e24ba9978f01fc5afe931397fb95ee2e8bc2d5b8e742d7c0edca5fa648bf"),
    ],
)
def test_the_signature_is_the_one_that_openssl_computes(algorithm: Any, sign: str, clock: Any) -> None:
    signer = Signer(app_id="fengqiao-gateway", algorithm=algorithm, secret="a-secret-for-tests-only")
    request = Request(method="POST", path="/push", body=BODY)
    headers = signer.signed(request, now=clock(), nonce=NONCE).headers
    assert headers == {"appid": "fengqiao-gateway", "timestamp": "1667955600000", "nonce": NONCE, "sign": sign}


@pytest.mark.parametrize("algorithm", ["hmac-sm3", "hmac-sha256"])
def test_a_request_that_the_court_signed_is_authentic(algorithm: str, make_bench: Any, clock: Any) -> None:
    bench = make_bench(sign_algorithm=algorithm)
    wrapped = bench.simulator.wrap([{"kind": "ajdb", "id": "1", "fields": {}}], nonce=NONCE)
    authentic = bench.adapter(sign_algorithm=algorithm).authenticate(Request(**wrapped))
    assert (authentic.key_id, authentic.nonce) == ("fengqiao-gateway", NONCE)
    assert authentic.nonce_expires == clock() + timedelta(seconds=301)


@pytest.mark.parametrize("skew", [-300_000, -299_999, 0, 299_999, 300_000])
def test_both_edges_of_the_window_are_inside_it(skew: int, bench: Any, push: Push, clock: Any) -> None:
    stated = clock() + timedelta(milliseconds=skew)
    bench.adapter().authenticate(push(now=stated))


@pytest.mark.parametrize("skew", [-360_000, -300_001, 300_001, 360_000])
def test_a_request_from_outside_the_window_is_refused(skew: int, bench: Any, push: Push, clock: Any) -> None:
    with pytest.raises(NotAuthentic) as caught:
        bench.adapter().authenticate(push(now=clock() + timedelta(milliseconds=skew)))
    assert caught.value.code == "auth.outside_window"


def test_a_nonce_is_remembered_until_its_request_is_too_old(bench: Any, push: Push, clock: Any) -> None:
    request = push(now=clock() + timedelta(seconds=300))
    expires = bench.adapter().authenticate(request).nonce_expires
    clock.forward(seconds=600)
    bench.adapter().authenticate(request)  # its last instant
    assert expires > clock()


CHANGES: dict[str, Callable[[Request], Request]] = {
    "a byte of the body": lambda r: replace(r, body=bytes(r.body).replace(b"2022-11-10 08:55", b"2022-11-10 08:56")),
    "a space in the body": lambda r: replace(r, body=bytes(r.body) + b" "),
    "the path": lambda r: replace(r, path="/api/records"),
    "the query": lambda r: replace(r, query="a=1"),
    "the method": lambda r: replace(r, method="PUT"),
    "the nonce": lambda r: replace(r, headers={**r.headers, "nonce": NONCE}),
    "the timestamp": lambda r: replace(r, headers={**r.headers, "timestamp": str(int(r.headers["timestamp"]) + 1)}),
    "the signature": lambda r: replace(r, headers={**r.headers, "sign": "0" * 64}),
    "the application": lambda r: replace(r, headers={**r.headers, "appid": "another"}),
    "a nonce that is no nonce": lambda r: replace(r, headers={**r.headers, "nonce": "a&path=/x"}),
    **{
        f"no {name}": lambda r, name=name: replace(r, headers={k: v for k, v in r.headers.items() if k != name})
        for name in ("appid", "timestamp", "nonce", "sign")
    },
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_request_is_refused(change: str, bench: Any, push: Push) -> None:
    with pytest.raises(NotAuthentic):
        bench.adapter().authenticate(CHANGES[change](push()))


def test_a_signature_of_another_secret_is_refused(bench: Any, push: Push) -> None:
    with pytest.raises(NotAuthentic):
        bench.adapter(secret="another").authenticate(push())


def test_a_signature_by_the_other_algorithm_is_refused(bench: Any, push: Push) -> None:
    with pytest.raises(NotAuthentic):
        bench.adapter(sign_algorithm="hmac-sha256").authenticate(push())


def test_the_signature_may_be_written_in_upper_case(bench: Any, push: Push) -> None:
    request = push()
    bench.adapter().authenticate(replace(request, headers={**request.headers, "sign": request.headers["sign"].upper()}))


def test_what_we_signed_for_the_court_opens_no_door_of_ours(bench: Any) -> None:
    bench.run(bench.adapter().deliver(bench.record()))
    submitted = bench.said[-1]
    with pytest.raises(NotAuthentic):
        bench.adapter().authenticate(replace(submitted, path="/push"))
    with pytest.raises(Undecodable):
        bench.adapter().decode(submitted)


def test_the_digest_of_a_form_covers_its_texts_and_its_file(bench: Any, clock: Any) -> None:
    signer = Signer(app_id="a", algorithm="hmac-sm3", secret="s")

    def sign(text: str, content: bytes, name: str = "clmc") -> str:
        parts = (Part(name=name, text=text), Part(name="file", document=bench.attachment(content)))
        request = Request(method="POST", path="/api/files", body=parts)
        return signer.signed(request, now=clock(), nonce=NONCE).headers["sign"]

    signs = {sign("a", b"1"), sign("b", b"1"), sign("a", b"2"), sign("a", b"1", name="cllx")}
    assert len(signs) == 4
    assert sign("a", b"1") == sign("a", b"1")


def test_neither_the_secret_nor_a_signature_shows(bench: Any, push: Push) -> None:
    adapter = bench.adapter()
    assert "a-secret" not in repr(adapter._signer)
    with pytest.raises(NotAuthentic) as caught:
        adapter.authenticate(CHANGES["the signature"](push()))
    assert "a-secret" not in str(caught.value) + repr(caught.value)
