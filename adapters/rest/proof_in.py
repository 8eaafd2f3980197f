"""Who sent a request: by a token, a password, a key in a header, or a signature over sorted parameters.

sources of what is signed   header:NAME   query:NAME   body:PATH   text (the whole body)   digest:sm3   constant:WORD
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import parse_qsl

from adapters.rest.bodies import Body, at, text_of, top
from adapters.rest.recipe import read_recipe
from gateway.contract import Authentic, Request
from gateway.errors import ConfigurationFault, NotAuthentic, Undecodable
from gateway.wire import signing
from gateway.wire.settings_form import Form
from gateway.wire.signing import SortedParameters, Value

Scheme = Literal["bearer", "basic", "header", "signature"]
SCHEMES: tuple[Scheme, ...] = ("bearer", "basic", "header", "signature")
PARTS = ("header:", "query:", "body:", "constant:", "digest:")
HASHES = ("md5", "sha256", "sm3")
LONGEST_NONCE = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofIn:
    """How a partner proves itself. ``parameters``: where each signed parameter lies; None: every member of the body."""

    scheme: Scheme
    secret: str
    user: str = ""
    header: str = "authorization"
    recipe: SortedParameters = field(default_factory=SortedParameters)
    signature: str = "header:sign"
    timestamp: str | None = None
    nonce: str | None = None
    window: timedelta = timedelta(minutes=5)
    parameters: Mapping[str, str] | None = None

    def check(self, request: Request, body: Body, secret: Callable[[str], str], now: datetime) -> Authentic:
        """Return who sent a request. Raises NotAuthentic."""
        if self.scheme == "signature":
            return self._signed(request, body, secret(self.secret), now)
        given = signing.header(request.headers, self.header)
        if not signing.same(self._expected(secret(self.secret)), self._given(given)):
            raise NotAuthentic("auth.token_unknown")
        return Authentic(key_id=self.secret)

    def _expected(self, secret: str) -> str:
        return f"{self.user}:{secret}" if self.scheme == "basic" else secret

    def _given(self, stated: str) -> str:
        if self.scheme == "header":
            return stated
        word, _, rest = stated.partition(" ")
        if word.lower() != self.scheme:
            raise NotAuthentic("auth.token_unknown")
        if self.scheme == "bearer":
            return rest.strip()
        try:
            return base64.b64decode(rest.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            raise NotAuthentic("auth.token_unknown") from None

    def _signed(self, request: Request, body: Body, secret: str, now: datetime) -> Authentic:
        try:
            known = Sources(request, body)
            parameters: Mapping[str, Value] = (
                top(known.members) if self.parameters is None
                else {name: known.value(source) for name, source in self.parameters.items()}
            )  # fmt: skip
            given = known.text(self.signature)
            stated = known.text(self.timestamp) if self.timestamp else None
            nonce = known.text(self.nonce) if self.nonce else None
            self.recipe.verify(parameters, secret, given)
        except (Undecodable, UnicodeError):  # a stranger's bytes: who sent them is all that is asked
            raise NotAuthentic("auth.signature_mismatch") from None
        if stated is not None:
            signing.within(signing.moment(stated), now, self.window)
        if nonce is None:
            return Authentic(key_id=self.secret)
        if len(nonce) > LONGEST_NONCE or not nonce.isprintable():
            raise NotAuthentic("auth.header_missing", header=(self.nonce or "")[:40])
        return Authentic(key_id=self.secret, nonce=nonce, nonce_expires=_forgotten(stated, now, self.window))


class Sources:
    """What a signature may cover of one request."""

    def __init__(self, request: Request, body: Body) -> None:
        self._request = request
        self._body = body
        self._members: Any = None
        self._query = dict(parse_qsl(request.query, keep_blank_values=True, errors="replace"))

    @property
    def members(self) -> Any:
        """Return the body's values, as they came: a member that holds JSON as text is that text."""
        if self._members is None:
            self._members = Body(
                format=self._body.format, charset=self._body.charset, lists=self._body.lists
            ).read(self._request)  # fmt: skip
        return self._members

    def value(self, source: str) -> Value:
        """Return what a source holds. Raises Undecodable."""
        kind, _, name = source.partition(":")
        if kind == "header":
            return self._request.headers.get(name.lower())
        if kind == "query":
            return self._query.get(name)
        if kind == "constant":
            return name
        if kind == "digest":
            raw = self._request.body if isinstance(self._request.body, bytes) else b""
            return signing.digest(name, raw).hex()  # type: ignore[arg-type]  # checked with the settings
        if kind == "text":
            return text_of(self._request, self._body.charset)
        found = at(self.members, name)
        return next(iter(top({"": found}).values()))

    def text(self, source: str) -> str:
        """Return what a source holds as text. Raises NotAuthentic when that is nothing."""
        value = self.value(source)
        if value is None or not str(value).strip():
            raise NotAuthentic("auth.header_missing", header=source.partition(":")[2][:40])
        return str(value).strip()


def read_proof(form: Form) -> ProofIn:
    """Return how a partner proves itself, from its settings. Raises ConfigurationFault."""
    scheme: Scheme = form.choice("scheme", SCHEMES)
    secret = form.text("secret")
    if scheme == "bearer":
        return ProofIn(scheme=scheme, secret=secret)
    if scheme == "basic":
        return ProofIn(scheme=scheme, secret=secret, user=form.text("user"))
    if scheme == "header":
        return ProofIn(scheme=scheme, secret=secret, header=form.text("header").lower())
    timestamp, nonce = _source(form, "timestamp", may_lack=True), _source(form, "nonce", may_lack=True)
    if nonce is not None and timestamp is None:
        why = "a nonce needs a timestamp beside it, or it could never be forgotten"
        raise form.fault("timestamp", "rest.nonce_without_time", why)
    return ProofIn(
        scheme=scheme,
        secret=secret,
        recipe=read_recipe(form),
        signature=_source(form, "signature") or "",
        timestamp=timestamp,
        nonce=nonce,
        window=timedelta(seconds=form.whole("window_seconds", 300, least=1, most=86_400)),
        parameters=_parameters(form),
    )


def _parameters(form: Form) -> Mapping[str, str] | None:
    """Return where the signed parameters lie. A signature that does not cover the body proves nothing about it."""
    if form.raw("parameters") == "members":
        return None
    said = form.mapping("parameters")
    inner = Form(said, f"{form.at}.parameters")
    found = {name: _checked(inner, name, inner.text(name)) for name in said}
    if not any(source == "text" or source.startswith(("digest:", "body:")) for source in found.values()):
        why = "a signature covers the body: name `members`, or a parameter that is `text`, `digest:…` or `body:…`"
        raise form.fault("parameters", "rest.body_not_signed", why)
    return found


def _source(form: Form, name: str, *, may_lack: bool = False) -> str | None:
    said = form.text_or_none(name) if may_lack else form.text(name)
    return None if said is None else _checked(form, name, said)


def _checked(form: Form, name: str, source: str) -> str:
    known = source == "text" or (source.startswith(PARTS) and not source.endswith(":"))
    if source.startswith("digest:"):
        known = source.removeprefix("digest:") in HASHES
    if not known:
        listed = "header:…, query:…, body:…, constant:…, text, " + ", ".join(f"digest:{each}" for each in HASHES)
        fault: ConfigurationFault = form.fault(
            name, "configuration.not_one_of", f"it must be one of {listed}", known=listed
        )
        raise fault
    return source


def _forgotten(stated: str | None, now: datetime, window: timedelta) -> datetime:
    """Return when the request itself is too old, so that its nonce may be forgotten."""
    made = now if stated is None else signing.moment(stated)
    return made + window + timedelta(seconds=1)
