"""What is noted of an attempt while it goes on."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from gateway.attempts import Observed
from gateway.contract import Attachment, Part, Request


def noted(*parts: Part) -> Observed:
    watch = Observed(None, lambda: datetime.now(UTC))
    watch.note(Request(method="POST", path="/api/files", body=parts))
    return watch


def paper(content: bytes) -> Part:
    digest = hashlib.sha256(content).hexdigest()
    return Part(name="file", document=Attachment(id=digest, name="协议.pdf", sha256=digest))


def test_a_body_is_noted_by_its_digest() -> None:
    watch = Observed(None, lambda: datetime.now(UTC))
    watch.note(Request(method="POST", path="/", body=b"{}"))
    assert watch.request_digest == hashlib.sha256(b"{}").hexdigest()
    assert watch.exchanges == 1


def test_forms_are_told_apart_by_what_is_in_them() -> None:
    name = Part(name="clmc", text="协议.pdf")
    same, again = noted(name, paper(b"one")), noted(name, paper(b"one"))
    assert same.request_digest == again.request_digest
    others = (noted(name, paper(b"two")), noted(Part(name="clmc", text="x"), paper(b"one")), noted())
    assert len({same.request_digest, *(other.request_digest for other in others)}) == 4
