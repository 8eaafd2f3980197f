"""Compare what the senders were told with what the receivers hold. Shares no code with the gateway.

    journal   what each sender sent, to whom it is due, and every answer it got      (written by the senders)
    received  what each receiver holds, in the order of first effect                 (told by the simulators)
    wire      every request that reached a receiver, and while it was under way      (seen by the detours before them)
    status    what the gateway says still waits, once everything is healed           (read only)

A message is known by its mark, a word in its text that every dialect carries; nothing else of a dialect is known here.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

MARK = re.compile(r"MK-[0-9a-f]+-[0-9]+")
TAKEN = frozenset({"accepted", "received"})
KINDS = (
    "lost", "doubled", "out_of_order", "stuck", "refused_arrived", "changed_id", "twice_at_once", "astray",
    "document_lost", "contradicted", "wrongly_accepted", "wrongly_refused", "unanswered",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that must not be, with what is needed to look for it."""

    kind: str
    mark: str
    where: str = ""
    case: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Told:
    """One message of the journal: what was sent, and what its sender was told. Times are one clock's seconds."""

    mark: str
    case: str
    sender: str
    due: tuple[str, ...]
    bad: bool
    documents: tuple[str, ...]
    sent_at: float
    fates: list[tuple[float, str]] = field(default_factory=list)

    @property
    def taken_at(self) -> float | None:
        """Return when the sender was first told that the message is here; None: never."""
        return next((at for at, fate in self.fates if fate in TAKEN), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that is compared."""

    journal: Sequence[Mapping[str, Any]]
    received: Mapping[str, Sequence[Mapping[str, Any]]]
    wire: Sequence[Mapping[str, Any]] = ()
    status: Mapping[str, Any] = field(default_factory=dict)
    excused: Sequence[
        tuple[float, float]
    ] = ()  # while a process was frozen or its clock wrong, two may hold a delivery


def check(evidence: Evidence) -> list[Trouble]:
    """Return everything that is wrong; nothing is right only when this is empty."""
    told = read_journal(evidence.journal)
    held = {receiver: _by_mark(entries) for receiver, entries in evidence.received.items()}
    return [
        *_answers(told.values()),
        *_arrivals(told.values(), held),
        *_doubled(told, held),
        *_strangers(told, held, evidence.wire),
        *_order(told.values(), held),
        *_ids(evidence.wire, held),
        *_twice_at_once(evidence.wire, evidence.excused),
        *_stuck(evidence.status),
    ]


def read_journal(events: Iterable[Mapping[str, Any]]) -> dict[str, Told]:
    """Return the messages of a journal by their marks."""
    told: dict[str, Told] = {}
    for event in events:
        if event["event"] == "sent":
            told[event["mark"]] = Told(
                mark=event["mark"], case=event["case"], sender=event["sender"], due=tuple(event["due"]),
                bad=bool(event["bad"]), documents=tuple(event.get("documents", ())), sent_at=event["at"],
            )  # fmt: skip
        elif event["event"] == "told":
            told[event["mark"]].fates.append((event["at"], event["fate"]))
    return told


@dataclass(slots=True, kw_only=True)
class _Held:
    """What a receiver holds under one mark."""

    place: int  # in the order of first effect
    ids: list[str]
    effects: int
    documents: frozenset[str]


def _by_mark(entries: Sequence[Mapping[str, Any]]) -> dict[str, _Held]:
    held: dict[str, _Held] = {}
    for place, entry in enumerate(entries):
        digests = frozenset(str(paper.get("sha256")) for paper in entry.get("attachments") or ())
        for mark in sorted(set(MARK.findall(json.dumps(entry["fields"], ensure_ascii=False)))):
            known = held.setdefault(mark, _Held(place=place, ids=[], effects=0, documents=digests))
            known.ids.append(str(entry["id"]))
            known.effects += int(entry.get("effects", 1))
    return held


def _answers(told: Iterable[Told]) -> Iterator[Trouble]:
    """What the sender was told is one thing, and what a record of its kind deserves."""
    for each in told:
        fates = {fate for _, fate in each.fates}
        if not fates:
            yield _trouble("unanswered", each)
        elif fates & TAKEN and "refused" in fates:
            yield _trouble("contradicted", each, fates=sorted(fates))
        elif each.bad and "accepted" in fates:
            yield _trouble("wrongly_accepted", each)
        elif not each.bad and "refused" in fates:
            yield _trouble("wrongly_refused", each)


def _arrivals(told: Iterable[Told], held: Mapping[str, Mapping[str, _Held]]) -> Iterator[Trouble]:
    for each in told:
        for receiver in each.due if each.taken_at is not None and not each.bad else ():
            found = held.get(receiver, {}).get(each.mark)
            if found is None:
                yield _trouble("lost", each, receiver)
            elif missing := sorted(set(each.documents) - found.documents):
                yield _trouble("document_lost", each, receiver, missing=missing)


def _doubled(told: Mapping[str, Told], held: Mapping[str, Mapping[str, _Held]]) -> Iterator[Trouble]:
    """What took effect more than once, whatever its sender was told and wherever it was due."""
    for receiver, marks in held.items():
        for mark, found in marks.items():
            if found.effects > 1:
                case = told[mark].case if mark in told else ""
                facts = {"ids": found.ids, "effects": found.effects}
                yield Trouble(kind="doubled", mark=mark, where=receiver, case=case, facts=facts)


def _strangers(
    told: Mapping[str, Told], held: Mapping[str, Mapping[str, _Held]], wire: Iterable[Mapping[str, Any]]
) -> Iterator[Trouble]:
    """What went where it should not have, kept there or not: refused, never sent, or another's."""
    went = {(receiver, mark) for receiver, marks in held.items() for mark in marks}
    went |= {(crossing["receiver"], crossing["mark"]) for crossing in wire}
    for receiver, mark in sorted(went):
        each = told.get(mark)
        if each is None:
            yield Trouble(kind="astray", mark=mark, where=receiver)
        elif each.bad or (each.fates and each.taken_at is None):
            yield _trouble("refused_arrived", each, receiver)
        elif receiver not in each.due:
            yield _trouble("astray", each, receiver)


def _order(told: Iterable[Told], held: Mapping[str, Mapping[str, _Held]]) -> Iterator[Trouble]:
    """Per case and receiver: what was acknowledged before another was first sent had its effect before it."""
    lanes: dict[tuple[str, str], list[tuple[Told, int]]] = defaultdict(list)
    for each in told:
        for receiver in each.due:
            if each.taken_at is not None and (found := held.get(receiver, {}).get(each.mark)):
                lanes[each.case, receiver].append((each, found.place))
    for (_, receiver), lane in lanes.items():
        for earlier, place in lane:
            for later, its_place in lane:
                if earlier.taken_at is not None and earlier.taken_at < later.sent_at and place > its_place:
                    yield _trouble("out_of_order", later, receiver, overtook=earlier.mark)


def _ids(wire: Iterable[Mapping[str, Any]], held: Mapping[str, Mapping[str, _Held]]) -> Iterator[Trouble]:
    """Every time a message crossed the wire to a receiver it had the same id."""
    ids: dict[tuple[str, str], set[str]] = defaultdict(set)
    for crossing in wire:
        ids[crossing["receiver"], crossing["mark"]].add(crossing["id"])
    for receiver, marks in held.items():
        for mark, found in marks.items():
            ids[receiver, mark].update(found.ids)
    for (receiver, mark), seen in sorted(ids.items()):
        if len(seen) > 1:
            yield Trouble(kind="changed_id", mark=mark, where=receiver, facts={"ids": sorted(seen)})


def _twice_at_once(
    wire: Iterable[Mapping[str, Any]], excused: Sequence[tuple[float, float]]
) -> Iterator[Trouble]:  # fmt: skip
    """One delivery is in one pair of hands: never on two connections at the same time."""
    by_id: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for crossing in wire:
        by_id[crossing["receiver"], crossing["id"]].append(crossing)
    for (receiver, _), crossings in by_id.items():
        crossings.sort(key=lambda crossing: float(crossing["began"]))
        for first, second in pairwise(crossings):
            overlap = (float(second["began"]), float(first["ended"]))
            if overlap[0] < overlap[1] and not any(begin <= overlap[0] <= end for begin, end in excused):
                facts = {"id": first["id"], "seconds": round(overlap[1] - overlap[0], 3)}
                yield Trouble(kind="twice_at_once", mark=first["mark"], where=receiver, facts=facts)


def _stuck(status: Mapping[str, Any]) -> Iterator[Trouble]:
    """Nothing waits for a partner, for a predecessor, or for a person, once everything is healed; and that was said."""
    if unsaid := sorted({"waiting", "records", "deliveries"} - status.keys()):
        yield Trouble(kind="stuck", mark="", where="status", facts={"unsaid": unsaid})
    for lane in status.get("waiting", ()):
        yield Trouble(kind="stuck", mark="", where=lane["partner"], facts={"deliveries": lane["deliveries"]})
    for name, counted in (("deliveries", ("dead", "in_doubt", "handed")), ("records", ("parked", "held"))):
        for state in counted:
            if number := status.get(name, {}).get(state, 0):
                yield Trouble(kind="stuck", mark="", where=state, facts={name: number})


def _trouble(kind: str, each: Told, where: str = "", **facts: Any) -> Trouble:
    return Trouble(kind=kind, mark=each.mark, where=where, case=each.case, facts={"sender": each.sender, **facts})
