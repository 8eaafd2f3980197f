"""One record of a partner becomes one entry of the journal: translated, or kept with the reason why it is not.

record ─► keep its documents ─► read by the mapping ─► may this partner say it? ─► seal ─► Entry
                                      └── no: Entry with an Objection, held or refused
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
import structlog

from gateway.canonical.identifiers import uuid7
from gateway.contract import Attachment, Fate, Record
from gateway.errors import GatewayError, PermanentFailure, StoreUnavailable, Undecodable
from gateway.mapping import Reading
from gateway.posts import Post
from gateway.store.arrivals import Announced, Entry, Objection
from gateway.store.books import pack_content
from gateway.store.cipher import Cipher, Digests
from gateway.store.documents import Documents
from gateway.store.documents import Kept as Ticket
from gateway.transports.http import addresses

log = structlog.get_logger("fengqiao.inbound")
SHA256 = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Translating:
    """Translate records on their way in. It opens no connection: what is named by an address is fetched later."""

    cipher: Cipher
    documents: Documents
    now: Callable[[], datetime]

    async def entry(self, post: Post, record: Record) -> Entry:
        """Turn one record into a journal entry, whatever happens: a bug of ours holds it, and harms no neighbour."""
        try:
            attachments, announced = await self._take_in(post, record.attachments)
            taken = replace(record, attachments=attachments) if attachments else record
            reading = post.read(taken, self._base(post))
            return self._translated(post, record, reading, announced)
        except StoreUnavailable:
            raise
        except GatewayError as error:
            return _objected(self.cipher, record, Objection(fate="refused", code=error.code, facts=error.facts))
        except Exception:
            fault_id = uuid7()
            log.exception("record.fault", partner=post.name, kind=record.kind, fault_id=fault_id)
            objection = Objection(fate="held", code="gateway.fault", facts={"fault": fault_id})
            return _objected(self.cipher, record, objection)

    def _base(self, post: Post) -> dict[str, Any]:
        return {"id": uuid7(), "source": f"/partners/{post.name}", "receivedtime": self.now()}

    def _translated(self, post: Post, record: Record, reading: Reading, announced: tuple[Announced, ...]) -> Entry:
        message = reading.message
        if message is None:
            fault = reading.faults[0]
            fate: Fate = "held" if reading.verdict == "held" else "refused"
            objection = Objection(fate=fate, code=fault.code, facts=_fault_facts(reading), field=fault.partner_path)
            return _objected(self.cipher, record, objection)
        message, objection_or_none = _spoken_for(post, message, announced)
        if objection_or_none is not None:
            return _objected(self.cipher, record, objection_or_none)
        message = message.model_copy(update={"id": post.message_id(record, message)})
        content = pack_content(message, _beside(record, reading), announced)
        return Entry(
            kind=record.kind,
            record_id=record.id,
            version=record.version or "",
            digests=_digests(self.cipher, record),
            message=message,
            content_sealed=self.cipher.seal(content, context=message.id.encode()),
            documents=announced,
            mapping=reading.mapping,
            unmapped=len(reading.unmapped),
        )

    async def _take_in(
        self, post: Post, attachments: Sequence[Attachment]
    ) -> tuple[tuple[Attachment, ...], tuple[Announced, ...]]:
        """Keep the attachments that came along; check the addresses of those that are still to be fetched."""
        taken: list[Attachment] = []
        announced: list[Announced] = []
        for attachment in attachments:
            if attachment.content is not None:
                kept = await asyncio.to_thread(self.documents.put, attachment.content)
                _same_digest(attachment, kept.sha256)
                taken.append(replace(attachment, sha256=kept.sha256, sm3=kept.sm3, size=kept.size))
                announced.append(
                    Announced(sha256=kept.sha256, sm3=kept.sm3, size=kept.size, media_type=attachment.media_type)
                )
            elif attachment.url is not None:
                _fetchable(post, attachment, attachment.url)
                taken.append(replace(attachment, sha256=None, sm3=None))
                announced.append(
                    Announced(url=attachment.url, expected_sha256=attachment.sha256, media_type=attachment.media_type)
                )
            else:
                kept = await asyncio.to_thread(_already_kept, self.documents, attachment)
                taken.append(replace(attachment, sm3=kept.sm3, size=kept.size))
                announced.append(
                    Announced(sha256=kept.sha256, sm3=kept.sm3, size=kept.size, media_type=attachment.media_type)
                )
        return tuple(taken), tuple(announced)


def _objected(cipher: Cipher, record: Record, objection: Objection) -> Entry:
    return Entry(
        kind=record.kind,
        record_id=record.id,
        version=record.version or "",
        digests=_digests(cipher, record),
        objection=objection,
    )


def _digests(cipher: Cipher, record: Record) -> Digests:
    """Return the keyed digests of what the record says; an attachment's address may change, its id and bytes not."""
    papers = [
        [a.id, a.name, a.kind, a.sha256 or (hashlib.sha256(a.content).hexdigest() if a.content else None)]
        for a in record.attachments
    ]
    said = [record.kind, record.version, record.fields, papers]
    return cipher.recognising(orjson.dumps(said, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str))


def _spoken_for(post: Post, message: Any, announced: Sequence[Announced]) -> tuple[Any, Objection | None]:
    """Fill in who says it where the record leaves it out; object when it is not the partner's to say."""
    own = post.row.organisations
    sender = message.sender or (own[0] if len(own) == 1 else None)
    if sender is None:
        return message, Objection(fate="held", code="inbox.sender_unknown", facts={"partner": post.name})
    if sender not in own:
        facts = {"partner": post.name, "organisation": sender}
        return message, Objection(fate="refused", code="auth.organisation_not_yours", facts=facts)
    carried = len(getattr(message.data, "documents", ()))
    if carried != len(announced):
        return message, Objection(fate="held", code="inbox.attachments_not_carried", facts={"count": len(announced)})
    return (message if message.sender else message.model_copy(update={"sender": sender})), None


def _beside(record: Record, reading: Reading) -> dict[str, Any]:
    """Return the partner's fields that no row names, as they were sent."""
    return {path: _at(record.fields, path) for path in reading.unmapped if "[]" not in path}


def _at(fields: Mapping[str, Any], path: str) -> Any:
    value: Any = fields
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _fault_facts(reading: Reading) -> dict[str, Any]:
    return {**reading.faults[0].said, "faults": len(reading.faults)}


def _same_digest(attachment: Attachment, sha256: str) -> None:
    if attachment.sha256 is not None and attachment.sha256.lower() != sha256:
        raise Undecodable("documents.digest_differs", document=attachment.id)


def _fetchable(post: Post, attachment: Attachment, url: str) -> None:
    """Refuse at the door what could never be fetched: another host's, or with a digest that no document has."""
    try:
        addresses.allowed(url, frozenset(post.row.attachment_hosts))
    except PermanentFailure as failure:
        raise Undecodable("documents.host_not_allowed", host=str(failure.facts.get("host", "?"))[:100]) from None
    if attachment.sha256 is not None and not SHA256.fullmatch(attachment.sha256):
        raise Undecodable("documents.digest_differs", document=attachment.id)


def _already_kept(documents: Documents, attachment: Attachment) -> Ticket:
    """Return the ticket of a document that was uploaded before: its own, not what the sender says of it."""
    if attachment.sha256 is None or not documents.exists(attachment.sha256):
        raise Undecodable("documents.not_here", document=attachment.id)
    return documents.ticket(attachment.sha256)
