"""Who plays in the demonstration, and what they say, each in the words of its own system. All names are invented."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from gateway.canonical.identifiers import BEIJING
from gateway.demo.scenery import Actor

COURT, VILLAGE, TOWNSHIP = "court", "village", "township"
STATION, COMMITTEE = "station", "committee"
# What each system calls each organisation.
IN_COURT = {COURT: "FT50024201", VILLAGE: "TJ500242219201", TOWNSHIP: "TJ500242219"}
IN_CENTRES = {COURT: "FT-YT01", VILLAGE: "V01", TOWNSHIP: "T01", STATION: "P01", COMMITTEE: "C01"}

CAST = (
    Actor(
        name=COURT, adapter="court_platform", title="人民法院调解平台", title_en="court mediation platform",
        organisation="org-tribunal", organisation_name="示例人民法庭",
        organisation_name_en="sample tribunal", kind="tribunal", level="county",
        codes={COURT: IN_COURT[COURT], VILLAGE: IN_CENTRES[COURT], TOWNSHIP: IN_CENTRES[COURT]},
    ),
    Actor(
        name=VILLAGE, adapter="mediation_center", title="青石村矛调站", title_en="village mediation centre",
        organisation="org-village", organisation_name="青石村矛盾调解站",
        organisation_name_en="Qingshi village station", kind="mediation_center", level="village",
        codes={COURT: IN_COURT[VILLAGE], VILLAGE: IN_CENTRES[VILLAGE], TOWNSHIP: IN_CENTRES[VILLAGE]},
    ),
    Actor(
        name=TOWNSHIP, adapter="mediation_center", title="乡综治中心系统", title_en="township centre",
        organisation="org-township", organisation_name="示例乡综治中心",
        organisation_name_en="sample township centre", kind="mediation_center", level="township",
        codes={COURT: IN_COURT[TOWNSHIP], VILLAGE: IN_CENTRES[TOWNSHIP], TOWNSHIP: IN_CENTRES[TOWNSHIP]},
    ),
)  # fmt: skip

AGREEMENT = base64.b64encode("甲方许书宁与乙方冉明溪自愿达成调解协议（演示）。\n".encode()).decode()


class Calendar:
    """Business times of the story, each a little later than the one before."""

    def __init__(self) -> None:
        self._now = datetime.now(BEIJING).replace(microsecond=0) - timedelta(days=14)

    def next(self, **later: float) -> str:
        """Return the next moment as the partners write it: local time, ``yyyy-MM-dd HH:mm:ss``."""
        self._now += timedelta(**(later or {"minutes": 17}))
        return self._now.strftime("%Y-%m-%d %H:%M:%S")

    def moment(self, **later: float) -> str:
        """Return the next moment as the common language writes it: RFC 3339, with its offset."""
        self.next(**later)
        return self._now.isoformat()

    @property
    def millis(self) -> int:
        """Return the present moment of the story in milliseconds."""
        return int(self._now.timestamp() * 1000)


def referral(calendar: Calendar, case: str) -> dict[str, Any]:
    """The court refers a neighbours' dispute to the village, with the consents of both parties."""
    return {
        "kind": "ajwp",
        "id": f"TJXX-{case}",
        "fields": {
            "fssj": calendar.next(),
            "fsjg": IN_COURT[COURT],
            "jsjg": IN_COURT[VILLAGE],
            "ajxx": {"ajbh": case},
            "wpfs": "1",
            "tjcj": "1",
            "tjqx": 30,
            "fly": {"xm": "覃若兰", "lxdh": "02355567712"},
            "jfxx": {"jflx": "0202", "fsdd": "示例县示例乡青石村3组", "fsdqh": "500242219201", "ajly": "1", "sjrs": 2,
                     "bdje": "4800.50", "ssly": "被申请人砌墙堵住共用通道。", "ssqq": "拆除围墙，恢复通行。"},
            "dsrlb": [
                {"ssdw": "01", "dsrlx": "0", "xm": "许书宁", "zjlx": "1", "zjhm": "500242198503120012", "xb": "0",
                 "mz": "土家族", "lxdh": "13996000121"},
                {"ssdw": "02", "dsrlx": "0", "xm": "冉明溪", "zjlx": "1", "zjhm": "500242197906211029", "xb": "1",
                 "mz": "苗族", "lxdh": "13996000122"},
            ],
            "dsryj": [
                {"xm": "许书宁", "sfty": "1", "zxsj": calendar.next(minutes=-90), "zxfs": "1"},
                {"xm": "冉明溪", "sfty": "1", "zxsj": calendar.next(minutes=90), "zxfs": "2"},
            ],
        },
    }  # fmt: skip


def litigation(calendar: Calendar, case: str, *, number: str | None = None) -> dict[str, Any]:
    """The court takes the case to litigation; with ``number``, it has been filed under it."""
    about = {"ajbh": case, "ah": number} if number else {"ajbh": case}
    state = {"lazt": "9", "larq": calendar.next(days=1)[:10]} if number else {"lazt": "8"}
    fields = {
        "fssj": calendar.next(hours=1), "fsjg": IN_COURT[COURT], "jsjg": IN_COURT[VILLAGE], "ajxx": about,
        "zsyy": "2", **state,
    }  # fmt: skip
    return {"kind": "ajzs", "id": f"TJXX-{case}-{'LA' if number else 'ZS'}", "fields": fields}


def from_centre(
    calendar: Calendar, centre: str, kind: str, event: str, *, to: str = COURT, serial: int, **fields: Any
) -> dict[str, Any]:
    """Something a centre reports of one of its events."""
    frame: Mapping[str, Any] = {
        "occurTime": calendar.next(hours=20),
        "fromOrgCode": IN_CENTRES[centre],
        "toOrgCode": IN_CENTRES[to],
        "eventId": event,
    }
    return {"kind": kind, "id": f"{IN_CENTRES[centre]}-{event}-{serial:02d}", "fields": {**frame, **fields}}


def accepted(calendar: Calendar) -> dict[str, Any]:
    """What an acceptance says."""
    return {"acceptTime": calendar.millis, "acceptUserName": "田秋禾", "acceptUserPhone": "13996000101"}


def assigned(calendar: Calendar) -> dict[str, Any]:
    """What an assignment says."""
    mediator = {"mediatorName": "李沐言", "mediatorType": "05", "phone": "13996000107"}
    return {"mediatorList": [mediator], "mediateTime": calendar.next(hours=2), "selfMediate": "0"}


def escalated(calendar: Calendar, names: tuple[str, ...] = ("许书宁", "冉明溪")) -> dict[str, Any]:
    """What an escalation says: the reason and the consents. What the case is about, the gateway adds on the way."""
    agree = {"agree": "1", "agreeTime": calendar.millis, "agreeMode": "1"}
    return {
        "failReasonCode": "4",
        "failReason": "双方对通道归属各执一词",
        "levelCode": "2",
        "mediateProcess": "村级两次调解未果。",
        "consentList": [{"partyName": name, **agree} for name in names],
    }


def settled(calendar: Calendar) -> dict[str, Any]:
    """What a success says."""
    return {
        "agreementType": "1", "agreementNo": "(2026)示人调字第27号", "reachTime": calendar.next(hours=3),
        "effectTime": calendar.next(minutes=30), "effectBasis": "1",
        "agreementContent": "一、冉明溪拆除围墙，恢复通行；二、双方互不追究。", "performed": "0",
    }  # fmt: skip


def agreement() -> list[dict[str, Any]]:
    """The signed agreement, as an attachment inside the record."""
    return [{"id": "FJ-27", "name": "调解协议书.txt", "kind": "07", "media_type": "text/plain",
             "content_base64": AGREEMENT}]  # fmt: skip
