"""The toy's contract methods: who sent this letter, what is in it, what we answer, and how we hand one over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from gateway.contract import Authentic, Exchange, Handed, Outcome, Partner, Receipt, Record, Request, Response
from gateway.errors import GatewayError, PermanentFailure, Undecodable, Untranslatable
from gateway.wire import signing
from tests.toy.answers import acknowledgement, read_answer, refusal
from tests.toy.wire import read_letter, write_letter

DOOR = "/letters"
WINDOW = timedelta(minutes=5)
# The seal is SM3 over "body=<SM3 of the body>&time=<seconds>&token=<the shared token>".
RECIPE = signing.SortedParameters(algorithm="sm3", secret="parameter", secret_name="token")


class Toy:
    """One post office; its secret is called ``token``, and it has no settings."""

    name: ClassVar[str] = "toy"
    inlines_up_to: ClassVar[int] = 1024 * 1024  # enclosures travel as base64 inside the letter
    recognises_resends: ClassVar[bool] = True  # by the letter's number

    def __init__(self, partner: Partner) -> None:
        self._partner = partner

    def authenticate(self, request: Request) -> Authentic:
        """Check the seal and the time it was made at. Raises NotAuthentic."""
        time, seal = (signing.header(request.headers, name) for name in ("x-time", "x-seal"))
        RECIPE.verify(_sealed(_bytes(request), time), self._partner.secret("token"), seal)
        signing.within(signing.moment(time), self._partner.now(), WINDOW)
        return Authentic(key_id="token")

    def decode(self, request: Request) -> list[Record]:
        """Return the one record of a letter. Raises Undecodable."""
        if (request.method, request.path) != ("POST", DOOR):
            raise Undecodable
        return [read_letter(_bytes(request))]

    def acknowledge(self, request: Request, outcomes: Sequence[Outcome]) -> Response:
        """Answer what became of the letter."""
        return acknowledgement(outcomes[0])

    def refuse(self, request: Request, error: GatewayError) -> Response:
        """Answer that the letter was not taken, and why."""
        return refusal(error)

    def deliver(self, record: Record) -> Exchange[Receipt | Handed]:
        """Post a letter. Raises TemporaryFailure or PermanentFailure."""
        try:
            body = write_letter(record)
        except Untranslatable as error:
            raise PermanentFailure(error.code, **error.facts) from error
        time = str(int(self._partner.now().timestamp()))
        seal = RECIPE.sign(_sealed(body, time), self._partner.secret("token"))
        headers = {"content-type": "application/xml; charset=gb18030", "x-time": time, "x-seal": seal}
        response = yield Request(method="POST", path=DOOR, headers=headers, body=body)
        return read_answer(response, self._partner.now())


def _sealed(body: bytes, time: str) -> dict[str, signing.Value]:
    return {"body": signing.digest("sm3", body).hex(), "time": time}


def _bytes(request: Request) -> bytes:
    return request.body if isinstance(request.body, bytes) else b""
