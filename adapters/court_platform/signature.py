"""Sign and check requests: four headers, one text, an HMAC over it.

    appId=…&bodyDigest=…&method=POST&nonce=…&path=/push&query=…&timestamp=1667980800000
    └ sorted by name, joined as they are; an empty query is left out ─► HMAC-SM3 | HMAC-SHA256 ─► hexadecimal ─► sign

``path`` is the path below the agreed base address, so that a proxy may add a prefix. ``bodyDigest`` is the hexadecimal
digest (SM3 or SHA-256, as the HMAC) of the raw body, of nothing where there is none; for a form it is the digest of
``name=value&…`` sorted by name, where the value of a file is the SHA-256 of its bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gateway.contract import Authentic, Part, Request
from gateway.errors import NotAuthentic
from gateway.wire import signing

WINDOW = timedelta(seconds=300)
_NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}")
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """One application's key at the platform; the same in both directions."""

    app_id: str
    algorithm: signing.Algorithm
    secret: str = field(repr=False)

    def signed(self, request: Request, *, now: datetime, nonce: str) -> Request:
        """Return ``request`` with its four headers."""
        timestamp = str(int(now.timestamp() * 1000))
        sign = self._recipe().sign(self._parameters(request, timestamp, nonce), self.secret)
        four = {"appid": self.app_id, "timestamp": timestamp, "nonce": nonce, "sign": sign}
        return replace(request, headers={**request.headers, **four})

    def verify(self, request: Request, *, now: datetime) -> Authentic:
        """Check the four headers of ``request``. Raises NotAuthentic; both edges of the window are inside it."""
        app_id, timestamp, nonce, sign = (
            signing.header(request.headers, name) for name in ("appid", "timestamp", "nonce", "sign")
        )
        if not signing.same(self.app_id, app_id):
            raise NotAuthentic("court_platform.app_unknown")
        if not _NONCE.fullmatch(nonce):
            raise NotAuthentic("court_platform.nonce_form")
        self._recipe().verify(self._parameters(request, timestamp, nonce), self.secret, sign)
        stated = signing.moment(timestamp)
        signing.within(stated, now, WINDOW)
        # Kept a second longer than the window, whose last instant is still inside.
        return Authentic(key_id=app_id, nonce=nonce, nonce_expires=stated + WINDOW + _SECOND)

    def _recipe(self) -> signing.SortedParameters:
        return signing.SortedParameters(algorithm=self.algorithm)

    def _parameters(self, request: Request, timestamp: str, nonce: str) -> dict[str, signing.Value]:
        hashed: signing.Hash = "sm3" if self.algorithm == "hmac-sm3" else "sha256"
        body = request.body if isinstance(request.body, bytes) else _form_text(request.body)
        return {
            "appId": self.app_id,
            "bodyDigest": signing.digest(hashed, body).hex(),
            "method": request.method,
            "nonce": nonce,
            "path": request.path,
            "query": request.query,
            "timestamp": timestamp,
        }


def _form_text(parts: tuple[Part, ...]) -> bytes:
    """Write a form as text to be digested: its boundary is not known before it is sent."""
    values = {part.name: part.document.id if part.document else part.text or "" for part in parts}
    return "&".join(f"{name}={values[name]}" for name in sorted(values)).encode()
