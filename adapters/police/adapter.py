"""Speak with the system of one police station: SOAP with the record as a text inside, or the same across a gate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from adapters.police.answers import acknowledgement, read_receipt, refusal
from adapters.police.envelope import NAMESPACE, OPERATION, charset_of, read_call, write_call
from adapters.police.settings import read_settings
from adapters.police.wire import LONGEST_KIND, read_document, write_document
from adapters.police.wsdl import description
from gateway.contract import (
    POLLED,
    Authentic,
    Exchange,
    Handed,
    Outcome,
    Partner,
    Receipt,
    Record,
    Request,
    Response,
)
from gateway.errors import GatewayError, PermanentFailure, Undecodable, Untranslatable
from gateway.wire import charsets, signing

DOOR = "/services/dispute"
WINDOW = timedelta(minutes=5)
KEY = "sign_key"
# HMAC-SM3 over "body=<SM3 of the body>&time=<milliseconds>".
RECIPE = signing.SortedParameters(algorithm="hmac-sm3")


class Police:
    """One police station; its secret is called ``sign_key``.

    Across a gate the same envelopes travel as files: a delivery is handed over there, and answered by a file later.
    """

    name: ClassVar[str] = "police"
    inlines_up_to: ClassVar[int] = 8 * 1024 * 1024  # base64 inside the record; their front servers cap calls at 20 MB
    recognises_resends: ClassVar[bool] = True  # by bwbh

    def __init__(self, partner: Partner) -> None:
        self._partner = partner
        self._settings = read_settings(partner.settings)

    def describe(self, request: Request) -> Response | None:
        """Return the WSDL where that is asked for."""
        if request.method != "GET" or request.path != DOOR or request.query.lower() not in ("wsdl", "singlewsdl"):
            return None
        base = self._settings.public_url or f"http://{request.headers.get('host', 'localhost')}"
        location = f"{base.rstrip('/')}/partners/{self._partner.name}{DOOR}"
        return Response(status=200, headers={"content-type": "text/xml; charset=utf-8"}, body=description(location))

    def authenticate(self, request: Request) -> Authentic:
        """Check the signature over the body, and the time it was made at. Raises NotAuthentic."""
        time, sign = (signing.header(request.headers, name) for name in ("x-ga-time", "x-ga-sign"))
        RECIPE.verify(_signed(_bytes(request), time), self._partner.secret(KEY), sign)
        signing.within(signing.moment(time), self._partner.now(), WINDOW)
        return Authentic(key_id=KEY)

    def decode(self, request: Request) -> list[Record]:
        """Return the one record of a call. Raises Undecodable."""
        if request.method != POLLED and (request.method, request.path) != ("POST", DOOR):
            raise Undecodable("police.no_such_door", door=DOOR)
        call = read_call(_bytes(request), declared=charset_of(request.headers))
        if len(call.kind) > LONGEST_KIND:
            raise Undecodable("police.not_a_call", field="jkid")
        return [read_document(call.document, kind=call.kind)]

    def acknowledge(self, request: Request, outcomes: Sequence[Outcome]) -> Response:  # noqa: ARG002  # the contract's
        """Answer what became of the record."""
        return acknowledgement(outcomes[0], charset=self._settings.charset)

    def refuse(self, request: Request, error: GatewayError) -> Response:  # noqa: ARG002  # the contract's
        """Answer that the call was not taken, and why."""
        return refusal(error, charset=self._settings.charset)

    def deliver(self, record: Record) -> Exchange[Receipt | Handed]:
        """Hand over one record. Raises TemporaryFailure or PermanentFailure."""
        try:
            body = self._called(record)
        except Untranslatable as error:
            raise PermanentFailure(error.code, **error.facts) from error
        now = self._partner.now()
        time = str(int(now.timestamp() * 1000))
        headers = {
            "content-type": f"text/xml; charset={self._settings.charset}",
            "soapaction": f'"{NAMESPACE}#{OPERATION}"',
            "x-ga-time": time,
            "x-ga-sign": RECIPE.sign(_signed(body, time), self._partner.secret(KEY)),
            "idempotency-key": record.id,
        }
        response = yield Request(method="POST", path=self._settings.path, headers=headers, body=body)
        if self._settings.carrier == "ferry" and response.status == 202:
            return Handed(receipt_due=now + timedelta(hours=self._settings.receipt_within_hours))
        return read_receipt(response, sent=record, settings=self._settings, now=now)

    def receipt(self, answer: bytes) -> Receipt:
        """Read an answer that came as a file. Raises TemporaryFailure or PermanentFailure."""
        response = Response(status=200, body=answer)
        return read_receipt(response, sent=None, settings=self._settings, now=self._partner.now())

    def _called(self, record: Record) -> bytes:
        settings = self._settings
        document = write_document(record, charset=settings.charset)
        if settings.missing == "reference":
            # Inside a text every XML reader resolves a reference, whatever its charset: the agreed way around it.
            document = document.encode(settings.charset, "xmlcharrefreplace").decode(settings.charset)
        charsets.encode(document, settings.charset)
        return write_call(
            document, kind=record.kind, system=settings.system, caller=settings.caller,
            charset=settings.charset, url_encoded=settings.url_encoded,
        )  # fmt: skip


def _signed(body: bytes, time: str) -> dict[str, signing.Value]:
    return {"body": signing.digest("sm3", body).hex(), "time": time}


def _bytes(request: Request) -> bytes:
    return request.body if isinstance(request.body, bytes) else b""
