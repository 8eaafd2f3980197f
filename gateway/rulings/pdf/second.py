"""pyHanko's own verdict on an RSA or ECDSA signature, taken beside ours: both must say yes.

Its ``bottom_line`` counts, never ``valid`` or ``intact`` alone. It fetches nothing. What it says no to, and we did not,
is a finding of the check that it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from asn1crypto import x509
from pyhanko.sign.validation import EmbeddedPdfSignature, validate_pdf_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext

from gateway.rulings.context import Context
from gateway.rulings.pdf.reading import READING_FAILS, Pdf, PdfSignature
from gateway.rulings.result import Check, Finding, failed, not_possible, of_signature, passed


def second_opinion(pdf: Pdf, signature: PdfSignature, at: datetime, context: Context) -> tuple[Finding, ...]:
    """Return what pyHanko says of a signature made at ``at``."""
    anchors = [each.certificate for each in context.trust.anchors if "signer" in each.roles]
    roots = [each for each in anchors if not each.is_sm2]
    if not roots:
        return ()  # our own check 9 says that there is nobody to trust
    try:
        embedded = next(each for each in pdf.reader.embedded_signatures if each.field_name == signature.name)
        status = _status(embedded, [each.der for each in roots], at, context)
    except READING_FAILS:
        return of_signature(signature.name, [not_possible(Check.SIGNATURE, "rulings.pdf.second_failed")])
    return of_signature(signature.name, _findings(status))


def _status(embedded: EmbeddedPdfSignature, roots: list[bytes], at: datetime, context: Context) -> Any:
    others = [each for each in context.trust.intermediates if not each.is_sm2]
    validation = ValidationContext(
        trust_roots=[x509.Certificate.load(each) for each in roots],
        other_certs=[x509.Certificate.load(each.der) for each in others],
        allow_fetching=False,
        moment=at,
        best_signature_time=at,
        revocation_mode="soft-fail",
    )
    usage = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)
    return validate_pdf_signature(embedded, validation, key_usage_settings=usage)


def _findings(status: Any) -> Iterator[Finding]:
    if status.bottom_line:
        yield passed(Check.SIGNATURE, "rulings.pdf.second_agrees")
    elif not status.intact:
        yield failed(Check.SIGNED_HASH, "rulings.signed_hash.different")
    elif not status.valid:
        yield failed(Check.SIGNATURE, "rulings.pdf.second_refuses")
    elif not status.trusted:
        yield failed(Check.CHAIN, "rulings.pdf.second_distrusts")
    else:
        yield failed(Check.COVERAGE, "rulings.pdf.changed_later")
