"""Messages of an invented dispute, for the tests of the procedure: one function for every step."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from gateway.canonical.identifiers import BEIJING
from gateway.canonical.messages import Message, parse
from gateway.lifecycle import NATIONAL, Accepted, Case, Decision, Profile, decide

TRIBUNAL, VILLAGE, TOWNSHIP, INDUSTRY, STRANGER = "org-tribunal", "org-village", "org-township", "org-industry", "org-x"
COURT, PEACE_OFFICE = "org-court", "org-peace"
CONSULTING = Profile(name="consulting", consult_before_return=True)
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


def refusal(sender: str | None = TRIBUNAL, day: float = 0, **data: Any) -> Message:
    """A party does not want mediation at all: nobody has ever been asked to mediate."""
    return say("litigation", sender, day, **({"reason": "consent_refused"} | data))


def filing_alone(sender: str | None = TRIBUNAL, day: float = 0, **data: Any) -> Message:
    """A court reports the filing of a dispute that was never referred."""
    number = {"partner_id": "A-1", "number": "(2026)渝0242民初1号"}
    return refusal(sender, day, **({"state": "filed", "filed_on": at(day).date(), "case": number} | data))


def supervision(sender: str | None = TRIBUNAL, day: float = 27) -> Message:
    return say("supervision", sender, day, missing="请尽快接收")


# Before a referral and after an agreement -------------------------------------------------------------------------


def intake(sender: str | None = STRANGER, day: float = 0, *, to: str | None = TRIBUNAL) -> Message:
    said = {"channel": "hotline_12368", "parties": PARTIES, "dispute": {"type": "neighbours"}, "registered_at": at(day)}
    return say("intake", sender, day, to=to, **said)


def intake_refusal(sender: str | None = TRIBUNAL, day: float = 1) -> Message:
    return say("intake_refusal", sender, day, reason="no_jurisdiction")


def inquiry(outcome: str, sender: str | None = TRIBUNAL, day: float = 1) -> Message:
    return say("consent_inquiry", sender, day, outcome=outcome, consents=consents(day) if outcome == "given" else [])


def success_at_once(sender: str | None = VILLAGE, day: float = 25) -> Message:
    agreement = {"kind": "written", "reached_at": at(day), "terms": "测试条款", "performed_at_once": True}
    return say("success", sender, day, agreement=agreement)


def withdrawal(sender: str | None = VILLAGE, day: float = 25) -> Message:
    return say("withdrawal", sender, day, reason="settled_privately", withdrawn_at=at(day))


def performance(state: str, sender: str | None = VILLAGE, day: float = 40) -> Message:
    return say("performance", sender, day, state=state, reported_at=at(day))


def closure(sender: str | None = TRIBUNAL, day: float = 60) -> Message:
    return say("closure", sender, day, reason="settled", closed_at=at(day))


def joint_plan(sender: str | None = PEACE_OFFICE, day: float = 10, *, lead: str = VILLAGE, **marks: str) -> Message:
    """``first`` and ``industry`` mark a unit as the first receiver, or as the industry's."""
    units = {lead, VILLAGE, TOWNSHIP, INDUSTRY}
    participants = [
        {"unit": unit, "role": "lead" if unit == lead else "assisting", "first_received": unit == marks.get("first"),
         "industry": unit == marks.get("industry")}
        for unit in sorted(units)
    ]  # fmt: skip
    said = {"scope": "local", "at": at(day + 1), "place": "测试村委会", "participants": participants}
    return say("joint_plan", sender, day, **said)


# Confirmation ---------------------------------------------------------------------------------------------------


def application(
    sender: str | None = VILLAGE, day: float = 30, *, to: str | None = COURT, mediation: str = "peoples",
    channel: str = "mediator", agreement: dict[str, Any] | None = None, kind: str = "confirmation_application",
    **data: Any,
) -> Message:  # fmt: skip
    reached = {"kind": "written", "reached_at": at(min(day, 25)), "terms": "测试条款"} | (agreement or {})
    said: dict[str, Any] = {
        "applied_at": at(day), "channel": channel, "applicants": PARTIES, "authorisations": consents(day),
        "agreement": reached, "presider": {"name": "测试村人民调解委员会", "mediation": mediation},
    }  # fmt: skip
    return say(kind, sender, day, to=to, **(said | data))


def statement(sender: str | None = VILLAGE, day: float = 30) -> Message:
    return application(sender, day, kind="statement_application")


_NUMBER = "(2026)渝0242诉前调确7号"
_SAID_OF = {
    "accepted": {"confirmation_number": _NUMBER}, "not_accepted": {"ground": "out_of_scope"},
    "supplement": {"items": [{"name": "身份证明"}], "supply_by": at(40).date()},
    "supplementary_statement": {"items": [{"name": "履行方式"}], "supply_by": at(45).date()},
    "review_extended": {"review_due_on": at(90).date()},
}  # fmt: skip


def status(state: str, sender: str | None = COURT, day: float = 33, **data: Any) -> Message:
    return say("confirmation_status", sender, day, state=state, decided_at=at(day), **(_SAID_OF.get(state, {}) | data))


def supply(subject: str, sender: str | None = VILLAGE, day: float = 35) -> Message:
    return say("confirmation_supplement", sender, day, subject=subject, supplied_at=at(day))


def take_back(sender: str | None = VILLAGE, day: float = 36) -> Message:
    return say("confirmation_withdrawal", sender, day, withdrawn_at=at(day))


def ruling(result: str, sender: str | None = COURT, day: float = 50, *, document: str = "D-1", **data: Any) -> Message:
    file = {"partner_id": document, "kind": "ruling", "name": "裁定书.ofd", "media_type": "application/ofd"}
    said = {
        "confirmation_number": _NUMBER, "document_id": document, "result": result, "format": "ofd", "size": 9,
        "sm3": "0" * 64, "ruled_on": at(day).date(), "documents": [file],
    }  # fmt: skip
    return say("ruling", sender, day, **(said | data))


def notice(outcome: str, sender: str | None = None, day: float = 51, *, document: str = "D-1", version: int = 1,
           **data: Any) -> Message:  # fmt: skip
    """What the gateway itself says of a file."""
    said = {"document_id": document, "version": version, "outcome": outcome, "at": at(day)}
    names = {"addressees": [APPLICANT, RESPONDENT]} if outcome == "released" else {}
    return say("ruling_notice", sender, day, **(said | names | data))


def receipt(sender: str | None = VILLAGE, day: float = 54, *, on: str = APPLICANT, **data: Any) -> Message:
    said = {"confirmation_number": _NUMBER, "items": [{"name": "民事裁定书"}], "addressee": on, "outcome": "served",
            "method": "direct", "received_at": at(day)}  # fmt: skip
    return say("service_receipt", sender, day, **(said | data))


class Keyed:
    """A digester for tests: any keyed digest does."""

    def digest(self, plain: bytes) -> bytes:
        return hashlib.blake2b(plain, key=b"a test's key", digest_size=32).digest()

    def digests(self, plain: bytes) -> tuple[bytes, ...]:
        return (self.digest(plain),)


def objection(sender: str | None = VILLAGE, day: float = 55, **data: Any) -> Message:
    said = {"confirmation_number": _NUMBER, "by": "party", "name": APPLICANT, "raised_on": at(day).date(),
            "known_on": at(52).date(), "reasons": "测试理由"}  # fmt: skip
    return say("objection", sender, day, **(said | data))


def revocation(outcome: str, sender: str | None = COURT, day: float = 60) -> Message:
    said = {"confirmation_number": _NUMBER, "outcome": outcome, "decided_on": at(day).date()}
    return say("revocation", sender, day, **said)


def judge(case: Case | None, message: Message, profile: Profile = NATIONAL, now: datetime | None = None) -> Decision:
    own = message.type == "fengqiao.ruling_notice" and message.sender is None
    return decide(case, message, case_id="case-1", now=now or message.time, profile=profile, digester=Keyed(),
                  by_gateway=own)  # fmt: skip


def after(*messages: Message, case: Case | None = None, profile: Profile = NATIONAL) -> Case:
    """Return the case after steps that must all be accepted."""
    for message in messages:
        decision = judge(case, message, profile)
        assert isinstance(decision, Accepted), (message.type, decision)
        assert decision.case is not None
        case = decision.case
    assert case is not None
    return case
