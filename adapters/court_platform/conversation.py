"""What is said to the platform, in order: fetch a token, upload each attachment, submit the record.

POST /oauth/token   ─► {accessToken, expiresIn}        kept in the session until shortly before it expires
POST /api/files     ─► {clbh}                          kept too: a redelivery does not upload again
POST /api/records   ─► {ajbh, lsh}                     the platform's own ids: the receipt
GET  /api/records/… ─► {ajbh, lsh}                     did you get it?
GET  /api/holdings  ─► {rq, zs, zys, jl}               what did you get on a day? page by page
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from adapters.court_platform.answers import Answer, read_answer
from adapters.court_platform.holdings import Gathered, query_for
from adapters.court_platform.settings import Settings
from adapters.court_platform.signature import Signer
from adapters.court_platform.wire import write_record
from gateway.contract import Attachment, Exchange, Holdings, Part, Partner, Receipt, Record, Request
from gateway.errors import GatewayError, PermanentFailure, TemporaryFailure, Untranslatable
from gateway.wire import json_guard

_TOKEN = "access_token"  # noqa: S105  # the name it has in the session
_JSON = {"content-type": "application/json; charset=utf-8"}
_FIELD_PATH = re.compile(r"[\w.\[\]]{1,100}", re.ASCII)
_LONG_NUMBER = re.compile(r"[0-9Xx*]{6,}")


class Conversation:
    """One exchange with the platform; it holds nothing that the session does not hold."""

    def __init__(self, partner: Partner, settings: Settings, signer: Signer) -> None:
        self._partner = partner
        self._settings = settings
        self._signer = signer

    def submit(self, record: Record) -> Exchange[Receipt]:
        """Upload what is not there yet, then submit. Raises TemporaryFailure or PermanentFailure."""
        files: dict[str, str] = {}
        for attachment in record.attachments:
            files[attachment.id] = yield from self._upload(record, attachment)
        answer = yield from self._call(_submission(record, files))
        if answer.meaning == "files":
            self._forget_files(record)
            raise TemporaryFailure("court_platform.files_forgotten", answer=answer.code)
        if answer.meaning not in ("done", "repeated"):
            raise _failure(answer, record)
        self._forget_files(record)
        return _receipt(answer, record, already_received=answer.meaning == "repeated")

    def ask(self, record: Record) -> Exchange[Receipt | None]:
        """Ask for the receipt of ``record``; None where the platform has none. Raises as ``submit``."""
        answer = yield from self._call(Request(method="GET", path=f"/api/records/{record.id}"))
        if answer.meaning == "absent":
            return None
        if answer.meaning not in ("done", "repeated"):
            raise _failure(answer, record)
        return _receipt(answer, record, already_received=True)

    def list_holdings(self, day: date) -> Exchange[Holdings]:
        """Fetch every page of the list of a day. Raises TemporaryFailure where it is not whole, else as ``submit``."""
        gathered = Gathered(day=day)
        while not gathered.complete:
            query = query_for(day, gathered.next_page)
            answer = yield from self._call(Request(method="GET", path="/api/holdings", query=query))
            if answer.meaning not in ("done", "repeated"):
                raise _failure(answer)
            gathered.add(answer)
        return gathered.holdings()

    def _upload(self, record: Record, attachment: Attachment) -> Exchange[str]:
        kept = self._partner.session.get(_file_key(record, attachment))
        if kept is not None:
            return kept
        parts = (
            Part(name="clmc", text=attachment.name),
            Part(name="cllx", text=attachment.kind),
            Part(name="file", document=attachment),
        )
        answer = yield from self._call(Request(method="POST", path="/api/files", body=parts))
        if answer.meaning not in ("done", "repeated"):
            raise _failure(answer, record)
        file_id = answer.text("clbh")
        if file_id is None:
            raise TemporaryFailure("court_platform.answer_unusable", answer=answer.code, field="data.clbh")
        kept_until = self._partner.now() + timedelta(hours=self._settings.upload_kept_hours)
        self._partner.session.put(_file_key(record, attachment), file_id, expires_at=kept_until)
        return file_id

    def _call(self, request: Request) -> Exchange[Answer]:
        """Send with a token; when it turns out invalid, once more with a newer one."""
        session = self._partner.session
        token = session.get(_TOKEN) or (yield from self._fetch_token())
        answer = yield from self._send(_with_token(request, token))
        if answer.meaning != "token":
            return answer
        # Another delivery may have fetched one meanwhile; a platform may end the old token when it issues a new one.
        if session.get(_TOKEN) == token:
            session.forget(_TOKEN)
        token = session.get(_TOKEN) or (yield from self._fetch_token())
        return (yield from self._send(_with_token(request, token)))

    def _fetch_token(self) -> Exchange[str]:
        body = json_guard.dumps({"grantType": "client_credentials"})
        answer = yield from self._send(Request(method="POST", path="/oauth/token", headers=_JSON, body=body))
        if answer.meaning == "busy":
            raise _failure(answer)
        token, lifetime = answer.text("accessToken"), answer.text("expiresIn") or ""
        if answer.meaning != "done" or token is None:
            raise TemporaryFailure("court_platform.no_token", answer=answer.code)
        # A minute of margin: the platform checks when the request arrives, not when it leaves us.
        seconds = int(lifetime) if re.fullmatch(r"[0-9]{1,8}", lifetime, re.ASCII) else 300
        until = self._partner.now() + timedelta(seconds=seconds - min(60, seconds / 5))
        self._partner.session.put(_TOKEN, token, expires_at=until)
        return token

    def _send(self, request: Request) -> Exchange[Answer]:
        signed = self._signer.signed(request, now=self._partner.now(), nonce=self._partner.nonce())
        response = yield signed
        return read_answer(response, self._settings.answer_codes, now=self._partner.now())

    def _forget_files(self, record: Record) -> None:
        for attachment in record.attachments:
            self._partner.session.forget(_file_key(record, attachment))


def _submission(record: Record, files: Mapping[str, str]) -> Request:
    try:
        return Request(method="POST", path="/api/records", headers=_JSON, body=write_record(record, files))
    except Untranslatable as error:
        raise PermanentFailure(error.code, **error.facts) from error


def _with_token(request: Request, token: str) -> Request:
    return replace(request, headers={**request.headers, "authorization": f"Bearer {token}"})


def _file_key(record: Record, attachment: Attachment) -> str:
    return f"file/{record.id}/{attachment.id}"


def _receipt(answer: Answer, record: Record, *, already_received: bool) -> Receipt:
    """Return the receipt for ``record``. On a connection that went out of step an answer may be another message's."""
    if answer.text("xxbh") != record.id:
        raise TemporaryFailure("court_platform.answer_of_another", answer=answer.code)
    return Receipt(case_id=answer.text("ajbh"), record_id=answer.text("lsh"), already_received=already_received)


def _failure(answer: Answer, record: Record | None = None) -> GatewayError:
    match answer.meaning:
        case "busy":
            return TemporaryFailure("court_platform.busy", retry_after=answer.retry_after, answer=answer.code)
        case "token":
            return TemporaryFailure("court_platform.token_refused", answer=answer.code)
        case "connection":
            return TemporaryFailure("court_platform.connection_refused", answer=answer.code)
        case _:
            return PermanentFailure(
                "court_platform.delivery_refused",
                answer=answer.code,
                reason=_without_our_words(answer.message, record) or None,
                field=_field(answer),
            )


def _field(answer: Answer) -> str | None:
    path = answer.text("zd")
    return path if path and _FIELD_PATH.fullmatch(path) else None


def _without_our_words(message: str, record: Record | None) -> str:
    """Return the platform's reason without the values it repeats from the record: they may be personal."""
    names = [attachment.name for attachment in record.attachments] if record else []
    words = {word for word in (*names, *_texts(record.fields if record else {})) if len(word) > 1}
    for word in sorted(words, key=len, reverse=True):
        message = message.replace(word, "***")
    return _LONG_NUMBER.sub("***", message)[:200]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
