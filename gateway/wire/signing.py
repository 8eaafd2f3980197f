"""Request-signing recipes as pure functions: digests, sorted-parameter signatures, time windows, safe comparison.

    parameters ─► leave out `sign` and empty values ─► sort by name ─► k=v&k=v ─► with the secret ─► digest ─► text

Every arrow is where partners differ; ``SortedParameters`` names the variants. Webhook signatures are in
``gateway.wire.standard_webhooks``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import quote

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

from gateway.errors import NotAuthentic

Hash = Literal["md5", "sha256", "sm3"]
Algorithm = Literal["md5", "sha256", "sm3", "hmac-md5", "hmac-sha256", "hmac-sm3"]
Placement = Literal["none", "parameter", "appended", "prepended", "around"]
Form = Literal["hex", "HEX", "base64"]
Value = str | int | bool | None


def digest(algorithm: Hash, data: bytes) -> bytes:
    """Return the digest of ``data`` (16 bytes for md5, else 32). SM3 after GB/T 32905-2016."""
    if algorithm == "sm3":
        sm3 = hashes.Hash(hashes.SM3())
        sm3.update(data)
        return sm3.finalize()
    # MD5 is what a partner's interface demands of us; it guards nothing of ours.
    return hashlib.new(algorithm, data, usedforsecurity=False).digest()


def hmac_digest(algorithm: Algorithm, key: bytes, data: bytes) -> bytes:
    """Return the HMAC (RFC 2104) of ``data``; ``sm3`` and ``hmac-sm3`` name the same."""
    name = algorithm.removeprefix("hmac-")
    if name == "sm3":
        sm3 = HMAC(key, hashes.SM3())
        sm3.update(data)
        return sm3.finalize()
    return hmac.digest(key, data, name)


def same(expected: str | bytes, given: str | bytes) -> bool:
    """Compare two signatures in a time that does not tell where they differ."""
    return hmac.compare_digest(_bytes(expected), _bytes(given))


@dataclass(frozen=True, slots=True, kw_only=True)
class SortedParameters:
    """One partner's recipe of the sorted-parameter family.

    ``secret`` is where the secret stands in the text that is digested: ``parameter`` (``&key=SECRET`` at the end),
    ``appended``, ``prepended``, ``around`` (both), or ``none`` (an HMAC keyed with it; the default for one).
    """

    algorithm: Algorithm = "hmac-sm3"
    secret: Placement | None = None
    secret_name: str = "key"  # noqa: S105  # the name of the parameter, not a secret
    empty_values: bool = False  # None and "" take part as `name=`
    url_encoded: bool = False  # names and values percent-encoded (RFC 3986) before they are joined
    left_out: frozenset[str] = frozenset({"sign"})
    form: Form = "hex"

    def __post_init__(self) -> None:
        if not self.keyed and self._placement == "none":
            raise ValueError(f"{self.algorithm} without the secret in its text would sign nothing")

    @property
    def keyed(self) -> bool:
        """Tell whether the secret is an HMAC key."""
        return self.algorithm.startswith("hmac-")

    def sign(self, parameters: Mapping[str, Value], secret: str) -> str:
        """Return the signature of ``parameters``; nested values are the caller's to write as text."""
        text = self._with_secret(self.joined(parameters), secret).encode()
        if self.keyed:
            return _written(hmac_digest(self.algorithm, secret.encode(), text), self.form)
        return _written(digest(self.algorithm, text), self.form)  # type: ignore[arg-type]  # not keyed: a Hash

    def verify(self, parameters: Mapping[str, Value], secret: str, given: str | None) -> None:
        """Compare ``given`` with the signature of ``parameters``; hexadecimal in either case.

        Raises NotAuthentic when it is missing or another.
        """
        if not given:
            raise NotAuthentic("auth.signature_missing")
        expected = self.sign(parameters, secret)
        if self.form != "base64":
            expected, given = expected.lower(), given.lower()
        if not same(expected, given):
            raise NotAuthentic("auth.signature_mismatch")

    def joined(self, parameters: Mapping[str, Value]) -> str:
        """Return ``k=v&k=v`` without the secret, sorted by the names' code points."""
        pairs = [
            (name, _text(parameters[name]))
            for name in sorted(parameters)
            if name not in self.left_out and (self.empty_values or parameters[name] not in (None, ""))
        ]
        if self.url_encoded:
            pairs = [(quote(name, safe=""), quote(value, safe="")) for name, value in pairs]
        return "&".join(f"{name}={value}" for name, value in pairs)

    @property
    def _placement(self) -> Placement:
        return self.secret or ("none" if self.keyed else "parameter")

    def _with_secret(self, text: str, secret: str) -> str:
        match self._placement:
            case "parameter":
                return f"{text}&{self.secret_name}={secret}" if text else f"{self.secret_name}={secret}"
            case "appended":
                return text + secret
            case "prepended":
                return secret + text
            case "around":
                return secret + text + secret
            case "none":
                return text


def header(headers: Mapping[str, str], name: str) -> str:
    """Return the header ``name`` (lower case). Raises NotAuthentic when it is missing or empty."""
    value = headers.get(name, "").strip()
    if not value:
        raise NotAuthentic("auth.header_missing", header=name)
    return value


def moment(stated: str) -> datetime:
    """Read an epoch in seconds or milliseconds (10 or 13 digits). Raises NotAuthentic."""
    if stated.isascii() and stated.isdigit() and len(stated) in (10, 13):
        seconds, milliseconds = divmod(int(stated), 1000) if len(stated) == 13 else (int(stated), 0)
        return datetime.fromtimestamp(seconds, UTC) + timedelta(milliseconds=milliseconds)
    raise NotAuthentic("auth.timestamp_unreadable")


def within(stated: datetime, now: datetime, tolerance: timedelta) -> None:
    """Require that ``stated`` is at most ``tolerance`` away from ``now``, either way. Raises NotAuthentic."""
    if abs(now - stated) > tolerance:
        raise NotAuthentic(
            "auth.outside_window",
            seconds=round((now - stated).total_seconds()),
            tolerance=round(tolerance.total_seconds()),
        )


def _written(raw: bytes, form: Form) -> str:
    match form:
        case "hex":
            return raw.hex()
        case "HEX":
            return raw.hex().upper()
        case "base64":
            return base64.b64encode(raw).decode("ascii")


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _bytes(value: str | bytes) -> bytes:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
