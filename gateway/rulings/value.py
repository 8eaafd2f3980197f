"""Check 6 from the outcome of one signature value."""

from __future__ import annotations

from gateway.rulings import signatures
from gateway.rulings.certificate import Certificate
from gateway.rulings.result import Check, Finding, failed, not_possible, passed


def of_value(
    certificate: Certificate, algorithm: str, message: bytes, signature: bytes, *, digest: str | None = None
) -> Finding:
    """Return what check 6 says of a signature value over ``message``."""
    outcome = signatures.outcome(certificate, algorithm, message, signature, digest=digest)
    name = certificate.shown
    if outcome == "holds":
        return passed(Check.SIGNATURE, "rulings.signature.holds", name=name)
    if outcome == "unknown":
        return not_possible(Check.SIGNATURE, "rulings.signature.unknown_algorithm", algorithm=algorithm)
    if outcome == "weak":
        return failed(Check.SIGNATURE, "rulings.signature.weak", algorithm=algorithm)
    if outcome == "mismatch":
        return failed(Check.SIGNATURE, "rulings.signature.mismatch", name=name, algorithm=algorithm)
    return failed(Check.SIGNATURE, "rulings.signature.broken", name=name)
