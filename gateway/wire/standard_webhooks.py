"""Sign and verify requests as Standard Webhooks has it (standardwebhooks.com, specification 1.0, symmetric ``v1``).

``webhook-id`` stays the same on every attempt, so it is an idempotency key and no nonce. What is signed is
``id.timestamp.body``. Our own line of HMAC instead of the reference package: that one reads the wall clock, wants the
body as text, and lets ValueError escape for a malformed header.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.errors import NotAuthentic
from gateway.wire.signing import header, moment, same, within

TOLERANCE = timedelta(minutes=5)
_PREFIX = "whsec_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A request whose signature holds: its id, its time, and which of the secrets it was signed with."""

    id: str
    timestamp: datetime
    secret_index: int


def sign(secret: str, id: str, timestamp: datetime, body: bytes) -> str:  # noqa: A002  # the specification's word
    """Return the value of ``webhook-signature``. ``secret`` is ``whsec_…``, ``timestamp`` aware."""
    return _signature(_key(secret), id, str(int(timestamp.timestamp())), body)


def headers(secret: str, id: str, timestamp: datetime, body: bytes) -> dict[str, str]:  # noqa: A002  # same
    """Return the three headers that a signed request carries."""
    return {
        "webhook-id": id,
        "webhook-timestamp": str(int(timestamp.timestamp())),
        "webhook-signature": sign(secret, id, timestamp, body),
    }


def verify(
    secrets: Sequence[str],
    request_headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    tolerance: timedelta = TOLERANCE,
) -> Verified:
    """Verify a request against every secret in use (two while one is rotated); header names are lower case.

    Raises NotAuthentic: ``auth.header_missing``, ``auth.timestamp_unreadable``, ``auth.outside_window``,
    ``auth.signature_mismatch``. Raises ValueError when a secret is not base64, which is the configuration's fault.
    """
    webhook_id = header(request_headers, "webhook-id")
    stated = header(request_headers, "webhook-timestamp")
    given = header(request_headers, "webhook-signature").split()
    timestamp = moment(stated)
    within(timestamp, now, tolerance)
    matching: int | None = None
    for index, secret in enumerate(secrets):
        expected = _signature(_key(secret), webhook_id, stated, body)
        if any([same(expected, signature) for signature in given]) and matching is None:  # noqa: C419  # constant time
            matching = index
    if matching is None:
        raise NotAuthentic("auth.signature_mismatch")
    return Verified(id=webhook_id, timestamp=timestamp, secret_index=matching)


def _signature(key: bytes, webhook_id: str, timestamp: str, body: bytes) -> str:
    signed = f"{webhook_id}.{timestamp}.".encode("utf-8", "surrogatepass") + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode("ascii")


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX) + "==", validate=False)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise ValueError("a webhook secret must be base64 after whsec_")
    return key
