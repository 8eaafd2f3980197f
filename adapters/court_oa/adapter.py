"""The adapter of a court's office system: its contract methods, each one a line or two of verbs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from adapters.court_oa.answers import acknowledgement, refusal
from adapters.court_oa.conversation import Conversation
from adapters.court_oa.settings import MOST_INLINE, read_settings
from adapters.court_oa.signature import Signer
from adapters.court_oa.wire import read_record
from gateway.contract import Authentic, Exchange, Outcome, Partner, Receipt, Record, Request, Response
from gateway.errors import GatewayError


class CourtOa:
    """One office system; settings in ``settings.py``, its secrets are named in ``signature.py``."""

    name: ClassVar[str] = "court_oa"
    inlines_up_to: ClassVar[int] = MOST_INLINE  # the row says how much of that travels inside; the rest is uploaded
    recognises_resends: ClassVar[bool] = True  # by message number

    def __init__(self, partner: Partner) -> None:
        settings = read_settings(partner.settings)
        self._partner = partner
        self._signer = Signer(
            app_id=settings.app_id,
            algorithm=settings.sign_algorithm,
            secret=partner.secret,
        )
        self._conversation = Conversation(partner, settings, self._signer)

    def authenticate(self, request: Request) -> Authentic:
        """Check the signature, its time window and the form of its nonce. Raises NotAuthentic."""
        return self._signer.verify(request, now=self._partner.now())

    def decode(self, request: Request) -> list[Record]:
        """Return the one record of a message. Raises Undecodable."""
        return [read_record(request)]

    def acknowledge(self, request: Request, outcomes: Sequence[Outcome]) -> Response:  # noqa: ARG002  # the contract's
        """Answer what became of the message, in HTTP 200 as the OA does."""
        return acknowledgement(outcomes[0])

    def refuse(self, request: Request, error: GatewayError) -> Response:  # noqa: ARG002  # the contract's
        """Answer that the message was not taken, and why."""
        return refusal(error)

    def deliver(self, record: Record) -> Exchange[Receipt]:
        """Upload, submit. Raises TemporaryFailure or PermanentFailure."""
        return self._conversation.submit(record)

    def confirm(self, record: Record) -> Exchange[Receipt | None]:
        """Ask whether the OA has ``record``. Raises as ``deliver``."""
        return self._conversation.ask(record)
