"""One archive that holds a ruling and everything by which it was judged; the same evidence gives the same bytes.

MANIFEST.json              every other file with its size, SHA-256 and SM3
record.json                the record of the verification
document.ofd (.pdf, .bin)  the original bytes; signature.dat where the signature lay beside them
trust.yaml                 whom the gateway believed; the archive, unpacked, is a trust folder
certificates/ lists/       DER, each named by its SHA-256
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from gateway.rulings.container import unpack
from gateway.rulings.evidence.record import Digests, EvidenceRecord, digests_of, read_record
from gateway.rulings.limits import MIB, Limits, deadline
from gateway.rulings.malformed import Malformed
from gateway.rulings.result import Check, Finding, failed, passed
from gateway.rulings.trust.folder import FILE as TRUST

MANIFEST, RECORD, SIGNATURE = "MANIFEST.json", "record.json", "signature.dat"
_DOCUMENTS = {"ofd": "document.ofd", "pdf": "document.pdf"}
_UNKNOWN = "document.bin"
LIMITS = replace(Limits(), file=192 * MIB, total=192 * MIB)  # a document as large as may be, and whom to believe
_MOST_JSON = 16 * MIB
_MOST_TRUST = 4 * MIB  # YAML costs many times its length to read
_LOCAL_HEADER = 30
_EPOCH = (1980, 1, 1, 0, 0, 0)


class Manifest(BaseModel):
    """What an archive says that it holds."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    format: Literal["fengqiao-ruling-archive/1"] = "fengqiao-ruling-archive/1"
    files: dict[str, Digests]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What an archive holds."""

    record: EvidenceRecord
    document: bytes = field(repr=False)
    signature: bytes | None = field(repr=False)


def is_archive(octets: bytes) -> bool:
    """Say whether bytes claim to be an archive of this kind: its manifest is the first file of a ZIP."""
    name = MANIFEST.encode()
    return octets[:4] == b"PK\3\4" and octets[_LOCAL_HEADER : _LOCAL_HEADER + len(name)] == name


def archived(document: bytes, record: EvidenceRecord, *, signature: bytes | None = None) -> bytes:
    """Return the archive of a document and its record. Raises Malformed where it would be larger than one may be."""
    files = {RECORD: record.to_json().encode(), document_name(record.form): document, **record.files}
    if signature is not None:
        files[SIGNATURE] = signature
    manifest = Manifest(files={name: digests_of(files[name]) for name in sorted(files)})
    text = json.dumps(manifest.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n"
    packed = _packed({MANIFEST: text.encode(), **files})
    largest = max(map(len, files.values()))
    if largest > LIMITS.entry or len(packed) > LIMITS.file or len(files) >= LIMITS.entries:
        raise Malformed("rulings.container.too_large", limit=LIMITS.entry)
    _check_trust(files)
    return packed


def open_archive(octets: bytes, found: list[Finding]) -> Opened:
    """Return what an archive holds, and add to ``found`` whether it is as its manifest says. Raises Malformed."""
    files = dict(unpack(octets, LIMITS, deadline(LIMITS)))
    if MANIFEST not in files or RECORD not in files:
        raise Malformed("rulings.archive.manifest")
    found += _compared(_manifest(files.pop(MANIFEST)), files)
    text = files.pop(RECORD)
    if len(text) > _MOST_JSON:
        raise Malformed("rulings.archive.record")
    _check_trust(files)
    signature = files.pop(SIGNATURE, None)
    names = {*_DOCUMENTS.values(), _UNKNOWN} & set(files)
    if len(names) != 1:
        raise Malformed("rulings.archive.no_document")
    document = files.pop(names.pop())
    return Opened(record=read_record(text, files), document=document, signature=signature)


def _check_trust(files: Mapping[str, bytes]) -> None:
    if len(files.get(TRUST, b"")) > _MOST_TRUST:
        raise Malformed("rulings.container.too_large", limit=_MOST_TRUST)


def document_name(form: str) -> str:
    """Return the name that a document of a form has in an archive."""
    return _DOCUMENTS.get(form, _UNKNOWN)


def _manifest(text: bytes) -> Manifest:
    try:
        if len(text) <= _MOST_JSON:
            return Manifest.model_validate_json(text)
    except (ValidationError, ValueError, RecursionError):
        pass
    raise Malformed("rulings.archive.manifest")


def _compared(manifest: Manifest, files: Mapping[str, bytes]) -> tuple[Finding, ...]:
    found = []
    for name in sorted({*manifest.files, *files}):
        if name not in files:
            found.append(failed(Check.EVIDENCE, "rulings.archive.missing", file=name))
        elif name not in manifest.files:
            found.append(failed(Check.EVIDENCE, "rulings.archive.unlisted", file=name))
        elif manifest.files[name] != digests_of(files[name]):
            found.append(failed(Check.EVIDENCE, "rulings.archive.changed", file=name))
    return tuple(found) or (passed(Check.EVIDENCE, "rulings.archive.whole", count=len(files)),)


def _packed(files: Mapping[str, bytes]) -> bytes:
    """Return a ZIP without compression: documents are packed already, and no version of zlib has a say in the bytes."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return stream.getvalue()
