"""Records on their way in: which door they come by, where they lie in a body, and what is what in each.

body ─► at(records) ─► one or many ─► {id, kind, version, fields, documents} each, by the row's paths
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.rest.acknowledgement import Acknowledgement, read_acknowledgement
from adapters.rest.bodies import Body, at, text_at
from adapters.rest.proof_in import ProofIn, read_proof
from gateway.contract import Attachment, Record, Request
from gateway.errors import Undecodable, Untranslatable
from gateway.wire import json_guard
from gateway.wire.settings_form import Form

FORMATS = ("json", "xml", "form")
METHODS = ("POST", "PUT")
UNREADABLE = "unreadable"  # its mapping asks for what is missing, so that a broken record is refused by itself
MOST = 1000  # records in one request
LONGEST_KIND = 64
CONSTANT = "="


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """Where the documents of a record lie, and what is what in each; paths within a document."""

    list: str
    id: str | None = None
    name: str | None = None
    kind: str | None = None
    media_type: str | None = None
    sha256: str | None = None
    content: str | None = None  # base64
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """How a partner sends records. ``kind`` may be a constant, written ``=word``. Paths are within a record."""

    path: str
    proof: ProofIn
    method: str = "POST"
    body: Body = field(default_factory=Body)
    records: str = ""
    id: str
    kind: str
    version: str | None = None
    fields: str = ""
    papers: Papers | None = None
    acknowledgement: Acknowledgement = field(default_factory=Acknowledgement)

    def decode(self, request: Request) -> list[Record]:
        """Return the records of a request. Raises Undecodable."""
        if (request.method, request.path) != (self.method, self.path):
            raise Undecodable("rest.door_unknown", door=f"{self.method} {self.path}")
        found = at(self.body.read(request), self.records)
        items = found if isinstance(found, list) else [found]
        if not items or not all(isinstance(each, Mapping) for each in items):
            raise Undecodable("rest.no_records", field=self.records or "$")
        if len(items) > MOST:
            raise Undecodable("rest.too_many_records", count=len(items), limit=MOST)
        return [self._record(each) for each in items]

    def _record(self, item: Mapping[str, Any]) -> Record:
        kind = self.kind[1:] if self.kind.startswith(CONSTANT) else text_at(item, self.kind, LONGEST_KIND)
        record_id, fields, papers = text_at(item, self.id), at(item, self.fields), self._papers(item)
        if record_id and kind and kind != UNREADABLE and isinstance(fields, Mapping) and papers is not None:
            version = text_at(item, self.version)
            return Record(kind=kind, id=record_id, version=version, fields=self._own(fields), attachments=papers)
        readable = {"id": record_id, "kind": kind, "fields": isinstance(fields, Mapping),
                    "documents": papers is not None}  # fmt: skip
        told = {name: str(value) for name, value in readable.items() if value}
        return Record(kind=UNREADABLE, id=record_id or _made_up_id(item), fields=told)

    def _own(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return a record's fields without what stands among them and is no field."""
        frame = [self.id, self.version, None if self.kind.startswith(CONSTANT) else self.kind]
        frame.append(self.papers.list if self.papers else None)
        inside = {each for each in frame if each is not None and "." not in each} if not self.fields else set()
        return {name: value for name, value in fields.items() if name not in inside}

    def _papers(self, item: Mapping[str, Any]) -> tuple[Attachment, ...] | None:
        """Return a record's documents; None when one of them cannot be read."""
        if self.papers is None or (listed := at(item, self.papers.list)) is None:
            return ()
        items = listed if isinstance(listed, list) else [listed]
        found = [_paper(self.papers, each, place) for place, each in enumerate(items)]
        return None if None in found else tuple(each for each in found if each is not None)


def read_incoming(form: Form) -> Incoming:
    """Return how records come in, from the settings. Raises ConfigurationFault."""
    path = form.text("path")
    if not path.startswith("/"):
        raise form.fault("path", "rest.path", "a path begins with /")
    format_ = form.choice("format", FORMATS, "json")
    body = Body(
        format=format_,  # type: ignore[arg-type]  # one of them
        charset=form.text("charset", "utf-8"),
        lists=frozenset(form.words("lists")),
        texts=form.words("json_texts"),
    )
    record = form.inner("record")
    return Incoming(
        path=path,
        method=form.choice("method", METHODS, "POST"),
        body=body,
        proof=read_proof(form.inner("proof")),
        records=form.text("records", ""),
        id=record.text("id"),
        kind=record.text("kind"),
        version=record.text_or_none("version"),
        fields=record.text("fields", ""),
        papers=_read_papers(form),
        acknowledgement=read_acknowledgement(form.inner("acknowledgement"), body),
    )


def _read_papers(form: Form) -> Papers | None:
    if "documents" not in form:
        form.raw("documents")
        return None
    inner = form.inner("documents")
    names = ("id", "name", "kind", "media_type", "sha256", "content", "url")
    found = {name: inner.text_or_none(name) for name in names}
    if not found["content"] and not found["url"]:
        raise inner.fault("content", "rest.no_content", "say where the bytes are: content (base64), or url")
    return Papers(list=inner.text("list"), **found)


def _paper(where: Papers, item: Any, place: int) -> Attachment | None:
    content, url = _content(text_at(item, where.content, json_guard.MAX_BYTES)), text_at(item, where.url, 2000)
    if content is None and url is None:
        return None
    digest = text_at(item, where.sha256)
    return Attachment(
        id=text_at(item, where.id) or str(place + 1),
        name=text_at(item, where.name, 200) or f"附件{place + 1}",
        kind=text_at(item, where.kind) or "other",
        media_type=(text_at(item, where.media_type) or "application/octet-stream").lower(),
        size=None if content is None else len(content),
        sha256=digest.lower() if digest else None,
        content=content,
        url=url if content is None else None,
    )


def _content(value: str | None) -> bytes | None:
    if value is None:
        return None
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _made_up_id(item: Mapping[str, Any]) -> str:
    """Return an id that is the same for the same record sent again."""
    try:
        seed = json_guard.dumps(item, sort_keys=True)
    except Untranslatable:
        seed = repr(item).encode("utf-8", "surrogatepass")
    return "unreadable-" + hashlib.sha256(seed).hexdigest()[:32]
