"""What an administrator writes: one frozen model for each kind of file in the configuration folder.

    partners/<name>.yaml   PartnerRow          organisations.yaml   OrganisationsFile, in directory_rows.py
    routes.yaml            RoutesFile          divisions.yaml       DivisionsFile
    profiles.yaml          ProfilesFile, in profile_rows.py
    directory.yaml         DirectoryFile, in directory_rows.py
    calendar.yaml          CalendarFile, in calendar.py

Mappings and code tables (``mappings/``, ``codes/``) belong to ``gateway.mapping``. A model refuses what it does not
know; whether the names in it exist is the business of ``check``. What a single value may be stands in written.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, model_validator
from pydantic_core import PydanticCustomError

from gateway.configuration.written import (
    BareHost,
    BaseUrl,
    CertificateDigest,
    Codes,
    Division,
    End,
    Folder,
    Host,
    HostKeys,
    Name,
    Reference,
    Seconds,
    Subjects,
    Text,
    TokenDigest,
    Written,
    frozen,
    none,
)
from gateway.texts import Language

InDoubt = Literal["resend", "wait"]


def _both_languages(value: object) -> object:
    return {"zh": value, "en": value} if isinstance(value, str) else value


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

    sha256: tuple[CertificateDigest, ...] = ()
    subject: Subjects = ()

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

    bearer_sha256: tuple[TokenDigest, ...] = ()
    webhook_secrets: tuple[Text, ...] = ()


class SftpServerRow(Written):
    """The server on which a folder of a ferry lies, and how it and we prove who we are.

    ``host_key``: the public keys that the server may show; any other is refused. ``private_key`` and ``password`` are
    names in the row's ``secrets``, and one of them is given.
    """

    host: BareHost
    port: Annotated[int, Field(ge=1, le=65_535)] = 22
    user: Text
    host_key: HostKeys
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

    incoming: Folder
    outgoing: Folder
    incoming_server: SftpServerRow | None = None
    outgoing_server: SftpServerRow | None = None
    ours: End = "GW"
    theirs: End
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
    base_url: BaseUrl | None = None
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
    attachment_hosts: tuple[Host, ...] = ()
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

    types: Codes
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
