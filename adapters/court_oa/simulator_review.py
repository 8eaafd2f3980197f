"""The pretend court's decisions on an application: what it writes back, one record for each.

accept · supplement · refuse · reviewing · statement · extend · withdrawn · terminate · valid · dismiss · seal ·
reject_seal          a status (shzt)
ruling               the ruling (cdws) with its file, signed by the chancery
revoke               the revocation (cxbg)
certificate          the certificate of performance (lxzms) with its file, signed as well
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from adapters.court_oa.simulator_chancery import Chancery
from adapters.court_oa.simulator_signature import sm3_of

BEIJING = timezone(timedelta(hours=8))
STATES = {
    "accept": "10", "supplement": "11", "refuse": "19", "reviewing": "20", "statement": "21", "extend": "22",
    "withdrawn": "31", "terminate": "33", "valid": "40", "dismiss": "49", "seal": "50", "reject_seal": "51",
}  # fmt: skip
DECISIONS = (*STATES, "ruling", "revoke", "certificate")
CERTIFICATE = "({year})示履证第3号"
OFFICERS = [{"zw": "1", "xm": "闻静安"}, {"zw": "3", "xm": "许知微"}]


@dataclass(kw_only=True)
class Chamber:
    """Numbers of the confirmation cases by application, and how many rulings each has.

    ``chancery``: signs a ruling whose file the order does not bring.
    """

    chancery: Chancery
    clock: Callable[[], datetime]
    court: str = "渝0242"
    numbers: dict[str, str] = field(default_factory=dict)
    rulings: dict[str, int] = field(default_factory=dict)

    def decide(self, application: Mapping[str, Any], order: Mapping[str, Any]) -> dict[str, Any]:
        """Return the record that a decision sends. Raises ValueError for an unknown one.

        ``fields`` are overrides, ``without`` names fields to leave out.
        """
        decision = order.get("decision")
        if decision not in DECISIONS:
            raise ValueError(f"decision: {' | '.join(DECISIONS)}")
        attachments: list[dict[str, Any]] = []
        if decision == "ruling":
            kind, (own, attachments) = "cdws", self._ruling(application, order)
        elif decision == "certificate":
            kind, (own, attachments) = "lxzms", self._certificate(application, order)
        elif decision == "revoke":
            kind, own = "cxbg", {"qrah": self.number(application), "cljg": "1", "cdrq": self._day()}
        else:
            kind, own = "shzt", self._status(application, str(decision))
        fields = {**self._head(application), **own, **(order.get("fields") or {})}
        fields = {name: value for name, value in fields.items() if name not in order.get("without", ())}
        return {"kind": kind, "fields": fields, "attachments": attachments}

    def number(self, application: Mapping[str, Any]) -> str:
        """Return the number of the confirmation case, the next one of its year the first time."""
        coming = f"({self.clock().astimezone(BEIJING).year}){self.court}诉前调确{len(self.numbers) + 1}号"
        return self.numbers.setdefault(str(application["id"]), coming)

    def _head(self, application: Mapping[str, Any]) -> dict[str, Any]:
        said = application["fields"]
        case = {"oaajbh": application["case"], "wgajbh": (said.get("ajxx") or {}).get("wgajbh")}
        head = {
            "fssj": self._time(), "fsdw": said.get("jsdw"), "jsdw": said.get("fsdw"),
            "ajxx": {name: value for name, value in case.items() if value},
        }  # fmt: skip
        return {name: value for name, value in head.items() if value}

    def _status(self, application: Mapping[str, Any], decision: str) -> dict[str, Any]:
        own: dict[str, Any] = {"shzt": STATES[decision], "shsj": self._time(), "cbry": OFFICERS}
        if number := application["fields"].get("sqsbh"):
            own["sqsbh"] = number
        if decision not in ("supplement", "refuse"):
            own["qrah"] = self.number(application)
        match decision:
            case "accept":
                own |= {"larq": self._day(), "scqx": self._day(30)}
            case "extend":
                own |= {"scqx": self._day(60)}
            case "supplement" | "statement":
                items = [{"mc": "身份证明", "sm": "请补交双方身份证明复印件"}, {"mc": "履行凭证"}]
                own |= {"bzqd": items, "bzqx": self._day(7)}
            case "refuse":
                own |= {"ly": "103", "sm": "协议涉及身份关系，不属于司法确认受理范围。"}
            case "dismiss":
                own |= {"ly": "205", "sm": "协议内容不明确，无法确认。"}
        return own

    def _ruling(
        self, application: Mapping[str, Any], order: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        number, key = self.number(application), str(application["id"])
        count = self.rulings[key] = self.rulings.get(key, 0) + 1
        form = str(order.get("format", "OFD"))
        content = self._file(application, number, order)
        name, digest = f"民事裁定书.{form.lower()}", hashlib.sha256(content).hexdigest()
        own = {
            "qrah": number, "wsbs": f"WS-{number}-{count}", "wsbb": str(count), "cdjg": str(order.get("result", "1")),
            "wsgs": form, "wjdx": str(len(content)), "sm3": sm3_of(content), "sha256": digest, "cdrq": self._day(),
            "spy": OFFICERS[0]["xm"], "sqbwbh": key, **_agreement(application),
        }  # fmt: skip
        if count > 1:
            own["tdwsbs"] = f"WS-{number}-{count - 1}"
        return own, [_material(own["wsbs"], name, "12", content)]

    def _certificate(
        self, application: Mapping[str, Any], order: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Certify that the first applicant performed the ruling towards the last."""
        number, parties = self.number(application), _parties(application)
        own = {
            "zmsbh": CERTIFICATE.format(year=self._day()[:4]), "lxr": parties[0], "qlr": parties[-1], "yjws": "2",
            "yjwsbh": number, "lxwbrq": self._day(), "cjrq": self._day(),
        }  # fmt: skip
        says = {"number": own["zmsbh"], **(order.get("says") or {})}
        order = {**order, "says": says, "paper": "certificate"}
        content, form = self._file(application, number, order), str(order.get("format", "OFD"))
        return own, [_material(f"ZM-{number}", f"自动履行证明书.{form.lower()}", "10", content)]

    def _file(self, application: Mapping[str, Any], number: str, order: Mapping[str, Any]) -> bytes:
        if given := order.get("content_base64"):
            return base64.b64decode(given)
        return self.chancery.signed(number=number, parties=_parties(application), order=order)

    def _time(self) -> str:
        return f"{self.clock().astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"

    def _day(self, later: int = 0) -> str:
        return f"{self.clock().astimezone(BEIJING) + timedelta(days=later):%Y-%m-%d}"


def _parties(application: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(each["xm"]) for each in application["fields"].get("sqr") or ())


def _material(name_of: str, name: str, kind: str, content: bytes) -> dict[str, Any]:
    return {
        "id": name_of, "name": name, "kind": kind, "media_type": f"application/{name.rpartition('.')[2]}",
        "size": len(content), "sha256": hashlib.sha256(content).hexdigest(),
        "content_base64": base64.b64encode(content).decode(),
    }  # fmt: skip


def _agreement(application: Mapping[str, Any]) -> dict[str, str]:
    """Return the digest of the first of the application's materials, which is the agreement."""
    digests = [str(each["sha256"]) for each in application.get("attachments", ())]
    return {"xysha256": digests[0]} if digests else {}
