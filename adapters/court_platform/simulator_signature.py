"""How the pretend court platform signs and checks: written from the README, sharing nothing with the adapter.

text = "appId=…&bodyDigest=…&method=…&nonce=…&path=…[&query=…]&timestamp=…"      sign = hex(HMAC(app_secret, text))
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives import hashes, hmac

TOLERANCE_MS = 300_000


@dataclass
class Keyring:
    """The application the gateway has at the court, and the nonces it has used."""

    app_id: str
    app_secret: str
    sm3: bool
    seen: dict[str, int] = field(default_factory=dict)

    def headers(self, method: str, path: str, query: str, body: bytes, *, now: datetime, nonce: str) -> dict[str, str]:
        """Return the four headers of a request that the court sends."""
        milliseconds = f"{now.timestamp() * 1000:.0f}"
        text = self._text(method, (path, query), self._digest(body), nonce, milliseconds)
        return {"appid": self.app_id, "timestamp": milliseconds, "nonce": nonce, "sign": self._mac(text)}

    def objection(
        self, method: str, path: str, query: str, body: bytes, headers: Mapping[str, str], *, now: datetime
    ) -> str | None:
        """Say in the court's words what is wrong with a request's signature; None when it is good."""
        app_id, stated, nonce, sign = (headers.get(name, "") for name in ("appid", "timestamp", "nonce", "sign"))
        if not (app_id and stated and nonce and sign):
            return "缺少 appId、timestamp、nonce 或 sign"
        if app_id != self.app_id:
            return "appId 不存在"
        if self._mac(self._text(method, (path, query), self._digest(body), nonce, stated)) != sign.lower():
            return "签名不正确"
        here = int(now.timestamp() * 1000)
        if not stated.isdigit() or abs(here - int(stated)) > TOLERANCE_MS:
            return "时间戳超出允许范围"
        if self._used(nonce, here):
            return "nonce 重复"
        return None

    def _used(self, nonce: str, here: int) -> bool:
        for old in [known for known, until in self.seen.items() if until < here]:
            del self.seen[old]
        used = nonce in self.seen
        self.seen[nonce] = here + 2 * TOLERANCE_MS
        return used

    def _text(self, method: str, target: tuple[str, str], digest: str, nonce: str, stated: str) -> bytes:
        path, query = target
        text = f"appId={self.app_id}&bodyDigest={digest}&method={method}&nonce={nonce}&path={path}"
        if query:
            text += f"&query={query}"
        return f"{text}&timestamp={stated}".encode()

    def _digest(self, body: bytes) -> str:
        if not self.sm3:
            return hashlib.sha256(body).hexdigest()
        sm3 = hashes.Hash(hashes.SM3())
        sm3.update(body)
        return sm3.finalize().hex()

    def _mac(self, text: bytes) -> str:
        mac = hmac.HMAC(self.app_secret.encode(), hashes.SM3() if self.sm3 else hashes.SHA256())
        mac.update(text)
        return mac.finalize().hex()


def form_text(values: Mapping[str, str]) -> bytes:
    """Return what a form's digest is taken over; the value of a file is the SHA-256 of its bytes."""
    return "&".join(f"{name}={values[name]}" for name in sorted(values)).encode()
