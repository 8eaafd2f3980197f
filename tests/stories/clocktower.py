"""A court, a village, a township and a court OA over real HTTP, and a clock that a test sets: a year takes a second.

The gateway, its doors and the pretend systems run in this process and go by the same clock, so that signatures hold.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import yaml

from gateway.api import create_app
from gateway.bootstrap import Gateway, shipped_adapters, shipped_simulator
from gateway.canonical.identifiers import BEIJING, uuid7
from gateway.demo import cast
from gateway.demo.cast import CAST, COURT, TOWNSHIP, VILLAGE, Calendar
from gateway.settings import load_settings
from tests.contract.wires import served
from tests.gateway.conftest import TOKEN, write_configuration

OA = "court-oa"
ADAPTERS = {**{actor.name: actor.adapter for actor in CAST}, OA: "court_oa"}
CODES_AT_THE_OA = {"org-village": "TW01", "org-tribunal": "TW02", "org-township": "TW03"}
WITHIN = 60.0  # seconds until something that has to happen counts as not happening


class Clock(Calendar):
    """The time of everybody: what a test has set it to, and what has passed since."""

    def __init__(self, at: str) -> None:
        self._moved = timedelta()
        self.set(at)

    def set(self, at: str) -> None:
        """Make it this moment in Beijing."""
        self._now = datetime.fromisoformat(at).replace(tzinfo=BEIJING)
        self._moved = self._now - datetime.now(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._moved


class Tower:
    """What a test says to the town, and asks of it."""

    def __init__(self, folder: Path, clock: Clock, systems: Mapping[str, Any], urls: Mapping[str, str]) -> None:
        self.folder, self.clock, self._systems, self._urls = folder, clock, systems, urls
        self.case = ""
        self.serial = 0
        self._end = ExitStack()
        self.open()

    def open(self) -> None:
        """Start the gateway, or start it again on what the one before has kept."""
        made = load_settings(
            data_dir=self.folder, config_dir=self.folder / "config", redelivery_base_seconds=0.05,
            redelivery_cap_seconds=0.2,
        )  # fmt: skip
        self.gateway = Gateway(made, shipped_adapters(), now=self.clock.now)
        start = self.gateway.start

        async def started() -> None:
            self._loop = asyncio.get_running_loop()
            await start()

        self.gateway.start = started  # type: ignore[method-assign]  # to learn which loop it runs in
        self.url = self._end.enter_context(served(create_app(self.gateway), lifespan="on"))

    def close(self) -> None:
        self._end.close()

    def restart(self) -> None:
        self.close()
        self.open()

    def ring(self, at: str) -> int:
        """Make it this moment, and have two clocks look at the cases at once; return how much was said."""
        self.clock.set(at)
        first = self.gateway.timekeeping
        clocks = (first, replace(first))

        async def both() -> int:
            return sum(await asyncio.gather(*(each.run_due() for each in clocks)))

        return asyncio.run_coroutine_threadsafe(both(), self._loop).result(WITHIN)

    def send(self, partner: str, record: Mapping[str, Any]) -> dict[str, Any]:
        """Have a partner's system send a record through its door."""
        wrapped = self._systems[partner].wrap([record])
        url = f"{self.url}/partners/{partner}{wrapped['path']}"
        answer = httpx.request(
            wrapped["method"], url, content=wrapped["body"], headers=wrapped["headers"], timeout=60, trust_env=False
        )
        found: dict[str, Any] = answer.json()
        return found

    def fault(self, partner: str, name: str | None) -> None:
        """Have a system fail, or be in order again and be called at once."""
        order = {"fault": name}
        httpx.post(f"{self._urls[partner]}/_sim/faults", json=order, timeout=60, trust_env=False).raise_for_status()
        if name is None:
            self._loop.call_soon_threadsafe(self.gateway.wake, {partner})

    def refer(self, case: str = "AJ-1", to: str = VILLAGE, *, delivered: bool = True) -> None:
        """Have the court refer a case, and wait until the unit has it."""
        record = cast.referral(self.clock, case)
        record["fields"] |= {"jsjg": cast.IN_COURT[to], "tjcj": "1" if to == VILLAGE else "2"}
        record["id"] += f"-{to}"
        answer = self.send(COURT, record)
        assert answer["code"] == 0, answer
        self.case = answer["data"]["wgajbh"]
        if delivered:
            self.quiet()

    def unit_says(self, kind: str, at: str | None = None, *, by: str = VILLAGE, **fields: Any) -> tuple[str, str]:
        """Have a unit say something; return status and code."""
        self.serial += 1
        said = cast.from_centre(self.clock, by, kind, "EV", serial=self.serial, **fields)
        said["fields"] |= {"eventId": None, "gatewayCaseNo": self.case}
        if at is not None:
            said["fields"]["occurTime"] = at
        (result,) = self.send(by, said)["results"]
        self.quiet()
        return result["status"], result["code"]

    def accept(self, by: str = VILLAGE) -> tuple[str, str]:
        return self.unit_says("case.accept", by=by, **cast.accepted(self.clock))

    def say(self, kind: str, addressee: str | None = None, *, by: str = VILLAGE, **data: Any) -> dict[str, Any]:
        """Have a unit say something at the door of the common language; return what became of it."""
        message = {
            "specversion": "1.0", "type": f"fengqiao.{kind}", "id": uuid7(), "source": f"/partners/{by}",
            "time": self.clock.now().isoformat(), "sender": f"org-{by}", "addressee": addressee,
            "data": {"case": {"gateway_id": self.case}, **data},
        }  # fmt: skip
        headers = {"x-partner": by, "authorization": f"Bearer {TOKEN}-{by}"}
        answer = httpx.post(f"{self.url}/v1/messages", json=message, headers=headers, timeout=60, trust_env=False)
        self.quiet()
        found: dict[str, Any] = answer.json()
        return found["results"][0] if answer.is_success else {"fate": "refused", **found}

    def ask(self, path: str) -> Any:
        """Ask the administration."""
        headers = {"authorization": f"Bearer {self.gateway.admin_token}"}
        return httpx.get(f"{self.url}/admin/{path}", headers=headers, timeout=60, trust_env=False).json()

    @property
    def kept(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ask(f"cases/{self.case}")["case"]
        return found

    def overdue(self) -> list[str]:
        return [each["id"] for each in self.ask("cases?overdue=true")]

    def received(self, partner: str, kind: str) -> list[dict[str, Any]]:
        """Return what a system has got of a kind, each once."""
        found = httpx.get(f"{self._urls[partner]}/_sim/received", timeout=60, trust_env=False).json()
        return [each for each in found if each["kind"] == kind]

    def quiet(self) -> None:
        """Wait until nothing is due any more."""
        _until(lambda: not self.ask("counts")["waiting"])


@contextmanager
def tower(folder: Path, at: str, **files: str) -> Iterator[Tower]:
    """Open the town at a moment in Beijing; ``files``: more of the configuration."""
    clock = Clock(at)
    with ExitStack() as ends:
        config = folder / "config"
        keys = {**write_configuration(config), OA: shipped_simulator("court_oa").make_keys()}
        systems = {
            name: shipped_simulator(adapter)(
                gateway_url=None, partner=name, keys=keys[name], settings={"clock": clock.now}
            )
            for name, adapter in ADAPTERS.items()
        }
        urls = {name: ends.enter_context(served(each.app)) for name, each in systems.items()}
        again = write_configuration(config, **{name: {"base_url": urls[name]} for name in urls if name != OA})
        for name, secrets in again.items():
            for secret in secrets:
                (config / "secrets" / f"{name}.{secret}").write_text(keys[name][secret])
        _add_the_oa(config, keys[OA], urls[OA])
        for name, text in files.items():
            (config / f"{name}.yaml").write_text(text, encoding="utf-8")
        town = Tower(folder, clock, systems, urls)
        ends.callback(town.close)
        yield town


def _add_the_oa(config: Path, keys: Mapping[str, str], url: str) -> None:
    for name, value in keys.items():
        (config / "secrets" / f"{OA}.{name}").write_text(value)
    row = {
        "partner": OA, "adapter": "court_oa", "base_url": url, "organisations": ["org-court"],
        "settings": shipped_simulator("court_oa").partner_settings(),
        "secrets": {name: f"file:secrets/{OA}.{name}" for name in keys},
    }  # fmt: skip
    (config / "partners" / f"{OA}.yaml").write_text(yaml.safe_dump(row))
    file = config / "organisations.yaml"
    known = yaml.safe_load(file.read_text(encoding="utf-8"))["organisations"]
    for each in known:
        each["codes"][OA] = CODES_AT_THE_OA[each["id"]]
    known.append(
        {"id": "org-court", "name": "示例县人民法院", "kind": "court", "level": "county", "partner": OA,
         "codes": {OA: "500242"}}
    )  # fmt: skip
    file.write_text(yaml.safe_dump({"organisations": known}, allow_unicode=True), encoding="utf-8")


def _until(happened: Callable[[], bool]) -> None:
    give_up = time.monotonic() + WITHIN
    while not happened():
        assert time.monotonic() < give_up, "it does not come to rest"
        time.sleep(0.02)


__all__ = ["COURT", "OA", "TOWNSHIP", "VILLAGE", "Tower", "tower"]
