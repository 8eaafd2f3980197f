"""One running partner: its row in the active revision, its adapter, its transport and its mappings, put together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway.canonical.identifiers import uuid7_of
from gateway.canonical.messages import Message
from gateway.configuration import PartnerRow, Revision
from gateway.contract import Adapter, MemorySession, Record, is_collected
from gateway.crossing import Crossing
from gateway.errors import NotFound
from gateway.mapping import Reading, Writing, read_canonical, write_canonical
from gateway.pace import Pace
from gateway.store.times import millis
from gateway.transports.exchange import Transport
from gateway.transports.http import HttpTransport


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What the two halves need to know of one partner. ``canonical``: it speaks our own language at this door."""

    name: str
    row: PartnerRow
    revision: Revision
    adapter: Adapter = field(repr=False)
    transport: HttpTransport | None = field(default=None, repr=False)
    crossing: Crossing | None = field(default=None, repr=False)
    session: MemorySession = field(default_factory=MemorySession, repr=False)
    canonical: bool = False
    pace: Pace = field(default_factory=lambda: Pace(None), repr=False)

    @property
    def system(self) -> str:
        """Return what tells the partner's system from another one."""
        return system_of(self.row)

    @property
    def carrier(self) -> Transport | None:
        """Return what carries deliveries: the ferry where there is one, else HTTP."""
        return self.crossing or self.transport

    @property
    def held_open(self) -> tuple[Transport, ...]:
        """Return what is to be closed when the partner is no longer carried to in this way."""
        return tuple(each for each in (self.transport, self.crossing) if each is not None)

    @property
    def collected(self) -> bool:
        """Say whether the partner fetches what is due to it: nobody calls it, and its lane is its mailbox."""
        return is_collected(self.adapter)

    def read(self, record: Record, base: Mapping[str, Any]) -> Reading:
        """Turn the partner's record into a message, or say why not."""
        if self.canonical:
            return read_canonical(record, base=base)
        mappings = self.revision.mappings
        return mappings.read(self.row.adapter, self.name, record, directory=self.revision.directory, base=base)

    def carries(self, message: Message) -> bool:
        """Say whether the partner's mappings have a record for such a message."""
        mappings = self.revision.mappings
        return self.canonical or mappings.writer(self.row.adapter, self.name, message) is not None

    def message_id(self, record: Record, message: Message) -> str:
        """Return the id of a record's message: the same whenever it is read, also by a gateway restored from a backup.

        So what its sender has to send again is to the receivers what it was: a message that they have.
        """
        return uuid7_of(millis(message.time), self.name, record.kind, record.id, record.version or "")

    def write(self, message: Message) -> Writing:
        """Turn a message into the partner's record. Raises Untranslatable."""
        if self.canonical:
            return write_canonical(message)
        mappings = self.revision.mappings
        return mappings.write(self.row.adapter, self.name, message, directory=self.revision.directory)


class Posts(Protocol):
    """The running partners of the active revision."""

    def post(self, name: str) -> Post:
        """Return a partner by name. Raises NotFound."""

    def canonical_post(self, name: str) -> Post:
        """Return a partner's door for our own language. Raises NotFound."""


def system_of(row: PartnerRow) -> str:
    """Return what tells the system of a row from another one: a session with one is never shown to the other."""
    return json.dumps([row.adapter, row.base_url, dict(row.settings)], sort_keys=True, default=str)


def unknown_partner(name: str) -> NotFound:
    """Return the error for a partner that the active revision does not have."""
    return NotFound("partner.unknown", partner=name[:64])
