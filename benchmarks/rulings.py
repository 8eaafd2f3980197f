"""Rulings: verifications per second in every form, against nothing but the cryptographic operations that each needs.

The plain twin is given everything ready: it verifies the same signature values under the same keys and makes digests of
the same bytes, and reads no container, no certificate and no revocation list. RSA and ECDSA in a PDF are verified by
pyHanko too; the twin verifies them once.
"""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from adapters.court_oa.simulator_signing import ofd
from adapters.court_oa.simulator_signing.bench import Bench
from adapters.court_oa.simulator_signing.hierarchy import hierarchy
from adapters.court_oa.simulator_signing.keys import Kind
from adapters.court_oa.simulator_signing.messages import signed_message
from adapters.court_oa.simulator_signing.ruling import LINES_PER_PAGE
from adapters.court_oa.simulator_signing.seals import put_seal
from benchmarks.figures import Figure
from gateway.rulings import digests, signatures, sm2
from gateway.rulings.certificate import read_certificate
from gateway.rulings.sm2 import plain
from gateway.rulings.trust import ROLES, Anchor, Period, Trust
from gateway.rulings.verification import verify

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
NOW = AT + timedelta(days=5)
PAGES, PICTURES, PICTURE = 200, 4, 5 * 1024 * 1024
Work = Callable[[], object]
File = tuple[bytes, bytes | None]  # a file, and the signature that lies beside it


def measure(rounds: int, quick: bool) -> Iterator[Figure]:
    """Yield every form with each implementation of SM2, then a long and a large file with their peak memory."""
    benches: dict[Kind, Bench] = {kind: _bench(kind) for kind in ("rsa", "ecdsa", "sm2")}
    repeats = 5 if quick else 20
    for name, (kind, make) in FORMS.items():
        file = make(benches[kind])
        for by, holds in _implementations(kind):
            with mock.patch.object(sm2, "best", lambda holds=holds: holds):
                yield _figure(f"{name}{by}", benches[kind], file, rounds, repeats)
    yield _large(f"PDF of {PAGES} pages, RSA", benches["rsa"], (long_pdf(benches["rsa"]), None), rounds)
    yield _large(
        f"OFD of {PICTURES * PICTURE >> 20} MB, seal v4", benches["sm2"], (large_ofd(benches["sm2"]), None), rounds
    )


def long_pdf(bench: Bench) -> bytes:
    """Return a signed PDF of two hundred pages."""
    parties = tuple(f"申请人第{number}号" for number in range(PAGES * LINES_PER_PAGE - 12))
    return bench.saying(parties=parties).message_pdf()


def large_ofd(bench: Bench) -> bytes:
    """Return a sealed OFD with pictures that nothing can pack any smaller."""
    chance, seal = random.Random(20261120), bench.seal()
    pictures = {f"Doc_0/Res/Image_{number}.jpg": chance.randbytes(PICTURE) for number in range(PICTURES)}
    given: dict[str, Any] = {"signer": bench.people.court, "at": AT, "version": 4}
    signing = ofd.Signing(
        sign=lambda message: put_seal(seal, message, place="/Doc_0/Signs/Sign_0/Signature.xml", **given),
        at=AT,
        seal_file=seal,
    )
    return ofd.packed(ofd.signed({**ofd.unsigned(bench.ruling), **pictures}, signing))


def trust_of(bench: Bench) -> Trust:
    """Return trust in the root of a bench."""
    anchor = Anchor(certificate=read_certificate(bench.people.root.der), roles=frozenset(ROLES), period=Period())
    return Trust(anchors=(anchor,), intermediates=(read_certificate(bench.people.issuing.der),))


def _figure(name: str, bench: Bench, file: File, rounds: int, repeats: int) -> Figure:
    """Measure both in turn, by the time of the processor: other processes then disturb little."""
    trust = trust_of(bench)

    def ours() -> bool:
        return verify(file[0], trust=trust, now=NOW, detached=file[1]).genuine

    twin, count = _bare(ours, file)
    measured: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for work, into in zip((ours, twin), measured, strict=True):
            into.append(repeats / _cpu(work, repeats))
    remarks = (f"{len(file[0]) / 1024:,.0f} KB, {count} signature values",)
    return Figure(name=name, ours=measured[0], twin=measured[1], aim="≥ 0.33", remarks=remarks)


def _large(name: str, bench: Bench, file: File, rounds: int) -> Figure:
    figure = _figure(name, bench, file, rounds, 1)
    with tempfile.TemporaryDirectory() as folder:
        small, large, anchor = (Path(folder) / each for each in ("small", "large", "anchor"))
        small.write_bytes(bench.sealed_ofd() if "OFD" in name else bench.message_pdf())
        large.write_bytes(file[0])
        anchor.write_bytes(bench.people.root.der)
        (Path(folder) / "issuing").write_bytes(bench.people.issuing.der)
        command = [sys.executable, "-m", "benchmarks.peak_memory", folder]
        said = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=600).stdout)
    memory = (
        f"peak memory {said['large'] / 1024:,.0f} MB, {said['small'] / 1024:,.0f} MB after a small one of the same form"
    )
    return Figure(name=name, ours=figure.ours, twin=figure.twin, aim=figure.aim, remarks=(*figure.remarks, memory))


def _bare(ours: Work, file: File) -> tuple[Work, int]:
    """Return the cryptographic operations of a verification with nothing around them, and how many values it takes."""
    found: list[Work] = []
    with _recorded(found):
        if ours() is not True:
            raise SystemExit("what is measured must be genuine")
    octets = file[0]

    def bare() -> None:
        hashlib.sha256(octets).digest()
        digests.sm3(octets)  # the evidence
        digests.sm3(octets)  # what is signed, about as long
        for operation in found:
            operation()

    return bare, len(found)


@contextmanager
def _recorded(found: list[Work]) -> Iterator[None]:
    """Note every signature value that is verified, as something to do again."""

    def noting(real: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*given: Any) -> Any:
            found.append(lambda: real(*given))
            return real(*given)

        return noted

    with (
        mock.patch.object(signatures, "sm2_verify", noting(signatures.sm2_verify)),
        mock.patch.object(signatures, "_rsa", noting(signatures._rsa)),  # noqa: SLF001
        mock.patch.object(signatures, "_ecdsa", noting(signatures._ecdsa)),  # noqa: SLF001
    ):
        yield


def _implementations(kind: Kind) -> Iterator[tuple[str, sm2.Holds]]:
    if kind != "sm2":
        yield "", plain.holds
        return
    yield ", plain Python", plain.holds
    if sm2.best() is not plain.holds:
        yield ", GmSSL", sm2.best()


def _bench(kind: Kind) -> Bench:
    return Bench(people=hierarchy(kind, court="浙江省示例县人民法院", at=AT), at=AT)


def _sealed(bench: Bench, version: Any) -> bytes:
    return bench.sealed_ofd(wanted=replace(bench.wanted, version=version))


def _detached(bench: Bench) -> File:
    content = "随文附送的文件\n".encode() * 5_000
    return content, signed_message(content, bench.people.court, at=AT, others=(bench.people.issuing,))


def _cpu(work: Work, repeats: int) -> float:
    started = time.process_time()
    for _ in range(repeats):
        work()
    return time.process_time() - started


# Which keys, and the file.
FORMS: dict[str, tuple[Kind, Callable[[Bench], File]]] = {
    "PDF, RSA": ("rsa", lambda bench: (bench.message_pdf(), None)),
    "PDF, ECDSA": ("ecdsa", lambda bench: (bench.message_pdf(), None)),
    "PDF, SM2 (GB/T 35275)": ("sm2", lambda bench: (bench.message_pdf(), None)),
    "PDF, seal v4": ("sm2", lambda bench: (bench.sealed_pdf(), None)),
    "OFD, seal v1": ("sm2", lambda bench: (_sealed(bench, 1), None)),
    "OFD, seal v4": ("sm2", lambda bench: (_sealed(bench, 4), None)),
    "OFD, seal v5": ("sm2", lambda bench: (_sealed(bench, 5), None)),
    "beside the file, RSA": ("rsa", _detached),
    "beside the file, SM2": ("sm2", _detached),
}
