"""What the senders of a campaign say, in their own dialects: real steps of a case, and records that deserve no mercy.

Every record carries its mark in the remark, which each dialect has and each receiver gets; one that has no remark, in
its name.
"""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Callable
from typing import Any

from gateway.demo import cast
from gateway.demo.cast import COURT, IN_CENTRES, IN_COURT, TOWNSHIP, VILLAGE, Calendar
from tests.faults.cast import HOTLINE, OFFICE, code

Record = dict[str, Any]
REMARK = {"court_platform": "bz", "mediation_center": "remark", "rest": "remark", "court_oa": "jgmc"}
NAME = {"org.upsert": "orgName"}
# Kind of a record that is sent here ─► the type of the message that it is; whoever subscribed to it gets a copy.
TYPES = {
    "ajwp": "referral", "ajdb": "supervision", "ajzs": "litigation",
    "case.accept": "acceptance", "case.assign": "assignment", "case.progress": "progress", "case.extend": "extension",
    "case.return": "return", "case.escalate": "escalation", "case.success": "success",
    "order": "referral", "urge": "supervision", "org.upsert": "organisation", "jgxx": "organisation",
}  # fmt: skip
AGREE = {"agree": "1", "agreeMode": "1"}


def marked(record: Record, adapter: str, mark: str) -> Record:
    """Return a record that carries its mark."""
    place = NAME.get(record["kind"], REMARK[adapter])
    return {**record, "fields": {**record["fields"], place: f"第{mark}号"}}


def referral(calendar: Calendar, case: str) -> Record:
    """The court refers a case to the village."""
    return cast.referral(calendar, case)


def supervision(calendar: Calendar, case: str, number: int) -> Record:
    """The court reminds the village."""
    fields = {"fssj": calendar.next(minutes=1), "fsjg": IN_COURT[COURT], "jsjg": IN_COURT[VILLAGE],
              "ajxx": {"ajbh": case}, "dbcd": "1", "dbsx": f"请报告进展（第{number}次）"}  # fmt: skip
    return {"kind": "ajdb", "id": f"DB-{case}-{number}", "fields": fields}


def litigation(calendar: Calendar, case: str) -> Record:
    """The court takes a returned case to litigation; the village gets a copy."""
    return cast.litigation(calendar, case)


def order(calendar: Calendar, case: str, number: int) -> Record:
    """The hotline entrusts a caller's dispute, which the court has under a number of its own, to the village."""
    dispute = {
        "courtCaseNo": f"(2026)渝0242民初{number}号",
        "limitDays": 30,
        "disputeKind": "02",
        "content": "邻居堆放柴垛，多次交涉无果。",
        "demand": "恢复通行",
    }
    people = [{"role": "01", "kind": "01", "name": "许书宁"}, {"role": "02", "kind": "01", "name": "冉明溪"}]
    agreed = [{"name": each["name"], "agree": True, "time": calendar.next()} for each in people]
    return _of_hotline(calendar, "order", case, f"RX-{case}", **dispute, people=people, consents=agreed)


def urge(calendar: Calendar, case: str, number: int) -> Record:
    """The hotline reminds the village, for the caller asks again."""
    asked = {"degree": "01", "matter": "来电人询问办理情况，请回复。"}
    return _of_hotline(calendar, "urge", case, f"CB-{case}-{number}", **asked)


def renamed(calendar: Calendar, number: str) -> Record:
    """The village has a new name; whoever subscribed to the registry is told, and nobody else."""
    fields = {"occurTime": calendar.next(), "fromOrgCode": IN_CENTRES[VILLAGE], "orgCode": IN_CENTRES[VILLAGE],
              "orgType": "01", "levelCode": "1", "status": "1", "validFrom": "2026-03-01"}  # fmt: skip
    return {"kind": "org.upsert", "id": number, "fields": fields}


def of_office(calendar: Calendar, number: str) -> Record:
    """The court tells the registry, through its office system, what it is called now."""
    own = code(OFFICE, f"org-{OFFICE}")
    fields = {"fssj": calendar.next(), "fsdw": own, "jgbm": own, "jglx": "01", "jgcj": "3", "zt": "1",
              "sxrq": "2026-01-01"}  # fmt: skip
    return {"kind": "jgxx", "id": number, "fields": fields}


def _of_hotline(calendar: Calendar, kind: str, case: str, number: str, **fields: Any) -> Record:
    frame = {"handleTime": calendar.next(), "fromOrg": code(HOTLINE, f"org-{HOTLINE}"),
             "toOrg": code(HOTLINE, "org-village"), "caseNo": case}  # fmt: skip
    return {"kind": kind, "id": number, "fields": {**frame, **fields}}


class Centre:
    """What a centre says of one of its events; every record has a serial number of its own."""

    def __init__(self, calendar: Calendar, name: str, event: str) -> None:
        self._calendar = calendar
        self._name = name
        self._event = event
        self._serial = 0

    def said(self, kind: str, *, to: str = COURT, **fields: Any) -> Record:
        """Return one record."""
        self._serial += 1
        return cast.from_centre(self._calendar, self._name, kind, self._event, to=to, serial=self._serial, **fields)

    def accepts(self) -> Record:
        """It takes the case."""
        return self.said("case.accept", **cast.accepted(self._calendar))

    def assigns(self) -> Record:
        """It names a mediator."""
        return self.said("case.assign", **cast.assigned(self._calendar))

    def progresses(self, number: int) -> Record:
        """It reports how it goes."""
        return self.said("case.progress", stageCode="30", progressDesc=f"第{number}次调解。")

    def extends(self) -> Record:
        """It takes longer, with everyone's consent."""
        agreed = [{"partyName": name, **AGREE, "agreeTime": self._calendar.millis} for name in ("许书宁", "冉明溪")]
        return self.said("case.extend", extendTo="2099-12-31", extendReason="补充证据", consentList=agreed)

    def returns(self) -> Record:
        """It gives the case back."""
        return self.said("case.return", failReasonCode="3", failReason="一方明确表示不接受调解")

    def escalates(self) -> Record:
        """It hands the case up; the court gets a copy."""
        return self.said("case.escalate", to=TOWNSHIP, **cast.escalated(self._calendar))

    def succeeds(self) -> Record:
        """The parties agreed."""
        return self.said("case.success", **cast.settled(self._calendar))


def paper(dice: random.Random, size: int) -> tuple[Record, str]:
    """Return an agreement of ``size`` bytes as an attachment inside its record, and its SHA-256."""
    content = dice.randbytes(size)
    file = {"id": f"FJ-{dice.getrandbits(48):012x}", "name": "调解协议书.pdf", "kind": "07",
            "media_type": "application/pdf", "content_base64": base64.b64encode(content).decode()}  # fmt: skip
    return file, hashlib.sha256(content).hexdigest()


# Records that must be refused, made of good ones of the court.
BAD: dict[str, Callable[[Record], Record]] = {
    "another's organisation": lambda record: _with(record, fsjg=IN_COURT[TOWNSHIP]),
    "no case number": lambda record: _with(record, ajxx={}),
    "not a time": lambda record: _with(record, fssj="昨天下午"),
    "not a number": lambda record: _with(record, tjqx="三十天左右"),
    "parties of no shape": lambda record: _with(record, dsrlb="许书宁、冉明溪"),
}


def _with(record: Record, **fields: Any) -> Record:
    return {**record, "fields": {**record["fields"], **fields}}
