"""One record on its way out: the request that its partner's row describes, filled in and signed.

kind ─► path, method, body template ─► filled ─► signature ─► filled once more, with it ─► written in the charset
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from adapters.rest.answer import Answers, read_answers
from adapters.rest.bodies import Body
from adapters.rest.proof_out import ProofOut, read_proof
from adapters.rest.templates import as_text, checked, filled
from gateway.canonical.identifiers import BEIJING
from gateway.contract import Attachment, Partner, Record, Request
from gateway.errors import PermanentFailure
from gateway.wire import signing
from gateway.wire.settings_form import Form

FORMATS = ("json", "xml", "form")
METHODS = ("POST", "PUT", "PATCH")
TIMES = frozenset({"seconds", "milliseconds", "iso", "compact"})
KNOWN = frozenset({"id", "kind", "version", "fields", "fields_text", "documents", "documents_text", "nonce"}) | TIMES
SIGNED = KNOWN | {"text", "digest_md5", "digest_sha256", "digest_sm3"}
PAPER = frozenset({"id", "name", "kind", "media_type", "size", "sha256", "sm3", "content"})
AS_IT_IS = "{fields}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Where records of one kind go."""

    path: str
    method: str = "POST"
    body: Any = None  # its own template, where it has one


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """How records are sent to a partner. Everything that is written about a request is a template."""

    body: Body = field(default_factory=Body)
    proof: ProofOut = field(default_factory=ProofOut)
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    template: Any = AS_IT_IS
    headers: Any = field(default_factory=dict)
    query: Any = field(default_factory=dict)
    document: Any = None
    answers: Answers = field(default_factory=Answers)

    def request(self, record: Record, partner: Partner) -> Request:
        """Return the request that carries a record. Raises PermanentFailure, Untranslatable."""
        kind = self.kinds.get(record.kind)
        if kind is None:
            raise PermanentFailure("rest.kind_without_path", kind=record.kind[:64])
        values = self._values(record, partner.now(), partner.nonce())
        template = self.template if kind.body is None else kind.body
        body, said = self._signed(template, values, partner.secret)
        headers = {name.lower(): _header(filled(each, said)) for name, each in self.headers.items()}
        return Request(
            method=kind.method,
            path=_path(kind.path, said),
            query=urlencode({name: as_text(each) for name, each in filled(self.query, said).items()}),
            headers={"content-type": self.body.media_type, **headers, **self.proof.headers(partner.secret)},
            body=body,
        )

    def _signed(
        self, template: Any, values: Mapping[str, Any], secret: Callable[[str], str]
    ) -> tuple[bytes, Mapping[str, Any]]:
        """Return the body as bytes, and the values with what only a finished body has."""
        unsigned = filled(template, values)
        raw = self.body.write(unsigned)
        said = {**values, "text": raw.decode(self.body.charset)}
        said |= {f"digest_{name}": signing.digest(name, raw).hex() for name in ("md5", "sha256", "sm3")}
        said["signature"] = self.proof.signature(said, unsigned, secret)
        signed = filled(template, {**values, "signature": said["signature"]})
        return (raw if signed == unsigned else self.body.write(signed)), said

    def _values(self, record: Record, now: datetime, nonce: str) -> dict[str, Any]:
        papers = [] if self.document is None else [self._paper(each) for each in record.attachments]
        if record.attachments and self.document is None:
            raise PermanentFailure("rest.takes_no_files", count=len(record.attachments))
        local = now.astimezone(BEIJING)
        return {
            "id": record.id, "kind": record.kind, "version": record.version, "nonce": nonce,
            "fields": dict(record.fields), "fields_text": as_text(dict(record.fields)),
            "documents": papers, "documents_text": as_text(papers),
            "seconds": str(int(now.timestamp())), "milliseconds": str(int(now.timestamp() * 1000)),
            "iso": local.isoformat(timespec="seconds"), "compact": local.strftime("%Y%m%d%H%M%S"),
        }  # fmt: skip

    def _paper(self, paper: Attachment) -> Any:
        if paper.content is None:
            raise PermanentFailure("rest.file_too_large", kind=paper.kind, size=paper.size)
        values = {
            "id": paper.id, "name": paper.name, "kind": paper.kind, "media_type": paper.media_type,
            "size": len(paper.content), "sha256": paper.sha256, "sm3": paper.sm3,
            "content": base64.b64encode(paper.content).decode("ascii"),
        }  # fmt: skip
        return filled(self.document, values)


def read_outgoing(form: Form) -> Outgoing:
    """Return how records are sent, from the settings. Raises ConfigurationFault."""
    format_ = form.choice("format", FORMATS, "json")
    charset = form.text("charset", "utf-8")
    body = Body(format=format_, charset=charset, texts=form.words("json_texts"))  # type: ignore[arg-type]  # one of them
    known = KNOWN | {"signature"}
    kinds = {name: _kind(each, known) for name, each in form.named("kinds")}
    template = checked(form, "body", known)
    _require_root(form, format_, template)
    return Outgoing(
        body=body,
        proof=read_proof(form.inner("proof"), SIGNED),
        kinds=kinds,
        template=AS_IT_IS if template is None else template,
        headers=_texts(form, "headers"),
        query=_texts(form, "query"),
        document=checked(form, "document", PAPER),
        answers=read_answers(form.inner("answer"), body),
    )


def _kind(form: Form, known: frozenset[str]) -> Kind:
    path = form.text("path")
    checked(form, "path", {"id", "kind"})
    if not path.startswith("/"):
        raise form.fault("path", "rest.path", "a path begins with /")
    return Kind(path=path, method=form.choice("method", METHODS, "POST"), body=checked(form, "body", known))


def _require_root(form: Form, format_: str, template: Any) -> None:
    """A document of XML has one element around everything; a form has members."""
    if format_ == "json" or (template is None and format_ == "form"):
        return
    if not isinstance(template, Mapping) or (format_ == "xml" and len(template) != 1):
        why = "XML has one element around everything" if format_ == "xml" else "a form has members"
        raise form.fault("body", "rest.body_shape", why)


def _texts(form: Form, name: str) -> Any:
    form.mapping(name)
    return checked(form, name, SIGNED | {"signature"}) or {}


def _header(value: Any) -> str:
    text = as_text(value)
    return text if text.isascii() and text.isprintable() else quote(text)


def _path(template: str, values: Mapping[str, Any]) -> str:
    return str(filled(template, {name: quote(str(values[name]), safe="") for name in ("id", "kind")}))
