"""The signature over sorted parameters, the same in both directions, in the variants that offices have.

x-app-id  x-timestamp  x-nonce  x-org-code?  x-sign
parameters   appId  data  nonce  orgCode  path  timestamp      orgCode may be empty: it takes part or does not
data         the body as text; of a workbook (台账) its digest in hexadecimal
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from adapters.justice_office.settings import Settings
from gateway.contract import Authentic, Request
from gateway.errors import NotAuthentic
from gateway.wire import signing

LEDGER_DOOR = "/ledger"
_NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One office's recipe and secret."""

    settings: Settings
    secret: str = field(repr=False)

    def signed(self, request: Request, *, now: datetime, nonce: str) -> Request:
        """Return ``request`` with the headers that prove it."""
        timestamp, org_code = str(int(now.timestamp() * 1000)), self.settings.org_code
        parameters = self._parameters(request, timestamp=timestamp, nonce=nonce, org_code=org_code)
        headers = {
            "x-app-id": self.settings.app_id,
            "x-timestamp": timestamp,
            "x-nonce": nonce,
            "x-sign": self.settings.recipe.sign(parameters, self.secret),
        }
        if org_code:
            headers["x-org-code"] = org_code
        return replace(request, headers={**request.headers, **headers})

    def verify(self, request: Request, *, now: datetime) -> Authentic:
        """Check what ``request`` is signed with. Raises NotAuthentic; both edges of the window are inside it."""
        app_id, timestamp, nonce, sign = (
            signing.header(request.headers, name) for name in ("x-app-id", "x-timestamp", "x-nonce", "x-sign")
        )
        if not signing.same(self.settings.app_id, app_id):
            raise NotAuthentic("justice_office.app_unknown")
        if not _NONCE.fullmatch(nonce):
            raise NotAuthentic("justice_office.nonce_form")
        org_code = request.headers.get("x-org-code", "").strip()
        parameters = self._parameters(request, timestamp=timestamp, nonce=nonce, org_code=org_code)
        self.settings.recipe.verify(parameters, self.secret, sign)
        stated = signing.moment(timestamp)
        signing.within(stated, now, self.settings.window)
        # Kept a second longer than the window, whose last instant is still inside.
        return Authentic(key_id=app_id, nonce=nonce, nonce_expires=stated + self.settings.window + _SECOND)

    def _parameters(self, request: Request, *, timestamp: str, nonce: str, org_code: str) -> dict[str, signing.Value]:
        return {
            "appId": self.settings.app_id,
            "data": self._data(request),
            "nonce": nonce,
            "orgCode": org_code,
            "path": request.path,
            "timestamp": timestamp,
        }

    def _data(self, request: Request) -> str:
        body = request.body if isinstance(request.body, bytes) else b""
        if request.path == LEDGER_DOOR:
            name = self.settings.recipe.algorithm.removeprefix("hmac-")
            return signing.digest(name, body).hex()  # type: ignore[arg-type]  # without hmac- it is a Hash
        try:
            return body.decode()
        except UnicodeDecodeError:
            pass
        raise NotAuthentic("auth.signature_mismatch")
