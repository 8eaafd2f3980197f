"""The two dialects of the comparison: the harness's case record comes in signed, and goes out signed to its sink.

POST /partners/register/cases    x-time, x-nonce, x-signature: HMAC-SHA256 over time, nonce and body
◄── 202 {"receipt": …}           after the commit
POST <sink>                      the other partner's record, signed with its own secret ──► 200 {"ok": true}
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from gateway.contract import Adapter, Authentic, Exchange, Outcome, Partner, Receipt, Record, Request, Response
from gateway.errors import GatewayError, NotAuthentic, PermanentFailure, TemporaryFailure, Undecodable
from gateway.wire import json_guard, signing

KEY = "shared"
WINDOW = timedelta(minutes=30)  # a long one: a whole phase is signed before it begins


class _Case:
    """What both have in common: where they are told of their partner, and how a body is signed."""

    inlines_up_to: ClassVar[int] = 0
    recognises_resends: ClassVar[bool] = True  # by the case's number

    def __init__(self, partner: Partner) -> None:
        self._partner = partner

    def authenticate(self, request: Request) -> Authentic:
        """Check the signature and its time. Raises NotAuthentic."""
        time, nonce, given = (signing.header(request.headers, name) for name in ("x-time", "x-nonce", "x-signature"))
        if not signing.same(signature(self._partner.secret(KEY), time, nonce, _bytes(request)), given):
            raise NotAuthentic("auth.signature_mismatch")
        stated = signing.moment(time)
        signing.within(stated, self._partner.now(), WINDOW)
        return Authentic(key_id=KEY, nonce=nonce, nonce_expires=stated + WINDOW)

    def decode(self, request: Request) -> list[Record]:
        """Return the one record of a request, its parties as a list, named in the consents. Raises Undecodable."""
        said = json_guard.loads(_bytes(request))
        if not isinstance(said, dict) or not isinstance(said.get("case_id"), str):
            raise Undecodable
        roles = ("applicant", "respondent")
        parties = [{"role": role, **said.pop(role, {})} for role in roles]
        names = {party["role"]: party.get("name") for party in parties}
        consents = [{**each, "party": names.get(each["party"])} for each in said.pop("consents", ())]
        return [Record(kind="case", id=said["case_id"], fields={**said, "parties": parties, "consents": consents})]

    def acknowledge(self, request: Request, outcomes: Sequence[Outcome]) -> Response:
        """Answer 202 for what was taken, 422 for what was not."""
        del request
        return _answer(
            202 if outcomes[0].fate == "accepted" else 422,
            {"receipt": outcomes[0].receipt_id, "fate": outcomes[0].fate, "code": outcomes[0].code},
        )

    def refuse(self, request: Request, error: GatewayError) -> Response:
        """Answer that the request was not taken."""
        del request
        return _answer(400, {"code": error.code})

    def deliver(self, record: Record) -> Exchange[Receipt]:
        """Post a record. Raises TemporaryFailure or PermanentFailure."""
        body, now = json_guard.dumps(record.fields), self._partner.now()
        response = yield Request(method="POST", path="", headers=signed(self._partner, body, now), body=body)
        if response.status >= 500:
            raise TemporaryFailure
        if response.status != 200 or json_guard.loads(response.body).get("ok") is not True:
            raise PermanentFailure
        return Receipt(record_id=record.id)


class CaseRegister(_Case):
    """Where the records come from."""

    name: ClassVar[str] = "case_register"


class CaseReceiver(_Case):
    """Where they go."""

    name: ClassVar[str] = "case_receiver"


ADAPTERS: Mapping[str, type[Adapter]] = {"case_register": CaseRegister, "case_receiver": CaseReceiver}


def signature(secret: str, time: str, nonce: str, body: bytes) -> str:
    """Return the signature of a body."""
    return hmac.digest(secret.encode(), f"{time}\n{nonce}\n".encode() + body, hashlib.sha256).hex()


def signed(partner: Partner, body: bytes, now: datetime) -> dict[str, str]:
    """Return the headers of a signed request."""
    time, nonce = str(int(now.timestamp() * 1000)), partner.nonce()
    proof = signature(partner.secret(KEY), time, nonce, body)
    return {"content-type": "application/json", "x-time": time, "x-nonce": nonce, "x-signature": proof}


def _answer(status: int, said: Mapping[str, Any]) -> Response:
    return Response(status=status, headers={"content-type": "application/json"}, body=json_guard.dumps(said))


def _bytes(request: Request) -> bytes:
    return request.body if isinstance(request.body, bytes) else b""
