"""Write trust as the files of a trust folder, so that what was believed can be kept and believed again elsewhere.

``read_files`` of what is written here gives the same trust: same order, same dates, same courts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import yaml

from gateway.rulings.certificate import Certificate
from gateway.rulings.trust import Court, Period, Trust
from gateway.rulings.trust.folder import FILE
from gateway.rulings.trust.revocation import RevocationList


def written(trust: Trust) -> Mapping[str, bytes]:
    """Return ``trust.yaml`` and every certificate and list that it names, each under its SHA-256."""
    files: dict[str, bytes] = {}
    rows = {
        "revocation": trust.revocation,
        "anchors": [
            {"file": _certificate(each.certificate, files), "roles": sorted(each.roles), **_dates(each.period)}
            for each in trust.anchors
        ],
        "intermediates": [_certificate(each, files) for each in trust.intermediates],
        "revocation_lists": [_list(each, files) for each in trust.revocation_lists],
        "courts": [_court(each, files) for each in trust.courts],
    }
    text = yaml.safe_dump(rows, allow_unicode=True, sort_keys=False, width=1000)
    return {FILE: text.encode(), **dict(sorted(files.items()))}


def certificate_file(sha256: str) -> str:
    """Return the name of a certificate's file."""
    return f"certificates/{sha256}.cer"


def list_file(sha256: str) -> str:
    """Return the name of a revocation list's file."""
    return f"lists/{sha256}.crl"


def _certificate(certificate: Certificate, files: dict[str, bytes]) -> str:
    name = certificate_file(certificate.sha256)
    files[name] = certificate.der
    return name


def _list(revocation_list: RevocationList, files: dict[str, bytes]) -> str:
    name = list_file(revocation_list.sha256)
    files[name] = revocation_list.der
    return name


def _court(court: Court, files: dict[str, bytes]) -> dict[str, Any]:
    certificates = [
        {
            **({"file": _certificate(each.certificate, files)} if each.certificate else {"sha256": each.sha256}),
            **_dates(each.period),
        }
        for each in court.certificates
    ]
    seals = [{"id": each.id, **_dates(each.period)} for each in court.seals]
    return {"name": court.name, "codes": sorted(court.codes), "certificates": certificates, "seals": seals}


def _dates(period: Period) -> dict[str, Any]:
    dates: dict[str, datetime | None] = {"from": period.start, "until": period.end, "withdrawn": period.withdrawn}
    said: dict[str, Any] = {name: at.isoformat() for name, at in dates.items() if at is not None}
    return {**said, "compromised": True} if period.compromised else said
