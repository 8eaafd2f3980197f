"""Is this ruling genuine? One door for every format: bytes and trust in, a Verification out, never an exception."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from gateway import __version__
from gateway.rulings import binding, certified, digests, timing
from gateway.rulings.context import Context, Expected, Judged
from gateway.rulings.limits import Limits, deadline
from gateway.rulings.malformed import Malformed
from gateway.rulings.result import Check, Evidence, Finding, Verification, failed, not_possible, passed
from gateway.rulings.trust import Trust
from gateway.rulings.wording import Wording
from gateway.rulings.wording.fields import stated

VERIFIER = f"fengqiao-gateway {__version__}"
_PDF, _ZIP = b"%PDF-", b"PK\x03\x04"
_PDF_HEADER_WITHIN = 1024
Part = tuple[tuple[Finding, ...], tuple[Judged, ...]]


def verify(
    octets: bytes, *, trust: Trust, now: datetime | None = None, expected: Expected | None = None,
    limits: Limits | None = None, detached: bytes | None = None, signer: str | None = None,
) -> Verification:  # fmt: skip
    """Return everything found about a file; with ``detached``, a signature that lies beside it.

    ``signer``: SHA-256 of the registered certificate that a bare detached signature is to be held against. Hostile
    input ends in findings: what could not be looked at is *not possible*.
    """
    limits = limits or Limits()
    context = Context(
        trust=trust, now=now or datetime.now(UTC), expected=expected, limits=limits, deadline=deadline(limits)
    )
    form = "detached" if detached is not None else form_of(octets)
    findings, judged = _guarded(lambda: _examined(form, octets, context, detached, signer))
    findings = (*findings, *(finding for each in judged for finding in each.findings))
    evidence = _evidence(octets, judged, context)
    kept = passed(Check.EVIDENCE, "rulings.evidence.kept", certificates=len(evidence.certificates))
    return Verification(
        form=form, findings=(*findings, kept), evidence=evidence, signatures=tuple(each.found for each in judged),
        certificates={each.sha256: each.der for one in judged for chain in one.chains for each in chain.path},
    )  # fmt: skip


def form_of(octets: bytes) -> str:
    """Return the form of a file by its own first bytes, never by its name: ofd, pdf or unknown."""
    if octets.startswith(_ZIP):
        return "ofd"
    return "pdf" if _PDF in octets[:_PDF_HEADER_WITHIN] else "unknown"


def _examined(form: str, octets: bytes, context: Context, detached: bytes | None, signer: str | None) -> Part:
    if len(octets) > context.limits.file:
        return (failed(Check.CONTAINER, "rulings.container.too_large", limit=context.limits.file),), ()
    if detached is not None:
        from gateway.rulings.detached import examine as examine_detached  # noqa: PLC0415

        findings, judged = examine_detached(octets, detached, context, signer)
        return (*findings, *_bound(octets, None, judged, context)), judged
    if form == "ofd":
        from gateway.rulings.ofd.verify import examine as examine_ofd  # noqa: PLC0415 - lxml only where needed
        from gateway.rulings.wording.ofd import wording_of as ofd_wording  # noqa: PLC0415

        ofd = examine_ofd(octets, context)
        wording = ofd_wording(ofd.package, context) if ofd.package else None
        return (*ofd.findings, *_bound(octets, wording, ofd.judged, context)), ofd.judged
    if form == "pdf":
        from gateway.rulings.pdf.verify import examine as examine_pdf  # noqa: PLC0415 - pyHanko takes a second

        pdf = examine_pdf(octets, context)
        return (*pdf.findings, *_bound(octets, pdf.wording, pdf.judged, context)), pdf.judged
    return (failed(Check.CONTAINER, "rulings.container.unknown_form"),), ()


def _bound(octets: bytes, wording: Wording | None, judged: tuple[Judged, ...], context: Context) -> tuple[Finding, ...]:
    """Return check 11, and of check 10 whether the ruling bears a date after its own signature."""
    expected = context.expected
    if expected is not None and expected.certificate is not None:
        found = certified.of(octets, wording, judged, context, expected.certificate)
    else:
        found = binding.of(octets, wording, judged, context)
    if wording is None or (expected and expected.issued_on):
        return found
    issued = stated(wording).issued_on
    late = [finding for each in judged for finding in timing.before_ruling(each.found.signed_at, issued)]
    return (*found, *late)


def _guarded(examine: Callable[[], Part]) -> Part:
    """Return what an examination finds; whatever it raises becomes a finding without the words of the input."""
    try:
        return examine()
    except Malformed as error:
        return (error.as_finding(Check.CONTAINER),), ()
    except Exception as error:
        return (not_possible(Check.CONTAINER, "rulings.fault", kind=type(error).__name__),), ()


def _evidence(octets: bytes, judged: Iterable[Judged], context: Context) -> Evidence:
    chains = [chain for each in judged for chain in each.chains]
    return Evidence(
        size=len(octets),
        sha256=hashlib.sha256(octets).hexdigest(),
        sm3=digests.sm3(octets).hex(),
        verified_at=context.now,
        verifier=VERIFIER,
        certificates=tuple(dict.fromkeys(each.sha256 for chain in chains for each in chain.path)),
        anchors=tuple(dict.fromkeys(chain.anchor.certificate.sha256 for chain in chains if chain.anchor)),
        revocation_lists=tuple(dict.fromkeys(each.sha256 for chain in chains for each in chain.lists)),
    )
