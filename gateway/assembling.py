"""Put the running partners of a revision together: adapter, transport, session and pace, from each partner's row."""

from __future__ import annotations

import importlib.util
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gateway import configuration
from gateway.configuration import FerryRow, Finding, PartnerRow, Revision, SftpServerRow, secrets_of
from gateway.contract import Adapter, MemorySession, Partner, is_canonical, is_collected
from gateway.crossing import Crossing, Ran
from gateway.errors import ConfigurationFault
from gateway.opening import Store
from gateway.pace import Pace
from gateway.posts import Post, system_of
from gateway.settings import Settings
from gateway.store import sessions
from gateway.transports.ferry import Ends, Folder, LocalFolder
from gateway.transports.http import HttpTransport, Timeouts
from gateway.wire.canonical_dialect import CanonicalDialect

if TYPE_CHECKING:
    from gateway.transports.ferry.sftp import SftpServer

Adapters = Mapping[str, type[Adapter]]
Secret = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembling:
    """Make posts. ``folder``: where the configuration lies, for secrets in files beside it."""

    adapters: Adapters
    store: Store
    folder: Path
    now: Callable[[], datetime]
    ran: Ran

    def posts(self, revision: Revision, before: Mapping[str, Post]) -> tuple[dict[str, Post], dict[str, Post]]:
        """Return the partners of a revision and their doors for the common language.

        A partner that stays (``before``) keeps its session. Raises ConfigurationFault where an adapter objects.
        """
        context = ssl.create_default_context()
        posts, doors = {}, {}
        for name, row in revision.partners.items():
            posts[name] = self._post(revision, row, context, before.get(name))
            if row.canonical_door is not None:
                doors[name] = self._door(revision, row)
        return posts, doors

    def _session_of(self, row: PartnerRow, before: Post | None) -> MemorySession:
        """Return what is remembered of a partner's system, also from before a reload or a restart."""
        if before is not None and before.system == system_of(row):
            return before.session
        session = MemorySession(self.now)
        with self.store.engine.connect() as connection:
            sessions.load(connection, self.store.cipher, row.partner, system_of(row), session)
        return session

    def _post(self, revision: Revision, row: PartnerRow, context: ssl.SSLContext, before: Post | None) -> Post:
        session = self._session_of(row, before)
        partner = self._partner(row, session)
        transport = None
        if row.base_url is not None:
            transport = HttpTransport(
                base_url=row.base_url,
                ssl_context=context,
                connections=row.concurrency,
                timeouts=Timeouts(connect=row.timeouts.connect, answer=row.timeouts.answer),
                documents=self.store.documents.astream,
            )
        return Post(
            name=row.partner,
            row=row,
            revision=revision,
            adapter=self.adapters[row.adapter](partner),
            transport=transport,
            crossing=None if row.ferry is None else self._crossing(row, row.ferry),
            session=session,
            canonical=is_canonical(self.adapters[row.adapter]),
            pace=before.pace if before is not None and before.row.pace == row.pace else Pace(row.pace),
        )

    def _crossing(self, row: PartnerRow, ferry: FerryRow) -> Crossing:
        secret = secrets_of(row, base=self.folder)
        for place, name in ferry.secrets.items():
            if name not in row.secrets:
                why = "the row has no secret of that name"
                raise ConfigurationFault(file=None, line=None, field=f"ferry.{place}", why=why)
        incoming, outgoing = folders_of(row, ferry, secret)
        return Crossing(
            partner=row.partner,
            ends=Ends(
                ours=ferry.ours, theirs=ferry.theirs, key=secret(ferry.key).encode(), limit=ferry.limit_mb * 1024 * 1024
            ),
            incoming=incoming,
            outgoing=outgoing,
            ran=self.ran,
            cipher=self.store.cipher,
            now=self.now,
            settle=ferry.settle,
            again=ferry.again,
        )

    def _door(self, revision: Revision, row: PartnerRow) -> Post:
        partner = self._partner(row, MemorySession(self.now))
        dialect = CanonicalDialect(partner, row.canonical_door)
        return Post(name=row.partner, row=row, revision=revision, adapter=dialect, canonical=True)

    def _partner(self, row: PartnerRow, session: MemorySession) -> Partner:
        secret = secrets_of(row, base=self.folder)
        return Partner(name=row.partner, settings=row.settings, secret=secret, session=session, now=self.now)


def load_revision(settings: Settings, adapters: Adapters) -> Revision:
    """Read the configuration folder. Raises ConfigurationFault for the first thing wrong in form or in sense."""
    revision = configuration.load(settings.config_folder, configuration.shipped_files())
    for finding in examined(revision, adapters, settings.config_folder):
        if finding.level == "error":
            raise finding.fault()
    return revision


def examined(revision: Revision, adapters: Adapters, folder: Path) -> list[Finding]:
    """Return what is wrong or doubtful in a revision, errors first: also what the adapters say of their settings."""
    return configuration.check(
        revision,
        adapters,
        without_address=[name for name, adapter in adapters.items() if is_collected(adapter)],
        try_settings=lambda row: try_row(row, adapters),
        base=folder,
    )


def try_row(row: PartnerRow, adapters: Adapters) -> None:
    """Raise ConfigurationFault for what a row's adapter objects to, or for an extra that it needs."""
    adapters[row.adapter](Partner(name=row.partner, settings=row.settings, secret=lambda _: "not read here"))
    if row.ferry is not None:
        for place in row.ferry.secrets.keys() - {"key"}:
            _require_sftp(f"ferry.{place}")


def folders_of(row: PartnerRow, ferry: FerryRow, secret: Secret) -> tuple[Folder, Folder]:
    """Return the incoming and the outgoing folder; on one server over one connection. Raises ConfigurationFault."""
    servers: dict[SftpServerRow, SftpServer] = {}

    def folder(path: str, place: str, server: SftpServerRow | None) -> Folder:
        if server is None:
            return LocalFolder(Path(path))
        _require_sftp(f"ferry.{place}")
        from gateway.transports.ferry.sftp import SftpFolder  # noqa: PLC0415  # asyncssh is an extra

        return SftpFolder(servers.setdefault(server, _server(row, server, secret)), path)

    return (
        folder(ferry.incoming, "incoming_server", ferry.incoming_server),
        folder(ferry.outgoing, "outgoing_server", ferry.outgoing_server),
    )


def _require_sftp(field: str) -> None:
    """Raise ConfigurationFault, naming the field that needs it, where the extra for SFTP is missing."""
    if importlib.util.find_spec("asyncssh") is None:
        raise ConfigurationFault("configuration.extra_missing", extra="sftp", field=field)


def _server(row: PartnerRow, server: SftpServerRow, secret: Secret) -> SftpServer:
    from gateway.transports.ferry.sftp import Access, SftpServer  # noqa: PLC0415  # asyncssh is an extra

    private_key, password = server.private_key, server.password
    access = Access(
        host=server.host,
        port=server.port,
        user=server.user,
        host_keys=server.host_key,
        private_key=None if private_key is None else lambda: secret(private_key),
        password=None if password is None else lambda: secret(password),
        connect=row.timeouts.connect,
        answer=row.timeouts.answer,
        first_wait=row.breaker.first_wait,
        longest_wait=row.breaker.longest_wait,
    )
    return SftpServer(access)
