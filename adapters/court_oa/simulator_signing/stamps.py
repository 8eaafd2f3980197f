"""Time stamp tokens (RFC 3161; GB/T 20520) over a signature value."""

from __future__ import annotations

from datetime import datetime

from adapters.court_oa.simulator_signing import der
from adapters.court_oa.simulator_signing.certificates import Issued
from adapters.court_oa.simulator_signing.keys import digest
from adapters.court_oa.simulator_signing.messages import CMS, signed_message

TST_INFO = "1.2.840.113549.1.9.16.1.4"


def stamp(signature: bytes, authority: Issued, *, at: datetime) -> bytes:
    """Return a token that says ``signature`` existed at ``at``."""
    algorithm = authority.key.digest
    said = der.sequence(
        der.integer(1),
        der.oid("1.2.3.4.1"),
        der.sequence(der.sequence(der.oid(algorithm), der.null()), der.octets(digest(algorithm, signature))),
        der.integer(1),
        der.generalized_time(at),
    )
    return signed_message(said, authority, at=at, form=CMS, content_type=TST_INFO, carried=True)
