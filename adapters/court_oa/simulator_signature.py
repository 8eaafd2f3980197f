"""How the pretend OA signs and checks: written from the README, sharing nothing with the adapter.

text = METHOD \\n path \\n query \\n milliseconds \\n nonce \\n hex(digest(body))
x-oa-sign = hex(HMAC(app_secret, text)), or base64(RSA(private key of whoever sends, text))
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

TOLERANCE_MS = 300_000


@dataclass
class Keyring:
    """The application that the gateway has at the OA, and the nonces it has used."""

    app_id: str
    keys: Mapping[str, str] = field(repr=False)
    algorithm: str
    seen: set[str] = field(default_factory=set)

    def headers(self, method: str, path: str, body: bytes, *, now: datetime, nonce: str) -> dict[str, str]:
        """Return the four headers of a request that the OA sends."""
        time = f"{now.timestamp() * 1000:.0f}"
        sign = self._sign(self._text(method, (path, ""), time, nonce, body))
        return {"x-oa-app": self.app_id, "x-oa-time": time, "x-oa-nonce": nonce, "x-oa-sign": sign}

    def objection(
        self, method: str, target: tuple[str, str], body: bytes, headers: Mapping[str, str], *, now: datetime
    ) -> str | None:
        """Say in the court's words what is wrong with a request's signature; None when it is good."""
        app_id, time, nonce, sign = (headers.get(f"x-oa-{name}", "") for name in ("app", "time", "nonce", "sign"))
        if app_id != self.app_id or not time.isdigit() or not nonce:
            return "缺少签名或应用标识不存在"
        if not self._holds(self._text(method, target, time, nonce, body), sign):
            return "签名不正确"
        if abs(now.timestamp() * 1000 - int(time)) > TOLERANCE_MS:
            return "时间戳超出允许范围"
        if nonce in self.seen:
            return "随机数重复"
        self.seen.add(nonce)
        return None

    def _sign(self, text: bytes) -> str:
        if self.algorithm == "rsa-sha256":
            key = load_pem_private_key(self.keys["oa_private_key"].encode(), None)
            assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101 - made below
            return base64.b64encode(key.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()
        mac = hmac.HMAC(self.keys["app_secret"].encode(), hashes.SM3() if self._sm3 else hashes.SHA256())
        mac.update(text)
        return mac.finalize().hex()

    def _holds(self, text: bytes, sign: str) -> bool:
        if self.algorithm != "rsa-sha256":
            return sign == self._sign(text)
        key = load_pem_public_key(self.keys["public_key"].encode())
        assert isinstance(key, rsa.RSAPublicKey)  # noqa: S101 - made below
        try:
            key.verify(base64.b64decode(sign), text, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, ValueError):
            return False
        return True

    def _text(self, method: str, target: tuple[str, str], time: str, nonce: str, body: bytes) -> bytes:
        digest = sm3_of(body) if self._sm3 else hashlib.sha256(body).hexdigest()
        return "\n".join((method, *target, time, nonce, digest)).encode()

    @property
    def _sm3(self) -> bool:
        return self.algorithm == "hmac-sm3"


def rsa_keys() -> dict[str, str]:
    """Return a key pair for the gateway and one for the OA, in PEM, by the names that either side gives them."""
    pairs = {name: rsa.generate_private_key(public_exponent=65537, key_size=2048) for name in ("", "oa_")}
    private = {
        f"{name}private_key": pair.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        for name, pair in pairs.items()
    }
    public = {
        f"{name}public_key": pair.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        for name, pair in pairs.items()
    }
    return private | public


def sm3_of(content: bytes) -> str:
    """Return the SM3 digest, hexadecimal."""
    sm3 = hashes.Hash(hashes.SM3())
    sm3.update(content)
    return sm3.finalize().hex()


def form_text(values: Mapping[str, str]) -> bytes:
    """Return what a form's digest is taken over; the value of a file is the SHA-256 of its bytes."""
    return "&".join(f"{name}={values[name]}" for name in sorted(values)).encode()
