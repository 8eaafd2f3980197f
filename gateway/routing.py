"""Say who must get a message: those it names, or whoever its row in the catalogue says, and who subscribed to copies.

named organisations ────────► their partners, found in the directory: all of them, or the message is held
nobody named ──by the route─┬► origin: who referred the case          ├► applicant, court: of the confirmation
                            ├► holder: who must act in it             ├► subscribers only
                            ├► asker: who sent what it answers
                            └► area: the bodies of the sender's area
a ruling, a certificate ─► nobody at all, whoever is named or subscribed, before it passed every check and is released
escalation, performance, subscriptions ► copies: never twice to one partner, never back to where it came from
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

from gateway.canonical.messages import Message, short_type
from gateway.canonical.messages.catalogue import CATALOGUE, Entry, Kinds

Why = Literal["addressed", "answer", "copy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A subscription: messages of these short types, from this partner (None: from any), also go to ``to``."""

    types: frozenset[str]
    when_sender_partner: str | None = None
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """The subscriptions, in the order of the configuration."""

    copies: tuple[Copy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One partner that must get the message.

    ``independent``: it need not wait for earlier messages of the case. ``priority``: 0 goes first, 2 last.
    """

    partner: str
    why: Why
    independent: bool = False
    priority: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """Who must get a message, the first one first; or nobody yet, and the catalogue code that says why.

    ``at`` is the organisation that the fault is about, where it is about one.
    """

    due: tuple[Due, ...] = ()
    fault: str | None = None
    at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An organisation, and the partner through which it spoke; the directory's is asked where that is gone."""

    organisation: str | None = None
    partner: str | None = None


NOWHERE = Place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """Whom a message may be for besides those it names.

    ``origin`` referred the case, ``asker`` sent what the message answers, ``applicant`` applied for confirmation at
    ``court``; ``holder`` is accountable for the case before the message. ``bodies``: of which kinds the area's are
    where the jurisdiction says so; ``also``: who gets a copy besides.
    """

    origin: Place = NOWHERE
    asker: Place = NOWHERE
    applicant: Place = NOWHERE
    court: str | None = None
    holder: str | None = None
    bodies: Kinds | None = None
    also: tuple[str, ...] = ()


class PartnerDirectory(Protocol):
    """What routing asks the directory."""

    def partner_of(self, organisation_id: str) -> str | None:
        """Return the partner that reaches an organisation, or None."""

    def has_partner(self, partner: str) -> bool:
        """Say whether a partner of this name is configured."""

    def bodies_near(self, organisation_id: str, kinds: Kinds) -> tuple[str, ...]:
        """Return the connected organisations of these kinds in whose area an organisation lies: the narrowest each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    organisation: str | None
    partner: str | None
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """One message being routed."""

    message: Message
    kind: str
    entry: Entry
    sender_partner: str
    directory: PartnerDirectory
    around: Around = field(default_factory=Around)


def route(
    message: Message, *, sender_partner: str, directory: PartnerDirectory, routes: Routes,
    around: Around | None = None, released: bool = False,
) -> Routing:  # fmt: skip
    """Return who must get ``message``, which came from ``sender_partner``.

    ``released``: it has passed every check, where it needs any; until then it is due at nobody.
    A fault means that the message is held and due at nobody until somebody mends the directory or the message.
    """
    kind = short_type(message)
    way = _Way(
        message=message, kind=kind, entry=CATALOGUE[kind], sender_partner=sender_partner, directory=directory,
        around=around or Around(),
    )  # fmt: skip
    if way.entry.proved and not released:
        return Routing()
    targets = _targets(way)
    if not targets and way.entry.route != "subscribers":
        return Routing(fault="routing.no_body" if way.entry.route == "area" else "routing.no_addressee")
    for target in targets:
        if fault := _fault(way, target):
            return Routing(fault=fault, at=target.organisation)
    return Routing(due=tuple(_due(way, targets, routes)))


def named_in(message: Message) -> tuple[str, ...]:
    """Return the organisations that a message is meant for by its own words, each once."""
    body = getattr(message, "data", None)
    named = [message.addressee, *getattr(body, "recipients", ())]
    named += [participant.unit for participant in getattr(body, "participants", ()) if hasattr(participant, "unit")]
    return tuple(dict.fromkeys(name for name in named if name))


def _targets(way: _Way) -> list[_Target]:
    named = named_in(way.message)
    several = [name for name in named if len(named) == 1 or name != way.message.sender]
    if several:
        return [_found(way, name, "addressed") for name in several]
    return list(_by_route(way))


def _by_route(way: _Way) -> Iterator[_Target]:
    around, message = way.around, way.message
    kind = way.entry.route
    if kind == "origin" or (kind == "asker" and around.asker == NOWHERE):
        yield _place(way, around.origin)
    elif kind in {"asker", "applicant"}:
        yield _place(way, around.asker if kind == "asker" else around.applicant)
    elif kind in {"holder", "court"} and (name := around.holder if kind == "holder" else around.court):
        yield _found(way, name, "addressed")
    elif kind == "area" and message.sender:
        bodies = way.directory.bodies_near(message.sender, around.bodies or way.entry.bodies)
        yield from (_found(way, name, "addressed") for name in bodies if name != message.sender)


def _found(way: _Way, organisation: str, why: Why) -> _Target:
    return _Target(organisation=organisation, partner=way.directory.partner_of(organisation), why=why)


def _place(way: _Way, place: Place) -> _Target:
    # The partner that spoke knows the case by its own id, whoever reaches its organisation today.
    partner = place.partner
    if place.organisation is not None and (partner is None or not way.directory.has_partner(partner)):
        partner = way.directory.partner_of(place.organisation)
    return _Target(organisation=place.organisation, partner=partner, why="answer")


def _fault(way: _Way, target: _Target) -> str | None:
    if target.partner is None or not way.directory.has_partner(target.partner):
        return "routing.no_partner" if target.organisation or target.partner else "routing.no_origin"
    if target.partner != way.sender_partner:
        return None
    if target.organisation is None or way.message.sender is None:
        return "routing.no_sender"  # two organisations on one platform, or an echo: nobody can tell
    if target.why == "addressed" and target.organisation == way.message.sender:
        return "routing.to_itself"
    return None


def _due(way: _Way, targets: list[_Target], routes: Routes) -> Iterator[Due]:
    found: dict[str, Why] = {}
    for target in targets:
        itself = target.partner == way.sender_partner and target.organisation == way.message.sender
        if target.partner and not itself:
            found.setdefault(target.partner, target.why)
    for partner in _copies(way, routes):
        if partner != way.sender_partner and way.directory.has_partner(partner):
            found.setdefault(partner, "copy")
    for partner, why in found.items():
        yield Due(partner=partner, why=why, independent=way.entry.independent, priority=way.entry.priority)


def _copies(way: _Way, routes: Routes) -> Iterator[str]:
    if way.kind == "escalation" and (origin := _place(way, way.around.origin).partner) is not None:
        yield origin
    if way.entry.copied and way.message.sender:
        for name in way.directory.bodies_near(way.message.sender, way.entry.copied):
            yield way.directory.partner_of(name) or ""
    yield from (way.directory.partner_of(name) or "" for name in way.around.also)
    for copy in routes.copies:
        if way.kind in copy.types and copy.when_sender_partner in {None, way.sender_partner}:
            yield copy.to
