"""What the dispute is about."""

from __future__ import annotations

from typing import Annotated, Literal

from gateway.canonical.base import Canonical, Day, DivisionCode, LongText, ShortText, Yuan, said

# Justice-administration list of people's mediation and the extensions of the catalogue.
DisputeType = Literal[
    "marriage_family", "neighbours", "homestead", "contract", "business", "damage", "forest_land",
    "expropriation", "pollution", "labour", "consumer", "medical", "traffic", "property_management",
    "finance", "securities", "intellectual_property", "farmland", "inheritance", "support", "campus", "tourism",
    "e_commerce", "administrative", "private_prosecution", "minor_injury", "other",
]  # fmt: skip
CauseVersion = Literal["2020", "2025"]
Channel = Literal["court_window", "court_online", "hotline", "police_alarm", "inspection", "walk_in", "grid", "other"]
JointScope = Literal["local", "major", "below_penalty", "minor_injury", "simple_local", "facts_known", "other"]


class Cause(Canonical):
    """Cause of action (案由), known by the version of the list and its full name; its numbers moved in 2026."""

    version: Annotated[CauseVersion, said("案由版本", "List: 2020 (法〔2020〕347号) or 2025 (法〔2025〕226号)")]
    name: Annotated[ShortText, said("案由", "Full name in that list")]


class Place(Canonical):
    """Where it happened."""

    text: Annotated[ShortText | None, said("发生地点", "Place as written", personal="address")] = None
    division: Annotated[DivisionCode | None, said("行政区划代码", "Division code, 6, 9 or 12 digits")] = None


class Dispute(Canonical):
    """The dispute itself: type, cause, amount, place, facts and claims."""

    type: Annotated[DisputeType, said("纠纷类型", "Type of dispute")]
    cause: Annotated[Cause | None, said("案由", "Cause of action")] = None
    amount: Annotated[Yuan | None, said("标的额", "Amount in dispute, yuan")] = None
    place: Annotated[Place | None, said("发生地", "Where it happened")] = None
    occurred_on: Annotated[Day | None, said("发生日期", "Day it happened")] = None
    channel: Annotated[Channel | None, said("来源渠道", "How it reached the first unit")] = None
    people: Annotated[int | None, said("涉及人数", "Number of people involved", ge=0, le=10**9)] = None
    facts: Annotated[LongText | None, said("事实与理由", "Facts and reasons", personal="text")] = None
    claims: Annotated[LongText | None, said("诉求", "Claims", personal="text")] = None
    joint_scope: Annotated[JointScope | None, said("联合调处范围", "Scope of joint mediation")] = None
