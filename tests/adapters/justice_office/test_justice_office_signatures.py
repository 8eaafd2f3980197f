"""The sorted-parameter signature in the variants that offices have, in both directions."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from adapters.justice_office.adapter import JusticeOffice
from adapters.justice_office.pretend_signature import sign_of
from adapters.justice_office.simulator import Simulator
from gateway.contract import Partner, Record, Request
from gateway.errors import ConfigurationFault, NotAuthentic

NOW = datetime(2026, 11, 9, 1, 12, 31, tzinfo=UTC)
KEYS = {"app_secret": "a-secret"}
RECORD = {"kind": "mediation.accept", "id": "R1", "fields": {"remark": "已受理 100%"}}
VARIANTS = [
    {"algorithm": algorithm, "empty_values": empty, "url_encoded": encoded}
    for algorithm, empty, encoded in product(("md5", "sha256", "sm3"), (False, True), (False, True))
] + [
    {"algorithm": "hmac-sm3"},
    {"algorithm": "hmac-sha256", "form": "base64"},
    {"algorithm": "hmac-md5", "form": "HEX"},
    {"algorithm": "md5", "form": "HEX", "secret": "appended"},
    {"algorithm": "sha256", "secret": "prepended"},
    {"algorithm": "sm3", "secret": "around"},
    {"algorithm": "md5", "secret_name": "appSecret"},
]


def office(signing: dict[str, Any], **settings: Any) -> JusticeOffice:
    """Return the adapter of an office with this variant, whose clock stands still."""
    given = {"app_id": "fengqiao", "signing": signing, **settings}
    return JusticeOffice(Partner(name="office", settings=given, secret=KEYS.__getitem__, now=lambda: NOW))


def pushed(signing: dict[str, Any], **settings: Any) -> Request:
    """Return what a pretend office of this variant pushes."""
    simulator = Simulator(gateway_url=None, partner="office", keys=KEYS, settings={"signing": signing, **settings})
    return Request(**simulator.wrap([RECORD], now=NOW))


@pytest.mark.parametrize("org_code", ["", "SFS-01"])
@pytest.mark.parametrize("signing", VARIANTS, ids=str)
def test_each_variant_is_understood_in_both_directions(signing: dict[str, Any], org_code: str) -> None:
    adapter = office(signing, org_code=org_code)
    assert adapter.authenticate(pushed(signing, org_code=org_code)).key_id == "fengqiao"
    sent = next(adapter.deliver(Record(kind="mediation.accept", id="R2", fields={"remark": "a b&c=d"})))
    assert isinstance(sent.body, bytes)
    theirs = sign_of(
        signing, "a-secret", app_id="fengqiao", body=sent.body, nonce=sent.headers["x-nonce"],
        org=sent.headers.get("x-org-code", ""), path=sent.path, stamp=sent.headers["x-timestamp"],
    )  # fmt: skip
    assert sent.headers["x-sign"] == theirs


def test_a_variant_is_not_another() -> None:
    """What one recipe signs no other one takes; only the letters' case does not count."""
    taken = [
        (one, other)
        for one, other in product(VARIANTS, VARIANTS)
        if one != other and _authentic(office(other), pushed(one))
    ]
    assert taken == []


@pytest.mark.parametrize(
    ("empty", "expected"),
    [
        (False, "appId=fengqiao&data={}&nonce=0123456789abcdef&path=/records&timestamp=1794186751&key=a-secret"),
        (
            True,
            "appId=fengqiao&data={}&nonce=0123456789abcdef&orgCode=&path=/records&timestamp=1794186751&key=a-secret",
        ),
    ],
)
def test_the_text_that_is_signed_is_the_one_of_the_readme(empty: bool, expected: str) -> None:
    sign = hashlib.md5(expected.encode(), usedforsecurity=False).hexdigest()
    headers = {"x-app-id": "fengqiao", "x-timestamp": "1794186751", "x-nonce": "0123456789abcdef", "x-sign": sign}
    request = Request(method="POST", path="/records", headers=headers, body=b"{}")
    adapter = office({"algorithm": "md5", "empty_values": empty})
    assert adapter.authenticate(request).nonce == "0123456789abcdef"
    with pytest.raises(NotAuthentic):
        office({"algorithm": "md5", "empty_values": not empty}).authenticate(request)


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("x-app-id", "another", "justice_office.app_unknown"),
        ("x-nonce", "short", "justice_office.nonce_form"),
        ("x-org-code", "SFS-02", "auth.signature_mismatch"),
        ("x-sign", "", "auth.header_missing"),
    ],
)
def test_a_changed_header_is_refused_for_its_own_reason(header: str, value: str, code: str) -> None:
    request = pushed({"algorithm": "sm3"})
    with pytest.raises(NotAuthentic) as refusal:
        office({"algorithm": "sm3"}).authenticate(replace(request, headers={**request.headers, header: value}))
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({}, "settings.app_id"),
        ({"app_id": "a", "signing": {"algorithm": "sha1"}}, "settings.signing.algorithm"),
        ({"app_id": "a", "signing": {"algorithm": "md5", "secret": "none"}}, "settings.signing.secret"),
        ({"app_id": "a", "mode": "both"}, "settings.mode"),
        ({"app_id": "a", "path": "records"}, "settings.path"),
        ({"app_id": "a", "pagesize": 5}, "settings.pagesize"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationFault) as fault:
        JusticeOffice(Partner(name="office", settings=settings))
    assert fault.value.facts["field"] == field


def _authentic(adapter: JusticeOffice, request: Request) -> bool:
    try:
        adapter.authenticate(request)
    except NotAuthentic:
        return False
    return True
