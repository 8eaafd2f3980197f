"""A letter goes from one post office to another, through the whole gateway, by the table and the files of the guide."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from gateway.api import create_app
from gateway.bootstrap import Gateway
from gateway.settings import Settings
from tests.contract.wires import PATIENCE, served
from tests.toy import ADAPTERS
from tests.toy.simulator import Simulator

HERE = Path(__file__).parent
OFFICES = {"office-court": "org-tribunal", "office-seven": "org-village"}


@dataclass(frozen=True, kw_only=True)
class Town:
    """Two post offices with the gateway between them; ``offices``: the address of each simulator."""

    offices: dict[str, str]

    def push(self, office: str, record: dict[str, Any]) -> str:
        """Have an office post a letter, and return the gateway's answer."""
        answer = httpx.post(f"{self.offices[office]}/_sim/push", json={"records": [record]}, trust_env=False)
        return str(answer.raise_for_status().json()["body"])

    def received(self, office: str) -> dict[str, Any]:
        """Wait for the first letter at an office."""
        patience = time.monotonic() + PATIENCE
        while time.monotonic() < patience:
            letters = httpx.get(f"{self.offices[office]}/_sim/received", trust_env=False).json()
            if letters:
                found: dict[str, Any] = letters[0]
                return found
            time.sleep(0.02)
        pytest.fail(f"no letter arrived at {office}")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """The gateway with the toy in its table, and its mappings in the configuration folder, as the guide says."""
    with ExitStack() as ends:
        # Each has to know the other's address; the gateway's is known last.
        offices = {name: Simulator(gateway_url=None, partner=name, keys={"token": f"{name}-token"}) for name in OFFICES}
        urls = {name: ends.enter_context(served(office.app)) for name, office in offices.items()}
        _configure(tmp_path / "config", urls)
        settings = Settings(data_dir=tmp_path / "data", config_dir=tmp_path / "config")
        url = ends.enter_context(served(create_app(Gateway(settings, ADAPTERS)), lifespan="on"))
        for name, office in offices.items():
            office.door = f"{url}/partners/{name}/letters"
        yield Town(offices=urls)


def _configure(folder: Path, urls: dict[str, str]) -> None:
    codes = json.loads((HERE / "samples/directory.json").read_text(encoding="utf-8"))
    organisations = [
        {"id": organisation, "name": organisation, "kind": "other", "partner": office,
         "codes": dict.fromkeys(OFFICES, codes[organisation])}
        for office, organisation in OFFICES.items()
    ]  # fmt: skip
    files = {path.relative_to(HERE): path.read_text(encoding="utf-8") for path in HERE.rglob("*.yaml")}
    files[Path("organisations.yaml")] = yaml.safe_dump({"organisations": organisations})
    for office, organisation in OFFICES.items():
        row = {"partner": office, "adapter": "toy", "base_url": urls[office], "organisations": [organisation],
               "secrets": {"token": f"file:{office}.token"}}  # fmt: skip
        files[Path(f"partners/{office}.yaml")] = yaml.safe_dump(row)
        files[Path(f"{office}.token")] = f"{office}-token"
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def test_a_letter_is_carried_from_one_post_office_to_the_other(town: Town) -> None:
    sent = json.loads((HERE / "samples/dispatch.json").read_text(encoding="utf-8"))["record"]
    answer = town.push("office-court", sent)
    assert "<result>已受理</result>" in answer

    letter = town.received("office-seven")
    assert (letter["kind"], letter["fields"]["subject"], letter["times"]) == ("dispatch", "邻里", 1)
    assert letter["fields"]["claims"] == sent["fields"]["claims"]
    assert f"<case>{letter['fields']['gatewayCase']}</case>" in answer
    assert [paper["sha256"] for paper in letter["attachments"]] == [paper["sha256"] for paper in sent["attachments"]]

    report = {"time": "2026-10-15 16:30:00", "ownCase": letter["case"], "stage": "3"}
    assert "<result>已收</result>" in town.push("office-seven", {"kind": "report", "fields": report})


def test_a_letter_about_an_unknown_subject_is_received_and_not_accepted(town: Town) -> None:
    sent = json.loads((HERE / "samples/dispatch.json").read_text(encoding="utf-8"))["record"]
    answer = town.push("office-court", {**sent, "fields": {**sent["fields"], "subject": "蜂箱"}})
    assert "<result>已收</result>" in answer


def test_a_letter_with_a_wrong_check_digit_is_returned_by_its_own_field(town: Town) -> None:
    sent = json.loads((HERE / "samples/dispatch.json").read_text(encoding="utf-8"))["record"]
    sent["fields"]["person"][1]["paperNo"] = "500242198609170027"
    answer = town.push("office-court", sent)
    assert "<result>退回</result>" in answer
    assert "<field>person[1].paperNo</field>" in answer
    assert "500242198609170027" not in answer
