"""What is said to the OA, in order: upload what does not travel inside, submit the message, or ask after it.

POST /oa/files          ─► clbh         kept in the session: a redelivery does not upload again
POST /oa/messages       ─► ajbh, slh    the OA's own numbers: the receipt
GET  /oa/messages/{no}  ─► ajbh, slh    did you get it?
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from adapters.court_oa.receipt import Answer, failure, read_answer, read_receipt
from adapters.court_oa.settings import Settings
from adapters.court_oa.signature import Signer
from adapters.court_oa.wire import write_record
from gateway.contract import Attachment, Exchange, Part, Partner, Receipt, Record, Request
from gateway.errors import PermanentFailure, TemporaryFailure, Untranslatable

_XML = {"content-type": "application/xml; charset=utf-8", "accept": "application/xml"}


class Conversation:
    """One exchange with the OA; it holds nothing that the session does not hold."""

    def __init__(self, partner: Partner, settings: Settings, signer: Signer) -> None:
        self._partner = partner
        self._settings = settings
        self._signer = signer

    def submit(self, record: Record) -> Exchange[Receipt]:
        """Upload what is not there yet, then submit. Raises TemporaryFailure or PermanentFailure."""
        files: dict[str, str] = {}
        for file in record.attachments:
            if not self._travels_inside(file):
                files[file.id] = yield from self._upload(record, file)
        answer = yield from self._send(_submission(record, files))
        if answer.meaning == "files":
            self._forget_files(record)
            raise TemporaryFailure("court_oa.files_forgotten", answer=answer.code)
        if not answer.good:
            raise failure(answer, record)
        receipt = read_receipt(answer, record)
        self._forget_files(record)
        return receipt

    def ask(self, record: Record) -> Exchange[Receipt | None]:
        """Ask for the receipt of ``record``; None where the OA has none. Raises as ``submit``."""
        answer = yield from self._send(Request(method="GET", path=f"/oa/messages/{record.id}", headers=_XML))
        if answer.meaning == "absent":
            return None
        if not answer.good:
            raise failure(answer, record)
        return read_receipt(answer, record, known=True)

    def _travels_inside(self, file: Attachment) -> bool:
        return file.content is not None and len(file.content) <= self._settings.inline_up_to

    def _upload(self, record: Record, file: Attachment) -> Exchange[str]:
        session, key = self._partner.session, _file_key(record, file)
        kept = session.get(key)
        if kept is not None:
            return kept
        parts = (
            Part(name="clmc", text=file.name),
            Part(name="cllx", text=file.kind),
            Part(name="file", document=replace(file, content=None)),
        )
        answer = yield from self._send(Request(method="POST", path="/oa/files", body=parts))
        if not answer.good:
            raise failure(answer, record)
        number = answer.text("clbh")
        if number is None:
            raise TemporaryFailure("court_oa.answer_unusable", answer=answer.code, field="clbh")
        session.put(key, number, expires_at=self._partner.now() + timedelta(hours=self._settings.upload_kept_hours))
        return number

    def _send(self, request: Request) -> Exchange[Answer]:
        response = yield self._signer.signed(request, now=self._partner.now(), nonce=self._partner.nonce())
        return read_answer(response, self._settings.answer_codes, now=self._partner.now())

    def _forget_files(self, record: Record) -> None:
        for file in record.attachments:
            self._partner.session.forget(_file_key(record, file))


def _submission(record: Record, files: dict[str, str]) -> Request:
    try:
        return Request(method="POST", path="/oa/messages", headers=_XML, body=write_record(record, files))
    except Untranslatable as error:
        raise PermanentFailure(error.code, **error.facts) from error


def _file_key(record: Record, file: Attachment) -> str:
    return f"file/{record.id}/{file.id}"
