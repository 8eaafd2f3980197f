"""Write a ruling as OFD (GB/T 33190-2016) and sign it: each protected file with its digest in Signature.xml."""

from __future__ import annotations

import base64
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from io import BytesIO
from xml.sax.saxutils import escape

from adapters.court_oa.simulator_signing.keys import sm3
from adapters.court_oa.simulator_signing.ruling import Ruling, pages

Files = dict[str, bytes]
Sign = Callable[[bytes], bytes]  # Signature.xml ─► SignedValue.dat
_NAMESPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'
_PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'
_BEIJING = timezone(timedelta(hours=8))
LIST = "Doc_0/Signs/Signatures.xml"


def unsigned(ruling: Ruling) -> Files:
    """Return the files of a ruling that nobody has signed."""
    laid_out = pages(ruling)
    files = {
        "OFD.xml": _xml(
            f'<ofd:OFD {_NAMESPACE} Version="1.0" DocType="OFD"><ofd:DocBody><ofd:DocInfo>'
            "<ofd:DocID>0f1e2d3c4b5a69788796a5b4c3d2e1f0</ofd:DocID><ofd:Title>民事裁定书</ofd:Title></ofd:DocInfo>"
            f"<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot><ofd:Signatures>{LIST}</ofd:Signatures>"
            "</ofd:DocBody></ofd:OFD>"
        ),
        "Doc_0/Document.xml": _xml(
            f"<ofd:Document {_NAMESPACE}><ofd:CommonData><ofd:MaxUnitID>900</ofd:MaxUnitID><ofd:PageArea>"
            "<ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>"
            "<ofd:PublicRes>PublicRes.xml</ofd:PublicRes></ofd:CommonData><ofd:Pages>"
            + "".join(f'<ofd:Page ID="{n + 1}" BaseLoc="Pages/Page_{n}/Content.xml"/>' for n in range(len(laid_out)))
            + "</ofd:Pages></ofd:Document>"
        ),
        "Doc_0/PublicRes.xml": _xml(
            f'<ofd:Res {_NAMESPACE} BaseLoc="Res"><ofd:Fonts><ofd:Font ID="800" FontName="宋体"/></ofd:Fonts></ofd:Res>'
        ),
    }
    return files | {f"Doc_0/Pages/Page_{n}/Content.xml": _page(lines) for n, lines in enumerate(laid_out)}


@dataclass(frozen=True, kw_only=True)
class Signing:
    """One signature to be put to an OFD; the fields after ``sign`` are how it can go wrong."""

    sign: Sign = field(repr=False)
    at: datetime
    seal_file: bytes | None = field(default=None, repr=False)
    method: str = "1.2.156.10197.1.501"
    check_method: str = "SM3"
    left_out: frozenset[str] = frozenset()
    protects_list: bool = False
    digest: Callable[[bytes], bytes] = sm3
    relative: bool = False  # references without a leading slash, as some makers write


def signed(files: Mapping[str, bytes], *signings: Signing) -> Files:
    """Return the files with every signature added, one after the other."""
    made = dict(files)
    for number, signing in enumerate(signings):
        made = _with_signature(made, signing, number)
    return made


def packed(files: Mapping[str, bytes], more: Iterable[tuple[str, bytes]] = ()) -> bytes:
    """Return the package; ``more`` are entries that may bear names already given."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in [*files.items(), *more]:
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 20, 9, 30, 0)), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _with_signature(files: Files, signing: Signing, number: int) -> Files:
    folder = f"Doc_0/Signs/Sign_{number}"
    made = dict(files)
    if signing.seal_file is not None:
        made[f"{folder}/Seal.esl"] = signing.seal_file
    made[LIST] = _list(number + 1)
    # The list grows with every signature, so it is protected only where that is asked for.
    named = [name for name in made if name not in signing.left_out and (name != LIST or signing.protects_list)]
    made[f"{folder}/Signature.xml"] = _signature(made, named, signing, folder)
    made[f"{folder}/SignedValue.dat"] = signing.sign(made[f"{folder}/Signature.xml"])
    return made


def _signature(files: Files, named: list[str], signing: Signing, folder: str) -> bytes:
    root = "" if signing.relative else "/"
    references = "".join(
        f'<ofd:Reference FileRef="{root}{name}"><ofd:CheckValue>'
        f"{base64.b64encode(signing.digest(files[name])).decode()}</ofd:CheckValue></ofd:Reference>"
        for name in named
    )
    seal = f"<ofd:Seal><ofd:BaseLoc>/{folder}/Seal.esl</ofd:BaseLoc></ofd:Seal>" if signing.seal_file else ""
    return _xml(
        f"<ofd:Signature {_NAMESPACE}><ofd:SignedInfo>"
        '<ofd:Provider ProviderName="fengqiao-simulator" Company="fengqiao" Version="1"/>'
        f"<ofd:SignatureMethod>{signing.method}</ofd:SignatureMethod>"
        f"<ofd:SignatureDateTime>{signing.at.astimezone(_BEIJING):%Y-%m-%d %H:%M:%S}</ofd:SignatureDateTime>"
        f'<ofd:References CheckMethod="{signing.check_method}">{references}</ofd:References>'
        f'<ofd:StampAnnot ID="901" PageRef="1" Boundary="130 210 40 40"/>{seal}</ofd:SignedInfo>'
        f"<ofd:SignedValue>/{folder}/SignedValue.dat</ofd:SignedValue></ofd:Signature>"
    )


def _list(count: int) -> bytes:
    entries = "".join(
        f'<ofd:Signature ID="{n + 1}" Type="Seal" BaseLoc="/Doc_0/Signs/Sign_{n}/Signature.xml"/>' for n in range(count)
    )
    return _xml(f"<ofd:Signatures {_NAMESPACE}><ofd:MaxSignId>{count}</ofd:MaxSignId>{entries}</ofd:Signatures>")


def _page(lines: list[str]) -> bytes:
    objects = "".join(
        f'<ofd:TextObject ID="{100 + n}" Font="800" Size="5.6" Boundary="28 {37 + 10 * n} 160 8">'
        f'<ofd:TextCode X="0" Y="6">{escape(line)}</ofd:TextCode></ofd:TextObject>'
        for n, line in enumerate(lines)
    )
    return _xml(
        f'<ofd:Page {_NAMESPACE}><ofd:Content><ofd:Layer ID="90" Type="Body">{objects}</ofd:Layer></ofd:Content>'
        "</ofd:Page>"
    )


def _xml(text: str) -> bytes:
    return (_PROLOG + text).encode()
