"""Sign and check requests: four headers, six lines, an HMAC or an RSA signature over them.

    method, path, query, milliseconds, nonce, digest of the body ─► HMAC-SM3 | HMAC-SHA256 | RSA-SHA256 ─► x-oa-sign

``path`` is the path below the agreed base address, so that a proxy may add a prefix. The digest is SM3 or SHA-256, as
the HMAC, hexadecimal; for a form it is over ``name=value&…`` sorted by name, where a file's value is the SHA-256 of its
bytes. An HMAC is written in hexadecimal digits, an RSA signature in base64.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from adapters.court_oa.settings import SignAlgorithm
from gateway.contract import Authentic, Part, Request
from gateway.errors import NotAuthentic
from gateway.wire import rsa_signature, signing

WINDOW = timedelta(seconds=300)
APP, TIME, NONCE, SIGN = "x-oa-app", "x-oa-time", "x-oa-nonce", "x-oa-sign"
SHARED, OUR_KEY, THEIR_KEY = "app_secret", "private_key", "oa_public_key"  # names of secrets
_NONCE_FORM = re.compile(r"[A-Za-z0-9_-]{8,64}")
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """The gateway's application at one OA; the same in both directions. ``secret`` is asked at each use."""

    app_id: str
    algorithm: SignAlgorithm
    secret: Callable[[str], str] = field(repr=False)

    def signed(self, request: Request, *, now: datetime, nonce: str) -> Request:
        """Return ``request`` with its four headers."""
        time = str(int(now.timestamp() * 1000))
        four = {APP: self.app_id, TIME: time, NONCE: nonce, SIGN: self._sign(self._text(request, time, nonce))}
        return replace(request, headers={**request.headers, **four})

    def verify(self, request: Request, *, now: datetime) -> Authentic:
        """Check the four headers of ``request``. Raises NotAuthentic; both edges of the window are inside it."""
        app_id, time, nonce, sign = (signing.header(request.headers, name) for name in (APP, TIME, NONCE, SIGN))
        if not signing.same(self.app_id, app_id):
            raise NotAuthentic("court_oa.app_unknown")
        if not _NONCE_FORM.fullmatch(nonce):
            raise NotAuthentic("court_oa.nonce_form")
        if not self._holds(self._text(request, time, nonce), sign):
            raise NotAuthentic("auth.signature_mismatch")
        stated = signing.moment(time)
        signing.within(stated, now, WINDOW)
        # Kept a second longer than the window, whose last instant is still inside.
        return Authentic(key_id=app_id, nonce=nonce, nonce_expires=stated + WINDOW + _SECOND)

    def _sign(self, text: bytes) -> str:
        if self.algorithm == "rsa-sha256":
            signature = rsa_signature.sign(self.secret(OUR_KEY), text, name=OUR_KEY)
            return base64.b64encode(signature).decode()
        return signing.hmac_digest(self.algorithm, self.secret(SHARED).encode(), text).hex()

    def _holds(self, text: bytes, sign: str) -> bool:
        if self.algorithm != "rsa-sha256":
            return signing.same(self._sign(text), sign.lower())
        try:
            signature = base64.b64decode(sign, validate=True)
        except (binascii.Error, ValueError):
            return False
        return rsa_signature.holds(self.secret(THEIR_KEY), text, signature, name=THEIR_KEY)

    def _text(self, request: Request, time: str, nonce: str) -> bytes:
        hashed: signing.Hash = "sm3" if self.algorithm == "hmac-sm3" else "sha256"
        body = request.body if isinstance(request.body, bytes) else _form_text(request.body)
        digest = signing.digest(hashed, body).hex()
        lines = "\n".join((request.method, request.path, request.query, time, nonce, digest))
        return lines.encode("utf-8", "surrogatepass")


def _form_text(parts: tuple[Part, ...]) -> bytes:
    """Write a form as text to be digested: its boundary is not known before it is sent."""
    values = {part.name: part.document.id if part.document else part.text or "" for part in parts}
    return "&".join(f"{name}={values[name]}" for name in sorted(values)).encode()
