"""Does a signature cover what people see? The gap, the end of the file, what later revisions changed (check 2).

pyHanko takes bytes after the end, and further signatures, for no change; a ruling has nothing after its last signature.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, DiffResult, ModificationLevel

from gateway.rulings.pdf.reading import READING_FAILS, Pdf, PdfSignature
from gateway.rulings.result import Check, Finding, failed, of_signature, passed


def protected(pdf: Pdf, signature: PdfSignature) -> tuple[memoryview, memoryview] | None:
    """Return the two parts of the file that a signature protects; None unless only its own value lies between them."""
    if len(signature.byte_range) != 4:
        return None
    start, length, after, rest = signature.byte_range
    size = len(pdf.octets)
    if start != 0 or not 0 < length < after <= after + rest <= size or rest <= 0:
        return None
    gap = pdf.octets[length:after]
    if gap[:1] != b"<" or gap[-1:] != b">" or not _is_hex(gap[1:-1], signature.contents):
        return None
    view = memoryview(pdf.octets)
    return view[:length], view[after : after + rest]


def coverage(pdf: Pdf) -> Iterator[Finding]:
    """Yield check 2 for all signatures together."""
    ends = []
    for signature in pdf.signatures:
        if protected(pdf, signature) is None:
            yield from of_signature(signature.name, [failed(Check.COVERAGE, "rulings.pdf.byte_range")])
        else:
            ends.append(signature.byte_range[2] + signature.byte_range[3])
            yield from of_signature(signature.name, _later_changes(pdf, ends[-1]))
    if ends and max(ends) == len(pdf.octets):
        yield passed(Check.COVERAGE, "rulings.pdf.covers_all")
    elif ends:
        yield failed(Check.COVERAGE, "rulings.pdf.after_the_end", count=len(pdf.octets) - max(ends))


def _later_changes(pdf: Pdf, end: int) -> Iterator[Finding]:
    """Yield a failure unless only signatures were added behind the byte ``end``.

    What was signed is the file up to there, so that is read anew to find its revision: what the whole file says of its
    objects is the word of whoever wrote last, who may have written an earlier signature again.
    """
    if end == len(pdf.octets):
        return
    try:
        signed = PdfFileReader(BytesIO(pdf.octets[:end]), strict=True).xrefs
        base = signed.total_revisions - 1
        same = signed.get_startxref_for_revision(base) == pdf.reader.xrefs.get_startxref_for_revision(base)
        result = DEFAULT_DIFF_POLICY.review_file(pdf.reader, base) if same else None
    except READING_FAILS:
        result = None
    if not isinstance(result, DiffResult) or result.modification_level > ModificationLevel.FORM_FILLING:
        yield failed(Check.COVERAGE, "rulings.pdf.changed_later")


def _is_hex(text: bytes, contents: bytes) -> bool:
    try:
        return bytes.fromhex(text.decode("ascii")) == contents and len(text) == 2 * len(contents)
    except ValueError:
        return False
