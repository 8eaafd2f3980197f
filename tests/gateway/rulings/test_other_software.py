"""Signatures made by other software verify here, and other software verifies what the signing room makes."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import pem, x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapters.court_oa.simulator_signing import der, pdf
from adapters.court_oa.simulator_signing.bench import Bench
from adapters.court_oa.simulator_signing.certificates import Issued
from adapters.court_oa.simulator_signing.hierarchy import hierarchy
from adapters.court_oa.simulator_signing.keys import EcKey, Kind, RsaKey, Sm2Key
from gateway.rulings.certificate import read_certificate
from gateway.rulings.result import Check, Verdict
from gateway.rulings.signatures import outcome
from gateway.rulings.trust import Court, CourtCertificate, Period
from gateway.rulings.trust.chain import Moment, build
from gateway.rulings.verification import verify
from tests.gateway.rulings.conftest import AT, COURT, NOW, codes, failed_checks, trust_in
from tests.servers import missing

TODAY = datetime.now(UTC).replace(microsecond=0)  # OpenSSL and pyHanko sign by this machine's clock
CONTENT = "示例县人民法院：随文附送的文件\n".encode() * 40


@cache
def bench_of_today(kind: Kind) -> Bench:
    """Return a bench whose certificates are valid today, whenever that is."""
    return Bench(people=hierarchy(kind, court=COURT, at=TODAY), at=TODAY)


@pytest.fixture(scope="module")
def openssl() -> str:
    found = shutil.which("openssl")
    if found is None:
        missing("openssl is not installed")
    return str(found)


def run(*command: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, capture_output=True, check=False, timeout=120)


def kept(folder: Path, issued: Issued) -> tuple[Path, Path]:
    """Write a certificate and its key as PEM; return both files."""
    certificate, secret = folder / f"{issued.serial}.pem", folder / f"{issued.serial}.key"
    certificate.write_bytes(pem.armor("CERTIFICATE", issued.der))
    key = issued.key
    if isinstance(key, Sm2Key):
        curve = der.oid("1.2.156.10197.1.301")
        inner = der.sequence(
            der.integer(1), der.octets(key.secret.to_bytes(32, "big")), der.tagged(0, curve),
            der.tagged(1, der.bits(key.point)),
        )  # fmt: skip
        secret.write_bytes(pem.armor("EC PRIVATE KEY", inner))
    else:
        assert isinstance(key, RsaKey | EcKey)
        secret.write_bytes(key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate, secret


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
@pytest.mark.parametrize("options", [(), ("-noattr",), ("-nosmimecap", "-cades")], ids=["plain", "noattr", "cades"])
def test_a_detached_signature_of_openssl_holds(
    openssl: str, tmp_path: Path, kind: Kind, options: tuple[str, ...]
) -> None:
    bench, now = bench_of_today(kind), TODAY + timedelta(hours=1)
    certificate, key = kept(tmp_path, bench.people.court)
    (tmp_path / "content").write_bytes(CONTENT)
    made = run(
        openssl, "cms", "-sign", "-binary", "-in", str(tmp_path / "content"), "-signer", str(certificate), "-inkey",
        str(key), "-md", "sha256", "-outform", "DER", *options,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    trust = trust_in(bench.people)
    verification = verify(CONTENT, detached=made.stdout, trust=trust, now=now)
    assert verification.check(Check.SIGNATURE).verdict is Verdict.PASSED, codes(verification)
    assert verification.check(Check.SIGNED_HASH).verdict is Verdict.PASSED
    assert failed_checks(verification) == []  # without attributes, nothing says when, which is no failure
    changed = verify(CONTENT + b".", detached=made.stdout, trust=trust, now=now)
    assert set(failed_checks(changed)) & {Check.SIGNED_HASH, Check.SIGNATURE}
    armoured = pem.armor("CMS", made.stdout)
    assert verify(CONTENT, detached=armoured, trust=trust, now=now).form == "detached"


def test_a_bare_sm2_signature_of_openssl_holds_for_the_registered_certificate(
    sm2: Bench, openssl: str, tmp_path: Path
) -> None:
    _, key = kept(tmp_path, sm2.people.court)
    (tmp_path / "content").write_bytes(CONTENT)
    made = run(
        openssl, "dgst", "-sm3", "-sign", str(key), "-sigopt", "distid:1234567812345678", str(tmp_path / "content")
    )
    assert made.returncode == 0, made.stderr
    mine, other = read_certificate(sm2.people.court.der), read_certificate(sm2.people.maker.der)
    rows = [CourtCertificate(sha256=each.sha256, certificate=each, period=Period()) for each in (other, mine)]
    trust = trust_in(sm2.people, courts=(Court(name=COURT, codes=frozenset(), certificates=tuple(rows)),))
    for hint in (None, mine.sha256):
        verification = verify(CONTENT, detached=made.stdout, trust=trust, now=NOW, signer=hint)
        assert verification.genuine, codes(verification)
        assert [each.signer_sha256 for each in verification.signatures] == [mine.sha256]
    for content, hint in ((CONTENT + b".", None), (CONTENT, other.sha256)):
        refused = verify(content, detached=made.stdout, trust=trust, now=NOW, signer=hint)
        assert failed_checks(refused) == [Check.SIGNATURE]
    unregistered = verify(CONTENT, detached=made.stdout, trust=trust_in(sm2.people), now=NOW)
    assert unregistered.check(Check.SIGNATURE).verdict is Verdict.NOT_POSSIBLE


def test_openssl_verifies_the_sm2_signatures_of_the_signing_room(sm2: Bench, openssl: str, tmp_path: Path) -> None:
    court, _ = kept(tmp_path, sm2.people.court)
    public = run(openssl, "x509", "-in", str(court), "-pubkey", "-noout")
    (tmp_path / "public").write_bytes(public.stdout)
    (tmp_path / "content").write_bytes(CONTENT)
    (tmp_path / "value").write_bytes(sm2.people.court.key.sign(CONTENT))
    checked = run(
        openssl, "dgst", "-sm3", "-verify", str(tmp_path / "public"), "-signature", str(tmp_path / "value"),
        "-sigopt", "distid:1234567812345678", str(tmp_path / "content"),
    )  # fmt: skip
    assert checked.stdout.strip() == b"Verified OK", checked.stderr


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_openssl_verifies_the_chains_and_messages_of_the_signing_room(
    request: pytest.FixtureRequest, openssl: str, tmp_path: Path, kind: str
) -> None:
    from adapters.court_oa.simulator_signing.messages import signed_message

    bench: Bench = request.getfixturevalue(kind)
    root, _ = kept(tmp_path, bench.people.root)
    value = signed_message(CONTENT, bench.people.court, at=AT, others=(bench.people.issuing,))
    (tmp_path / "value").write_bytes(value)
    (tmp_path / "content").write_bytes(CONTENT)
    checked = run(
        openssl, "cms", "-verify", "-binary", "-inform", "DER", "-in", str(tmp_path / "value"), "-content",
        str(tmp_path / "content"), "-CAfile", str(root), "-purpose", "any", "-attime", str(int(AT.timestamp())),
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr


def test_the_signature_on_an_sm2_certificate_of_openssl_holds(openssl: str, tmp_path: Path) -> None:
    key, root = str(tmp_path / "key"), tmp_path / "root"
    assert run(openssl, "genpkey", "-algorithm", "SM2", "-out", key).returncode == 0
    made = run(
        openssl, "req", "-x509", "-key", key, "-sm3", "-days", "30", "-sigopt", "distid:1234567812345678", "-subj",
        "/CN=OpenSSL root", "-out", str(root),
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    certificate = read_certificate(pem.unarmor(root.read_bytes())[2])
    assert outcome(certificate, certificate.algorithm, certificate.signed, certificate.signature) == "holds"
    assert outcome(certificate, certificate.algorithm, certificate.signed + b"\0", certificate.signature) == "broken"


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_a_pdf_that_pyhanko_signed_is_genuine(kind: Kind) -> None:
    bench = bench_of_today(kind)
    octets = signed_by_pyhanko(pdf.unsigned(bench.ruling), bench)
    at = moment_of(octets)
    verification = verify(octets, trust=trust_in(bench.people), now=at)
    assert verification.check(Check.SIGNATURE).verdict is Verdict.PASSED, codes(verification)
    assert {"rulings.signature.holds", "rulings.pdf.second_agrees"} <= codes(verification)
    assert failed_checks(verification) == []
    twice = signed_by_pyhanko(octets, bench, field="Second")
    verification = verify(twice, trust=trust_in(bench.people), now=at)
    assert failed_checks(verification) == []
    assert [each.name for each in verification.signatures] == ["First", "Second"]
    assert failed_checks(verify(twice + b"%", trust=trust_in(bench.people), now=at)) == [Check.COVERAGE]


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_pyhanko_agrees_with_what_the_signing_room_signs(request: pytest.FixtureRequest, kind: str) -> None:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    bench: Bench = request.getfixturevalue(kind)
    reader = PdfFileReader(BytesIO(bench.message_pdf()))
    root = x509.Certificate.load(bench.people.root.der)
    context = ValidationContext(trust_roots=[root], allow_fetching=False, moment=AT)
    assert validate_pdf_signature(reader.embedded_signatures[0], context).bottom_line


def test_a_chain_of_the_signing_room_holds_here_too(sm2: Bench) -> None:
    found = build(read_certificate(sm2.people.court.der), (), trust_in(sm2.people), "signer", Moment(at=AT, now=NOW))
    assert len(found.path) == 3


def signed_by_pyhanko(octets: bytes, bench: Bench, field: str = "First") -> bytes:
    from asn1crypto.keys import PrivateKeyInfo
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import PdfSignatureMetadata, signers
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    key = bench.people.court.key
    assert isinstance(key, RsaKey | EcKey)
    secret = key.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = signers.SimpleSigner(
        signing_cert=x509.Certificate.load(bench.people.court.der),
        signing_key=PrivateKeyInfo.load(secret),
        cert_registry=SimpleCertificateStore.from_certs([x509.Certificate.load(bench.people.issuing.der)]),
    )
    metadata = PdfSignatureMetadata(field_name=field, md_algorithm="sha256")
    return signers.sign_pdf(IncrementalPdfFileWriter(BytesIO(octets)), metadata, signer=signer).getvalue()


def moment_of(octets: bytes) -> datetime:
    from pyhanko.pdf_utils.reader import PdfFileReader

    at = PdfFileReader(BytesIO(octets)).embedded_signatures[0].self_reported_timestamp
    assert at is not None
    return at
