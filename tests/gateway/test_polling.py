"""A partner that is polled: what it holds arrives once, whatever becomes of answers, cursors and processes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any, ClassVar

import orjson
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.requests import Request as Asked
from starlette.responses import JSONResponse
from starlette.routing import Route

from adapters import mediation_center
from adapters.mediation_center.adapter import MediationCenter
from gateway.bootstrap import Gateway, shipped_adapters
from gateway.contract import POLLED, Batch, Exchange, Record, Request
from gateway.demo.cast import VILLAGE
from gateway.errors import TemporaryFailure
from gateway.settings import load_settings
from gateway.store import shown
from gateway.store.engine import writing
from tests.contract.wires import served
from tests.gateway.conftest import Door, write_configuration
from tests.gateway.town import eventually

ONE_MORE_KIND = """\
table: mediation_center.organisation_kind
extends: true
entries:
  - {partner: "99-unknown", canonical: other, preferred: false}
"""
SAMPLES = Path(mediation_center.__file__).parent / "samples"


class AskedCentre(MediationCenter):
    """A centre that pushes nothing: its batches lie at an address, one behind the other."""

    name: ClassVar[str] = "mediation_center"

    def poll(self, cursor: str | None) -> Exchange[Batch]:
        response = yield Request(method="GET", path="/outbox", query=f"after={cursor or 0}")
        if response.status != 200:
            raise TemporaryFailure("transport.failed", partner="centre")
        said = orjson.loads(response.body)
        records = tuple(self.decode(Request(method=POLLED, path="/", body=response.body)))
        return Batch(records=records, cursor=said["next"], answer=response.body, more=said["more"])

    def decode(self, request: Request) -> list[Record]:
        if request.method != POLLED:
            return super().decode(request)
        batches = orjson.loads(request.body)["batches"]
        pushed = [Request(method="POST", path="/events", body=orjson.dumps(batch)) for batch in batches]
        return [record for each in pushed for record in super(AskedCentre, self).decode(each)]


class Outbox:
    """What the centre holds, one batch a page; it can fail, and hand out a page that it handed out before."""

    def __init__(self) -> None:
        self.batches: list[Any] = []
        self.failing = False
        self.overlap = 0
        self.asked: list[int] = []
        self.app = Starlette(routes=[Route("/outbox", self._page)])

    async def _page(self, asked: Asked) -> JSONResponse:
        after = int(asked.query_params["after"])
        self.asked.append(after)
        if self.failing:
            return JSONResponse({}, status_code=503)
        pages = self.batches[max(0, after - self.overlap) : after + 1]
        reached = min(after + 1, len(self.batches))
        return JSONResponse({"batches": pages, "next": str(reached), "more": reached < len(self.batches)})


class County:
    """A gateway that polls, one centre that is polled, and what the test asks of both."""

    def __init__(self, gateway: Gateway, door: Door, outbox: Outbox) -> None:
        self.gateway, self.door, self.outbox = gateway, door, outbox

    def offer(self, *records: Any) -> None:
        """Lay a batch out, as the centre would push it if it could."""
        pushed = self.door.simulators[VILLAGE].wrap(list(records))
        self.outbox.batches.append(orjson.loads(pushed["body"]))

    def post(self, number: int, **changed: Any) -> dict[str, Any]:
        """Something to say that speaks of no case: an organisation."""
        record = json.loads((SAMPLES / "organisation.json").read_text(encoding="utf-8"))["record"]
        return {
            "kind": record["kind"],
            "id": f"ORG-{number}",
            "fields": {**record["fields"], "fromOrgCode": "V01", **changed},
        }

    def records(self, fate: str | None = None) -> list[dict[str, Any]]:
        with self.gateway.store.engine.connect() as connection:
            return shown.records(connection, partner=VILLAGE, fate=fate)

    def progress(self) -> dict[str, Any]:
        with self.gateway.store.engine.connect() as connection:
            found = connection.execute(text("SELECT * FROM poll")).mappings().first()
            return dict(found) if found else {}

    def polled_now(self) -> None:
        """Let the centre be due at once."""
        with writing(self.gateway.store.engine).begin() as connection:
            connection.execute(text("UPDATE poll SET due_at = 0"))

    def forget_the_cursor(self) -> None:
        with writing(self.gateway.store.engine).begin() as connection:
            connection.execute(text("DELETE FROM poll"))


@asynccontextmanager
async def county(folder: Path, outbox: Outbox | None = None, url: str | None = None) -> AsyncIterator[County]:
    """Open the county; ``outbox`` at ``url``: what the centre holds is served elsewhere."""
    config, outbox = folder / "config", outbox or Outbox()
    with nullcontext(url) if url else served(outbox.app) as address:
        keys = write_configuration(config, **{VILLAGE: {"base_url": address, "poll_every": 0.2}})
        made = load_settings(data_dir=folder, config_dir=config, redelivery_base_seconds=60)
        gateway = Gateway(made, {**shipped_adapters(), "mediation_center": AskedCentre})
        await gateway.start()
        try:
            yield County(gateway, Door(gateway, keys), outbox)
        finally:
            await gateway.stop()


async def test_what_is_offered_arrives_once_page_by_page(tmp_path: Path) -> None:
    async with county(tmp_path) as there:
        for number in range(5):
            there.offer(there.post(number))
        there.outbox.overlap = 2
        found = await eventually(there.records, lambda found: len(found) == 5)
        assert {each["record_id"] for each in found} == {f"ORG-{number}" for number in range(5)}
        assert {each["fate"] for each in found} == {"accepted"}
        there.offer(there.post(5))
        await eventually(there.records, lambda found: len(found) == 6)


async def test_a_partner_is_asked_for_what_comes_after_what_was_kept_also_by_the_next_process(tmp_path: Path) -> None:
    outbox = Outbox()
    with served(outbox.app) as url:
        async with county(tmp_path, outbox, url) as there:
            there.offer(there.post(1))
            await eventually(there.records, len)
        outbox.asked.clear()
        async with county(tmp_path, outbox, url) as there:
            there.offer(there.post(2))
            await eventually(there.records, lambda found: len(found) == 2)
        assert 0 not in outbox.asked


async def test_a_lost_cursor_costs_a_second_look_and_no_record(tmp_path: Path) -> None:
    async with county(tmp_path) as there:
        for number in range(3):
            there.offer(there.post(number))
        await eventually(there.records, lambda found: len(found) == 3)
        there.forget_the_cursor()
        there.outbox.asked.clear()
        await eventually(lambda: there.outbox.asked, lambda asked: 0 in asked and 3 in asked)
        assert len(there.records()) == 3


async def test_a_failing_partner_is_polled_later_and_the_reason_is_kept(tmp_path: Path) -> None:
    async with county(tmp_path) as there:
        there.outbox.failing = True
        failed = await eventually(there.progress, lambda row: row.get("failures"))
        assert (failed["code"], failed["polled_at"]) == ("transport.failed", None)
        there.outbox.failing = False
        there.offer(there.post(1))
        there.polled_now()
        await eventually(there.records, len)
        recovered = await eventually(there.progress, lambda row: row["failures"] == 0)
        assert recovered["code"] is None
        assert recovered["polled_at"]


async def test_a_held_record_that_was_polled_is_replayed_from_what_was_fetched(tmp_path: Path) -> None:
    async with county(tmp_path) as there:
        there.offer(there.post(1, orgType="99-unknown"))
        [held] = await eventually(lambda: there.records("held"), len)
        table = tmp_path / "config" / "codes" / "mediation_center.organisation_kind.yaml"
        table.parent.mkdir(parents=True)
        table.write_text(ONE_MORE_KIND, encoding="utf-8")
        await there.gateway.reload()
        there.outbox.batches.clear()
        await there.gateway.operations.replay_record(held["id"])
        assert [each["fate"] for each in there.records()] == ["accepted"]


async def test_what_was_refused_is_not_entered_anew_with_every_look_back(tmp_path: Path) -> None:
    async with county(tmp_path) as there:
        there.offer(there.post(1, fromOrgCode="T01"))
        [refused] = await eventually(there.records, len)
        assert (refused["fate"], refused["code"]) == ("refused", "auth.organisation_not_yours")
        there.forget_the_cursor()
        there.outbox.asked.clear()
        await eventually(lambda: there.outbox.asked, lambda asked: 0 in asked and 1 in asked)
        assert there.records() == [refused]
        with there.gateway.store.engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM request")).scalar_one() == 1
