"""Everybody else in the field, and their words: police, people's mediation committee, justice office, court, 平安办.

All names are invented; numbers pass their check digits.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from gateway.demo.cast import CAST, COMMITTEE, IN_CENTRES, STATION, TOWNSHIP, VILLAGE, Calendar
from gateway.demo.scenery import Actor

PEACE, HAMLET, OFFICE, OA = "peace", "hamlet", "office", "court-oa"
NAMES = ("马䶮", "沙吾提·艾山")  # a rare character and a middle dot: both have to arrive everywhere
TERMS = f"一、{NAMES[0]}清除共用院坝的杂物，恢复通行；二、双方互不追究。"
AGREEMENT = f"人民调解协议书（演示）\n{TERMS}\n{NAMES[0]}　{NAMES[1]}\n".encode()
SAID_BY_THE_STATION = {STATION: "PCS01", VILLAGE: "CUN01", COMMITTEE: "XZ01", PEACE: "PA01", OFFICE: "SFS01"}
SAID_BY_THE_OFFICE = {OFFICE: "SFS-01", HAMLET: "SFS-C02", PEACE: "PA-01", STATION: "PCS-01", COMMITTEE: "TW-01"}
SAID_BY_THE_COURT = {OA: "500242", COMMITTEE: "TW500242219", STATION: "PCS01"}


def _codes(name: str) -> dict[str, str]:
    """Return what each system calls an organisation."""
    said = {
        VILLAGE: IN_CENTRES, TOWNSHIP: IN_CENTRES, STATION: SAID_BY_THE_STATION, OFFICE: SAID_BY_THE_OFFICE,
        OA: SAID_BY_THE_COURT,
    }  # fmt: skip
    return {partner: words[name] for partner, words in said.items() if name in words}


def _with_more_names(actor: Actor) -> Actor:
    return Actor(
        **{**{name: getattr(actor, name) for name in Actor.__slots__}, "codes": {**_codes(actor.name), **actor.codes}}
    )


EVERYBODY = (
    *(_with_more_names(actor) for actor in CAST),
    Actor(
        name=STATION, adapter="police", title="派出所系统（摆渡）", title_en="police station (by ferry)",
        organisation="org-station", organisation_name="示例乡派出所", organisation_name_en="sample police station",
        kind="police_station",
        level="township", codes=_codes(STATION), ferry=True,
    ),
    Actor(
        name=COMMITTEE, adapter="mailbox", title="乡人民调解委员会信箱", title_en="township committee's mailbox",
        organisation="org-committee", organisation_name="示例乡人民调解委员会",
        organisation_name_en="sample township mediation committee", kind="peoples_mediation_committee",
        level="township", codes=_codes(COMMITTEE), platform=False,
    ),
    Actor(
        name=OFFICE, adapter="justice_office", title="司法所系统（轮询）", title_en="justice office (polled)",
        organisation="org-office", organisation_name="示例乡司法所", organisation_name_en="sample justice office",
        kind="justice_office", level="township", codes=_codes(OFFICE), settings={"mode": "poll", "overlap": 5},
        row={"poll_every": 0.5},
    ),
    Actor(
        name=HAMLET, adapter="mailbox", title="白果村信箱", title_en="Baiguo village's mailbox",
        organisation="org-hamlet", organisation_name="白果村人民调解委员会",
        organisation_name_en="Baiguo village committee", kind="peoples_mediation_committee", level="village",
        codes=_codes(HAMLET), platform=False,
    ),
    Actor(
        name=PEACE, adapter="mailbox", title="县平安办信箱", title_en="county 平安办's mailbox",
        organisation="org-peace", organisation_name="示例县平安办", organisation_name_en="sample county 平安办",
        kind="peace_office", level="county", codes=_codes(PEACE), platform=False,
    ),
    Actor(
        name=OA, adapter="court_oa", title="法院办公系统", title_en="court OA", organisation="org-court",
        organisation_name="重庆市示例县人民法院", organisation_name_en="sample county court", kind="court",
        level="county", codes=_codes(OA),
    ),
)  # fmt: skip


def entrusted(calendar: Calendar, case: str) -> dict[str, Any]:
    """The police entrust a dispute behind an emergency call to the village, with the consents of both parties."""
    people = [
        {"ssdw": "1", "dsrlx": "0", "xm": NAMES[0], "zjlx": "111", "zjhm": "500242197805123011", "xb": "1",
         "lxdh": "13996000141"},
        {"ssdw": "2", "dsrlx": "0", "xm": NAMES[1], "zjlx": "111", "zjhm": "500242198603220029", "xb": "2",
         "lxdh": "13996000142、023-75550142"},
    ]  # fmt: skip
    consents = [{"xm": name, "ty": "1", "tysj": calendar.next(minutes=2), "tyfs": "2"} for name in NAMES]
    fields = {
        "fssj": calendar.next(minutes=10), "fsdw": SAID_BY_THE_STATION[STATION], "jsdw": SAID_BY_THE_STATION[VILLAGE],
        "jwbh": case, "sabh": "示公（青）受案字〔2026〕17号", "wtfs": "3", "tjcj": "1", "tjqx": "30",
        "lxrxm": "邱明远", "lxrdh": "13996000140",
        "jflx": "0201", "saje": "1200.00", "fsdd": "示例县示例乡青石村2组12号", "fsqh": "500242", "ly": "04",
        "sjrs": "2", "jyaq": "双方因共用院坝堆放杂物发生口角。", "sq": "清除杂物，恢复通行。", "ltfw": "3",
        "dsrlb": people, "yylb": consents,
    }  # fmt: skip
    return {"kind": "JF0101", "id": f"PCS01-{case}", "fields": fields}


def seen_by_the_station(calendar: Calendar, warning: str) -> dict[str, Any]:
    """The police have seen a warning."""
    fields = {
        "fssj": calendar.next(minutes=2), "fsdw": SAID_BY_THE_STATION[STATION], "jsdw": SAID_BY_THE_STATION[PEACE],
        "dfbh": warning, "qrsj": calendar.next(minutes=-1), "qrrxm": "邱明远", "qrrdh": "13996000140",
        "czcs": "已派两组警力到场。",
    }  # fmt: skip
    return {"kind": "JF0204", "id": f"PCS01-YJ-{warning[-8:]}", "fields": fields}


def seen_by_the_office(calendar: Calendar, warning: str) -> dict[str, Any]:
    """The justice office has seen a warning."""
    fields = {
        "occur_time": calendar.next(minutes=2), "from_org_code": SAID_BY_THE_OFFICE[OFFICE],
        "to_org_code": SAID_BY_THE_OFFICE[PEACE], "warning_no": warning, "confirm_time": calendar.next(minutes=-1),
        "confirm_name": "李沐言", "measures": "已派两名调解员到场。",
    }  # fmt: skip
    return {"kind": "warning.confirm", "id": f"SFS-YJ-{warning[-8:]}", "fields": fields}


def warning(calendar: Calendar, recipients: tuple[str, ...]) -> dict[str, Any]:
    """The 平安办 warns of a crowd."""
    return {
        "recipients": list(recipients), "type": "labour", "place": {"text": "示例乡工业园"}, "people": 36,
        "facts": "欠薪聚集，有人扬言采取极端行为。", "level": "orange", "measures_taken": "乡政府已派员到场。",
        "measures_asked": "请派人维持秩序并到场调处。", "acknowledge_by": calendar.moment(minutes=30),
    }  # fmt: skip


def taken_in(calendar: Calendar, case: str) -> list[dict[str, Any]]:
    """The justice office takes a dispute in, and refers it to a village: two records that wait to be fetched."""
    dispute: Mapping[str, Any] = {
        "mediation_no": case, "dispute_type": "邻里纠纷", "amount": "2000.00",
        "occur_address": "示例县示例乡白果村2组", "people": 2, "facts": "因围墙占道发生争执。",
        "claims": "请求拆除围墙。",
        "parties": [
            {"party_role": "申请人", "party_kind": "自然人", "party_name": "许书宁", "id_card_type": "居民身份证",
             "id_card_no": "500242196611301014", "gender": "男", "phones": "13996000136"},
            {"party_role": "被申请人", "party_kind": "自然人", "party_name": "冉明溪", "gender": "女",
             "phones": "13996000137"},
        ],
    }  # fmt: skip
    came, office = calendar.next(minutes=5), SAID_BY_THE_OFFICE[OFFICE]
    intake = {"occur_time": came, "from_org_code": office, "channel": "来所申请", "registered_time": came, **dispute}
    agreed = [
        {"party_name": name, "agree": "是", "agree_time": calendar.next(minutes=5), "agree_mode": "电话"}
        for name in ("许书宁", "冉明溪")
    ]
    referral = {
        "occur_time": calendar.next(minutes=20), "from_org_code": office, "to_org_code": SAID_BY_THE_OFFICE[HAMLET],
        "referral_way": "委派", "level_code": "村（社区）", "limit_days": 30, "consent_list": agreed, **dispute,
    }  # fmt: skip
    return [
        {"kind": "register.intake", "id": f"{case}-1", "fields": intake},
        {"kind": "mediation.refer", "id": f"{case}-2", "fields": referral},
    ]


def ledger() -> bytes | None:
    """Return the justice office's ledger: title lines, merged headers, a number that Excel has damaged, totals.

    None where the extra ``excel`` is not installed.
    """
    try:
        import xlsxwriter  # noqa: PLC0415  # of an extra
    except ModuleNotFoundError:
        return None
    columns = ("序号", "登记编号", "登记日期", "纠纷类型", "发生日期", "发生地点", "涉及人数", "事件简述")
    lines = (
        (1, "SFS-01-001", "2026.5.20", "邻里矛盾", 46161, "青石村2组", 2, "因围墙占道发生争执。", "许书宁",
         "500242196611301014", "13996000136", "冉明溪", 13996000137),
        (2, "SFS-01-002", "2026.5.21", "邻里矛盾", 46162, "青石村4组", 2, "因排水沟发生争执。", "覃若兰",
         500242199003070000, "13996000138", "田秋禾", 13996000139),
        (3, "SFS-01-003", "2026.5.22", "邻里矛盾", 46163, "白果村1组", 2, "因树枝越界发生争执。", "石延川",
         "11010519491231002X", "13996000134", "白若谷", 13996000133),
    )  # fmt: skip
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("5月台账")
        last = len(columns)
        sheet.merge_range(0, 0, 0, last + 4, "示例乡矛盾纠纷排查化解台账")
        for place, title in enumerate(columns):
            sheet.merge_range(1, place, 2, place, title)
        sheet.merge_range(1, last, 1, last + 2, "申请人")
        sheet.merge_range(1, last + 3, 1, last + 4, "被申请人")
        sheet.write_row(2, last, ["姓名", "身份证号", "联系电话", "姓名", "联系电话"])
        for number, line in enumerate(lines, start=3):
            sheet.write_row(number, 0, line)
        sheet.merge_range(len(lines) + 3, 0, len(lines) + 3, 3, "合  计")
        sheet.write(len(lines) + 3, 6, 6)
    return out.getvalue()
