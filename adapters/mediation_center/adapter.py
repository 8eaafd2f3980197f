"""Speak with one local mediation centre: verify and read its batches, sign and hand over records for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import ClassVar

from adapters.mediation_center.acknowledgement import acknowledgement, refusal
from adapters.mediation_center.holdings import Gathered
from adapters.mediation_center.receipt import read_found, read_receipt
from adapters.mediation_center.settings import read_settings
from adapters.mediation_center.wire import FRAMES
from gateway.contract import (
    Authentic,
    Exchange,
    Handed,
    Holdings,
    Outcome,
    Partner,
    Receipt,
    Record,
    Request,
    Response,
)
from gateway.errors import (
    ConfigurationFault,
    GatewayError,
    NotAuthentic,
    Overloaded,
    PermanentFailure,
    Undecodable,
    Untranslatable,
)
from gateway.wire import json_guard, standard_webhooks

DOOR = "/events"
WINDOW = timedelta(seconds=300)


class MediationCenter:
    """JSON over REST with Standard Webhooks signatures in both directions.

    A retry carries the webhook-id of its first attempt by design, so that id is no nonce: what stops a replay is the
    time window, and within it the record ids, by which the journal gives the first answer again.
    """

    name: ClassVar[str] = "mediation_center"
    inlines_up_to: ClassVar[int] = 8 * 1024 * 1024  # in base64 11 MB: what the centres' web servers let through
    recognises_resends: ClassVar[bool] = True

    def __init__(self, partner: Partner) -> None:
        self._partner = partner
        self._settings = read_settings(partner.settings)
        self.cannot_reconcile = None if self._settings.reconciles else "mediation_center.does_not_reconcile"

    def authenticate(self, request: Request) -> Authentic:
        """Verify the signature against every secret in use. Raises NotAuthentic."""
        names = self._settings.secret_names
        secrets = [self._secret(name) for name in names]
        body, now = _bytes(request), self._partner.now()
        try:
            verified = standard_webhooks.verify(secrets, request.headers, body, now, WINDOW)
        except ValueError:
            raise _unusable(names) from None
        return Authentic(key_id=names[verified.secret_index])

    def decode(self, request: Request) -> list[Record]:
        """Return the records of a batch; one that is broken comes as kind ``unreadable``. Raises Undecodable."""
        if request.method != "POST" or request.path.strip("/") != DOOR.strip("/"):
            raise Undecodable("mediation_center.no_such_door", door=DOOR)
        return FRAMES.read_records(FRAMES.read_batch(_bytes(request), max_records=self._settings.max_records))

    def acknowledge(self, request: Request, outcomes: Sequence[Outcome]) -> Response:
        """Answer what became of each record, by its place in the batch."""
        return acknowledgement(FRAMES.batch_number(_bytes(request)), outcomes)

    def refuse(self, request: Request, error: GatewayError) -> Response:
        """Answer that the batch was not taken; its number is quoted where its bytes are worth reading."""
        unread = isinstance(error, NotAuthentic | Overloaded)
        return refusal(None if unread else FRAMES.batch_number(_bytes(request)), error)

    def deliver(self, record: Record) -> Exchange[Receipt | Handed]:
        """Hand over one record. Raises TemporaryFailure or PermanentFailure."""
        try:
            body = json_guard.dumps(FRAMES.write_record(record))
        except Untranslatable as error:
            raise PermanentFailure(error.code, **error.facts) from error
        response = yield self._signed(self._settings.path, record.id, body)
        return read_receipt(response, sent=record, settings=self._settings, now=self._partner.now())

    def digest_of(self, record: Record) -> str | None:  # noqa: ARG002  # the contract's
        """Return None: a centre's list has ids and no digests."""
        return None

    def holdings(self, day: date) -> Exchange[Holdings]:
        """Fetch the centre's list of what it received on ``day``, page by page. Raises as ``deliver``."""
        gathered = Gathered(day=day)
        while not gathered.complete:
            response = yield self._signed(self._settings.holdings_path, self._partner.nonce(), gathered.question)
            gathered.add(read_found(response, settings=self._settings, now=self._partner.now()))
        return gathered.holdings()

    def _signed(self, path: str, webhook_id: str, body: bytes) -> Request:
        now = self._partner.now()
        names = self._settings.signing_names
        try:
            signatures = [standard_webhooks.sign(self._secret(name), webhook_id, now, body) for name in names]
        except ValueError:
            raise _unusable(names) from None
        headers = {
            "content-type": "application/json; charset=utf-8",
            "accept": "application/json",
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }
        return Request(method="POST", path=path, headers=headers, body=body)

    def _secret(self, name: str) -> str:
        try:
            return self._partner.secret(name)
        except KeyError:
            why = "the adapter's settings name this secret, and the partner row has none of that name"
            raise ConfigurationFault(file=None, line=None, field=f"secrets.{name}", why=why) from None


def _bytes(request: Request) -> bytes:
    return request.body if isinstance(request.body, bytes) else b""


def _unusable(names: Sequence[str]) -> ConfigurationFault:
    fields = ", ".join(f"secrets.{name}" for name in names)
    return ConfigurationFault(file=None, line=None, field=fields, why="a webhook secret is base64 after whsec_")
