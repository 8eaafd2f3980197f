"""Claim checks: a message carries the ticket of a document, never the document."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.canonical.base import Canonical, PartnerId, Sha256, ShortText, Sm3, said

DocumentKind = Literal[
    "complaint", "identity", "evidence", "authorisation", "consent", "referral_letter", "agreement",
    "mediation_record", "termination_report", "performance_proof", "application", "ruling", "service_receipt",
    "other",
]  # fmt: skip


class Document(Canonical):
    """The ticket of one kept document. Digests and size are the gateway's own, over the bytes it keeps.

    ``sha256`` is absent only while a document that was announced by its address has not been fetched yet.
    """

    partner_id: Annotated[PartnerId, said("对方文书编号", "The partner's own id of this document")]
    kind: Annotated[DocumentKind, said("文书类型", "Kind of document")] = "other"
    name: Annotated[ShortText, said("文件名", "File name", personal="text")]
    media_type: Annotated[str, said("媒体类型", "Media type", pattern=r"^[\w.+-]+/[\w.+-]+$", max_length=128)]
    size: Annotated[int | None, said("字节数", "Size in bytes", ge=0, le=2**53)] = None
    sha256: Annotated[Sha256 | None, said("SHA-256摘要", "SHA-256 over the bytes, hexadecimal")] = None
    sm3: Annotated[Sm3 | None, said("SM3摘要", "SM3 over the bytes (GB/T 32905), hexadecimal")] = None


Documents = Annotated[tuple[Document, ...], Field(max_length=200)]
