"""A test hierarchy of one kind of key: root, issuing authority, below it a court, a seal maker, a stamping clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.court_oa.simulator_signing.certificates import AUTHORITY, TIME_STAMPING, Issued, Wanted, issue
from adapters.court_oa.simulator_signing.keys import Kind, new_key

YEAR = timedelta(days=365)


@dataclass(frozen=True, kw_only=True)
class Hierarchy:
    """Who is who; ``at`` is a day on which every certificate is valid."""

    kind: Kind
    at: datetime
    root: Issued
    issuing: Issued
    court: Issued
    maker: Issued
    stamping: Issued


def hierarchy(kind: Kind, *, court: str, at: datetime) -> Hierarchy:
    """Return a new hierarchy around the day ``at`` in which ``court`` signs."""
    root = issue(_authority("枫桥测试根证书", at, years=10), new_key(kind), None)
    issuing = issue(_authority("枫桥测试签发机构", at, years=5, path_length=0), new_key(kind), root)
    return Hierarchy(
        kind=kind,
        at=at,
        root=root,
        issuing=issuing,
        court=issue(person(court, at), new_key(kind), issuing),
        maker=issue(person("枫桥测试制章中心", at), new_key(kind), issuing),
        stamping=issue(person("枫桥测试时间戳", at, extended=TIME_STAMPING), new_key(kind), issuing),
    )


def person(name: str, at: datetime, **more: object) -> Wanted:
    """Return what a signing certificate around the day ``at`` says."""
    said: dict[str, object] = {"common_name": name, "start": at - YEAR, "end": at + YEAR, **more}
    return Wanted(**said)  # type: ignore[arg-type]


def _authority(name: str, at: datetime, *, years: int, path_length: int | None = None) -> Wanted:
    return Wanted(
        common_name=name, start=at - years * YEAR, end=at + years * YEAR, usage=AUTHORITY, authority=True,
        path_length=path_length,
    )  # fmt: skip
