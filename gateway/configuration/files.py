"""What an administrator writes: one frozen model for each kind of file in the configuration folder.

    partners/<name>.yaml   PartnerRow          organisations.yaml   OrganisationsFile
    routes.yaml            RoutesFile          divisions.yaml       DivisionsFile

Mappings and code tables (``mappings/``, ``codes/``) belong to ``gateway.mapping``. A model refuses what it does not
know; whether the names in it exist is the business of ``check``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic_core import PydanticCustomError

from gateway.canonical.identifiers import IdentifierFault, division_code
from gateway.canonical.organisations import Level, OrganisationKind
from gateway.texts import Language

InDoubt = Literal["resend", "wait"]
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:\S(?:.*\S)?")
_HOST = re.compile(r"(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True)


def _as_text(value: object) -> object:
    # The reader makes a number only of what is written back the same way, so a code without quotes survives.
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise PydanticCustomError("configuration.name", "a name is up to 64 lower-case letters, digits, - and _")
    return value


def _reference(value: str) -> str:
    if not _REFERENCE.fullmatch(value):  # the text may be the secret itself: never show it
        raise PydanticCustomError("configuration.reference", "write env:NAME or file:PATH, never the secret itself")
    return value


def _base_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole or re.search(r"\s", value):
        raise PydanticCustomError("configuration.url", "an address begins with http:// or https:// and names a host")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise PydanticCustomError("configuration.url_extras", "an address has no user, password, query or fragment")
    return value.rstrip("/")


def _host(value: str) -> str:
    if not _HOST.fullmatch(value.lower()):
        raise PydanticCustomError("configuration.host", "write a host, or host:port, without https:// and without *")
    return value.lower()


def _digest(value: str) -> str:
    if not _DIGEST.fullmatch(value.lower()):  # the text may be the token itself: never show it
        raise PydanticCustomError("configuration.digest", "write the SHA-256 of the token, 64 hexadecimal digits")
    return value.lower()


def _division(value: str) -> str:
    try:
        return division_code(value)
    except IdentifierFault:
        fault = PydanticCustomError("configuration.division", "a division code has 6, 9 or 12 digits")
    raise fault


def _several(value: object) -> object:
    return value if isinstance(value, list | tuple) else (value,)


def _frozen(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(value))


def _none() -> Mapping[str, Any]:
    return MappingProxyType({})


def _both_languages(value: object) -> object:
    return {"zh": value, "en": value} if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_as_text), Field(min_length=1, max_length=200)]
Name = Annotated[str, BeforeValidator(_as_text), AfterValidator(_name)]
Reference = Annotated[str, BeforeValidator(_as_text), AfterValidator(_reference)]
Division = Annotated[str, BeforeValidator(_as_text), AfterValidator(_division)]
Codes = Annotated[tuple[Text, ...], BeforeValidator(_several), Field(min_length=1)]
Seconds = Annotated[float, Field(gt=0, le=600)]


class Title(_Written):
    """What people call a partner. One text serves both languages."""

    zh: Text
    en: Text


class Timeouts(_Written):
    """Seconds to wait for a connection, and for the whole answer once the request is sent."""

    connect: Seconds = 5.0
    answer: Seconds = 30.0


class CanonicalDoor(_Written):
    """How a partner that speaks the common language proves who it is.

    ``bearer_sha256`` are digests of its tokens; ``webhook_secrets`` are names in the row's ``secrets``, the first one
    signs, every one is accepted.
    """

    bearer_sha256: tuple[Annotated[str, BeforeValidator(_as_text), AfterValidator(_digest)], ...] = ()
    webhook_secrets: tuple[Text, ...] = ()


class PartnerRow(_Written):
    """One partner: which adapter speaks to it, where, for whom it may act, and how patient the gateway is with it."""

    partner: Name
    adapter: Text
    title: Annotated[Title, BeforeValidator(_both_languages)] | None = None
    base_url: Annotated[str, AfterValidator(_base_url)] | None = None
    organisations: tuple[Text, ...] = ()
    settings: Annotated[Mapping[str, Any], AfterValidator(_frozen), PlainSerializer(dict), Field(default_factory=_none)]
    secrets: Annotated[
        Mapping[str, Reference], AfterValidator(_frozen), PlainSerializer(dict), Field(default_factory=_none)
    ]
    concurrency: Annotated[int, Field(ge=1, le=256)] = 8
    timeouts: Timeouts = Timeouts()
    deadline_days: Annotated[float, Field(gt=0, le=90)] = 7
    in_doubt: InDoubt = "resend"
    attachment_hosts: tuple[Annotated[str, AfterValidator(_host)], ...] = ()
    attachment_limit_mb: Annotated[int, Field(ge=1, le=1024)] = 20
    canonical_door: CanonicalDoor | None = None

    def called(self, language: Language) -> str:
        """Return what people call the partner; its name where the row gives no title."""
        return getattr(self.title, language) if self.title else self.partner


class OrganisationRow(_Written):
    """One organisation of the directory: who it is, which partner reaches it, and what each partner calls it.

    A partner may know it by several codes (a renamed centre); the first one is written, every one is read.
    """

    id: Text
    name: Text
    kind: OrganisationKind
    level: Level | None = None
    division: Division | None = None
    partner: Text | None = None
    codes: Annotated[Mapping[str, Codes], AfterValidator(_frozen), PlainSerializer(dict), Field(default_factory=_none)]


class CopyRow(_Written):
    """One subscription: who else gets these messages."""

    types: Annotated[tuple[Text, ...], BeforeValidator(_several), Field(min_length=1)]
    when_sender_partner: Text | None = None
    to: Text


class OrganisationsFile(_Written):
    """``organisations.yaml``."""

    organisations: tuple[OrganisationRow, ...] = ()


class RoutesFile(_Written):
    """``routes.yaml``."""

    copies: tuple[CopyRow, ...] = ()


class DivisionsFile(_Written):
    """``divisions.yaml``: the names of divisions that GB/T 2260 does not have, by code."""

    divisions: Annotated[
        Mapping[Division, Text], AfterValidator(_frozen), PlainSerializer(dict), Field(default_factory=_none)
    ]
