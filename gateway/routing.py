"""Say who must get a message: the addressee, or whoever it answers, and those who subscribed to copies.

addressed organisation ──────────────► its partner, found in the directory
an answer without an addressee ──────► the origin of the referral
a supervision without an addressee ──► the holder of the case
escalation, subscriptions ───────────► copies: never twice to one partner, never back to where it came from
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from gateway.canonical.messages import Message, short_type

Why = Literal["addressed", "answer", "copy"]

ANSWERS = frozenset(
    {"acceptance", "decline", "assignment", "progress", "extension", "success", "return_consultation", "return"}
)
TO_THE_HOLDER = frozenset({"supervision", "return_opinion"})
NEEDS_AN_ADDRESSEE = frozenset({"referral", "escalation"})
INDEPENDENT = frozenset({"organisation", "person"})  # may pass the other messages due at a partner


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
    """One partner that must get the message. ``independent``: it need not wait for earlier messages of the case."""

    partner: str
    why: Why
    independent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """Who must get a message, the first one first; or nobody yet, and the catalogue code that says why."""

    due: tuple[Due, ...] = ()
    fault: str | None = None


class PartnerDirectory(Protocol):
    """What routing asks the directory."""

    def partner_of(self, organisation_id: str) -> str | None:
        """Return the partner that reaches an organisation, or None."""

    def has_partner(self, partner: str) -> bool:
        """Say whether a partner of this name is configured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    organisation: str | None
    partner: str | None
    why: Why


def route(
    message: Message,
    *,
    sender_partner: str,
    directory: PartnerDirectory,
    routes: Routes,
    case_origin: str | None = None,
    case_origin_partner: str | None = None,
    holder: str | None = None,
) -> Routing:
    """Return who must get ``message``.

    ``sender_partner`` is the partner it came from. ``case_origin`` is the organisation that referred the case and
    ``case_origin_partner`` the partner through which it did; ``holder`` is the organisation accountable for the case
    before this message. A fault means that the message is held and due at nobody until somebody mends the directory
    or the message.
    """
    kind = short_type(message)
    origin = _origin(case_origin, case_origin_partner, directory)
    target = _target(message, kind, origin, holder, directory)
    fault = _fault(message, kind, target, sender_partner, directory)
    if fault:
        return Routing(fault=fault)
    found: dict[str, Why] = {}
    if target and target.partner and not _is_to_itself(message, target, sender_partner):
        found[target.partner] = target.why
    for partner in _copies(kind, sender_partner, origin, routes):
        if partner != sender_partner and directory.has_partner(partner):
            found.setdefault(partner, "copy")
    independent = kind in INDEPENDENT
    return Routing(due=tuple(Due(partner=name, why=why, independent=independent) for name, why in found.items()))


def _origin(organisation: str | None, partner: str | None, directory: PartnerDirectory) -> _Target:
    # The partner that sent the referral knows the case by its own id, whoever reaches its organisation today.
    if organisation is not None and (partner is None or not directory.has_partner(partner)):
        partner = directory.partner_of(organisation)
    return _Target(organisation=organisation, partner=partner, why="answer")


def _target(
    message: Message, kind: str, origin: _Target, holder: str | None, directory: PartnerDirectory
) -> _Target | None:
    organisation = message.addressee or (holder if kind in TO_THE_HOLDER else None)
    if organisation is not None:
        return _Target(organisation=organisation, partner=directory.partner_of(organisation), why="addressed")
    return origin if kind in ANSWERS else None


def _fault(
    message: Message, kind: str, target: _Target | None, sender_partner: str, directory: PartnerDirectory
) -> str | None:
    if target is None:
        return "routing.no_addressee" if kind in NEEDS_AN_ADDRESSEE | TO_THE_HOLDER else None
    if target.partner is None or not directory.has_partner(target.partner):
        return "routing.no_partner" if target.organisation or target.partner else "routing.no_origin"
    if target.partner != sender_partner:
        return None
    if target.organisation is None or message.sender is None:
        return "routing.no_sender"  # two organisations on one platform, or an echo: nobody can tell
    if target.why == "addressed" and target.organisation == message.sender:
        return "routing.to_itself"
    return None


def _is_to_itself(message: Message, target: _Target, sender_partner: str) -> bool:
    return target.partner == sender_partner and target.organisation == message.sender


def _copies(kind: str, sender_partner: str, origin: _Target, routes: Routes) -> Iterator[str]:
    if kind == "escalation" and origin.partner is not None:
        yield origin.partner
    for copy in routes.copies:
        if kind in copy.types and copy.when_sender_partner in {None, sender_partner}:
            yield copy.to
