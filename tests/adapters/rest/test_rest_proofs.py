"""Every way of proving a request that a row can name, both ways: what the gateway sends, a row like it accepts."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.rest.adapter import Rest
from gateway.contract import Partner, Record, Request
from gateway.errors import NotAuthentic

NOW = datetime(2026, 11, 9, 1, 12, 31, tzinfo=UTC)
FIELDS = {"name": "许书宁 & 冉明溪", "remark": "", "amount": 1200, "nested": {"a": ["1", "二"]}}
ALGORITHMS = ("md5", "sha256", "sm3", "hmac-md5", "hmac-sha256", "hmac-sm3")


def adapter(row: dict[str, Any], secret: str = "key-1", now: datetime = NOW) -> Rest:  # noqa: S107  # no secret
    return Rest(Partner(name="p", settings=row, secret=lambda _: secret, now=lambda: now, nonce=lambda: "n-1"))


def sent(row: dict[str, Any]) -> Request:
    """Return the request that the gateway would send, as a door would see it."""
    exchange = adapter(row).deliver(Record(kind="k", id="m-1", fields=FIELDS))
    request = next(exchange)
    exchange.close()
    return request


def signed(format_: str, **recipe: Any) -> dict[str, Any]:
    """Return a row that signs what goes out as it demands of what comes in: every member of the body."""
    frame = {"Id": "{id}", "TimeStamp": "{seconds}", "Nonce": "{nonce}", "Empty": "", "Data": "{fields_text}",
             "Sign": "{signature}"}  # fmt: skip
    proof = {"scheme": "signature", "secret": "key", "left_out": ["Sign"], "parameters": "members", **recipe}
    incoming = {"signature": "body:Sign", "timestamp": "body:TimeStamp", "nonce": "body:Nonce"}
    return {
        "in": {"path": "/k", "format": format_, "json_texts": ["Data"], "proof": {**proof, **incoming},
               "record": {"id": "Id", "kind": "=k", "fields": "Data"}},
        "out": {"format": format_, "kinds": {"k": {"path": "/k"}}, "body": frame, "proof": proof},
    }  # fmt: skip


@pytest.mark.parametrize("format_", ["json", "form"])
@pytest.mark.parametrize(
    ("algorithm", "empty_values", "url_encoded", "written"),
    list(itertools.product(ALGORITHMS, [False, True], [False, True], ["hex", "HEX", "base64"])),
)
def test_every_variant_of_sorted_parameters_signs_and_verifies(
    format_: str, algorithm: str, empty_values: bool, url_encoded: bool, written: str
) -> None:
    row = signed(format_, algorithm=algorithm, empty_values=empty_values, url_encoded=url_encoded, form=written)
    request = sent(row)
    authentic = adapter(row).authenticate(request)
    assert (authentic.key_id, authentic.nonce) == ("key", "n-1")
    [record] = adapter(row).decode(request)
    assert (record.id, record.kind, record.fields) == ("m-1", "k", FIELDS)
    with pytest.raises(NotAuthentic):
        adapter(row, secret="another").authenticate(request)
    with pytest.raises(NotAuthentic):
        adapter(row, now=NOW + timedelta(hours=1)).authenticate(request)
    assert isinstance(request.body, bytes)
    forged = Request(method="POST", path="/k", headers=request.headers, body=request.body.replace(b"m-1", b"m-2"))
    with pytest.raises(NotAuthentic):
        adapter(row).authenticate(forged)


@pytest.mark.parametrize(
    "proof",
    [
        {"scheme": "bearer", "secret": "key"},
        {"scheme": "basic", "secret": "key", "user": "网关"},
        {"scheme": "header", "secret": "key", "header": "X-Api-Key"},
    ],
)
def test_a_token_a_password_and_a_key_in_a_header_prove_it(proof: dict[str, Any]) -> None:
    row = {
        "in": {"path": "/k", "proof": proof, "record": {"id": "Id", "kind": "=k", "fields": "Data"}},
        "out": {"kinds": {"k": {"path": "/k"}}, "proof": proof, "body": {"Id": "{id}", "Data": "{fields}"}},
    }
    request = sent(row)
    assert adapter(row).authenticate(request).key_id == "key"
    for other in (adapter(row, secret="another"), adapter(row, secret="")):
        with pytest.raises(NotAuthentic):
            other.authenticate(request)
    with pytest.raises(NotAuthentic):
        adapter(row).authenticate(Request(method="POST", path="/k", headers={}))


def test_a_document_of_xml_in_gb18030_goes_out_and_comes_in() -> None:
    row = {
        "in": {"path": "/k", "format": "xml", "charset": "gb18030", "records": "R.Item",
               "proof": {"scheme": "bearer", "secret": "key"},
               "record": {"id": "Id", "kind": "Kind", "fields": "Data"}},
        "out": {"format": "xml", "charset": "gb18030", "kinds": {"k": {"path": "/k/{id}"}},
                "proof": {"scheme": "bearer", "secret": "key"},
                "body": {"R": {"Item": {"Id": "{id}", "Kind": "{kind}", "Data": "{fields}"}}}},
    }  # fmt: skip
    exchange = adapter(row).deliver(Record(kind="k", id="m-1", fields={"name": "许书宁"}))
    request = next(exchange)
    exchange.close()
    assert request.path == "/k/m-1"
    assert isinstance(request.body, bytes)
    assert "许书宁".encode("gb18030") in request.body
    [record] = adapter(row).decode(Request(method="POST", path="/k", headers=request.headers, body=request.body))
    assert record.fields == {"name": "许书宁"}
