"""Standard Webhooks, against the specification's own reference package."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import NotAuthentic
from gateway.wire.standard_webhooks import headers, sign, verify

NOW = datetime(2026, 8, 20, 9, 0, tzinfo=UTC)
OLD = "whsec_" + base64.b64encode(b"the secret before the rotation").decode()
NEW = "whsec_" + base64.b64encode(b"the secret after the rotation!").decode()
BODY = '{"姓名":"王某某"}'.encode()


@given(st.text(max_size=50), st.binary(min_size=1, max_size=64))
def test_a_signature_is_that_of_the_reference_package(body, key):
    secret = "whsec_" + base64.b64encode(key).decode()
    assert sign(secret, "msg_1", NOW, body.encode()) == standardwebhooks.Webhook(secret).sign("msg_1", NOW, body)


def test_the_example_of_the_specification_holds():
    # standardwebhooks.com, reference implementations' common test vector
    signed_at = datetime.fromtimestamp(1614265330, UTC)
    signature = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", signed_at, b'{"test": 2432232314}'
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_is_signed_verifies_with_either_secret_during_a_rotation():
    for index, secret in enumerate((NEW, OLD)):
        verified = verify([NEW, OLD], headers(secret, "msg_1", NOW, BODY), BODY, NOW)
        assert (verified.id, verified.timestamp, verified.secret_index) == ("msg_1", NOW, index)


def test_one_of_several_signatures_suffices():
    given_headers = headers(NEW, "msg_1", NOW, BODY)
    given_headers["webhook-signature"] = f"v1a,abc v1,AAAA {sign(OLD, 'msg_1', NOW, BODY)} v1"
    assert verify([NEW, OLD], given_headers, BODY, NOW).secret_index == 1


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_named(missing):
    given_headers = headers(NEW, "msg_1", NOW, BODY)
    del given_headers[missing]
    with pytest.raises(NotAuthentic) as refusal:
        verify([NEW], given_headers, BODY, NOW)
    assert (refusal.value.code, refusal.value.facts) == ("auth.header_missing", {"header": missing})


@pytest.mark.parametrize("away", [-301, 301])
def test_a_time_outside_the_window_has_its_own_code(away):
    then = NOW + timedelta(seconds=away)
    with pytest.raises(NotAuthentic) as refusal:
        verify([NEW], headers(NEW, "msg_1", then, BODY), BODY, NOW)
    assert refusal.value.code == "auth.outside_window"
    verify([NEW], headers(NEW, "msg_1", then, BODY), BODY, NOW, timedelta(seconds=301))


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "msg_2"},
        {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "no comma"},
        {"webhook-signature": "v1,é\ud800"},
        {"webhook-signature": "v2," + sign(NEW, "msg_1", NOW, BODY)[3:]},
    ],
)
def test_anything_changed_does_not_match(change):
    with pytest.raises(NotAuthentic) as refusal:
        verify([NEW], {**headers(NEW, "msg_1", NOW, BODY), **change}, BODY, NOW)
    assert refusal.value.code == "auth.signature_mismatch"


def test_another_body_or_secret_does_not_match():
    for secrets, body in (([NEW], BODY + b" "), ([OLD], BODY), ([], BODY)):
        with pytest.raises(NotAuthentic) as refusal:
            verify(secrets, headers(NEW, "msg_1", NOW, BODY), body, NOW)
        assert refusal.value.code == "auth.signature_mismatch"


def test_an_unreadable_timestamp_has_its_own_code():
    given_headers = {**headers(NEW, "msg_1", NOW, BODY), "webhook-timestamp": "yesterday"}
    with pytest.raises(NotAuthentic) as refusal:
        verify([NEW], given_headers, BODY, NOW)
    assert refusal.value.code == "auth.timestamp_unreadable"


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!", "whsec_a"])
def test_a_secret_that_is_no_base64_is_the_configurations_fault(secret):
    with pytest.raises(ValueError, match="base64"):
        sign(secret, "msg_1", NOW, BODY)
