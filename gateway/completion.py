"""Complete what goes to a new holder from what the gateway keeps of the case: whoever hands a case up may say little.

    the sender's words ─► numbers of the case ─► dispute, parties ─► papers ─► who handled it when ─► the new holder
                          └──────── filled in only where the sender said nothing ────────┘

The kept message stays as it was said; this happens to the copy on its way, the same at every try.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway import texts
from gateway.canonical.identifiers import BEIJING
from gateway.canonical.identifiers.folding import compact
from gateway.store.earlier import HANDING_ON, Earlier
from gateway.store.times import moment

Row = dict[str, Any]

PAPER = ("sha256", "sm3", "size", "media_type")
NUMBERS = ("number", "legacy_number", "acceptance_number")
MOST_PAPERS = 200
LONGEST = 20_000  # characters of the account, as of every long text


class Organisations(Protocol):
    """What is asked of the directory."""

    def by_id(self, organisation_id: str) -> Any:
        """Return an organisation, or None when the directory does not have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An earlier message of the case, and what it said (the ``data`` of a message, opened)."""

    kept: Earlier
    about: Row = field(repr=False)


def name_anew(about: Row, documents: Sequence[Mapping[str, Any]]) -> None:
    """Give the documents of a message the names and facts that the gateway keeps, and take the sender's ids away."""
    digests: dict[str, str] = {}
    for paper, row in zip(about.get("documents", ()), documents, strict=True):
        digests[paper["partner_id"]] = row["sha256"]
        paper.update({name: row[name] for name in PAPER if row[name] is not None}, partner_id=row["sha256"])
    for party in about.get("parties", ()):
        party.pop("partner_id", None)
    for consent in about.get("consents", ()):
        consent["evidence"] = digests.get(consent.get("evidence"))


def complete(about: Row, told: Sequence[Told], organisations: Organisations) -> None:
    """Fill in what an escalation left unsaid; ``told`` is what was said before it, oldest first.

    Everything filled in is named anew: no partner gets to see another one's own ids.
    """
    handed = [each for each in told if each.kept.type in HANDING_ON]
    for each in handed:
        name_anew(each.about, each.kept.documents)
    for each in reversed(handed[_last_referral(handed) :]):
        _complete_case(about["case"], each.about["case"])
        _complete_dispute(about, each.about)
        _complete_parties(about, each.about)
    about["documents"] = list(_papers([about, *(each.about for each in reversed(handed))]))[:MOST_PAPERS]
    if not about.get("handling"):
        about["handling"] = account(told, organisations)


def account(told: Iterable[Told], organisations: Organisations) -> str | None:
    """Return who handled the case when and with what result, a line for each message; None when there is nothing.

    Of an account that is too long the newest lines are kept.
    """
    lines: list[str] = []
    room = LONGEST
    for each in reversed(list(told)):
        line = _line(each, organisations)[: LONGEST // 4]
        room -= len(line) + 1
        if room < 0:
            break
        lines.append(line)
    return "\n".join(reversed(lines)) or None


def _last_referral(handed: Sequence[Told]) -> int:
    """Return the place of the last referral: it says all about the dispute, and what was said before it is past."""
    return max((place for place, each in enumerate(handed) if each.kept.type == "referral"), default=0)


def _complete_case(case: Row, before: Row) -> None:
    for name in NUMBERS:
        if case.get(name) is None and before.get(name) is not None:
            case[name] = before[name]


def _complete_dispute(about: Row, before: Row) -> None:
    """Fill in a dispute; of one that the sender calls by another type nothing said before may hold."""
    said, kept = about.get("dispute"), before.get("dispute")
    if kept and (not said or said["type"] == kept["type"]):
        about["dispute"] = {**kept, **(said or {})}


def _complete_parties(about: Row, before: Row) -> None:
    """Fill in the parties, or what is known of those that the sender names: its list of them stands."""
    said, kept = about.get("parties") or [], before.get("parties") or []
    known = {_who(party): party for party in kept if [_who(each) for each in kept].count(_who(party)) == 1}
    about["parties"] = [{**known.get(_who(party), {}), **party} for party in said] if said else kept


def _who(party: Row) -> tuple[str, str]:
    return party["kind"], compact(party["name"])


def _papers(abouts: Iterable[Row]) -> Iterator[Row]:
    """Yield the tickets of all papers that the gateway keeps, each once."""
    seen: set[str] = set()
    for paper in (paper for about in abouts for paper in about.get("documents", ())):
        if paper.get("sha256") and paper["sha256"] not in seen:
            seen.add(paper["sha256"])
            yield paper


def _line(told: Told, organisations: Organisations) -> str:
    kept = told.kept
    facts = {
        "at": f"{moment(kept.time).astimezone(BEIJING):%Y-%m-%d %H:%M}",
        "unit": _name(kept.sender, organisations),
        "step": texts.text(f"lifecycle.step.{kept.type}", "zh"),
    }
    said = [" ".join(str(part).split()) for part in _SAYS[kept.type](told.about) if part]
    if kept.type in HANDING_ON:
        line = texts.text("handling.handed_on", "zh", **facts, to=_name(kept.addressee, organisations))
    else:
        line = texts.text("handling.line", "zh", **facts)
    return texts.text("handling.with", "zh", line=line, said="；".join(said)) if said else line


def _name(organisation: str | None, organisations: Organisations) -> str:
    row = organisations.by_id(organisation) if organisation else None
    return row.name if row else organisation or texts.text("handling.unnamed", "zh")


def _word(kind: str, about: Row, name: str) -> str:
    return texts.text(f"handling.{kind}.{about[name]}", "zh") if about.get(name) else ""


def _failure(about: Row) -> Iterable[str | None]:
    return _word("failure", about, "reason"), about.get("explanation")


def _mediators(about: Row) -> Iterable[str | None]:
    return ("、".join(each["name"] for each in about.get("mediators", ())),)


_SAYS: Mapping[str, Callable[[Row], Iterable[str | None]]] = {
    "referral": lambda _: (),
    "acceptance": lambda about: ((about.get("accepted_by") or {}).get("name"),),
    "decline": lambda about: (_word("decline", about, "reason"), about.get("explanation")),
    "assignment": _mediators,
    "progress": lambda about: (_word("stage", about, "stage"), about.get("text")),
    "extension": lambda about: (about.get("until"), about.get("reason")),
    "return": _failure,
    "escalation": lambda about: (*_failure(about), about.get("history")),
}
