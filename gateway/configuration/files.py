"""What an administrator writes: one frozen model for each kind of file in the configuration folder.

    partners/<name>.yaml   PartnerRow          organisations.yaml   OrganisationsFile, in directory_rows.py
    routes.yaml            RoutesFile          divisions.yaml       DivisionsFile
    profiles.yaml          ProfilesFile, in profile_rows.py
    directory.yaml         DirectoryFile, in directory_rows.py
    calendar.yaml          CalendarFile, in calendar.py

Mappings and code tables (``mappings/``, ``codes/``) belong to ``gateway.mapping``. A model refuses what it does not
know; whether the names in it exist is the business of ``check``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from math import ceil
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from cryptography import x509
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator
from pydantic_core import PydanticCustomError

from gateway.canonical.identifiers import IdentifierFault, credit_code, division_code, phone
from gateway.texts import Language

InDoubt = Literal["resend", "wait"]
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:\S(?:.*\S)?")
_HOST = re.compile(r"(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_AREA = re.compile(r"[1-9][0-9](?:[0-9]{2}(?:[0-9]{2}(?:[0-9]{3}){0,2})?)?")
_END = re.compile(r"[A-Za-z0-9]{1,32}")
_BARE_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|[0-9a-f.]*:[0-9a-f:.]+")
_HOST_KEY = re.compile(r"(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)) [A-Za-z0-9+/]{40,}={0,2}(?: .*)?")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Written(BaseModel):
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


def _folder(value: str) -> str:
    if not PurePosixPath(value).is_absolute():
        raise PydanticCustomError("configuration.folder", "name the folder by its whole path, from / on")
    return value


def _end(value: str) -> str:
    if not _END.fullmatch(value):
        raise PydanticCustomError("configuration.end", "the name of an end is up to 32 ASCII letters and digits")
    return value


def _bare_host(value: str) -> str:
    if not _BARE_HOST.fullmatch(value.lower()):
        raise PydanticCustomError("configuration.bare_host", "write a host or an address, without sftp:// and a port")
    return value.lower()


def _host_key(value: str) -> str:
    if not _HOST_KEY.fullmatch(value):
        raise PydanticCustomError("configuration.host_key", "write the server's public key: ssh-ed25519 AAAA…")
    return value


def _host(value: str) -> str:
    if not _HOST.fullmatch(value.lower()):
        raise PydanticCustomError("configuration.host", "write a host, or host:port, without https:// and without *")
    return value.lower()


def _digest(value: str) -> str:
    if not _DIGEST.fullmatch(value.lower()):  # the text may be the token itself: never show it
        raise PydanticCustomError("configuration.digest", "write the SHA-256 of the token, 64 hexadecimal digits")
    return value.lower()


def _certificate_digest(value: str) -> str:
    digest = value.replace(":", "").lower()  # as openssl prints it, too
    if not _DIGEST.fullmatch(digest):
        raise PydanticCustomError(
            "configuration.certificate_digest", "write the SHA-256 of the certificate, 64 hexadecimal digits"
        )
    return digest


def _subject(value: str) -> str:
    try:
        return x509.Name.from_rfc4514_string(value).rfc4514_string()
    except ValueError:
        fault = PydanticCustomError("configuration.subject", "write a subject as in CN=name,O=organisation,C=CN")
    raise fault


def _division(value: str) -> str:
    try:
        return division_code(value)
    except IdentifierFault:
        fault = PydanticCustomError("configuration.division", "a division code has 6, 9 or 12 digits")
    raise fault


def _area(value: str) -> str:
    """Take a division with all that lies in it, in one spelling only: two could choose two profiles."""
    if not _AREA.fullmatch(value) or int(value[-3:] if len(value) > 6 else value[-2:]) == 0:
        raise PydanticCustomError(
            "configuration.area", "write a division's digits without the zeros that fill them up: 50, 5002, 500242 …"
        )
    return value


def _credit_code(value: str) -> str:
    try:
        return credit_code(value)
    except IdentifierFault:
        fault = PydanticCustomError("configuration.credit_code", "not a unified social credit code: check its digits")
    raise fault


def _phone(value: str) -> str:
    try:
        return phone(value)
    except IdentifierFault:
        fault = PydanticCustomError("configuration.phone", "not a telephone number")
    raise fault


def _day(value: object) -> object:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        fault = PydanticCustomError("configuration.day", "a day is written 2026-03-31")
    raise fault


def _several(value: object) -> object:
    return value if isinstance(value, list | tuple) else (value,)


def frozen(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(value))


def none() -> Mapping[str, Any]:
    return MappingProxyType({})


def _both_languages(value: object) -> object:
    return {"zh": value, "en": value} if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_as_text), Field(min_length=1, max_length=200)]
Name = Annotated[str, BeforeValidator(_as_text), AfterValidator(_name)]
Reference = Annotated[str, BeforeValidator(_as_text), AfterValidator(_reference)]
Phones = Annotated[
    tuple[Annotated[str, BeforeValidator(_as_text), AfterValidator(_phone)], ...], BeforeValidator(_several)
]
Division = Annotated[str, BeforeValidator(_as_text), AfterValidator(_division)]
Area = Annotated[str, BeforeValidator(_as_text), AfterValidator(_area)]
CreditCode = Annotated[str, BeforeValidator(_as_text), AfterValidator(_credit_code)]
Day = Annotated[date, BeforeValidator(_day)]
Codes = Annotated[tuple[Text, ...], BeforeValidator(_several), Field(min_length=1)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_several)]
HostKey = Annotated[str, Field(max_length=2000), AfterValidator(_host_key)]
Seconds = Annotated[float, Field(gt=0, le=600)]


class Title(Written):
    """What people call a partner. One text serves both languages."""

    zh: Text
    en: Text


class Timeouts(Written):
    """Seconds to wait for a connection, and for the whole answer once the request is sent."""

    connect: Seconds = 5.0
    answer: Seconds = 30.0


class BreakerRow(Written):
    """When the gateway stops pressing a partner that does not answer, and how long it waits before it asks again."""

    failures: Annotated[int, Field(ge=1, le=1000)] = 5
    first_wait: Seconds = 5.0
    longest_wait: Annotated[float, Field(gt=0, le=3600)] = 60.0


class QuotaRow(Written):
    """How many requests a partner may send: a second in the long run, at once, and in any day from the first one on.

    ``burst``: what may come at once after a rest, rounded up to whole seconds of the pace.
    """

    per_second: Annotated[float, Field(gt=0, le=100_000)] | None = None
    burst: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    per_day: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None

    @property
    def window(self) -> int:
        """Return the seconds over which the pace is kept."""
        pace = self.per_second or 1.0
        return max(1, ceil((self.burst or 1) / pace), ceil(1 / pace))

    @model_validator(mode="after")
    def _bursts_have_a_pace(self) -> Self:
        if self.burst is not None and self.per_second is None:
            raise PydanticCustomError("configuration.burst_without_pace", "a burst needs per_second beside it")
        return self


class ClientCertificate(Written):
    """Which client certificates a partner may call with, by digest or by subject (RFC 4514: ``CN=…,O=…,C=CN``).

    A subject means: any certificate of that subject that the proxy's certificate authority has issued.
    """

    sha256: tuple[Annotated[str, BeforeValidator(_as_text), AfterValidator(_certificate_digest)], ...] = ()
    subject: Annotated[tuple[Annotated[Text, AfterValidator(_subject)], ...], BeforeValidator(_several)] = ()

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if not self.sha256 and not self.subject:
            raise PydanticCustomError("configuration.no_certificate", "name a certificate: its sha256, or its subject")
        return self


class CanonicalDoor(Written):
    """How a partner that speaks the common language proves who it is.

    ``bearer_sha256`` are digests of its tokens; ``webhook_secrets`` are names in the row's ``secrets``, the first one
    signs, every one is accepted.
    """

    bearer_sha256: tuple[Annotated[str, BeforeValidator(_as_text), AfterValidator(_digest)], ...] = ()
    webhook_secrets: tuple[Text, ...] = ()


class SftpServerRow(Written):
    """The server on which a folder of a ferry lies, and how it and we prove who we are.

    ``host_key``: the public keys that the server may show; any other is refused. ``private_key`` and ``password`` are
    names in the row's ``secrets``, and one of them is given.
    """

    host: Annotated[Text, AfterValidator(_bare_host)]
    port: Annotated[int, Field(ge=1, le=65_535)] = 22
    user: Text
    host_key: Annotated[tuple[HostKey, ...], BeforeValidator(_several), Field(min_length=1)]
    private_key: Text | None = None
    password: Text | None = None

    @model_validator(mode="after")
    def _proves_itself_in_one_way(self) -> Self:
        if (self.private_key is None) == (self.password is None):
            raise PydanticCustomError("configuration.one_proof", "name one of the two: private_key or password")
        return self

    @property
    def secret(self) -> str:
        """Return the name of the secret that it is logged in with."""
        return self.private_key or self.password or ""


class FerryRow(Written):
    """Folders through which a partner is reached across one-way gates, in the place of an address.

    ``ours`` and ``theirs`` name the two ends in file names; ``key`` is the name of the secret that seals packages.
    ``incoming_server``, ``outgoing_server``: where the folders lie, when they are not on this machine or mounted on it.
    ``settle``: seconds for which a file that cannot be read stays as it is before it counts as no longer being
    written; ``again``: seconds after which what is missing is asked for again.
    """

    incoming: Annotated[Text, AfterValidator(_folder)]
    outgoing: Annotated[Text, AfterValidator(_folder)]
    incoming_server: SftpServerRow | None = None
    outgoing_server: SftpServerRow | None = None
    ours: Annotated[Text, AfterValidator(_end)] = "GW"
    theirs: Annotated[Text, AfterValidator(_end)]
    key: Text = "ferry_key"
    limit_mb: Annotated[int, Field(ge=1, le=64)] = 20
    settle: Annotated[float, Field(ge=0, le=86_400)] = 60.0
    again: Annotated[float, Field(gt=0, le=86_400)] = 600.0

    @property
    def secrets(self) -> Mapping[str, str]:
        """Return the names of the secrets that it needs, by the place where each is named."""
        servers = {"incoming_server": self.incoming_server, "outgoing_server": self.outgoing_server}
        return {"key": self.key, **{name: server.secret for name, server in servers.items() if server is not None}}


class PartnerRow(Written):
    """One partner: which adapter speaks to it, where, for whom it may act, and how patient the gateway is with it.

    ``concurrency``: deliveries under way at once, shared by the ``workers`` that may drain its lane at the same time
    (``slots``: never more than can have one each). ``pace``: deliveries a second at most. ``poll_every``: seconds
    between two polls of a partner that is polled.
    """

    partner: Name
    adapter: Text
    title: Annotated[Title, BeforeValidator(_both_languages)] | None = None
    base_url: Annotated[str, AfterValidator(_base_url)] | None = None
    ferry: FerryRow | None = None
    organisations: tuple[Text, ...] = ()
    settings: Annotated[Mapping[str, Any], AfterValidator(frozen), PlainSerializer(dict), Field(default_factory=none)]
    secrets: Annotated[
        Mapping[str, Reference], AfterValidator(frozen), PlainSerializer(dict), Field(default_factory=none)
    ]
    concurrency: Annotated[int, Field(ge=1, le=256)] = 8
    workers: Annotated[int, Field(ge=1, le=32)] = 1
    pace: Annotated[float, Field(gt=0, le=10_000)] | None = None
    poll_every: Annotated[float, Field(gt=0, le=86_400)] = 30.0
    breaker: BreakerRow = BreakerRow()
    timeouts: Timeouts = Timeouts()
    deadline_days: Annotated[float, Field(gt=0, le=90)] = 7
    in_doubt: InDoubt = "resend"
    attachment_hosts: tuple[Annotated[str, AfterValidator(_host)], ...] = ()
    attachment_limit_mb: Annotated[int, Field(ge=1, le=1024)] = 20
    canonical_door: CanonicalDoor | None = None
    client_certificate: ClientCertificate | None = None
    quota: QuotaRow | None = None

    @property
    def slots(self) -> int:
        """Return how many processes may drain its lane at once."""
        return min(self.workers, self.concurrency)

    def called(self, language: Language) -> str:
        """Return what people call the partner; its name where the row gives no title."""
        return getattr(self.title, language) if self.title else self.partner


class CopyRow(Written):
    """One subscription: who else gets these messages."""

    types: Annotated[tuple[Text, ...], BeforeValidator(_several), Field(min_length=1)]
    when_sender_partner: Text | None = None
    to: Text


class RoutesFile(Written):
    """``routes.yaml``."""

    copies: tuple[CopyRow, ...] = ()


class DivisionsFile(Written):
    """``divisions.yaml``: the names of divisions that GB/T 2260 does not have, by code."""

    divisions: Annotated[
        Mapping[Division, Text], AfterValidator(frozen), PlainSerializer(dict), Field(default_factory=none)
    ]
