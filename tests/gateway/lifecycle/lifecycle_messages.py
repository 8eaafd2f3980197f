"""Messages of an invented dispute, for the tests of the procedure: one function for every step."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from gateway.canonical.identifiers import BEIJING
from gateway.canonical.messages import Message, parse
from gateway.lifecycle import NATIONAL, Accepted, Case, Decision, Profile, decide

TRIBUNAL, VILLAGE, TOWNSHIP, INDUSTRY, STRANGER = "org-tribunal", "org-village", "org-township", "org-industry", "org-x"
START = datetime(2026, 3, 2, 10, 0, tzinfo=BEIJING)
APPLICANT, RESPONDENT = "测试甲", "测试乙有限公司"
PARTIES = [
    {"role": "applicant", "kind": "natural_person", "name": APPLICANT},
    {"role": "respondent", "kind": "legal_person", "name": RESPONDENT},
]
_numbers = count(1)


def at(day: float) -> datetime:
    """Return the moment ``day`` days after the start."""
    return START + timedelta(days=day)


def consents(day: float = 0, **answers: bool) -> list[dict[str, Any]]:
    given = {APPLICANT: True, RESPONDENT: True} | answers
    return [{"party": party, "given": answer, "at": at(day)} for party, answer in given.items()]


def say(
    kind: str, sender: str | None, day: float = 0, *, to: str | None = None, leg: int | None = None, **data: Any
) -> Message:
    """Return a message of the given type."""
    return parse(
        {
            "type": f"fengqiao.{kind}",
            "id": f"01900000-0000-7000-8000-{next(_numbers):012x}",
            "source": "/partners/test",
            "time": at(day),
            "sender": sender,
            "addressee": to,
            "data": {"case": {"partner_id": "A-1", "leg": leg}, **data},
        }
    )


def referral(sender: str | None = TRIBUNAL, day: float = 0, *, to: str | None = VILLAGE, **data: Any) -> Message:
    said: dict[str, Any] = {
        "variant": "delegated", "parties": PARTIES, "dispute": {"type": "neighbours"}, "consents": consents(),
        "level": "village",
    }  # fmt: skip
    return say("referral", sender, day, to=to, **(said | data))


def acceptance(sender: str | None = VILLAGE, day: float = 1) -> Message:
    return say("acceptance", sender, day, accepted_at=at(day))


def decline(sender: str | None = VILLAGE, day: float = 1, reason: str = "out_of_scope") -> Message:
    return say("decline", sender, day, reason=reason)


def assignment(sender: str | None = VILLAGE, day: float = 2, mediators: tuple[str | None, ...] = ("M-7",)) -> Message:
    return say("assignment", sender, day, mediators=[{"id": id_, "name": "测试调解员"} for id_ in mediators])


def progress(sender: str | None = VILLAGE, day: float = 3, stage: str = "session_held") -> Message:
    return say("progress", sender, day, stage=stage)


def appraisal_started(sender: str | None = VILLAGE, day: float = 4) -> Message:
    return progress(sender, day, "appraisal_started")


def appraisal_ended(sender: str | None = VILLAGE, day: float = 14) -> Message:
    return progress(sender, day, "appraisal_ended")


def extension(sender: str | None = VILLAGE, day: float = 20, *, until: float = 60, **data: Any) -> Message:
    said = {"until": at(until).date(), "consents": consents(day)} | data
    return say("extension", sender, day, **said)


def success(sender: str | None = VILLAGE, day: float = 25, **data: Any) -> Message:
    agreement = {"kind": "written", "reached_at": at(day), "terms": "测试条款"}
    return say("success", sender, day, agreement=agreement, **data)


def escalation(sender: str | None = VILLAGE, day: float = 25, *, to: str | None = TOWNSHIP, **data: Any) -> Message:
    said = {"reason": "differences", "consents": consents(day)} | data
    return say("escalation", sender, day, to=to, **said)


def consultation(sender: str | None = VILLAGE, day: float = 26) -> Message:
    return say("return_consultation", sender, day, reason="differences")


def opinion_continue(sender: str | None = TRIBUNAL, day: float = 27) -> Message:
    return say("return_opinion", sender, day, opinion="continue")


def opinion_return(sender: str | None = TRIBUNAL, day: float = 27) -> Message:
    return say("return_opinion", sender, day, opinion="return")


def return_(sender: str | None = VILLAGE, day: float = 28, **data: Any) -> Message:
    return say("return", sender, day, **({"reason": "unwilling"} | data))


def transfer(sender: str | None = TRIBUNAL, day: float = 29) -> Message:
    return say("litigation", sender, day, reason="mediation_failed")


def filing(sender: str | None = TRIBUNAL, day: float = 30) -> Message:
    return say(
        "litigation", sender, day, reason="mediation_failed", state="filed",
        case={"partner_id": "A-1", "legacy_number": "（2015）测民初字第1号"},
    )  # fmt: skip


def supervision(sender: str | None = TRIBUNAL, day: float = 27) -> Message:
    return say("supervision", sender, day, missing="请尽快接收")


def judge(case: Case | None, message: Message, profile: Profile = NATIONAL, now: datetime | None = None) -> Decision:
    return decide(case, message, case_id="case-1", now=now or message.time, profile=profile)


def after(*messages: Message, case: Case | None = None, profile: Profile = NATIONAL) -> Case:
    """Return the case after steps that must all be accepted."""
    for message in messages:
        decision = judge(case, message, profile)
        assert isinstance(decision, Accepted), (message.type, decision)
        assert decision.case is not None
        case = decision.case
    assert case is not None
    return case
