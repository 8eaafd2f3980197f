"""Speak with one justice office's system: read its records, pushed or polled, and hand over records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from adapters.justice_office.acknowledgement import acknowledgement, refusal
from adapters.justice_office.frames import FRAMES
from adapters.justice_office.ledger import KIND, Line, staged
from adapters.justice_office.pull import Cursor, brought, read_answer
from adapters.justice_office.receipt import read_found, read_receipt
from adapters.justice_office.report import ledger, report
from adapters.justice_office.settings import SECRET, read_settings
from adapters.justice_office.signature import LEDGER_DOOR, Signature
from gateway.contract import (
    POLLED,
    Authentic,
    Batch,
    Exchange,
    Handed,
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
from gateway.wire import json_guard

DOOR = "/records"


class JusticeOffice:
    """JSON over REST with sorted-parameter signatures, pushed or polled; and its ledger as a workbook."""

    name: ClassVar[str] = "justice_office"
    inlines_up_to: ClassVar[int] = 8 * 1024 * 1024  # in base64 11 MB: what the offices' web servers let through
    recognises_resends: ClassVar[bool] = True

    def __init__(self, partner: Partner) -> None:
        self._partner = partner
        self._settings = read_settings(partner.settings)
        self.polls = self._settings.mode == "poll"

    def authenticate(self, request: Request) -> Authentic:
        """Verify the signature over the sorted parameters. Raises NotAuthentic."""
        return self._signature().verify(request, now=self._partner.now())

    def decode(self, request: Request) -> list[Record]:
        """Return the records of a batch; one that is broken comes as kind ``unreadable``. Raises Undecodable."""
        if request.method == POLLED:
            return read_answer(_bytes(request), settings=self._settings)
        if (request.method, request.path) == ("POST", LEDGER_DOOR):
            return [line.record for line in self._lines(request) if line.record is not None]
        if request.method != "POST" or request.path != DOOR:
            raise Undecodable("justice_office.no_such_door", door=DOOR)
        if self.polls:
            raise Undecodable("justice_office.is_polled")
        return FRAMES.read_records(FRAMES.read_batch(_bytes(request), max_records=self._settings.max_records))

    def acknowledge(self, request: Request, outcomes: Sequence[Outcome]) -> Response:
        """Answer what became of each record, by its place in the batch; of a ledger, in a workbook."""
        if request.path == LEDGER_DOOR:
            return report(self._lines(request), outcomes)
        return acknowledgement(FRAMES.batch_number(_bytes(request)), outcomes)

    def refuse(self, request: Request, error: GatewayError) -> Response:
        """Answer that the batch was not taken; its number is quoted where its bytes are worth reading."""
        unread = isinstance(error, NotAuthentic | Overloaded) or request.path == LEDGER_DOOR
        return refusal(None if unread else FRAMES.batch_number(_bytes(request)), error)

    def deliver(self, record: Record) -> Exchange[Receipt | Handed]:
        """Hand over one record. Raises TemporaryFailure or PermanentFailure."""
        try:
            body = json_guard.dumps(FRAMES.write_record(record))
        except Untranslatable as error:
            raise PermanentFailure(error.code, **error.facts) from error
        response = yield self._asked(self._settings.path, body)
        return read_receipt(response, sent=record, settings=self._settings, now=self._partner.now())

    def poll(self, cursor: str | None) -> Exchange[Batch]:
        """Fetch one page of what the office entered or changed since ``cursor``. Raises as ``deliver``."""
        asked = Cursor.read(cursor, overlap=self._settings.overlap)
        response = yield self._asked(self._settings.pull_path, asked.question(self._settings.page_size))
        read_found(response, settings=self._settings, now=self._partner.now())
        return brought(response.body, asked=asked, settings=self._settings, now=self._partner.now())

    def ledger_request(self, workbook: bytes) -> Request:
        """Return the request in which this office would upload a ledger."""
        return Request(method="POST", path=LEDGER_DOOR, body=workbook)

    def write_ledger(self, records: Sequence[Record]) -> bytes:
        """Return the ledger that holds these records; what is none of its rows is left out."""
        return ledger([record for record in records if record.kind == KIND], title="矛盾纠纷排查化解台账")

    def _lines(self, request: Request) -> list[Line]:
        settings = self._settings
        return staged(_bytes(request), more=settings.ledger_columns, max_rows=settings.max_ledger_rows)

    def _asked(self, path: str, body: bytes) -> Request:
        headers = {"content-type": "application/json; charset=utf-8", "accept": "application/json"}
        request = Request(method="POST", path=path, headers=headers, body=body)
        return self._signature().signed(request, now=self._partner.now(), nonce=self._partner.nonce())

    def _signature(self) -> Signature:
        try:
            return Signature(settings=self._settings, secret=self._partner.secret(SECRET))
        except KeyError:
            why = "the signature is made with this secret, and the partner row has none of that name"
            raise ConfigurationFault(file=None, line=None, field=f"secrets.{SECRET}", why=why) from None


def _bytes(request: Request) -> bytes:
    return request.body if isinstance(request.body, bytes) else b""
