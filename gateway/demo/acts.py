"""The acts of the play, one function each; each tells its scenes and returns the id by which its case is found.

court_and_centres   the village fails, the township succeeds; its system is down on the way, a record comes twice
back_to_the_court   a second case goes back to the tribunal and to litigation
from_the_police     the police entrust a dispute by ferry; village, township committee, application, a forged ruling,
                    a genuine one, served
three_are_warned    one warning, three bodies, three acknowledgements
from_the_office     a justice office is polled and imports a ledger; a village works through its mailbox with curl
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.canonical.identifiers import BEIJING
from gateway.demo import cast, everybody
from gateway.demo.cast import COMMITTEE, COURT, STATION, TOWNSHIP, VILLAGE, Calendar
from gateway.demo.curl import CURL
from gateway.demo.everybody import HAMLET, NAMES, OA, OFFICE, PEACE
from gateway.demo.scenery import call
from gateway.demo.stage import Stage
from gateway.errors import GatewayError


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """What became of the court's two files.

    ``forged``: why the one of another case was quarantined; ``states`` of both, in the order in which they came;
    ``same``: whether what the mediator printed is, byte for byte, what the court signed.
    """

    forged: str
    states: tuple[str, ...]
    same: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """What became of the warning: whom it was for, and who acknowledged it."""

    recipients: tuple[str, ...]
    acknowledged: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """What became of what the justice office has: the case that was fetched, and the fates of its ledger's lines.

    ``fates``: None where no ledger was imported.
    """

    case: str
    fates: dict[str, int] | None = None


def court_and_centres(stage: Stage) -> str:
    """Refer, accept, mediate, fail, escalate while the township is down, settle there."""
    stage.calendar, case = Calendar(), "AJ50024220260001"
    stage.tell("demo.scene_referral", case=case)
    stage.push(COURT, cast.referral(stage.calendar, case))
    event = stage.event(VILLAGE, "case.dispatch")
    stage.tell("demo.scene_village", event=event)
    stage.report(VILLAGE, "case.accept", event, **cast.accepted(stage.calendar))
    stage.report(VILLAGE, "case.assign", event, **cast.assigned(stage.calendar))
    stage.report(VILLAGE, "case.progress", event, stageCode="30", progressDesc="首次调解未达成一致。")
    stage.tell("demo.scene_down")
    stage.scenery.fault(TOWNSHIP, "down")
    escalation = stage.said(VILLAGE, "case.escalate", event, to=TOWNSHIP, **cast.escalated(stage.calendar))
    stage.push(VILLAGE, escalation, times=2)
    stage.until("demo.waiting_for_retry", lambda: stage.attempts(case, "escalation") >= 2)
    stage.tell("demo.scene_up", attempts=stage.attempts(case, "escalation"))
    stage.scenery.fault(TOWNSHIP, None)
    township_event = stage.event(TOWNSHIP, "case.escalate")
    stage.tell("demo.scene_township", event=township_event)
    stage.report(TOWNSHIP, "case.accept", township_event, **cast.accepted(stage.calendar))
    stage.report(TOWNSHIP, "case.assign", township_event, **cast.assigned(stage.calendar))
    success = stage.said(TOWNSHIP, "case.success", township_event, **cast.settled(stage.calendar))
    stage.push(TOWNSHIP, {**success, "attachments": cast.agreement()})
    stage.arrived(COURT, "tjcg")
    return case


def back_to_the_court(stage: Stage) -> str:
    """Refer, accept, fail, return, go to litigation, and be filed."""
    case = "AJ50024220260002"
    stage.tell("demo.scene_second", case=case)
    stage.push(COURT, cast.referral(stage.calendar, case))
    event = stage.event(VILLAGE, "case.dispatch")
    stage.report(VILLAGE, "case.accept", event, **cast.accepted(stage.calendar))
    stage.report(VILLAGE, "case.progress", event, stageCode="20", progressDesc="开始调解。")
    stage.report(VILLAGE, "case.return", event, failReasonCode="3", failReason="一方明确表示不接受调解")
    stage.arrived(COURT, "ajth")
    stage.tell("demo.scene_litigation")
    stage.push(COURT, cast.litigation(stage.calendar, case))
    stage.push(COURT, cast.litigation(stage.calendar, case, number="(2026)渝0242民初2106号"))
    return case


def from_the_police(stage: Stage) -> tuple[str, Ruled]:
    """Entrust, fail in the village, settle at the township's committee, apply for confirmation, serve the ruling."""
    stage.calendar, case = Calendar(), "JW2026051800017"
    stage.tell("demo.scene_entrusted", case=case)
    stage.push(STATION, everybody.entrusted(stage.calendar, case))
    event = stage.event(VILLAGE, "case.dispatch")
    stage.report(VILLAGE, "case.accept", event, to=STATION, **cast.accepted(stage.calendar))
    stage.report(VILLAGE, "case.assign", event, to=STATION, **cast.assigned(stage.calendar))
    escalated = cast.escalated(stage.calendar, names=NAMES)
    stage.report(VILLAGE, "case.escalate", event, to=COMMITTEE, **escalated)
    number = _settled_by_the_committee(stage)
    stage.arrived(STATION, "JF0105")
    return case, _ruled(stage, _applied(stage, number), number)


def _settled_by_the_committee(stage: Stage) -> str:
    """Have the committee take the case from its mailbox and settle it; return its own number of the case."""
    clerk, number = stage.caller(COMMITTEE), "XZ-TJ-2026-031"
    clerk.next("escalation", number)
    stage.tell("demo.scene_committee", case=number)
    case = {"partner_id": number}
    clerk.say("acceptance", time=stage.calendar.moment(hours=5), case=case, accepted_at=stage.calendar.moment())
    mediators = [{"name": "田秋禾", "phones": ["13996000101"]}]
    clerk.say("assignment", time=stage.calendar.moment(), case=case, mediators=mediators)
    clerk.say(
        "success", time=stage.calendar.moment(days=1), case=case, agreement=_agreement(stage),
        documents=[_paper(stage)],
    )  # fmt: skip
    return number


def _applied(stage: Stage, number: str) -> str:
    """Have the mediator apply for both parties, and the court accept and review; return the gateway's case."""
    clerk = stage.caller(COMMITTEE)
    stage.tell("demo.scene_application")
    told = clerk.say(
        "confirmation_application",
        time=stage.calendar.moment(days=1),
        to="org-court",
        case={"partner_id": number},
        application_number="QR-2026-0031",
        applied_at=stage.calendar.moment(),
        channel="mediator",
        applicants=[{"role": "applicant", "kind": "natural_person", "name": name} for name in NAMES],
        authorisations=[{"party": name, "given": True, "at": stage.calendar.moment()} for name in NAMES],
        agreement=_agreement(stage),
        presider={"name": "示例乡人民调解委员会", "mediation": "peoples"},
        matters=["conduct"],
        declarations=["voluntary", "truthful"],
        documents=[_paper(stage)],
    )
    stage.arrived(OA, "sfqrsq")
    for decision in ("accept", "reviewing"):
        _decided(stage, decision)
    clerk.next("confirmation_status", number)
    return str(told["case"])


def _ruled(stage: Stage, case: str, number: str) -> Ruled:
    """Have the court issue a ruling that is about another case, and the right one; serve that."""
    stage.scenery.trust(OA)
    own = _review(stage, case)["court_number"]
    other = own.replace("确1号", "确9号")
    _decided(stage, "ruling", says={"case_number": other})
    stage.until("demo.waiting_for_ruling", lambda: _review(stage, case)["state"] == "QUARANTINED")
    forged = _rulings(stage)[0]
    stage.tell("demo.scene_forged", number=other, found=forged["code"])
    _decided(stage, "ruling", without=["tdwsbs"])
    clerk = stage.caller(COMMITTEE)
    item = clerk.next("ruling", number)
    printed = stage.scenery.folder / "printed" / str(item["documents"][0]["name"])
    printed.parent.mkdir(exist_ok=True)
    printed.write_bytes(clerk.fetch(item["documents"][0]["href"]))
    stage.tell("demo.scene_ruling", number=own, file=str(printed))
    for _ in NAMES:
        _served(stage, clerk.next("service_task", number)["message"]["data"], number)
    for _ in NAMES:
        stage.arrived(OA, "sdhz")
    stage.until("demo.waiting_for_service", lambda: _rulings(stage)[-1]["state"] == "SERVED")
    stage.tell("demo.scene_served", count=len(NAMES))
    return Ruled(
        forged=str(forged["code"]), states=tuple(each["state"] for each in _rulings(stage)),
        same=hashlib.sha256(printed.read_bytes()).hexdigest() == item["message"]["data"]["documents"][0]["sha256"],
    )  # fmt: skip


def _served(stage: Stage, task: Mapping[str, Any], number: str) -> None:
    """Have the mediator serve a ruling on one party, and report it."""
    stage.caller(COMMITTEE).say(
        "service_receipt", time=datetime.now(BEIJING).isoformat(), case={"partner_id": number}, task=task["task"],
        items=task["items"], addressee=task["addressee"], outcome="served", method="direct",
        received_at=datetime.now(BEIJING).isoformat(),
    )  # fmt: skip


def _rulings(stage: Stage) -> list[dict[str, Any]]:
    """Return what the gateway keeps of the files of rulings, the oldest first."""
    found: list[dict[str, Any]] = stage.scenery.administration("rulings")
    return sorted(found, key=lambda each: str(each["received_at"]))


def _agreement(stage: Stage) -> dict[str, Any]:
    if stage.signed_at is None:
        stage.signed_at = stage.calendar.moment(hours=2)
    return {
        "kind": "written", "number": "(2026)示人调字第31号", "reached_at": stage.signed_at,
        "effective_at": stage.signed_at, "effective_basis": "all_signed_and_sealed", "terms": everybody.TERMS,
    }  # fmt: skip


def _paper(stage: Stage) -> dict[str, Any]:
    return stage.caller(COMMITTEE).hand_in(
        everybody.AGREEMENT, partner_id="FJ-31", kind="agreement", name="人民调解协议书.txt", media_type="text/plain"
    )


def _decided(stage: Stage, decision: str, **order: Any) -> None:
    answer = call(f"{stage.scenery.url(OA)}/_sim/review", {"decision": decision, **order})
    if answer["status"] != 200 or answer["body"].get("zt") != "已受理":
        raise GatewayError("demo.not_taken", actor=OA, kind=decision, status=answer["status"])


def _review(stage: Stage, case: str) -> dict[str, Any]:
    [confirmation] = stage.trace(case)["confirmations"]
    return dict(confirmation)


def three_are_warned(stage: Stage) -> Warned:
    """Warn police, justice office and committee at once; each acknowledges for itself."""
    stage.calendar = Calendar()
    told = ("org-station", "org-office", "org-committee")
    stage.tell("demo.scene_warning", count=len(told))
    peace, committee = stage.caller(PEACE), stage.caller(COMMITTEE)
    peace.say("warning", time=stage.calendar.moment(), **everybody.warning(stage.calendar, told))
    at_the_station = stage.arrived(STATION, "JF0203")["id"]
    stage.push(STATION, everybody.seen_by_the_station(stage.calendar, at_the_station))
    at_the_office = stage.arrived(OFFICE, "warning.notice")["id"]
    _entered(stage, [everybody.seen_by_the_office(stage.calendar, at_the_office)])
    at_the_committee = committee.next("warning")["message"]["id"]
    committee.say(
        "warning_acknowledgement", time=stage.calendar.moment(), answers=at_the_committee,
        acknowledged_at=stage.calendar.moment(minutes=-1), by={"name": "田秋禾"}, measures="已派员到场。",
    )  # fmt: skip
    answers = [peace.next("warning_acknowledgement")["message"]["sender"] for _ in told]
    stage.tell("demo.scene_acknowledged", count=len(set(answers)))
    return Warned(recipients=told, acknowledged=tuple(sorted(answers)))


def from_the_office(stage: Stage) -> TakenIn:
    """Fetch a case from the office that only answers, have a village without a platform settle it, take a ledger in."""
    stage.calendar, number = Calendar(), "SFS-01-2026-057"
    stage.tell("demo.scene_polled")
    _entered(stage, everybody.taken_in(stage.calendar, number))
    clerk, own = stage.caller(HAMLET), "白果-7"
    item = clerk.next("referral", own)
    stage.tell("demo.scene_curl" if CURL else "demo.scene_without_curl")
    case = {"partner_id": own}
    clerk.say("acceptance", time=stage.calendar.moment(hours=2), case=case, accepted_at=stage.calendar.moment())
    mediators = [{"name": "石延川", "phones": ["13996000134"]}]
    clerk.say("assignment", time=stage.calendar.moment(), case=case, mediators=mediators)
    reached = stage.calendar.moment(days=2)
    agreement = {"kind": "oral", "reached_at": reached, "effective_at": reached, "terms": "冉明溪于三日内拆除围墙。"}
    clerk.say("success", time=stage.calendar.moment(), case=case, agreement=agreement)
    stage.arrived(OFFICE, "mediation.succeed")
    return TakenIn(case=str(item["message"]["subject"]), fates=_ledger(stage))


def _ledger(stage: Stage) -> dict[str, int] | None:
    """Have the administrator take the office's ledger in; return how many lines have which fate."""
    if (workbook := everybody.ledger()) is None:
        stage.tell("demo.scene_no_ledger")
        return None
    body = {"workbook": base64.b64encode(workbook).decode()}
    fates: dict[str, int] = stage.scenery.administration_post(f"partners/{OFFICE}/ledger", body)["fates"]
    stage.tell("demo.scene_ledger", accepted=fates.get("accepted", 0), refused=fates.get("refused", 0))
    return fates


def _entered(stage: Stage, records: list[dict[str, Any]]) -> None:
    """Enter records at the justice office, where they wait to be fetched."""
    call(f"{stage.scenery.url(OFFICE)}/_sim/enter", {"records": records})
