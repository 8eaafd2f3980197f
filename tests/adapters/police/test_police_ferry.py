"""A police station across one-way gates: files come, files go, and answers close deliveries much later."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

import adapters.police
from adapters import ADAPTERS
from adapters.police.pretend_station import Station, read_call, write_answer, write_call, write_document
from gateway.api import create_app
from gateway.bootstrap import Gateway
from gateway.settings import Settings
from gateway.transports.ferry import Ends, Folders, Package
from gateway.transports.ferry.package import unpack
from tests.contract.wires import served

SAMPLES = Path(adapters.police.__file__).parent / "samples"
KEY = "a-key-for-tests-only"
PATIENCE = 60.0  # seconds


@dataclass
class FarSide:
    """The police end: it reads what was sent to it, and writes packages of its own, in their order."""

    folders: Folders
    ends: Ends
    station: Station
    sent: int = 0

    def say(self, kind: str, about: str, contents: bytes) -> None:
        """Send a package."""
        self.sent += 1
        package = Package(number=self.sent, kind=kind, about=about, contents=contents)
        self.folders.put(self.ends.name(self.sent), package.pack(self.ends))

    def push(self, record: dict[str, Any]) -> None:
        """Send a record."""
        self.say("record", record["id"], write_call(record["kind"], write_document(record)))

    def packages(self) -> list[Package]:
        """Return the numbered packages that have come, in their order."""
        names = [name for name in self.folders.names() if self.ends.number_of(name) is not None]
        return [unpack(self.folders.read(name, self.ends.limit), self.ends) for name in names]

    def wait_for(self, kind: str) -> Package:
        """Wait for a package of a kind."""
        return until(lambda: next((each for each in self.packages() if each.kind == kind), None))


@dataclass
class Running:
    """A gateway and the far side of its ferry."""

    url: str
    token: str
    far: FarSide

    def ask(self, path: str) -> Any:
        """Ask the gateway something as its administrator."""
        headers = {"authorization": f"Bearer {self.token}"}
        return httpx.get(f"{self.url}{path}", headers=headers, trust_env=False).raise_for_status().json()

    def say(self, path: str, message: dict[str, Any]) -> Any:
        """Say something in the common language, as the township."""
        headers = {"authorization": "Bearer township", "x-partner": "township"}
        return httpx.post(f"{self.url}{path}", headers=headers, json=message, trust_env=False)


def until(found: Callable[[], Any]) -> Any:
    """Wait until something is there."""
    patience = time.monotonic() + PATIENCE
    while time.monotonic() < patience:
        if (thing := found()) is not None:
            return thing
        time.sleep(0.05)
    pytest.fail("it never came")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A gateway with a police station across gates, and a township with a mailbox."""
    here, there = tmp_path / "from-police", tmp_path / "to-police"
    codes = json.loads((SAMPLES / "directory.json").read_text(encoding="utf-8"))
    ferry = {"incoming": str(here), "outgoing": str(there), "ours": "GW", "theirs": "PCS", "settle": 0}
    police = {
        "partner": "pcs", "adapter": "police", "ferry": ferry, "organisations": ["org-police"],
        "settings": {"carrier": "ferry"}, "secrets": {"sign_key": "file:key", "ferry_key": "file:key"},
    }  # fmt: skip
    township = {
        "partner": "township", "adapter": "mailbox", "organisations": ["org-township"],
        "canonical_door": {"bearer_sha256": [hashlib.sha256(b"township").hexdigest()]},
    }  # fmt: skip
    organisations = [
        {"id": name, "name": name, "kind": "police_station" if name == "org-police" else "township",
         "codes": {"pcs": code}, "partner": "township" if name == "org-township" else "pcs"}
        for name, code in codes.items()
    ]  # fmt: skip
    files = {
        "partners/pcs.yaml": yaml.safe_dump(police),
        "partners/township.yaml": yaml.safe_dump(township),
        "organisations.yaml": yaml.safe_dump({"organisations": organisations}),
        "key": KEY,
    }
    for path, written in files.items():
        (tmp_path / "config" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "config" / path).write_text(written, encoding="utf-8")
    gateway = Gateway(Settings(data_dir=tmp_path / "data", config_dir=tmp_path / "config"), ADAPTERS)
    ends = Ends(ours="PCS", theirs="GW", key=KEY.encode(), limit=1024 * 1024)
    with served(create_app(gateway), lifespan="on") as url:
        far = FarSide(Folders(incoming=there, outgoing=here), ends, Station())
        yield Running(url, gateway.admin_token, far)


def record(name: str, **changes: Any) -> dict[str, Any]:
    """Return the record of a sample."""
    found: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))["record"]
    return {**found, **changes}


def accepted(running: Running, case_id: str) -> str:
    """Have the township accept a case, and return the id of the message."""
    message = {
        "type": "fengqiao.acceptance", "id": "XZ-0001", "source": "/partners/township",
        "time": "2026-05-18T15:00:00+08:00", "sender": "org-township",
        "data": {"case": {"gateway_id": case_id}, "accepted_at": "2026-05-18T14:55:00+08:00"},
    }  # fmt: skip
    answer = running.say("/v1/messages", message)
    assert answer.status_code == 202, answer.text
    return str(running.far.wait_for("record").about)


def delivered(running: Running, message_id: str) -> str | None:
    """Return the state of a delivery to the police, once it is no longer on its way."""
    listed = running.ask("/admin/deliveries?partner=pcs")
    states = [each["status"] for each in listed if each["message_id"] == message_id]
    return next((state for state in states if state in ("delivered", "dead")), None)


def test_an_entrusted_case_crosses_and_its_acceptance_comes_back_answered_by_a_file(running: Running) -> None:
    running.far.push(record("referral"))
    answer = running.far.wait_for("answer")
    assert answer.about == "PCS01-2026-0001"
    said = answer.contents.decode("gb18030")
    assert "&lt;code&gt;1&lt;/code&gt;" in said
    case_id = said.partition("&lt;wgajbh&gt;")[2].partition("&lt;")[0]

    message_id = accepted(running, case_id)
    [handed] = running.ask("/admin/deliveries?partner=pcs")
    assert handed["status"] == "handed", "nothing is delivered before its receipt"
    sent = running.far.wait_for("record")
    kept, known = running.far.station.take(*read_call(sent.contents))
    assert (kept["id"], kept["fields"]["jwbh"], known) == (message_id, "JW2026051800017", False)

    running.far.say("answer", message_id, write_answer("1", "成功", bwbh=message_id, ajbh=kept["case"]))
    assert until(lambda: delivered(running, message_id)) == "delivered"


def test_a_refusal_that_comes_as_a_file_leaves_the_delivery_to_a_person(running: Running) -> None:
    running.far.push(record("referral"))
    said = running.far.wait_for("answer").contents.decode("gb18030")
    message_id = accepted(running, said.partition("&lt;wgajbh&gt;")[2].partition("&lt;")[0])
    running.far.say("answer", message_id, write_answer("-1", "警务编号不存在", bwbh=message_id))
    assert until(lambda: delivered(running, message_id)) == "dead"


def test_what_is_no_record_is_answered_and_what_follows_goes_on(running: Running) -> None:
    running.far.say("record", "PCS01-X", b"<html>")
    running.far.push(record("hazard"))
    first, second = until(lambda: found if len(found := running.far.packages()) >= 2 else None)[:2]
    assert b"faultcode" in first.contents
    assert second.about == "PCS01-2026-0004"
