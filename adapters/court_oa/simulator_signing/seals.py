"""Make seals and put them to a document: GM/T 0031-2014 (v1), GB/T 38540-2020 (v4), GM/T 0031-2025 (v5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from adapters.court_oa.simulator_signing import der
from adapters.court_oa.simulator_signing.certificates import Issued
from adapters.court_oa.simulator_signing.keys import sm3
from adapters.court_oa.simulator_signing.messages import broken
from adapters.court_oa.simulator_signing.picture import seal_picture
from adapters.court_oa.simulator_signing.stamps import stamp

Version = Literal[1, 4, 5]


@dataclass(frozen=True, kw_only=True)
class SealWanted:
    """What a seal is to say."""

    id: str = "33052100000017"
    name: str
    start: datetime
    end: datetime
    version: Version = 4
    by_digest: bool = False  # list the signer's digest instead of the certificate
    forged: bool = False  # the maker's signature does not hold


def make_seal(wanted: SealWanted, maker: Issued, listed: tuple[Issued, ...]) -> bytes:
    """Return a seal made by ``maker`` in which the certificates of ``listed`` may sign."""
    early = wanted.version == 1
    time = der.utc_time if early else der.generalized_time
    body = der.sequence(
        der.sequence(der.ia5("ES"), der.integer(wanted.version), der.ia5("FengqiaoTest")),
        der.ia5(wanted.id),
        der.sequence(
            der.integer(1),
            der.utf8(wanted.name),
            *([] if early else [der.integer(2 if wanted.by_digest else 1)]),
            _listed(wanted, listed),
            *(time(each) for each in (wanted.start, wanted.start, wanted.end)),
        ),
        der.sequence(der.ia5("PNG"), der.octets(seal_picture()), der.integer(40), der.integer(40)),
    )
    algorithm, certificate = der.oid(maker.key.algorithm), der.octets(maker.der)
    signed = der.sequence(body, certificate, algorithm) if early else body
    value = maker.key.sign(signed)
    made = (certificate, algorithm, der.bits(broken(value) if wanted.forged else value))
    return der.sequence(body, der.sequence(*made)) if early else der.sequence(body, *made)


def put_seal(
    seal: bytes, message: bytes, signer: Issued, *, at: datetime, version: Version = 4, place: str = "",
    hashed: bytes | None = None, break_value: bool = False, stamping: Issued | None = None,
    stamped_at: datetime | None = None, stamped: bytes | None = None,
) -> bytes:  # fmt: skip
    """Return the SES_Signature of ``seal`` over ``message``; ``hashed`` and ``stamped`` lie about what is signed."""
    certificate, algorithm = der.octets(signer.der), der.oid(signer.key.algorithm)
    said = der.bits(hashed or sm3(message))
    if version == 1:
        moment = der.bits(der.utc_time(at))
        body = der.sequence(der.integer(1), seal, moment, said, der.ia5(place), certificate, algorithm)
        value = signer.key.sign(body)
        return der.sequence(body, der.bits(broken(value) if break_value else value))
    body = der.sequence(der.integer(version), seal, der.generalized_time(at), said, der.ia5(place))
    value = signer.key.sign(body)
    if break_value:
        value = broken(value)
    token = stamp(stamped or value, stamping, at=stamped_at or at) if stamping else None
    return der.sequence(
        body, certificate, algorithm, der.bits(value), *([der.tagged(0, der.bits(token))] if token else [])
    )


def _listed(wanted: SealWanted, listed: tuple[Issued, ...]) -> bytes:
    if not wanted.by_digest:
        return der.sequence(*(der.octets(each.der) for each in listed))
    return der.sequence(*(der.sequence(der.printable("SM3"), der.octets(sm3(each.der))) for each in listed))
