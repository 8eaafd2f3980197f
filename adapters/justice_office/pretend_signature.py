"""The offices' signature, written a second time from the README: sorted parameters, a secret, a digest.

appId=…&data=…&nonce=…&path=…&timestamp=… ─► &key=SECRET ─► MD5, SHA-256 or SM3 ─► hexadecimal
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

LEDGER = "/ledger"


def sign_of(
    variant: Mapping[str, Any], secret: str, *, app_id: str, body: bytes, nonce: str, org: str, path: str, stamp: str
) -> str:
    """Return the signature that an office of this ``variant`` (the row's ``signing``) makes."""
    algorithm = str(variant.get("algorithm", "sm3"))
    # Bytes that are no UTF-8 are kept apart from any that are, so that they never have a valid signature.
    data = _digest(algorithm.removeprefix("hmac-"), body).hex() if path == LEDGER else body.decode(errors="replace")
    given = {"appId": app_id, "data": data, "nonce": nonce, "orgCode": org, "path": path, "timestamp": stamp}
    taking_part = sorted((name, value) for name, value in given.items() if value or variant.get("empty_values"))
    if variant.get("url_encoded"):
        taking_part = [(quote(name, safe=""), quote(value, safe="")) for name, value in taking_part]
    text = "&".join(f"{name}={value}" for name, value in taking_part)
    if algorithm.startswith("hmac-"):
        raw = _keyed(algorithm.removeprefix("hmac-"), secret.encode(), text.encode())
    else:
        raw = _digest(algorithm, _with(text, secret, variant).encode())
    return _written(raw, str(variant.get("form", "hex")))


def _with(text: str, secret: str, variant: Mapping[str, Any]) -> str:
    match variant.get("secret", "parameter"):
        case "appended":
            return text + secret
        case "prepended":
            return secret + text
        case "around":
            return secret + text + secret
        case _:
            return f"{text}&{variant.get('secret_name', 'key')}={secret}"


def _digest(algorithm: str, raw: bytes) -> bytes:
    if algorithm == "sm3":
        sm3 = hashes.Hash(hashes.SM3())
        sm3.update(raw)
        return sm3.finalize()
    return hashlib.new(algorithm, raw, usedforsecurity=False).digest()


def _keyed(algorithm: str, key: bytes, raw: bytes) -> bytes:
    if algorithm == "sm3":
        sm3 = HMAC(key, hashes.SM3())
        sm3.update(raw)
        return sm3.finalize()
    return hmac.digest(key, raw, algorithm)


def _written(raw: bytes, form: str) -> str:
    if form == "base64":
        return base64.b64encode(raw).decode()
    return raw.hex().upper() if form == "HEX" else raw.hex()
