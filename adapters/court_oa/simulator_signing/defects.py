"""One wrong thing at a time: every way in which a signed ruling can be bad, by name, with the check that must find it.

A defect is made with the right keys and everything else as it should be, so that no other check fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType

from adapters.court_oa.simulator_signing import ofd, pdf
from adapters.court_oa.simulator_signing.bench import Bench
from adapters.court_oa.simulator_signing.certificates import ENCRYPTING, Issued, issue
from adapters.court_oa.simulator_signing.hierarchy import hierarchy, person
from adapters.court_oa.simulator_signing.keys import new_key
from adapters.court_oa.simulator_signing.messages import signed_message
from adapters.court_oa.simulator_signing.seals import SealWanted

PAGE = "Doc_0/Pages/Page_0/Content.xml"
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Defect:
    """How to make a bad file, and the number of the check that it fails."""

    check: int
    make: Callable[[Bench], bytes]


def _pack(bench: Bench, change: Callable[[ofd.Files], ofd.Files]) -> bytes:
    return bench.sealed_ofd(change=change)


def _twice(bench: Bench) -> bytes:
    kept: ofd.Files = {}

    def keep(files: ofd.Files) -> ofd.Files:
        kept.update(files)
        return files

    bench.sealed_ofd(change=keep)
    return ofd.packed(kept, [(PAGE.upper(), b"<other/>")])


def _prefixed(bench: Bench) -> bytes:
    return b"PK\3\4" + bench.sealed_ofd()


def _doctype(files: ofd.Files) -> ofd.Files:
    name = "Doc_0/Signs/Signatures.xml"
    return {**files, name: files[name].replace(b"?>\n", b'?>\n<!DOCTYPE x [<!ENTITY y "z">]>\n')}


def _missing(files: ofd.Files) -> ofd.Files:
    return {name: content for name, content in files.items() if name != "Doc_0/PublicRes.xml"}


def _added(files: ofd.Files) -> ofd.Files:
    return {**files, "Doc_0/Pages/Page_9/Content.xml": b"<added/>"}


def _other_name(bench: Bench) -> tuple[str, str]:
    """Return the name of the first party, and another that is put in its place."""
    name = bench.ruling.parties[0]
    return name, name[:-1] + "立"


def _changed(bench: Bench) -> bytes:
    name, other = _other_name(bench)
    return _pack(bench, lambda files: {**files, PAGE: files[PAGE].replace(name.encode(), other.encode())})


def _signer(bench: Bench, **said: object) -> Issued:
    return issue(person(bench.ruling.court, bench.at, **said), new_key(bench.people.kind), bench.people.issuing)


def _stranger(bench: Bench) -> Bench:
    return replace(bench, people=hierarchy(bench.people.kind, court=bench.ruling.court, at=bench.at))


def _impostor(bench: Bench) -> Issued:
    """Return a signer whose certificate names the real issuer, but was signed by another key."""
    wanted, key = person(bench.ruling.court, bench.at), new_key(bench.people.kind)
    return issue(wanted, key, bench.people.issuing, signed_by=new_key(bench.people.kind))


def _below_signer(bench: Bench) -> tuple[Issued, Issued]:
    """Return a signer certified by a signer that is no authority, and that one."""
    between = _signer(bench)
    return issue(person(bench.ruling.court, bench.at), new_key(bench.people.kind), between), between


def _sealed(bench: Bench, **wanted: object) -> SealWanted:
    return replace(bench.wanted, **wanted)  # type: ignore[arg-type]


def _old(bench: Bench) -> SealWanted:
    return _sealed(bench, end=bench.at - _DAY)


OFD: Mapping[str, Defect] = MappingProxyType(
    {
        "duplicate_entry": Defect(check=1, make=_twice),
        "bytes_before": Defect(check=1, make=_prefixed),
        "doctype": Defect(check=1, make=lambda bench: _pack(bench, _doctype)),
        "missing_file": Defect(check=1, make=lambda bench: _pack(bench, _missing)),
        "added_file": Defect(check=2, make=lambda bench: _pack(bench, _added)),
        "unprotected_page": Defect(
            check=2, make=lambda bench: bench.sealed_ofd(signing={"left_out": frozenset({PAGE})})
        ),
        "changed_page": Defect(check=3, make=_changed),
        "weak_digest": Defect(check=3, make=lambda bench: bench.sealed_ofd(signing={"check_method": "MD5"})),
        "other_hash": Defect(check=4, make=lambda bench: bench.sealed_ofd(hashed=bytes(32))),
        "other_seal_file": Defect(
            check=5, make=lambda bench: bench.sealed_ofd(seal_file=bench.seal(_sealed(bench, id="33052100000018")))
        ),
        "broken_value": Defect(check=6, make=lambda bench: bench.sealed_ofd(break_value=True)),
        "forged_seal": Defect(check=7, make=lambda bench: bench.sealed_ofd(wanted=_sealed(bench, forged=True))),
        "expired_seal": Defect(check=7, make=lambda bench: bench.sealed_ofd(wanted=_old(bench))),
        "future_seal": Defect(
            check=7, make=lambda bench: bench.sealed_ofd(wanted=_sealed(bench, start=bench.at + _DAY))
        ),
        "unlisted_signer": Defect(check=8, make=lambda bench: bench.sealed_ofd(seal=bench.seal(listed=_signer(bench)))),
        "strange_root": Defect(check=9, make=lambda bench: _stranger(bench).sealed_ofd()),
        "impostor": Defect(check=9, make=lambda bench: bench.sealed_ofd(signer=_impostor(bench))),
        "expired_certificate": Defect(
            check=9, make=lambda bench: bench.sealed_ofd(signer=_signer(bench, end=bench.at - _DAY))
        ),
        "wrong_usage": Defect(check=9, make=lambda bench: bench.sealed_ofd(signer=_signer(bench, usage=ENCRYPTING))),
        "unknown_critical": Defect(
            check=9, make=lambda bench: bench.sealed_ofd(signer=_signer(bench, critical="1.2.3.4.5"))
        ),
        "strange_maker": Defect(
            check=9, make=lambda bench: bench.sealed_ofd(seal=bench.seal(maker=_stranger(bench).people.maker))
        ),
        "future": Defect(check=10, make=lambda bench: bench.sealed_ofd(at=bench.at + 30 * _DAY)),
        "before_ruling": Defect(check=10, make=lambda bench: bench.sealed_ofd(at=bench.at - 30 * _DAY)),
        "stamp_of_another": Defect(
            check=10, make=lambda bench: bench.sealed_ofd(stamping=bench.people.stamping, stamped=b"another")
        ),
        "stamped_before": Defect(
            check=10,
            make=lambda bench: bench.sealed_ofd(stamping=bench.people.stamping, stamped_at=bench.at - _DAY),
        ),
        "stamped_by_a_signer": Defect(check=10, make=lambda bench: bench.sealed_ofd(stamping=bench.people.court)),
    }
)


def _appended(octets: bytes) -> bytes:
    return octets + b"\n% nobody signed this\n"


def _edited(bench: Bench, octets: bytes) -> bytes:
    name, other = (each.encode("utf-16-be").hex().encode() for each in _other_name(bench))
    return octets.replace(name, other)


def _other_page() -> dict[int, bytes]:
    content = b"BT /F1 16 Tf 79 740 Td <" + "另一份文书".encode("utf-16-be").hex().encode() + b"> Tj ET"
    return {10: f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream"}


def _updated(octets: bytes) -> bytes:
    """Return a PDF with an incremental update that gives the first page other contents."""
    return pdf.updated(octets, _other_page())


def _taken_over(bench: Bench, octets: bytes, *, again: bool) -> bytes:
    """Return a PDF with another page and another's signature over all of it; ``again``: the first is written anew."""
    thief = _signer(bench)
    signing = pdf.Signing(
        sign=lambda message: signed_message(message, thief, at=bench.at, others=(bench.people.issuing,)), at=bench.at
    )
    rewritten = {8: pdf.signature_object(octets)} if again else {}
    return pdf.signed_again(octets, signing, _other_page() | rewritten)


def _unreadable(octets: bytes) -> bytes:
    return octets.replace(b"/Type /Catalog", b"/Type /Katalog").replace(b"xref\n0", b"xxef\n0")


Make = Callable[..., bytes]


def _of_pdf(make: Callable[[Bench], Make]) -> dict[str, Defect]:
    """Return the defects that every form of signature in a PDF can have."""
    return {
        "unreadable": Defect(check=1, make=lambda bench: _unreadable(make(bench)())),
        "bytes_after": Defect(check=2, make=lambda bench: _appended(make(bench)())),
        "updated_page": Defect(check=2, make=lambda bench: _updated(make(bench)())),
        "taken_over": Defect(check=2, make=lambda bench: _taken_over(bench, make(bench)(), again=False)),
        "taken_over_by_rewriting": Defect(check=2, make=lambda bench: _taken_over(bench, make(bench)(), again=True)),
        "changed_page": Defect(check=4, make=lambda bench: _edited(bench, make(bench)())),
        "broken_value": Defect(check=6, make=lambda bench: make(bench)(break_value=True)),
        "strange_root": Defect(check=9, make=lambda bench: make(_stranger(bench))()),
        "impostor": Defect(check=9, make=lambda bench: make(bench)(signer=_impostor(bench))),
        "expired_certificate": Defect(
            check=9, make=lambda bench: make(bench)(signer=_signer(bench, end=bench.at - _DAY))
        ),
        "wrong_usage": Defect(check=9, make=lambda bench: make(bench)(signer=_signer(bench, usage=ENCRYPTING))),
        "future": Defect(check=10, make=lambda bench: make(bench)(at=bench.at + 30 * _DAY)),
        "before_ruling": Defect(check=10, make=lambda bench: make(bench)(at=bench.at - 30 * _DAY)),
    }


MESSAGE_PDF: Mapping[str, Defect] = MappingProxyType(_of_pdf(lambda bench: bench.message_pdf))
SEALED_PDF: Mapping[str, Defect] = MappingProxyType(
    {
        **_of_pdf(lambda bench: bench.sealed_pdf),
        "other_hash": Defect(check=4, make=lambda bench: bench.sealed_pdf(hashed=bytes(32))),
        "forged_seal": Defect(check=7, make=lambda bench: bench.sealed_pdf(wanted=_sealed(bench, forged=True))),
        "expired_seal": Defect(check=7, make=lambda bench: bench.sealed_pdf(wanted=_old(bench))),
        "unlisted_signer": Defect(check=8, make=lambda bench: bench.sealed_pdf(seal=bench.seal(listed=_signer(bench)))),
        "stamp_of_another": Defect(
            check=10, make=lambda bench: bench.sealed_pdf(stamping=bench.people.stamping, stamped=b"another")
        ),
    }
)
