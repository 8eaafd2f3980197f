"""A court that really signs, a village that mediated, a tribunal that referred, and an office that listens, in process.

Every step goes through a door as its system would take it: the office system (OA) signs its requests, the others speak
the common language, and whatever is due at them lies in their mailboxes until they fetch and acknowledge it.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import yaml

from adapters.court_oa.simulator_signing.bench import Bench
from adapters.court_oa.simulator_signing.hierarchy import hierarchy
from adapters.court_oa.simulator_signing.ruling import Ruling
from gateway.api import create_app
from gateway.bootstrap import Gateway, shipped_adapters, shipped_simulator
from gateway.canonical.identifiers import BEIJING, uuid7
from gateway.settings import load_settings
from gateway.store import rulings, shown
from tests.contract.wires import served

TRIBUNAL, VILLAGE, OFFICE, OA = "tribunal", "village", "office", "court-oa"
KINDS = {TRIBUNAL: "tribunal", VILLAGE: "peoples_mediation_committee", OFFICE: "justice_office", OA: "court"}
COURT = "重庆市示例县人民法院"
NAMES = ("许书宁", "冉明溪")
AGREEMENT = "调解协议：一、拆除围墙，恢复通行；二、双方互不追究（示例）。".encode()
Row = dict[str, Any]


@dataclass(kw_only=True)
class Courtroom:
    """What a story does, and asks."""

    gateway: Gateway
    client: httpx.AsyncClient
    oa: Any
    oa_url: str
    trust: Path
    bench: Bench
    now: datetime = field(default_factory=lambda: datetime.now(BEIJING).replace(microsecond=0))
    centre: Any = None  # the village's system, where that is a mediation centre's
    case: str = ""
    number: str = ""
    files: dict[str, bytes] = field(default_factory=dict)  # what the court has issued, by document id

    def at(self, **ago: float) -> str:
        return (self.now - timedelta(**ago)).isoformat()

    # The village and the tribunal -------------------------------------------------------------------------------

    async def say(self, partner: str, kind: str, *, to: str | None = None, **data: Any) -> Row:
        """Say something in the common language; return what became of it."""
        case = {"gateway_id": self.case} if self.case else {"partner_id": "AJ-1"}
        message = {
            "id": uuid7(), "type": f"fengqiao.{kind}", "source": f"/partners/{partner}", "time": self.at(minutes=5),
            "sender": f"org-{partner}", "data": {"case": case, **data}, **({"addressee": to} if to else {}),
        }  # fmt: skip
        answer = await self.client.post("/v1/messages", json=message, headers=_proof(partner))
        told: Row = answer.json()
        told = told["results"][0] if "results" in told else {"fate": "refused", **told}
        self.case = self.case or told.get("case") or ""
        return told

    async def agree(self) -> None:
        """Have the tribunal refer the dispute, and the village reach an agreement."""
        parties = [
            {"role": role, "kind": "natural_person", "name": name}
            for role, name in zip(("applicant", "respondent"), NAMES, strict=True)
        ]
        consents = [{"party": name, "given": True, "at": self.at(days=20)} for name in NAMES]
        referral = {
            "variant": "delegated", "parties": parties, "consents": consents,
            "dispute": {"type": "neighbours"},
        }  # fmt: skip
        assert (await self.say(TRIBUNAL, "referral", to="org-village", **referral))["fate"] == "accepted"
        await self.fetch(VILLAGE)
        assert (await self.say(VILLAGE, "acceptance", accepted_at=self.at(days=15)))["fate"] == "accepted"
        if self.centre:
            assert await self.report("1") == "ACCEPTED"
        else:
            assert (await self.say(VILLAGE, "success", agreement=self.agreement()))["fate"] == "accepted"

    async def report(self, version: str, terms: str = "一、拆除围墙，恢复通行。") -> str:
        """Have the village's centre report its result, or a later version of it; return the fate in its words."""
        reached = f"{self.now - timedelta(days=5):%Y-%m-%d %H:%M:%S}"
        fields = {
            "occurTime": f"{self.now:%Y-%m-%d %H:%M:%S}", "fromOrgCode": "V01", "toOrgCode": "T01",
            "gatewayCaseNo": self.case, "agreementType": "1", "agreementContent": terms, "performed": "0",
            "reachTime": reached,
        }  # fmt: skip
        record = {"kind": "case.success", "id": "V01-EV-01", "version": version, "fields": fields}
        wrapped = self.centre.wrap([record])
        answer = await self.client.request(
            wrapped["method"], f"/partners/{VILLAGE}{wrapped['path']}", headers=wrapped["headers"],
            content=wrapped["body"],
        )  # fmt: skip
        return str(answer.json()["results"][0]["status"])

    def agreement(self, terms: str = "一、拆除围墙，恢复通行；二、双方互不追究。") -> Row:
        return {"kind": "written", "reached_at": self.at(days=5), "terms": terms}

    async def apply(self) -> None:
        """Have both parties apply, and the court accept and review."""
        headers = {**_proof(VILLAGE), "content-type": "text/plain"}
        kept = (await self.client.post("/v1/documents", content=AGREEMENT, headers=headers)).json()
        paper = {"partner_id": "XY-1", "kind": "agreement", "name": "调解协议书.txt", "media_type": "text/plain",
                 "sha256": kept["sha256"], "size": kept["size"]}  # fmt: skip
        told = await self.say(
            VILLAGE, "confirmation_application", to="org-court-oa", application_number="QR-0001",
            applied_at=self.at(hours=1), channel="mediator",
            applicants=[{"role": "applicant", "kind": "natural_person", "name": name} for name in NAMES],
            authorisations=[{"party": name, "given": True, "at": self.at(days=2)} for name in NAMES],
            agreement=self.agreement(), presider={"name": "青石村人民调解委员会", "mediation": "peoples"},
            matters=["conduct"], documents=[paper],
        )  # fmt: skip
        assert told["fate"] == "accepted", told
        await self.at_court("sfqrsq")
        for decision in ("accept", "reviewing"):
            await self.decide(decision)
        (self.number,) = self.oa.chamber.numbers.values()
        await self.fetch(VILLAGE)

    async def receipt(self, on: str, **said: Any) -> Row:
        """Have the village report that it served the ruling."""
        usual: Row = {"confirmation_number": self.number, "outcome": "served", "method": "direct"}
        usual |= {"items": [{"name": "民事裁定书"}], "addressee": on, "received_at": self.at(minutes=1)}
        return await self.say(VILLAGE, "service_receipt", **(usual | said))

    async def fetch(self, partner: str) -> list[Row]:
        """Have a partner empty its mailbox and acknowledge everything; return it, with the bytes of its documents."""
        if self.centre and partner == VILLAGE:
            return []  # it is called
        found: list[Row] = []
        while handed := (await self.client.get("/v1/mailbox", headers=_proof(partner))).json()["messages"]:
            for each in handed:
                each["files"] = [await self._document(partner, paper["href"]) for paper in each["documents"]]
                received = {"id": each["id"], "result": "received"}
                await self.client.post("/v1/mailbox/receipts", json=received, headers=_proof(partner))
            found += handed
        return [{**each["message"], "files": each["files"]} for each in found]

    async def _document(self, partner: str, href: str) -> bytes:
        return (await self.client.get(href, headers=_proof(partner))).content

    async def quiet(self, partner: str) -> None:
        """Wait until nothing is on its way to a partner that is called."""
        for _ in range(1500):
            with self.gateway.store.engine.connect() as connection:
                if not shown.deliveries(connection, partner=partner, status="pending"):
                    return
            await asyncio.sleep(0.02)

    # The court --------------------------------------------------------------------------------------------------

    async def push(self, record: Mapping[str, Any]) -> Row:
        """Have the OA send a record; return what it is answered."""
        wrapped = self.oa.wrap([{"id": f"OA-{uuid7()[-12:]}", **record}])
        answer = await self.client.request(
            wrapped["method"], f"/partners/{OA}{wrapped['path']}", headers=wrapped["headers"], content=wrapped["body"]
        )
        return {"status": answer.status_code, "text": answer.text}

    async def decide(self, decision: str, **order: Any) -> Row:
        """Have the court decide; return the record that it sent, which must be accepted."""
        record = dict(self.oa.reviewed({"decision": decision, **order}))
        answer = await self.push(record)
        assert "已受理" in answer["text"], answer
        return record

    def signed(self, form: str = "ofd", **other: Any) -> bytes:
        """Return a ruling on this case, signed and sealed; ``other``: what it says otherwise."""
        bench = self.bench.saying(**{"case_number": self.number, "parties": NAMES, **other})
        return bench.sealed_ofd() if form == "ofd" else bench.sealed_pdf()

    async def issue(self, octets: bytes | None = None, form: str = "ofd", *, seen: bool = True, **order: Any) -> Row:
        """Have the court send a ruling back, and the gateway do with it what it does; return the record.

        ``seen``: whether the gateway looks at it at all.
        """
        octets = self.signed(form) if octets is None else octets
        order = {"format": form.upper(), "content_base64": base64.b64encode(octets).decode(), **order}
        record = await self.decide("ruling", **order)
        self.files[record["fields"]["wsbs"]] = octets
        if seen:
            await self.work()
        return record

    async def at_court(self, kind: str) -> list[Row]:
        """Return what the OA has got of a kind, once nothing is on its way to it."""
        await self.quiet(OA)
        return [each for each in self.oa.office.received.values() if each["kind"] == kind]

    # The gateway ------------------------------------------------------------------------------------------------

    async def work(self) -> None:
        """Have the gateway do all there is to do about rulings."""
        while await self.gateway.releasing.run_due():
            pass

    def rulings(self) -> list[Row]:
        with self.gateway.store.engine.connect() as connection:
            return rulings.of_case(connection, self.case)

    def review(self) -> Row:
        with self.gateway.store.engine.connect() as connection:
            return dict(shown.trace(connection, self.case)["confirmations"][-1])

    def due_of(self, kind: str) -> list[tuple[str, str]]:
        """Return to whom messages of a type were due, and how that stands."""
        with self.gateway.store.engine.connect() as connection:
            steps = shown.trace(connection, self.case)["steps"]
        found = [each for step in steps if step["type"] == kind for each in step["deliveries"]]
        return sorted((each["partner"], each["status"]) for each in found)


@asynccontextmanager
async def courtroom(
    folder: Path, *, trusted: bool = True, store_url: str | None = None, centre: bool = False,
    platform: bool = False, **settings: Any,
) -> AsyncIterator[Courtroom]:  # fmt: skip
    """Open it, with a court whose certificates and seal are trusted from the start or not.

    ``centre``: the village speaks the dialect of a mediation centre besides, which knows later versions of a result.
    ``platform``: the tribunal is called as a court platform is.
    """
    config, trust = folder / "config", folder / "trust"
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)
    ruling = Ruling(court=COURT, issued_on=at.astimezone(BEIJING).date())
    bench = Bench(people=hierarchy("sm2", court=COURT, at=at), at=at, ruling=ruling)
    write_trust(trust, bench)
    maker = shipped_simulator("court_oa")
    keys = maker.make_keys()
    oa = maker(gateway_url=None, partner=OA, keys=keys)
    with ExitStack() as ends:
        url = ends.enter_context(served(oa.app))
        _configure(config, keys["app_secret"], oa.partner_settings(), url)
        office = _called(config, ends, VILLAGE, "mediation_center") if centre else None
        if platform:
            _called(config, ends, TRIBUNAL, "court_platform")
        made = load_settings(
            data_dir=folder, config_dir=config, redelivery_base_seconds=0.05, redelivery_cap_seconds=0.2,
            **({"trust_dir": trust} if trusted else {}), **({"database_url": store_url} if store_url else {}),
            **settings,
        )  # fmt: skip
        gateway = Gateway(made, shipped_adapters())
        await gateway.start()
        try:
            door = httpx.ASGITransport(create_app(gateway))
            async with httpx.AsyncClient(transport=door, base_url="http://gateway", timeout=60) as client:
                yield Courtroom(
                    gateway=gateway, client=client, oa=oa, oa_url=url, trust=trust, bench=bench, centre=office
                )
        finally:
            await gateway.stop()


def write_trust(folder: Path, bench: Bench, **court: Any) -> None:
    """Write a trust folder that knows the court's authorities and its seal; ``court``: more of the court's row."""
    folder.mkdir(exist_ok=True)
    for name, issued in (("root", bench.people.root), ("issuing", bench.people.issuing), ("court", bench.people.court)):
        (folder / f"{name}.cer").write_bytes(issued.der)
    row = {"name": COURT, "codes": ["渝0242"], "seals": [{"id": bench.wanted.id}], **court}
    rows = {"anchors": [{"file": "root.cer"}], "intermediates": ["issuing.cer"], "courts": [row]}
    (folder / "trust.yaml").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")


def _configure(config: Path, secret: str, settings: Row, url: str) -> None:
    for name in KINDS:
        row: Row = {
            "partner": name, "adapter": "mailbox", "organisations": [f"org-{name}"],
            "canonical_door": {"bearer_sha256": [hashlib.sha256(f"token-of-{name}".encode()).hexdigest()]},
        }  # fmt: skip
        if name == OA:
            row = {
                "partner": name, "adapter": "court_oa", "organisations": [f"org-{name}"], "base_url": url,
                "settings": settings, "secrets": {"app_secret": "file:secrets/oa"},
            }  # fmt: skip
        _write(config / "partners" / f"{name}.yaml", yaml.safe_dump(row, allow_unicode=True))
    _write(config / "secrets" / "oa", secret)
    codes = {VILLAGE: "TW01", TRIBUNAL: "TW02", OFFICE: "TW03", OA: "500242"}
    organisations = [
        {"id": f"org-{name}", "name": COURT if name == OA else name, "kind": kind, "level": "county", "partner": name,
         "codes": {OA: codes[name], TRIBUNAL: f"FY-{name}", VILLAGE: {VILLAGE: "V01", TRIBUNAL: "T01"}.get(name, name)}}
        for name, kind in KINDS.items()
    ]  # fmt: skip
    _write(config / "organisations.yaml", yaml.safe_dump({"organisations": organisations}, allow_unicode=True))
    copies = [{"types": ["ruling"], "to": OFFICE}]
    _write(config / "routes.yaml", yaml.safe_dump({"copies": copies}))


def _called(config: Path, ends: ExitStack, partner: str, adapter: str) -> Any:
    """Make a partner's system one that is called in its own dialect; return it."""
    maker = shipped_simulator(adapter)
    keys = maker.make_keys()
    made = maker(gateway_url=None, partner=partner, keys=keys)
    file = config / "partners" / f"{partner}.yaml"
    row = yaml.safe_load(file.read_text(encoding="utf-8"))
    row |= {
        "adapter": adapter, "base_url": ends.enter_context(served(made.app)), "settings": maker.partner_settings(),
        "secrets": {name: f"file:secrets/{partner}.{name}" for name in keys},
    }  # fmt: skip
    for name, value in keys.items():
        _write(config / "secrets" / f"{partner}.{name}", value)
    _write(file, yaml.safe_dump(row, allow_unicode=True))
    return made


def _proof(partner: str) -> dict[str, str]:
    return {"x-partner": partner, "authorization": f"Bearer token-of-{partner}"}


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
