"""Two parties ask the court to confirm their agreement: applied, supplemented, accepted, ruled; or not accepted at all.

The mediating unit has a mailbox and speaks the common language, the court its office system. The ruling comes back and
waits to be verified: it goes to nobody, not even to a centre that subscribed to it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from gateway.bootstrap import shipped_simulator
from gateway.canonical.identifiers import BEIJING, uuid7
from gateway.demo.scenery import Actor, Scenery, call

pytestmark = pytest.mark.live

VILLAGE, CENTRE, OA = "village", "centre", "court-oa"
WITHIN = 120.0  # seconds until something that has to happen counts as not happening
AGREEMENT = "调解协议：一、拆除围墙，恢复通行；二、双方互不追究（示例）。".encode()
IDENTITY = "身份证明复印件（示例）".encode()
NAMES = ("许书宁", "冉明溪")


def actor(name: str, adapter: str, organisation: str, kind: str, codes: Mapping[str, str]) -> Actor:
    return Actor(
        name=name, adapter=adapter, title=name, title_en=name, organisation=organisation, organisation_name=name,
        organisation_name_en=name, kind=kind, level="county", codes=codes,
    )  # fmt: skip


CAST = (
    actor(VILLAGE, "mailbox", "org-village", "peoples_mediation_committee", {OA: "TW01", CENTRE: "V01"}),
    actor(CENTRE, "mediation_center", "org-centre", "mediation_center", {OA: "TW02", CENTRE: "T01"}),
    actor(OA, "court_oa", "org-court", "court", {OA: "500242", CENTRE: "FY01"}),
)


class Courthouse(Scenery):
    """The scenery with a door for the village's common language, and a centre that subscribed to rulings."""

    token = secrets.token_urlsafe(24)

    def _write_configuration(self) -> None:
        super()._write_configuration()
        file = self.config / "partners" / f"{VILLAGE}.yaml"
        row = yaml.safe_load(file.read_text(encoding="utf-8"))
        digest = hashlib.sha256(self.token.encode()).hexdigest()
        row["canonical_door"] = {"bearer_sha256": [digest], "webhook_secrets": ["webhook"]}
        file.write_text(yaml.safe_dump(row, allow_unicode=True), encoding="utf-8")
        copies = [{"types": ["ruling"], "to": CENTRE}]
        (self.config / "routes.yaml").write_text(yaml.safe_dump({"copies": copies}), encoding="utf-8")


@dataclass(kw_only=True)
class Court:
    """What a test says to the scenery, and asks of it."""

    scenery: Courthouse
    case: str = ""
    now: datetime = field(default_factory=lambda: datetime.now(BEIJING).replace(microsecond=0))

    def at(self, **ago: float) -> str:
        return (self.now - timedelta(**ago)).isoformat()

    def keep(self, content: bytes, kind: str, name: str) -> dict[str, Any]:
        """Hand a document in, and return what a message says of it."""
        headers = {"x-partner": VILLAGE, "authorization": f"Bearer {self.scenery.token}"}
        url = f"{self.scenery.gateway_url}/v1/documents"
        kept = httpx.post(url, content=content, headers=headers, timeout=60, trust_env=False).raise_for_status().json()
        about = {"partner_id": f"CL-{kind}", "kind": kind, "name": name, "media_type": "text/plain"}
        return {**about, "sha256": kept["sha256"], "size": kept["size"]}

    def say(self, kind: str, **data: Any) -> dict[str, Any]:
        """Have the village say something to the court; return what became of it."""
        case = {"gateway_id": self.case} if self.case else {"partner_id": f"青石村-{uuid7()[-6:]}"}
        message = {
            "source": "/partners/village", "time": self.at(minutes=10), "sender": "org-village",
            "addressee": "org-court", "data": {"case": case, **data},
        }  # fmt: skip
        record = {"id": uuid7(), "kind": f"fengqiao.{kind}", "fields": message, "attachments": []}
        answer = json.loads(self.scenery.push(VILLAGE, record)["body"])
        told = answer["results"][0] if "results" in answer else {"fate": "refused", **answer}
        self.case = self.case or told["case"]
        return dict(told)

    def apply(self) -> dict[str, Any]:
        """Have both parties apply, through the mediator and with their authority."""
        given = [{"party": name, "given": True, "at": self.at(days=2)} for name in NAMES]
        return self.say(
            "confirmation_application",
            application_number="QR-0001",
            applied_at=self.at(hours=1),
            channel="mediator",
            applicants=[{"role": "applicant", "kind": "natural_person", "name": name} for name in NAMES],
            authorisations=given,
            agreement={"kind": "written", "reached_at": self.at(days=5), "effective_at": self.at(days=5),
                       "terms": "一、拆除围墙，恢复通行；二、双方互不追究。"},
            presider={"name": "青石村人民调解委员会", "mediation": "peoples"},
            matters=["conduct"],
            declarations=["voluntary", "truthful"],
            documents=[self.keep(AGREEMENT, "agreement", "调解协议书.txt")],
        )  # fmt: skip

    def decide(self, decision: str, **order: Any) -> dict[str, Any]:
        """Have the court decide; return the record that it sent, once the gateway has taken it."""
        answer = call(f"{self.scenery.url(OA)}/_sim/review", {"decision": decision, **order})
        assert (answer["status"], answer["body"]["zt"]) == (200, "已受理"), answer
        return dict(answer["record"])

    def at_court(self, kind: str) -> dict[str, Any]:
        """Wait for a message of a kind at the OA."""
        return self._first(OA, lambda each: each["kind"] == kind)

    def told(self, state: str) -> dict[str, Any]:
        """Wait until the village was told that the review stands so; return what it was told."""
        found = self._first(VILLAGE, lambda each: each["fields"]["data"].get("state") == state)
        return dict(found["fields"]["data"])

    def review(self) -> dict[str, Any]:
        """Return the confirmation as the gateway keeps it."""
        [confirmation] = self.trace()["confirmations"]
        return dict(confirmation)

    def trace(self) -> dict[str, Any]:
        found: dict[str, Any] = self.scenery.administration(f"cases/{self.case}")
        return found

    def settled(self) -> None:
        """Wait until nothing is due any more."""
        _until(lambda: not self.scenery.administration("counts")["waiting"], "everything delivered")

    def _first(self, at: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        found: list[dict[str, Any]] = []

        def here() -> bool:
            found[:] = [each for each in self.scenery.received(at) if wanted(each)]
            return bool(found)

        _until(here, f"what was expected at {at}")
        assert found[0]["effects"] == 1
        return found[0]


def _until(happened: Callable[[], bool], what: str) -> None:
    give_up = time.monotonic() + WITHIN
    while not happened():
        assert time.monotonic() < give_up, f"not within {WITHIN:.0f} s: {what}"
        time.sleep(0.1)


@contextmanager
def in_court(folder: Path) -> Iterator[Court]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gateway.demo.scenery.START_WITHIN", WITHIN)
        with Courthouse(folder=folder, actors=CAST, simulator=shipped_simulator) as scenery:
            yield Court(scenery=scenery)


def test_an_agreement_is_confirmed_and_its_ruling_waits_to_be_verified(tmp_path: Path) -> None:
    with in_court(tmp_path) as court:
        assert court.apply()["fate"] == "accepted"
        application = court.at_court("sfqrsq")
        assert [each["xm"] for each in application["fields"]["dsrsq"]] == list(NAMES), "with both parties' authority"
        assert [each["sha256"] for each in application["attachments"]] == [hashlib.sha256(AGREEMENT).hexdigest()]

        court.decide("supplement")
        wanted = court.told("supplement")
        assert [each["name"] for each in wanted["items"]] == ["身份证明", "履行凭证"]
        assert wanted["supply_by"]
        paper = court.keep(IDENTITY, "identity", "身份证明.txt")
        supplied = court.say(
            "confirmation_supplement", subject="supplement", supplied_at=court.at(minutes=1), documents=[paper]
        )
        assert supplied["fate"] == "accepted"
        arrived = court.at_court("bzcl")
        assert arrived["case"] == application["case"], "the OA knows its own case by its own number"
        assert [each["sha256"] for each in arrived["attachments"]] == [paper["sha256"]]

        court.decide("accept")
        number = court.told("accepted")["confirmation_number"]
        assert number == f"({court.now.year})渝0242诉前调确1号"
        court.decide("reviewing")
        court.decide("ruling")
        court.settled()
        review = court.review()
        assert (review["state"], review["court_number"]) == ("RETURNED_ONLINE", number)
        [ruling] = [step for step in court.trace()["steps"] if step["type"] == "ruling"]
        assert ruling["deliveries"] == [], "awaiting verification: it is due at nobody"
        assert not [each for each in court.scenery.received(VILLAGE) if "ruling" in each["kind"]]
        assert court.scenery.received(CENTRE) == [], "not even to whoever subscribed to it"

        replaced = court.decide("ruling")
        assert replaced["fields"]["tdwsbs"]
        assert court.review()["state"] == "RETURNED_ONLINE", "a later file takes the place of the first"
        receipt = court.say(
            "service_receipt",
            confirmation_number=number,
            items=[{"name": "民事裁定书"}],
            addressee=NAMES[0],
            outcome="served",
            method="direct",
            received_at=court.at(minutes=1),
        )
        assert (receipt["fate"], receipt["code"]) == ("refused", "lifecycle.ruling_not_released")


def test_an_application_that_is_not_accepted_ends_with_its_ground(tmp_path: Path) -> None:
    with in_court(tmp_path) as court:
        court.scenery.fault(OA, "answer_lost", times=1)
        assert court.apply()["fate"] == "accepted"
        court.at_court("sfqrsq")
        court.settled()
        court.decide("refuse")
        refused = court.told("not_accepted")
        assert (refused["ground"], "confirmation_number" in refused) == ("identity_relation", False)
        assert court.review()["state"] == "NOT_ACCEPTED"
        assert court.scenery.received(CENTRE) == []
