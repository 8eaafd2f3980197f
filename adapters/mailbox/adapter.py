"""The mailbox's dialect: the common language both ways. Nothing is sent: whoever opens the mailbox is handed it.

records come in     POST /messages at the partner's own door, signed; or POST /v1/messages, as for everybody
records go out      deliver ─► Handed(receipt_due): the gateway asks it when the partner polls GET /v1/mailbox
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

from gateway.contract import Authentic, Exchange, Handed, Outcome, Partner, Receipt, Record, Request, Response
from gateway.errors import ConfigurationFault, NotAuthentic, Undecodable
from gateway.wire.canonical_dialect import CanonicalDialect, Proven

DOOR = "/messages"
SECRET = "webhook"  # noqa: S105  # its name in the row
MINUTES = "receipt_minutes"
LONGEST = 24 * 60


class Mailbox(CanonicalDialect):
    """One partner's mailbox; a secret ``webhook`` signs what comes in at its own door. ``receipt_minutes``: how long a
    message that was fetched may go without an acknowledgement before it is handed out again.
    """

    name: ClassVar[str] = "mailbox"
    canonical: ClassVar[bool] = True
    collected: ClassVar[bool] = True
    recognises_resends: ClassVar[bool] = True  # by the message's id

    def __init__(self, partner: Partner) -> None:
        super().__init__(partner, Proven(webhook_secrets=(SECRET,)))
        self._receipt_within = _receipt_within(partner.name, partner.settings)

    def authenticate(self, request: Request) -> Authentic:
        """Accept a Standard Webhooks signature. Raises NotAuthentic."""
        try:
            return super().authenticate(request)
        except KeyError:
            raise NotAuthentic("mailbox.no_secret") from None

    def decode(self, request: Request) -> list[Record]:
        """Return one record per message. Raises Undecodable."""
        if (request.method, request.path) != ("POST", DOOR):
            raise Undecodable("mailbox.door_unknown", door=DOOR)
        return super().decode(request)

    def acknowledge(self, request: Request, outcomes: Sequence[Outcome]) -> Response:
        """Answer what became of each message: word for word the same when it is sent again."""
        return super().acknowledge(request, [replace(outcome, repeated=False) for outcome in outcomes])

    def deliver(self, record: Record) -> Exchange[Receipt | Handed]:  # noqa: ARG002  # the contract's
        """Hand a message to whoever has opened the mailbox, and say until when its receipt is due."""
        yield from ()  # a generator, as the contract has it, and no request in it
        return Handed(receipt_due=self._partner.now() + self._receipt_within)


def _receipt_within(partner: str, settings: Mapping[str, Any]) -> timedelta:
    for name in sorted(set(settings) - {MINUTES}):
        raise ConfigurationFault(
            "mailbox.setting_unknown", partner=partner, field=f"settings.{name}"[:100], known=MINUTES
        )
    minutes = settings.get(MINUTES, 10)
    if isinstance(minutes, bool) or not isinstance(minutes, int) or not 1 <= minutes <= LONGEST:
        raise ConfigurationFault("mailbox.setting_wrong", partner=partner, field=f"settings.{MINUTES}")
    return timedelta(minutes=minutes)
