"""The setting that the measurements share: the demonstration's partners and a 2 KB referral in each dialect."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from gateway import configuration
from gateway.canonical.identifiers import BEIJING
from gateway.contract import Record
from gateway.demo import cast
from gateway.demo.cast import CAST, COURT, VILLAGE, Calendar

NOWHERE = "http://127.0.0.1:9"  # the discard port: nobody listens
APP_ID = "gateway"
APP_SECRET = "measured-and-thrown-away"  # noqa: S105  # of no system but the one measured
SECRETS = {
    "BENCH_APP_SECRET": APP_SECRET,
    "BENCH_WEBHOOK_SECRET": "whsec_" + base64.b64encode(b"measured and thrown away").decode(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A revision, and a record of each dialect: ``records[dialect] = (partner, record)``."""

    revision: configuration.Revision
    records: Mapping[str, tuple[str, Record]]
    codes: Mapping[str, Mapping[str, str]]  # table ─► partner's code ─► canonical
    ways_back: Mapping[str, Mapping[str, str]]  # table ─► canonical ─► partner's code
    now: datetime


def partner_files(urls: Mapping[str, str] | None = None, *, concurrency: int = 32) -> dict[str, str]:
    """Return the configuration files of the demonstration's partners; ``concurrency``: deliveries in flight."""
    files = {}
    for actor in CAST:
        court = actor.adapter == "court_platform"
        row = {
            "partner": actor.name,
            "adapter": actor.adapter,
            "organisations": [actor.organisation],
            "base_url": (urls or {}).get(actor.name, NOWHERE),
            "settings": {"app_id": APP_ID} if court else {"secret_names": ["webhook_secret"]},
            "secrets": {"app_secret": "env:BENCH_APP_SECRET"}
            if court
            else {"webhook_secret": "env:BENCH_WEBHOOK_SECRET"},
            "concurrency": concurrency,
        }
        files[f"partners/{actor.name}.yaml"] = _yaml(row)
    organisations = [
        {"id": actor.organisation, "name": actor.organisation_name, "kind": actor.kind, "level": actor.level,
         "partner": actor.name, "codes": dict(actor.codes)}
        for actor in CAST
    ]  # fmt: skip
    return {**files, "organisations.yaml": _yaml({"organisations": organisations})}


def write_configuration(folder: Path, urls: Mapping[str, str], *, concurrency: int) -> None:
    """Write the configuration folder of a measurement."""
    for name, content in partner_files(urls, concurrency=concurrency).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")


def _yaml(content: Any) -> str:
    text: str = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
    return text


def referral(case: str) -> dict[str, Any]:
    """Return a referral as the court platform says it, about 2 KB on the wire."""
    record = cast.referral(Calendar(), case)
    record["fields"]["jfxx"]["ssly"] += "双方多次协商未果，村干部到现场查看两次并作记录。" * 16
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
