"""The record of one verification: what was found, with what, when, by whom; in JSON, with the files it rests on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from gateway.rulings import digests
from gateway.rulings.certificate import read_certificate
from gateway.rulings.context import Expected
from gateway.rulings.malformed import Malformed
from gateway.rulings.result import Verification
from gateway.rulings.trust import Trust
from gateway.rulings.trust.folder import FILE as TRUST
from gateway.rulings.trust.written import certificate_file, list_file, written

_SHA256 = "^[0-9a-f]{64}$"


class _Stated(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Digests(_Stated):
    """Which bytes are meant, by two algorithms."""

    size: int
    sha256: str = Field(pattern=_SHA256)
    sm3: str = Field(pattern=_SHA256)


class Kept(_Stated):
    """A certificate or a revocation list that the findings rest on; ``file`` is its name beside the record."""

    sha256: str = Field(pattern=_SHA256)
    sm3: str = Field(pattern=_SHA256)
    file: str
    name: str | None = None


class EvidenceRecord(_Stated):
    """One verification as it is kept. ``files``: DER of all certificates and lists, and the trust as it was."""

    format: Literal["fengqiao-ruling-record/1"] = "fengqiao-ruling-record/1"
    verifier: str
    verified_at: AwareDatetime
    form: str
    genuine: bool
    document: Digests
    signature: Digests | None = None  # one that lies beside the document
    signer: str | None = None  # the registered certificate that a bare signature was held against
    expected: Expected | None = Field(default=None, repr=False)  # what was known of the case
    checks: tuple[dict[str, Any], ...]
    signatures: tuple[dict[str, Any], ...]
    certificates: tuple[Kept, ...]
    anchors: tuple[Kept, ...]
    revocation_lists: tuple[Kept, ...]
    trust: Digests  # of trust.yaml: everything that was believed, used or not
    files: Mapping[str, bytes] = Field(default_factory=dict, exclude=True, repr=False)

    def to_json(self) -> str:
        """Return the record's JSON form; the files lie beside it."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n"


def record_of(
    verification: Verification, *, trust: Trust, expected: Expected | None = None, detached: bytes | None = None,
    signer: str | None = None,
) -> EvidenceRecord:  # fmt: skip
    """Return the record of a verification that was made with ``trust`` and the rest that is given."""
    evidence, said = verification.evidence, _plain(verification.to_dict())
    believed = written(trust)
    found = {certificate_file(sha256): der for sha256, der in verification.certificates.items()}
    files = {**believed, **dict(sorted(found.items()))}
    return EvidenceRecord(
        verifier=evidence.verifier,
        verified_at=evidence.verified_at,
        form=verification.form,
        genuine=verification.genuine,
        document=Digests(size=evidence.size, sha256=evidence.sha256, sm3=evidence.sm3),
        signature=None if detached is None else digests_of(detached),
        signer=signer,
        expected=expected,
        checks=tuple(said["checks"]),
        signatures=tuple(said["signatures"]),
        certificates=tuple(_certificate(each, files) for each in evidence.certificates),
        anchors=tuple(_certificate(each, files) for each in evidence.anchors),
        revocation_lists=tuple(_kept(list_file(each), files) for each in evidence.revocation_lists),
        trust=digests_of(believed[TRUST]),
        files=files,
    )


def read_record(text: bytes, files: Mapping[str, bytes]) -> EvidenceRecord:
    """Return the record whose JSON form is ``text``, with the files beside it. Raises Malformed."""
    try:
        record = EvidenceRecord.model_validate_json(text)
    except (ValidationError, ValueError, RecursionError):
        raise Malformed("rulings.archive.record") from None
    return record.model_copy(update={"files": dict(files)})


def digests_of(octets: bytes) -> Digests:
    """Return which bytes these are."""
    return Digests(size=len(octets), sha256=hashlib.sha256(octets).hexdigest(), sm3=digests.sm3(octets).hex())


def _certificate(sha256: str, files: Mapping[str, bytes]) -> Kept:
    kept = _kept(certificate_file(sha256), files)
    return kept.model_copy(update={"name": _readable(read_certificate(files[kept.file]).shown)})


def _kept(file: str, files: Mapping[str, bytes]) -> Kept:
    stated = digests_of(files[file])
    return Kept(sha256=stated.sha256, sm3=stated.sm3, file=file)


def _plain(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a verification says as JSON reads it back: times as texts, no half of a character."""
    text = json.dumps(said, ensure_ascii=False, default=_time)
    return dict(json.loads(_readable(text)))


def _time(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _readable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
