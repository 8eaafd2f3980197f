"""The setting that the measurements share: the demonstration's partners and a 2 KB referral in each dialect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway import configuration
from gateway.canonical.identifiers import BEIJING
from gateway.contract import Record
from gateway.demo import cast
from gateway.demo.cast import CAST, COURT, VILLAGE, Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A revision, and a record of each dialect: ``records[dialect] = (partner, record)``."""

    revision: configuration.Revision
    records: Mapping[str, tuple[str, Record]]
    codes: Mapping[str, Mapping[str, str]]  # table ─► partner's code ─► canonical
    ways_back: Mapping[str, Mapping[str, str]]  # table ─► canonical ─► partner's code
    now: datetime


def partner_files(**urls: str) -> dict[str, str]:
    """Return the configuration files of the demonstration's partners."""
    files = {}
    for actor in CAST:
        settings = "app_id: gateway" if actor.adapter == "court_platform" else "secret_names: [webhook_secret]"
        secret = "app_secret" if actor.adapter == "court_platform" else "webhook_secret"
        files[f"partners/{actor.name}.yaml"] = (
            f"partner: {actor.name}\nadapter: {actor.adapter}\norganisations: [{actor.organisation}]\n"
            f"base_url: {urls.get(actor.name, 'http://127.0.0.1:9')}\nsettings: {{{settings}}}\n"
            f"secrets: {{{secret}: env:BENCH_{secret.upper()}}}\nconcurrency: 32\n"
        )
    rows = "".join(
        f"  - {{id: {a.organisation}, name: {a.organisation_name}, kind: {a.kind}, level: {a.level}, "
        f"partner: {a.name}, codes: {{{', '.join(f'{p}: {c!r}' for p, c in a.codes.items())}}}}}\n"
        for a in CAST
    )
    return {**files, "organisations.yaml": f"organisations:\n{rows}"}


def referral(case: str) -> dict[str, Any]:
    """Return a referral as the court platform says it, about 2 KB on the wire."""
    record = cast.referral(Calendar(), case)
    record["fields"]["jfxx"]["ssly"] += "双方多次协商未果，村干部到现场查看两次并作记录。" * 4
    return record


def setting() -> Setting:
    """Return the setting; the centre's record is the court's, carried over."""
    revision = configuration.from_files({**configuration.shipped_files(), **partner_files()})
    now = datetime.now(BEIJING).replace(microsecond=0)
    said = referral("AJ-BENCH-1")
    court = Record(kind=said["kind"], id=said["id"], fields=said["fields"])
    base = {"id": "01900000-0000-7000-8000-000000000001", "source": "/partners/court", "receivedtime": now}
    reading = revision.mappings.read("court_platform", COURT, court, directory=revision.directory, base=base)
    assert reading.message is not None, reading.faults
    centre = revision.mappings.write("mediation_center", VILLAGE, reading.message, directory=revision.directory).record
    tables = revision.mappings.tables
    return Setting(
        revision=revision,
        records={"court_platform": (COURT, court), "mediation_center": (VILLAGE, centre)},
        codes={name: {str(k): str(v) for k, v in table.read.items()} for name, table in tables.items()},
        ways_back={name: {str(k): str(v) for k, v in table.written.items()} for name, table in tables.items()},
        now=now,
    )
