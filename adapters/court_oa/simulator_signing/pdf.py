"""Write a ruling as PDF (ISO 32000-1) with a signature field, and sign it: the value lies in a gap of what it signs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from adapters.court_oa.simulator_signing.ruling import Ruling, pages

Sign = Callable[[bytes], bytes]  # the two signed parts together ─► the value
GAP = 24_000  # bytes of a value, zeros after its end
_RANGE = b"/ByteRange [0 0000000000 0000000000 0000000000]"


@dataclass(frozen=True, kw_only=True)
class Signing:
    """One signature to be put to a PDF."""

    sign: Sign = field(repr=False)
    at: datetime | None
    subfilter: str = "adbe.pkcs7.detached"
    gap: int = GAP


def unsigned(ruling: Ruling) -> bytes:
    """Return the ruling as a PDF that nobody has signed."""
    return _written(_objects(ruling, None))


def signed(ruling: Ruling, signing: Signing) -> bytes:
    """Return the ruling as a PDF with one signature over all of it."""
    return filled(_written(_objects(ruling, _value(signing))), signing.sign, signing.gap)


def signed_again(octets: bytes, signing: Signing, more: Mapping[int, bytes] | None = None) -> bytes:
    """Return a signed PDF with a second signature in an incremental update, and with what else that update brings."""
    value = _value(signing)
    field = b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Second) /F 132 /Rect [0 0 0 0] /P 9 0 R /V 900 0 R >>"
    page = _object(octets, 9).replace(b"/Annots [7 0 R]", b"/Annots [7 0 R 901 0 R]")
    added = {3: b"<< /SigFlags 3 /Fields [7 0 R 901 0 R] >>", 9: page, 900: value, 901: field, **(more or {})}
    return filled(updated(octets, added), signing.sign, signing.gap)


def updated(octets: bytes, objects: Mapping[int, bytes]) -> bytes:
    """Return a PDF with an incremental update that brings ``objects``."""
    previous = int(octets[octets.rindex(b"startxref\n") + 10 :].split(b"\n")[0])
    written, table = bytearray(octets), bytearray(b"xref\n")
    for number, each in sorted(objects.items()):
        table += f"{number} 1\n{len(written):010} 00000 n \n".encode()
        written += f"{number} 0 obj\n".encode() + each + b"\nendobj\n"
    trailer = f"trailer\n<< /Size 1000 /Root 1 0 R /Prev {previous} >>\nstartxref\n{len(written)}\n%%EOF\n"
    return bytes(written + table) + trailer.encode()


def _object(octets: bytes, number: int) -> bytes:
    begin = octets.index(b"\n%d 0 obj\n" % number) + len(b"\n%d 0 obj\n" % number)
    return octets[begin : octets.index(b"\nendobj", begin)]


def signature_object(octets: bytes) -> bytes:
    """Return the first signature of a PDF as it is written there."""
    return _object(octets, 8)


def _value(signing: Signing) -> bytes:
    return (
        b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /" + signing.subfilter.encode() + b" " + _RANGE
        + b" /Contents <" + b"0" * (2 * signing.gap) + b">" + _date(signing.at) + b" >>"
    )  # fmt: skip


def filled(octets: bytes, sign: Sign, gap: int = GAP) -> bytes:
    """Return a PDF with its empty gap filled by the value that ``sign`` makes of the bytes around it."""
    begin = octets.rindex(b"/Contents <" + b"0" * (2 * gap)) + len(b"/Contents ")
    end = begin + 2 * gap + 2
    told = f"/ByteRange [0 {begin} {end} {len(octets) - end}]".encode()
    octets = octets.replace(_RANGE, told.ljust(len(_RANGE)))  # those filled before have other digits
    value = sign(octets[:begin] + octets[end:])
    if len(value) > gap:
        raise ValueError("the value is longer than the gap")
    return octets[: begin + 1] + value.hex().encode().ljust(2 * gap, b"0") + octets[end - 1 :]


def _objects(ruling: Ruling, signature: bytes | None) -> list[bytes]:
    """Return the objects from number 1 on: catalog, page tree, font and its descendants, field, then the pages."""
    laid_out = pages(ruling)
    first = 9
    kids = " ".join(f"{first + 2 * n} 0 R" for n in range(len(laid_out)))
    # A widget of no size, as the standard has it for a signature that shows nothing itself.
    widget = b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Seal) /F 132 /Rect [0 0 0 0] /P 9 0 R /V 8 0 R >>"
    found = [
        b"<< /Type /Catalog /Pages 2 0 R" + (b" /AcroForm 3 0 R >>" if signature else b" >>"),
        f"<< /Type /Pages /Count {len(laid_out)} /Kids [{kids}] >>".encode(),
        b"<< /SigFlags 3 /Fields [7 0 R] >>" if signature else b"null",
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [5 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 /FontDescriptor 6 0 R"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> >>",
        b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /ItalicAngle 0 /Ascent 880 /Descent -120"
        b" /CapHeight 880 /StemV 93 /FontBBox [-25 -254 1000 880] >>",
        widget if signature else b"null",
        signature or b"null",
    ]
    for n, lines in enumerate(laid_out):
        annotations = b" /Annots [7 0 R]" if signature and n == 0 else b""
        contents = f"{first + 2 * n + 1} 0 R".encode()
        found.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 4 0 R >> >>"
            b" /Contents " + contents + annotations + b" >>"
        )
        found.append(_stream(lines))
    return found


def _stream(lines: list[str]) -> bytes:
    shown = "".join(f"<{line.encode('utf-16-be').hex()}> Tj T* " for line in lines)
    content = f"BT /F1 16 Tf 28 TL 79 740 Td {shown}ET".encode()
    return f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream"


def _written(objects: list[bytes]) -> bytes:
    octets = bytearray(b"%PDF-1.7\n%\xe6\x9e\xab\xe6\xa1\xa5\n")
    places = []
    for number, each in enumerate(objects, 1):
        places.append(len(octets))
        octets += f"{number} 0 obj\n".encode() + each + b"\nendobj\n"
    table = len(octets)
    octets += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    octets += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    octets += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n".encode()
    return bytes(octets)


def _date(at: datetime | None) -> bytes:
    return f" /M (D:{at.astimezone(UTC):%Y%m%d%H%M%S}Z)".encode() if at else b""
