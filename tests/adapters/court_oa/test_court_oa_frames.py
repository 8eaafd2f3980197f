"""What stands on the wire of a court's office system, and who may have written it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.court_oa.adapter import CourtOa
from adapters.court_oa.signature import Signer
from adapters.court_oa.simulator import Simulator
from adapters.court_oa.simulator_signature import Keyring, rsa_keys
from gateway.contract import Partner, Request
from gateway.errors import ConfigurationFault, NotAuthentic, Undecodable

NOW = datetime(2026, 7, 15, 2, 5, tzinfo=UTC)
KEYS = {"app_secret": "court-oa-secret-of-the-tests"}
RECORD: Mapping[str, Any] = {
    "kind": "shzt", "id": "OA-1", "fields": {"shzt": "11", "bzqd": [{"mc": "身份证明"}]}, "attachments": [],
}  # fmt: skip


def speaking(now: datetime = NOW, **settings: Any) -> CourtOa:
    row = {**Simulator.partner_settings(), **settings}
    return CourtOa(Partner(name="court-oa", settings=row, secret=KEYS.__getitem__, now=lambda: now))


def sent(record: Mapping[str, Any] = RECORD, **settings: Any) -> Request:
    pretend = Simulator(gateway_url=None, partner="court-oa", keys=KEYS, settings=settings)
    return Request(**pretend.wrap([record], now=NOW, nonce="nonce-0001"))


def posted(xml: str, charset: str = "utf-8") -> Request:
    return Request(method="POST", path="/messages", body=xml.encode(charset))


@pytest.mark.parametrize("algorithm", ["hmac-sm3", "hmac-sha256"])
def test_both_ways_of_signing_prove_the_sender_and_neither_passes_for_the_other(algorithm: str) -> None:
    request = sent(sign_algorithm=algorithm)
    assert speaking(sign_algorithm=algorithm).authenticate(request).nonce == "nonce-0001"
    other = "hmac-sm3" if algorithm == "hmac-sha256" else "hmac-sha256"
    with pytest.raises(NotAuthentic):
        speaking(sign_algorithm=other).authenticate(request)


@pytest.fixture(scope="module")
def rsa() -> Mapping[str, str]:
    return rsa_keys()


def by_rsa(keys: Mapping[str, str]) -> CourtOa:
    row = {**Simulator.partner_settings(), "sign_algorithm": "rsa-sha256"}
    return CourtOa(Partner(name="court-oa", settings=row, secret=keys.__getitem__, now=lambda: NOW))


def test_by_rsa_each_side_signs_with_its_own_key_and_proves_by_the_others(rsa: Mapping[str, str]) -> None:
    pretend = Simulator(gateway_url=None, partner="court-oa", keys=rsa, settings={"sign_algorithm": "rsa-sha256"})
    request = Request(**pretend.wrap([RECORD], now=NOW, nonce="nonce-0001"))
    adapter = by_rsa({name: rsa[name] for name in ("private_key", "oa_public_key")})
    assert adapter.authenticate(request).nonce == "nonce-0001"
    for sign in ("", "%%", "YQ==", request.headers["x-oa-sign"].swapcase()):
        forged = replace(request, headers={**request.headers, "x-oa-sign": sign})
        with pytest.raises(NotAuthentic):
            adapter.authenticate(forged)
    with pytest.raises(NotAuthentic):  # with our own key nobody speaks for the OA
        by_rsa({"oa_public_key": rsa["public_key"]}).authenticate(request)

    signer = Signer(app_id="fengqiao-gateway", algorithm="rsa-sha256", secret=rsa.__getitem__)
    signed = signer.signed(Request(method="POST", path="/x", body=b"<bw/>"), now=NOW, nonce="nonce-0002")
    ring = Keyring(app_id="fengqiao-gateway", keys=rsa, algorithm="rsa-sha256")
    assert ring.objection("POST", ("/x", ""), b"<bw/>", signed.headers, now=NOW) is None
    assert ring.objection("POST", ("/x", ""), b"<bw>", signed.headers, now=NOW) == "签名不正确"


@pytest.mark.parametrize("key", ["", "not a key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"])
def test_a_key_that_is_none_is_told_by_its_name_and_never_quoted(rsa: Mapping[str, str], key: str) -> None:
    signer = Signer(app_id="x", algorithm="rsa-sha256", secret=lambda _: key)
    request = Request(method="POST", path="/x", body=b"")
    with pytest.raises(ConfigurationFault) as fault:
        signer.signed(request, now=NOW, nonce="nonce-0001")
    assert (fault.value.code, fault.value.facts["field"]) == ("wire.rsa_key", "secrets.private_key")
    other = Signer(
        app_id="fengqiao-gateway",
        algorithm="rsa-sha256",
        secret={"oa_public_key": key, "private_key": rsa["private_key"]}.__getitem__,
    )
    signed = other.signed(request, now=NOW, nonce="nonce-0001")
    with pytest.raises(ConfigurationFault) as fault:
        other.verify(signed, now=NOW)
    assert fault.value.facts["field"] == "secrets.oa_public_key"


def test_the_edges_of_the_window_are_inside_it() -> None:
    edge = timedelta(seconds=300)
    assert speaking(NOW + edge).authenticate(sent()).nonce_expires == NOW + edge + timedelta(seconds=1)
    assert speaking(NOW - edge).authenticate(sent())
    with pytest.raises(NotAuthentic):
        speaking(NOW + edge + timedelta(seconds=1)).authenticate(sent())


def test_an_application_of_another_name_is_refused() -> None:
    with pytest.raises(NotAuthentic) as refused:
        speaking(app_id="somebody-else").authenticate(sent())
    assert refused.value.code == "court_oa.app_unknown"


def test_a_list_of_one_is_a_list() -> None:
    [record] = speaking().decode(sent())
    assert record.fields["bzqd"] == [{"mc": "身份证明"}]


def test_a_frame_in_gb18030_is_read_by_its_prolog() -> None:
    head = "<bwt><bwbh>1</bwbh><bwlx>shzt</bwlx></bwt>"
    xml = f'<?xml version="1.0" encoding="GB18030"?><bw>{head}<bwnr><sm>䶮</sm></bwnr></bw>'
    [record] = speaking().decode(posted(xml, "gb18030"))
    assert record.fields == {"sm": "䶮"}


@pytest.mark.parametrize(
    ("material", "field"),
    [
        ("<clmc>a</clmc>", "bw.clxx.cl[0].nr"),
        ("<nr>%%</nr>", "bw.clxx.cl[0].nr"),
        ("<url>file:///etc/passwd</url>", "bw.clxx.cl[0].url"),
        ("<nr>YQ==</nr><wjdx>-1</wjdx>", "bw.clxx.cl[0].wjdx"),
        ("<nr>YQ==</nr>", "bw.clxx.cl[0].clbh"),
        ("<nr>YQ==</nr><clbh>1</clbh><clmc>a</clmc><cllx>12</cllx><sm3>ff</sm3>", "bw.clxx.cl[0].sm3"),
    ],
)
def test_a_broken_material_is_told_by_its_place(material: str, field: str) -> None:
    head = "<bwt><bwbh>1</bwbh><bwlx>cdws</bwlx></bwt><bwnr><qrah>1</qrah></bwnr>"
    with pytest.raises(Undecodable) as refused:
        speaking().decode(posted(f"<bw>{head}<clxx><cl>{material}</cl></clxx></bw>"))
    assert refused.value.facts["field"] == field


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"app_id": None}, "settings.app_id"),
        ({"app_id": "a\r\nb"}, "settings.app_id"),
        ({"sign_algorithm": "md5"}, "settings.sign_algorithm"),
        ({"inline_up_to": 2**30}, "settings.inline_up_to"),
        ({"upload_kept_hours": 0}, "settings.upload_kept_hours"),
        ({"answer_codes": {"77": "perhaps"}}, "settings.answer_codes.77"),
        ({"inline_upto": 1}, "settings.inline_upto"),
    ],
)
def test_a_wrong_setting_is_told_by_its_name(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationFault) as fault:
        speaking(**settings)
    assert fault.value.facts["field"] == field
