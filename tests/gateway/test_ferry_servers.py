"""A police system whose gate has its folders on an SFTP server: records come from there, and answers go there."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import adapters.police
from adapters import ADAPTERS
from adapters.police.simulator import Simulator
from adapters.police.simulator_ferry import FerrySimulator
from gateway import configuration
from gateway.assembling import examined
from gateway.bootstrap import Gateway
from gateway.cli.ferries import folders_found
from gateway.configuration.folder import shipped_files
from gateway.errors import ConfigurationFault
from gateway.settings import load_settings
from tests.gateway.transports.sftp_server import PASSWORD, USER, Running, sftp
from tests.stories.water import record

SAMPLES = Path(adapters.police.__file__).parent / "samples"
WITHIN = 60.0  # seconds


@pytest.fixture
async def server() -> AsyncIterator[Running]:
    """An SFTP server over this machine's folders."""
    async with sftp() as running:
        yield running


def configured(folder: Path, server: Running, station: FerrySimulator, keys: dict[str, str], **changes: Any) -> Path:
    """Write the configuration of a gateway that goes to ``server`` for both folders."""
    there = {"host": "127.0.0.1", "port": server.port, "user": USER, "host_key": server.pinned, "password": "gate",
             **changes}  # fmt: skip
    row = {
        "partner": "pcs", "adapter": "police", "organisations": ["org-police"],
        "settings": Simulator.by_ferry.partner_settings(), "timeouts": {"connect": 20, "answer": 20},
        "ferry": {**station.ferry_row, "incoming_server": there, "outgoing_server": dict(there)},
        "secrets": {name: f"file:{name}" for name in (*keys, "gate")},
    }  # fmt: skip
    organisations = [
        {"id": "org-police", "name": "示例派出所", "kind": "police_station", "codes": {"pcs": "PCS01"},
         "partner": "pcs"},
        {"id": "org-township", "name": "示例乡", "kind": "township", "codes": {"pcs": "XZ01"}},
    ]  # fmt: skip
    files = {"partners/pcs.yaml": yaml.safe_dump(row), **keys, "gate": PASSWORD,
             "organisations.yaml": yaml.safe_dump({"organisations": organisations})}  # fmt: skip
    for path, written in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(written, encoding="utf-8")
    return folder


@pytest.fixture
def keys() -> dict[str, str]:
    """Fresh keys of the police system."""
    return FerrySimulator.make_keys()


@pytest.fixture
def station(tmp_path: Path, keys: dict[str, str]) -> FerrySimulator:
    """A police system behind gates whose folders are there, as a server's are."""
    made = FerrySimulator(folder=tmp_path / "gate", keys=keys, settle=0)
    made.look()
    return made


async def test_a_record_is_fetched_from_the_server_and_its_answer_is_put_there(
    tmp_path: Path, server: Running, station: FerrySimulator, keys: dict[str, str]
) -> None:
    config = configured(tmp_path / "config", server, station, keys)
    gateway = Gateway(load_settings(data_dir=tmp_path, config_dir=config), ADAPTERS)
    await gateway.start()
    try:
        station.far_side.push(record("referral"))
        answers = await _answers(station)
    finally:
        await gateway.stop()
    assert [(each["about"], each["code"]) for each in answers] == [("PCS01-2026-0001", "2")], (
        "kept; nobody is there for the township"
    )
    assert len(server.connections) == 1, "both folders over one connection"
    assert server.connections[0].connection.is_closed(), "and none is left"


async def test_a_server_that_shows_another_key_gets_nothing_and_the_gateway_runs_on(
    tmp_path: Path, server: Running, station: FerrySimulator, keys: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    other = Running().pinned
    config = configured(tmp_path / "config", server, station, keys, host_key=other)
    gateway = Gateway(load_settings(data_dir=tmp_path, config_dir=config), ADAPTERS)
    await gateway.start()
    try:
        said = ""
        for _ in range(round(WITHIN / 0.05)):
            said += capsys.readouterr().out
            if "ferry.server_not_trusted" in said:
                break
            await asyncio.sleep(0.05)
        assert "ferry.server_not_trusted" in said
        for _ in range(3):
            await gateway.chores.ferrying.set_off()
            await asyncio.sleep(0.1)
        assert (said + capsys.readouterr().out).count("ferry.failed") == 1, "it is said once, not at every call"
        assert gateway.ready
    finally:
        await gateway.stop()


async def test_whether_a_server_can_be_used_is_found_without_putting_anything_there(
    tmp_path: Path, server: Running, station: FerrySimulator, keys: dict[str, str]
) -> None:
    for password, code in (("gate", "cli.partners.folder"), ("ferry_key", "cli.partners.not_reached")):
        config = configured(tmp_path / "config", server, station, keys, password=password)
        settings = load_settings(data_dir=tmp_path, config_dir=config)
        row = configuration.load(config, shipped_files()).partners["pcs"]
        assert row.ferry is not None
        found = await folders_found(settings, row, row.ferry)
        assert [each.code for each in found] == [code, code]
        assert PASSWORD not in "".join(each.text("zh") + each.text("en") for each in found)
    assert len(server.connections) == 2, "a wrong password is not tried twice"
    assert not [path for path in (tmp_path / "gate").rglob("*") if path.suffix in (".zip", ".tmp")]


def test_without_the_extra_the_configuration_is_objected_to_by_file_and_line(
    tmp_path: Path, station: FerrySimulator, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configured(tmp_path / "config", Running(port=22), station, keys)
    revision = configuration.load(config, shipped_files())
    assert [each.code for each in examined(revision, ADAPTERS, config) if each.level == "error"] == []
    monkeypatch.setitem(sys.modules, "asyncssh", None)
    [finding] = [each for each in examined(revision, ADAPTERS, config) if each.level == "error"]
    assert (finding.code, finding.file) == ("configuration.extra_missing", "partners/pcs.yaml")
    for language in ("zh", "en"):
        assert "fengqiao-gateway[sftp]" in finding.text(language)
    with pytest.raises(ConfigurationFault) as refused:
        Gateway(load_settings(data_dir=tmp_path, config_dir=config), ADAPTERS)
    assert refused.value.code == "configuration.extra_missing"


async def _answers(station: FerrySimulator) -> list[dict[str, Any]]:
    async with asyncio.timeout(WITHIN):
        while True:
            station.look()
            if found := list(station.far_side.book.answers()):
                return found
            await asyncio.sleep(0.1)
