"""Who plays in a campaign: everybody of the demonstration, and one partner more for each further adapter.

    adapter ─► Part: who it is, what it subscribes to, and how its dialect writes the id of a record

A partner that was added gets copies, so the stories need not know it; a row here is all that an adapter has to bring.
What a simulator holds has one shape (``/_sim/received``), so the checker finds marks, ids and documents by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.bootstrap import shipped_simulator
from gateway.demo import cast
from gateway.demo.cast import COURT, TOWNSHIP, VILLAGE
from gateway.demo.scenery import Actor

HOTLINE, HAMLET, OFFICE = "hotline", "hamlet", "court-oa"
_STATE = re.compile(r"<zt>([^<]+)</zt>")


def plain(body: bytes) -> str:
    """Return the text of a request whose charset keeps ASCII as it is."""
    return body.decode("utf-8", "replace")


def first_result(answer: Any) -> str | None:
    """Return the word for the fate in an answer of the court's platform or of a centre."""
    if not isinstance(answer, dict):
        return None
    if "results" in answer:
        return str(answer["results"][0]["status"])
    return (answer.get("data") or {}).get("zt")


def first_order(answer: Any) -> str | None:
    """Return the word for the fate in an answer to the hotline."""
    told = answer.get("data") if isinstance(answer, dict) else None
    return next((str(each.get("state")) for each in told or ()), None)


def state_element(answer: Any) -> str | None:
    """Return the word for the fate in an answer to the office system of a court."""
    found = _STATE.search(answer) if isinstance(answer, str) else None
    return found and found[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One partner and how it plays.

    ``number``: finds, as its group, the id of a record in the ``text`` of a request; None for a partner that collects
    what is due to it, for there the gateway says the id itself. ``copies``: the types of messages that it subscribes
    to; ``success`` brings documents along. ``understands``: finds the word for the fate in what it is answered, JSON or
    else a text.
    """

    actor: Actor
    number: re.Pattern[str] | None
    text: Callable[[bytes], str] = plain
    copies: frozenset[str] = frozenset()
    system: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    understands: Callable[[Any], str | None] = first_result

    @property
    def name(self) -> str:
        """Return the partner's name."""
        return self.actor.name

    @property
    def collects(self) -> bool:
        """Say whether it fetches what is due to it, and nobody calls it."""
        return self.number is None

    @property
    def folder(self) -> str:
        """Return where its simulator lies, with the mappings of its own if it has any: a package's name."""
        return self.simulator.__module__.rpartition(".")[0]

    @property
    def simulator(self) -> Any:
        """Return the class of its simulator."""
        return shipped_simulator("/".join(filter(None, (self.actor.adapter, self.system))))


def _further(name: str, adapter: str, title: str, kind: str, level: str = "county") -> Actor:
    """Return a partner that stands beside the case; its organisation is called after it."""
    return Actor(
        name=name, adapter=adapter, title=title, title_en=name, organisation=f"org-{name}", organisation_name=title,
        organisation_name_en=name, kind=kind, level=level, codes={},
    )  # fmt: skip


_COURT, _VILLAGE, _TOWNSHIP = (next(each for each in cast.CAST if each.name == n) for n in (COURT, VILLAGE, TOWNSHIP))
MAIN = (
    Part(actor=_COURT, number=re.compile(r'"xxbh"\s*:\s*"([^"]+)"')),
    Part(actor=_VILLAGE, number=re.compile(r'"recordId"\s*:\s*"([^"]+)"')),
    Part(actor=_TOWNSHIP, number=re.compile(r'"recordId"\s*:\s*"([^"]+)"')),
)
FURTHER = (
    Part(
        actor=_further(HOTLINE, "rest", "示例12368热线", "other"), system="hotline",
        number=re.compile(r'"replyId"\s*:\s*"([^"]+)"'), copies=frozenset({"progress", "success"}),
        understands=first_order,
    ),
    Part(  # what it fetched and did not acknowledge comes again after a minute, and no sooner
        actor=_further(HAMLET, "mailbox", "示例白果村", "village", "village"), number=None,
        copies=frozenset({"acceptance", "success", "return", "litigation", "organisation"}),
        settings={"receipt_minutes": 1},
    ),
    Part(
        actor=_further("station", "police", "示例派出所", "police_station"),
        number=re.compile(r"bwbh(?:>|&gt;)([^<&]+)"), copies=frozenset({"acceptance", "return", "success"}),
    ),
    Part(  # it takes nothing of a case that nobody has referred to it
        actor=_further("justice-office", "justice_office", "示例司法所", "justice_office"),
        number=re.compile(r'"record_no"\s*:\s*"([^"]+)"'), copies=frozenset({"referral", "assignment", "success"}),
    ),
    Part(  # it takes what belongs to a confirmation only; here it tells the registry what it is called now
        actor=_further(OFFICE, "court_oa", "示例人民法院", "court"), number=re.compile(r"<bwbh>([^<]+)<"),
        understands=state_element,
    ),
)  # fmt: skip
PARTS = (*MAIN, *FURTHER)
ADAPTER = {part.name: part.actor.adapter for part in PARTS}


def subscribers(kind: str, sender: str, among: Collection[str]) -> tuple[str, ...]:
    """Return who of ``among`` gets a copy of what ``sender`` says; ``kind``: the type of the message."""
    return tuple(part.name for part in PARTS if kind in part.copies and part.name in among and part.name != sender)


def code(partner: str, organisation: str) -> str:
    """Return how a further partner calls an organisation."""
    return f"{partner}:{organisation}".upper()
