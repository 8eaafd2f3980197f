"""Who may speak: Standard Webhooks signatures in both directions, rotation of secrets, and the time window."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from adapters.mediation_center.adapter import MediationCenter
from adapters.mediation_center.simulator import Simulator
from gateway.contract import Partner, Record, Request
from gateway.errors import ConfigurationFault, NotAuthentic
from tests.adapters.mediation_center.playing import KEYS, NOW, begin, received

RECORD = {"kind": "case.accept", "id": "R1", "fields": {"acceptTime": 1780279200000}}


def test_an_example_published_by_its_inventors_is_authentic():
    partner = Partner(
        name="centre",
        secret={"webhook_secret": "whsec_plJ3nmyCDGBKInavdOK15jsl"}.__getitem__,
        now=lambda: datetime.fromtimestamp(1731705121, UTC),
    )
    headers = {
        "webhook-id": "msg_loFOjxBNrRLzqYUf",
        "webhook-timestamp": "1731705121",
        "webhook-signature": "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
    }
    request = Request(
        method="POST", path="/events", headers=headers, body=b'{"event_type":"ping","data":{"success":true}}'
    )

    assert MediationCenter(partner).authenticate(request).key_id == "webhook_secret"


def test_a_pushed_batch_is_authentic_and_its_webhook_id_is_no_nonce(adapter, simulator):
    found = adapter.authenticate(received(simulator.wrap([RECORD], now=NOW, nonce="msg_1")))

    assert found.key_id == "webhook_secret"
    assert found.nonce is None


def test_while_a_secret_is_rotated_either_one_is_taken(make_adapter):
    adapter = make_adapter(secret_names=["webhook_secret", "next_secret"])
    for name in KEYS:
        centre = Simulator(gateway_url=None, partner="centre", keys=KEYS, settings={"secret_names": [name]})
        assert adapter.authenticate(received(centre.wrap([RECORD], now=NOW))).key_id == name


def test_after_the_rotation_the_old_secret_is_refused(make_adapter, simulator):
    adapter = make_adapter(secret_names=["next_secret"])

    with pytest.raises(NotAuthentic):
        adapter.authenticate(received(simulator.wrap([RECORD], now=NOW)))


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_a_clock_up_to_three_hundred_seconds_away_is_accepted(adapter, simulator, seconds):
    adapter.authenticate(received(simulator.wrap([RECORD], now=NOW + timedelta(seconds=seconds))))


@pytest.mark.parametrize("seconds", [-360, -301, 301, 360])
def test_a_clock_further_away_is_refused(adapter, simulator, seconds):
    with pytest.raises(NotAuthentic) as refused:
        adapter.authenticate(received(simulator.wrap([RECORD], now=NOW + timedelta(seconds=seconds))))

    assert refused.value.code == "auth.outside_window"


def test_a_changed_body_is_refused(adapter, simulator):
    request = received(simulator.wrap([RECORD], now=NOW))

    with pytest.raises(NotAuthentic):
        adapter.authenticate(replace(request, body=request.body.replace(b"R1", b"R2")))


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_refused(adapter, simulator, name):
    request = received(simulator.wrap([RECORD], now=NOW))
    headers = {key: value for key, value in request.headers.items() if key != name}

    with pytest.raises(NotAuthentic):
        adapter.authenticate(replace(request, headers=headers))


def test_a_delivery_is_signed_as_the_public_library_signs(adapter):
    request = begin(adapter, Record(kind="case.dispatch", id="0190", fields={"eventDesc": "相邻通行"}))

    expected = Webhook(KEYS["webhook_secret"]).sign("0190", NOW, request.body.decode())
    assert request.headers["webhook-signature"] == expected
    assert request.headers["webhook-id"] == "0190"


def test_a_delivery_carries_a_signature_by_every_secret_in_use(make_adapter):
    adapter = make_adapter(secret_names=["webhook_secret"], outgoing_secret_names=["webhook_secret", "next_secret"])
    request = begin(adapter, Record(kind="case.dispatch", id="0190"))

    body = request.body.decode()
    expected = [Webhook(KEYS[name]).sign("0190", NOW, body) for name in ("webhook_secret", "next_secret")]
    assert request.headers["webhook-signature"].split() == expected


def test_a_retry_keeps_its_webhook_id_and_gets_a_fresh_time(make_adapter):
    times = iter([NOW, NOW + timedelta(hours=1)])
    adapter = make_adapter(now=lambda: next(times))
    record = Record(kind="case.dispatch", id="0190")

    first, second = begin(adapter, record), begin(adapter, record)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]


def test_a_secret_that_the_partner_row_lacks_is_the_configurations_fault(make_adapter, simulator):
    adapter = make_adapter(secret_names=["webhook_secret", "forgotten"])

    with pytest.raises(ConfigurationFault) as fault:
        adapter.authenticate(received(simulator.wrap([RECORD], now=NOW)))
    assert fault.value.facts["field"] == "secrets.forgotten"


def test_an_unusable_secret_is_the_configurations_fault_and_never_shown():
    partner = Partner(name="centre", secret=lambda name: "whsec_!", now=lambda: NOW)

    with pytest.raises(ConfigurationFault) as fault:
        begin(MediationCenter(partner), Record(kind="case.dispatch", id="0190"))
    assert "whsec_!" not in str(fault.value)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"secret_name": ["webhook_secret"]}, "settings.secret_name"),
        ({"secret_names": "webhook_secret"}, "settings.secret_names"),
        ({"secret_names": []}, "settings.secret_names"),
        ({"max_records": 0}, "settings.max_records"),
        ({"path": "openapi"}, "settings.path"),
    ],
)
def test_a_wrong_setting_is_named(make_adapter, settings, field):
    with pytest.raises(ConfigurationFault) as fault:
        make_adapter(**settings)
    assert fault.value.facts["field"] == field
