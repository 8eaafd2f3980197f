"""A mediation centre applies for confirmation in its own dialect, and the signed ruling reaches its own system.

court platform ─ refers ─► centre ─ applies ─► office system (OA) ─ rules and signs ─► gateway ─┬─ the file ─► centre
               ◄───────────────── notice, performance ──────────────────────────────────────────┴─ tasks ────► centre
               OA ◄───────────────────────────────────────────────── receipts of service, objection ◄───────── centre
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from adapters.court_oa.simulator_signing.bench import Bench
from adapters.court_oa.simulator_signing.hierarchy import hierarchy
from adapters.court_oa.simulator_signing.ruling import Ruling
from gateway.api import create_app
from gateway.bootstrap import Gateway, shipped_adapters, shipped_simulator
from gateway.canonical.identifiers import BEIJING
from gateway.demo import cast
from gateway.settings import load_settings
from gateway.store import shown
from tests.contract.wires import served
from tests.gateway.store.conftest import postgres, postgres_url, sqlite_url, store_url
from tests.stories.courtroom import COURT, NAMES, OA, Courtroom, write_trust

__all__ = ["postgres", "postgres_url", "sqlite_url", "store_url"]

PLATFORM, VILLAGE = cast.COURT, cast.VILLAGE
CASE, IN_CENTRE = "AJ-2026-0317", {PLATFORM: "FT-YT01", VILLAGE: "V01", OA: "FY01"}
# Name ─► adapter, organisation, kind, its code at the platform, at the OA.
SYSTEMS: Mapping[str, tuple[str, str, str, str, str]] = {
    PLATFORM: ("court_platform", "org-tribunal", "tribunal", cast.IN_COURT[PLATFORM], "TW02"),
    VILLAGE: ("mediation_center", "org-village", "mediation_center", cast.IN_COURT[VILLAGE], "TW01"),
    OA: ("court_oa", "org-court", "court", "FY50024201", "500242"),
}
PAPER = {"id": "FJ-27", "name": "调解协议书.txt", "kind": "07", "media_type": "text/plain",
         "content_base64": cast.AGREEMENT}  # fmt: skip
SCAN = "送达回证扫描件（示例）".encode()
Row = dict[str, Any]


@dataclass(kw_only=True)
class Hearing(Courtroom):
    """The courtroom of a case whose mediator has a system of its own, referred by the court's platform."""

    platform: Any
    calendar: cast.Calendar = field(default_factory=cast.Calendar)
    said: int = 0

    async def refer(self) -> None:
        """Have the platform refer the dispute, and the centre take it and reach an agreement."""
        told = json.loads(await self._push(PLATFORM, self.platform, cast.referral(self.calendar, CASE)))["data"]
        assert told["zt"] == "已受理"
        self.case = told["wgajbh"]
        await self.at_centre("case.dispatch")
        for kind, fields, papers in (
            ("case.accept", cast.accepted(self.calendar), []),
            ("case.success", cast.settled(self.calendar), [PAPER]),
        ):
            assert await self.tell(kind, papers, to=PLATFORM, **fields) == "ACCEPTED"

    async def tell(self, kind: str, papers: Iterable[Mapping[str, Any]] = (), *, to: str = OA, **fields: Any) -> str:
        """Have the centre report something of its event; return its fate in the centre's words."""
        self.said += 1
        ((event, _),) = self.centre.book.cases.items()
        head = {"occurTime": f"{self.now:%Y-%m-%d %H:%M:%S}", "fromOrgCode": IN_CENTRE[VILLAGE],
                "toOrgCode": IN_CENTRE[to], "eventId": event}  # fmt: skip
        record = {"kind": kind, "id": f"V01-{self.said:04d}", "fields": {**head, **fields}, "attachments": [*papers]}
        (result,) = json.loads(await self._push(VILLAGE, self.centre, record))["results"]
        return str(result["status"] if result["status"] == "ACCEPTED" else f"{result['status']} {result['code']}")

    async def apply(self) -> None:
        """Have the centre apply on behalf of both parties, with their authority."""
        answers = [{"partyName": name, "agree": "1", "agreeTime": self.ms(days=2), "agreeMode": "1"} for name in NAMES]
        parties = [{"partyRole": "1", "partyKind": "0", "partyName": name, "phone": "13996000121",
                    "homeAddress": "示例村三组18号"} for name in NAMES]  # fmt: skip
        fate = await self.tell(
            "case.confirmApply", [PAPER], applyNo="QR-0001", applyTime=self.ms(hours=1), applyMode="2",
            partyList=parties, authList=answers, mediateOrgCode="V01", mediateOrgName="青石村人民调解委员会",
            mediateType="1", matterCodes=["2"], declareCodes=["1", "4"], **cast.settled(self.calendar),
        )  # fmt: skip
        assert fate == "ACCEPTED"

    async def accept(self) -> None:
        """Have the court take the application up and review it."""
        await self.at_court("sfqrsq")
        for decision in ("accept", "reviewing"):
            await self.decide(decision)
        (self.number,) = self.oa.chamber.numbers.values()

    async def serve(self, task: Mapping[str, Any], **fields: Any) -> str:
        """Have the centre report that it served what a task asked for, with the scan."""
        scan = {"id": "FJ-HZ", "name": "送达回证.txt", "kind": "13", "media_type": "text/plain",
                "content_base64": base64.b64encode(SCAN).decode()}  # fmt: skip
        said = {name: task["fields"][name] for name in ("taskNo", "documentList", "addresseeName")}
        usual = {"serveResult": "1", "serveMode": "1", "receiveTime": self.ms(minutes=1), "serverName": "李沐言"}
        return await self.tell("case.serveReceipt", [scan], **{**said, **usual, **fields})

    async def at_centre(self, *kinds: str) -> list[Row]:
        """Return what the centre holds of these kinds, in order, once nothing is on its way."""
        await self.everywhere_quiet()
        return [vars(each) for each in self.centre.book.records.values() if each.kind in kinds]

    async def at_platform(self, kind: str) -> list[Row]:
        """Return the fields of what the platform holds of a kind, once nothing is on its way."""
        await self.everywhere_quiet()
        return [each["fields"] for each in self.platform.court.received.values() if each["kind"] == kind]

    async def everywhere_quiet(self) -> None:
        """Wait until nothing is on its way to anybody; nothing may be left to a person."""
        for _ in range(1500):
            with self.gateway.store.engine.connect() as connection:
                due = [each for name in SYSTEMS for each in shown.deliveries(connection, partner=name)]
            assert [each for each in due if each["status"] == "dead"] == []
            if all(each["status"] in {"delivered", "withdrawn"} for each in due):
                return
            await asyncio.sleep(0.02)
        raise AssertionError(due)

    def ms(self, **ago: float) -> int:
        """Return a moment before now in milliseconds."""
        return round((self.now - timedelta(**ago)).timestamp() * 1000)

    async def _push(self, partner: str, simulator: Any, record: Mapping[str, Any]) -> str:
        wrapped = simulator.wrap([record])
        door = f"/partners/{partner}{wrapped['path']}"
        answer = await self.client.post(door, headers=wrapped["headers"], content=wrapped["body"])
        return answer.text


@pytest.fixture
async def court(tmp_path: Path) -> AsyncIterator[Hearing]:
    async with hearing(tmp_path) as opened:
        await opened.refer()
        await opened.apply()
        yield opened


@pytest.mark.parametrize("form", ["ofd", "pdf"])
async def test_a_ruling_reaches_the_mediators_system_byte_for_byte_and_the_receipts_come_back(
    tmp_path: Path, store_url: str, form: str
) -> None:
    async with hearing(tmp_path, store_url) as court:
        await court.refer()
        await court.apply()
        (application,) = await court.at_court("sfqrsq")
        assert [each["sha256"] for each in application["attachments"]] == [sha256(base64.b64decode(cast.AGREEMENT))]
        await court.accept()
        states = [each["fields"]["statusCode"] for each in await court.at_centre("case.confirmStatus")]
        assert states == ["10", "20"]

        record = await court.issue(form=form)
        ruling, *tasks = await court.at_centre("case.ruling", "case.serveTask")
        assert (ruling["kind"], [each["kind"] for each in tasks]) == ("case.ruling", ["case.serveTask"] * 2)
        document = record["fields"]["wsbs"]
        assert [each["sha256"] for each in ruling["attachments"]] == [sha256(court.files[document])]
        said = ruling["fields"]
        assert (said["documentId"], said["confirmCaseNo"], said["rulingResult"]) == (document, court.number, "1")
        assert said["documentSm3"] == record["fields"]["sm3"]
        assert [each["fields"]["addresseeName"] for each in tasks] == list(NAMES)
        (notice,) = await court.at_platform("cdtz")
        assert (notice["ajxx"]["ajbh"], notice["wsbs"], notice["cljg"]) == (CASE, document, "5")

        assert [await court.serve(each) for each in tasks] == ["ACCEPTED", "ACCEPTED"]
        await court.work()
        receipts = await court.at_court("sdhz")
        assert [each["fields"]["ssdr"] for each in receipts] == list(NAMES)
        assert {paper["sha256"] for each in receipts for paper in each["attachments"]} == {sha256(SCAN)}
        assert (court.review()["state"], court.rulings()[0]["state"]) == ("SERVED", "SERVED")
        await court.everywhere_quiet()


async def test_a_forged_ruling_reaches_neither_the_centre_nor_the_platform(court: Hearing) -> None:
    await court.accept()
    await court.issue(court.signed(case_number=court.number.replace("确1号", "确2号")))
    assert court.rulings()[0]["state"] == "QUARANTINED"
    assert await court.at_centre("case.ruling", "case.serveTask", "case.rulingNotice") == []
    assert await court.at_platform("cdtz") == []


async def test_what_the_court_asks_for_the_centre_supplies(court: Hearing) -> None:
    await court.at_court("sfqrsq")
    await court.decide("supplement")
    (asked,) = await court.at_centre("case.confirmStatus")
    assert [each["itemName"] for each in asked["fields"]["supplyList"]] == ["身份证明", "履行凭证"]
    paper = {**PAPER, "id": "FJ-28", "name": "身份证明.txt", "kind": "02"}
    supplied = {"supplyType": "1", "supplyTime": court.ms(minutes=1), "statement": "补交身份证明。"}
    assert await court.tell("case.confirmSupply", [paper], **supplied) == "ACCEPTED"
    (arrived,) = await court.at_court("bzcl")
    assert (arrived["fields"]["csnr"], len(arrived["attachments"])) == ("补交身份证明。", 1)


async def test_an_application_that_the_centre_takes_back_ends_with_the_courts_word(court: Hearing) -> None:
    await court.accept()
    withdrawn = {"withdrawTime": court.ms(minutes=1), "withdrawReason": "双方已自动履行完毕。"}
    assert await court.tell("case.confirmWithdraw", **withdrawn) == "ACCEPTED"
    (arrived,) = await court.at_court("chsq")
    assert arrived["fields"]["chly"] == "双方已自动履行完毕。"
    await court.decide("withdrawn")
    assert (await court.at_centre("case.confirmStatus"))[-1]["fields"]["statusCode"] == "31"


async def test_the_centre_hears_that_a_ruling_is_superseded_before_it_gets_the_next(court: Hearing) -> None:
    await court.accept()
    first, second = await court.issue(), await court.issue(form="pdf")
    got = await court.at_centre("case.ruling", "case.rulingNotice", "case.serveTask")
    notice = next(each for each in got if each["kind"] == "case.rulingNotice")
    assert (notice["fields"]["noticeResult"], notice["fields"]["documentId"]) == ("6", first["fields"]["wsbs"])
    later = [each for each in got if each["kind"] == "case.ruling"][-1]
    assert later["fields"]["replaceDocumentId"] == first["fields"]["wsbs"]
    assert [each["sha256"] for each in later["attachments"]] == [sha256(court.files[second["fields"]["wsbs"]])]
    assert got.index(notice) < got.index(later)


async def test_a_ruling_is_revoked_on_an_objection_that_came_through_the_centre(court: Hearing) -> None:
    await court.accept()
    record = await court.issue()
    tasks = await court.at_centre("case.serveTask")
    refused = {"serveResult": "2", "serveMode": "2", "receiveTime": None, "refuseDate": f"{court.now:%Y-%m-%d}",
               "refuseReason": "拒绝签字", "witnessNames": ["邹明月", "文思远"]}  # fmt: skip
    assert await court.serve(tasks[0], **refused) == "ACCEPTED"
    assert (await court.at_court("sdhz"))[0]["fields"]["jzr"] == "邹明月、文思远"
    objection = {"confirmCaseNo": court.number, "objectorType": "1", "objectorName": NAMES[1],
                 "objectDate": f"{court.now:%Y-%m-%d}", "objectReason": "协议违反自愿原则（示例）。"}  # fmt: skip
    assert await court.tell("case.objection", **objection) == "ACCEPTED"
    assert [each["fields"]["yyr"] for each in await court.at_court("yysq")] == [NAMES[1]]
    await court.decide("revoke")
    await court.work()
    (notice,) = await court.at_centre("case.rulingNotice")
    assert (notice["fields"]["noticeResult"], notice["fields"]["documentId"]) == ("7", record["fields"]["wsbs"])
    assert [each["fields"]["revokeResult"] for each in await court.at_centre("case.rulingRevoke")] == ["1"]


async def test_the_platform_hears_how_far_the_agreement_is_performed(court: Hearing) -> None:
    done = [{"obligor": NAMES[1], "content": "拆除围墙", "performDate": f"{court.now:%Y-%m-%d}"}]
    said = {"performState": "3", "reportTime": court.ms(minutes=1), "performList": done, "unpaidAmount": 0}
    assert await court.tell("case.perform", to=PLATFORM, **said) == "ACCEPTED"
    (heard,) = await court.at_platform("lxfk")
    assert (heard["ajxx"]["ajbh"], heard["lxzt"], heard["wlxje"]) == (CASE, "3", "0.00")
    assert heard["lxmx"][0]["lxnr"] == "拆除围墙"


@asynccontextmanager
async def hearing(folder: Path, store_url: str | None = None) -> AsyncIterator[Hearing]:
    """Open it, with a court whose certificates and seal are trusted."""
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)
    ruling = Ruling(court=COURT, issued_on=at.astimezone(BEIJING).date())
    bench = Bench(people=hierarchy("sm2", court=COURT, at=at), at=at, ruling=ruling)
    write_trust(folder / "trust", bench)
    with ExitStack() as ends:
        made = {name: _system(folder / "config", name, ends) for name in SYSTEMS}
        _write(folder / "config/organisations.yaml", {"organisations": _organisations()})
        settings = load_settings(
            data_dir=folder, config_dir=folder / "config", trust_dir=folder / "trust", redelivery_base_seconds=0.05,
            redelivery_cap_seconds=0.2, **({"database_url": store_url} if store_url else {}),
        )  # fmt: skip
        gateway = Gateway(settings, shipped_adapters())
        await gateway.start()
        try:
            door = httpx.ASGITransport(create_app(gateway))
            async with httpx.AsyncClient(transport=door, base_url="http://gateway", timeout=60) as client:
                yield Hearing(
                    gateway=gateway, client=client, bench=bench, trust=folder / "trust", oa_url="",
                    oa=made[OA], centre=made[VILLAGE], platform=made[PLATFORM],
                )  # fmt: skip
        finally:
            await gateway.stop()


def _system(config: Path, name: str, ends: ExitStack) -> Any:
    """Start a partner's pretended system and write its row; return it."""
    adapter, organisation, *_ = SYSTEMS[name]
    maker = shipped_simulator(adapter)
    keys = maker.make_keys()
    made = maker(gateway_url=None, partner=name, keys=keys)
    for secret, value in keys.items():
        _write(config / "secrets" / f"{name}.{secret}", value)
    row = {
        "partner": name, "adapter": adapter, "organisations": [organisation],
        "base_url": ends.enter_context(served(made.app)), "settings": maker.partner_settings(),
        "secrets": {secret: f"file:secrets/{name}.{secret}" for secret in keys},
    }  # fmt: skip
    _write(config / "partners" / f"{name}.yaml", row)
    return made


def _organisations() -> list[Row]:
    return [
        {"id": organisation, "name": COURT if name == OA else organisation, "kind": kind, "partner": name,
         "level": "village" if name == VILLAGE else "county",
         "codes": {PLATFORM: at_platform, VILLAGE: IN_CENTRE[name], OA: at_oa}}
        for name, (_, organisation, kind, at_platform, at_oa) in SYSTEMS.items()
    ]  # fmt: skip


def _write(file: Path, content: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True), "utf-8")
    file.chmod(0o600)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
