"""What an administrator would write for a campaign: partners with their secrets, organisations, subscriptions."""

from __future__ import annotations

import json
import shutil
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from gateway.demo.cast import COURT, VILLAGE
from gateway.demo.scenery import Actor
from tests.faults.cast import Part, code

if TYPE_CHECKING:
    from tests.faults.stage import Stage

TIMEOUTS = {"connect": 1, "answer": 1.5}  # seconds that the gateway waits for a partner


def configure(stage: Stage) -> None:
    """Write the folder, when it is known where everybody is reached."""
    config = stage.folder / "config"
    for part in stage.parts:
        keys: dict[str, str] = part.simulator.make_keys()
        stage.keys[part.name] = keys
        _write(stage.folder / "keys" / part.name, json.dumps(keys))
        for name, value in keys.items():
            _write(config / "secrets" / part.name / name, value)
        _write(config / "partners" / f"{part.name}.yaml", yaml.safe_dump(_row(stage, part), allow_unicode=True))
        _own_mappings(part, config)
    organisations = [_organisation(stage, part.actor) for part in stage.parts]
    _write(config / "organisations.yaml", yaml.safe_dump({"organisations": organisations}, allow_unicode=True))
    copies: list[dict[str, Any]] = [{"types": ["litigation"], "when_sender_partner": COURT, "to": VILLAGE}]
    copies += [{"types": sorted(part.copies), "to": part.name} for part in stage.parts if part.copies]
    _write(config / "routes.yaml", yaml.safe_dump({"copies": copies}))


def _row(stage: Stage, part: Part) -> dict[str, Any]:
    keys = stage.keys[part.name]
    reached = {"base_url": f"http://127.0.0.1:{stage.detours[part.name].port}"}
    return {
        "partner": part.name, "adapter": part.actor.adapter, "organisations": [part.actor.organisation],
        **({"canonical_door": {"webhook_secrets": sorted(keys)}} if part.collects else reached),
        "settings": {**part.simulator.partner_settings(), **part.settings},
        "secrets": {name: f"file:secrets/{part.name}/{name}" for name in keys},
        "timeouts": TIMEOUTS, "attachment_hosts": [f"127.0.0.1:{port}" for port in stage.ports.values()],
        "breaker": {"first_wait": 0.5, "longest_wait": 2},
    }  # fmt: skip


def _own_mappings(part: Part, config: Path) -> None:
    """Copy what a system of ``rest`` brings along, as whoever connects it does."""
    for name in ("mappings", "codes"):
        brought = Path(str(files(part.folder))) / name
        if brought.is_dir():
            shutil.copytree(brought, config / name, dirs_exist_ok=True)


def _organisation(stage: Stage, actor: Actor) -> dict[str, Any]:
    codes = {part.name: code(part.name, actor.organisation) for part in stage.parts if not part.collects}
    return {
        "id": actor.organisation, "name": actor.organisation_name, "kind": actor.kind, "level": actor.level,
        "partner": actor.name, "codes": {**codes, **actor.codes},
    }  # fmt: skip


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
