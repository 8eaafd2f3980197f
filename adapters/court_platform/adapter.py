"""The adapter of the court mediation platform: its contract methods, each one a line or two of verbs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import ClassVar

from adapters.court_platform.answers import acknowledgement, refusal
from adapters.court_platform.conversation import Conversation
from adapters.court_platform.holdings import digest_of
from adapters.court_platform.settings import read_settings
from adapters.court_platform.signature import Signer
from adapters.court_platform.wire import read_record
from gateway.contract import Authentic, Exchange, Holdings, Outcome, Partner, Receipt, Record, Request, Response
from gateway.errors import GatewayError


class CourtPlatform:
    """One court platform; settings in ``settings.py``, its secret is called ``app_secret``."""

    name: ClassVar[str] = "court_platform"
    inlines_up_to: ClassVar[int] = 0  # attachments are uploaded by the transport, from where they are kept
    recognises_resends: ClassVar[bool] = True  # by message number

    def __init__(self, partner: Partner) -> None:
        settings = read_settings(partner.name, partner.settings)
        self._partner = partner
        self.cannot_reconcile = None if settings.reconciles else "court_platform.does_not_reconcile"
        self._signer = Signer(
            app_id=settings.app_id, algorithm=settings.sign_algorithm, secret=partner.secret("app_secret")
        )
        self._conversation = Conversation(partner, settings, self._signer)

    def authenticate(self, request: Request) -> Authentic:
        """Check the signature, its time window and the form of its nonce. Raises NotAuthentic."""
        return self._signer.verify(request, now=self._partner.now())

    def decode(self, request: Request) -> list[Record]:
        """Return the one record of a push. Raises Undecodable."""
        return [read_record(request)]

    def acknowledge(self, request: Request, outcomes: Sequence[Outcome]) -> Response:  # noqa: ARG002  # the contract's
        """Answer what became of the record, in HTTP 200 as the platform does."""
        return acknowledgement(outcomes[0])

    def refuse(self, request: Request, error: GatewayError) -> Response:  # noqa: ARG002  # the contract's
        """Answer that the request was not taken, and why."""
        return refusal(error)

    def deliver(self, record: Record) -> Exchange[Receipt]:
        """Fetch a token, upload, submit. Raises TemporaryFailure or PermanentFailure."""
        return self._conversation.submit(record)

    def confirm(self, record: Record) -> Exchange[Receipt | None]:
        """Ask whether the platform has ``record``. Raises as ``deliver``."""
        return self._conversation.ask(record)

    def digest_of(self, record: Record) -> str | None:
        """Return the digest that the platform reports of ``record``, hexadecimal."""
        return digest_of(record)

    def holdings(self, day: date) -> Exchange[Holdings]:
        """Fetch the platform's list of what it received on ``day``, page by page. Raises as ``deliver``."""
        return self._conversation.list_holdings(day)
