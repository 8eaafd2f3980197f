"""Certificate revocation lists from configured files (RFC 5280 §5): who revoked what, when, and why."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from asn1crypto import crl, pem

from gateway.rulings import signatures
from gateway.rulings.certificate import READING_FAILS, Certificate
from gateway.rulings.malformed import Malformed

# What says that the key was in wrong hands: no claimed signing time helps against it.
COMPROMISED = frozenset({"key_compromise", "ca_compromise", "aa_compromise"})
# What says that the key was in nobody else's hands when the certificate ended.
HARMLESS = frozenset({"affiliation_changed", "superseded", "cessation_of_operation"})
_KNOWN_CRITICAL: frozenset[str] = frozenset()  # none: a partial or indirect list is refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """One revoked certificate."""

    at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationList:
    """One list, not yet believed: ``signed_by`` says whether an issuer made it."""

    der: bytes = field(repr=False)
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    algorithm: str
    issuer: bytes = field(repr=False)
    issued: datetime
    next_issue: datetime | None
    revoked: Mapping[int, Revoked] = field(repr=False)
    sha256: str

    def signed_by(self, issuer: Certificate) -> bool:
        """Say whether ``issuer`` made this list and may make lists."""
        if self.issuer != issuer.subject or (issuer.key_usage is not None and "crl_sign" not in issuer.key_usage):
            return False
        return signatures.outcome(issuer, self.algorithm, self.signed, self.signature) == "holds"


def read_list(content: bytes) -> RevocationList:
    """Return the list in a file in PEM or DER. Raises Malformed."""
    try:
        der = pem.unarmor(content)[2] if pem.detect(content) else content
        return _read(der)
    except READING_FAILS:
        raise Malformed("rulings.revocation.unreadable") from None


def _read(der: bytes) -> RevocationList:
    whole = crl.CertificateList.load(der, strict=True)
    body = whole["tbs_cert_list"]
    if any(
        each["critical"].native and each["extn_id"].dotted not in _KNOWN_CRITICAL for each in body["crl_extensions"]
    ):
        raise Malformed("rulings.revocation.unreadable")
    revoked = {
        entry["user_certificate"].native: Revoked(at=entry["revocation_date"].native, reason=_reason(entry))
        for entry in body["revoked_certificates"]
    }
    return RevocationList(
        der=der,
        signed=body.dump(),
        signature=bytes(whole["signature"].native),
        algorithm=whole["signature_algorithm"]["algorithm"].dotted,
        issuer=body["issuer"].dump(),
        issued=body["this_update"].native,
        next_issue=body["next_update"].native,
        revoked=MappingProxyType(revoked),
        sha256=hashlib.sha256(der).hexdigest(),
    )


def _reason(entry: crl.RevokedCertificate) -> str | None:
    value = entry.crl_reason_value
    return None if value is None else str(value.native)
