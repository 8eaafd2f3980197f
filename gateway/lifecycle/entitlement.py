"""Whether an organisation may say a type of message at all, to whom, and in answer to what: the catalogue's word.

What the directory does not know is not judged: an organisation without a row has no kind.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.canonical.messages import Message, short_type
from gateway.canonical.messages.catalogue import CATALOGUE, Kinds
from gateway.canonical.messages.referral import Referral
from gateway.canonical.organisations import OrganisationKind
from gateway.errors import Fact
from gateway.lifecycle.decision import Refused
from gateway.lifecycle.profile import NATIONAL, Profile
from gateway.lifecycle.refusal import named
from gateway.lifecycle.steps import first_rows


def not_entitled(
    message: Message, *, sender: OrganisationKind | None, recipients: Mapping[str, OrganisationKind], asked: str | None,
    profile: Profile = NATIONAL,
) -> Refused | None:  # fmt: skip
    """Return why a message is not its sender's to say to these; None when it is.

    ``recipients``: kinds of the organisations that the message names, by id. ``asked``: the type of what it answers.
    """
    kind = short_type(message)
    entry = CATALOGUE[kind]
    facts: dict[str, Fact] = {**named("step", kind), "basis": entry.number, "profile": profile.name}
    if sender is not None and _elsewhere(message, sender, profile):
        more = {"kind": sender, "kinds": _list(profile.dispatchers), "basis": first_rows()["referral"].basis}
        return Refused(code="lifecycle.dispatcher_elsewhere", facts=facts | more)
    if sender is not None and entry.senders and sender not in entry.senders:
        return Refused(
            code="lifecycle.sender_not_entitled", facts=facts | {"kind": sender, "kinds": _list(entry.senders)}
        )
    for organisation, its_kind in recipients.items():
        if entry.recipients and its_kind not in entry.recipients:
            facts |= {"addressee": organisation, "kind": its_kind, "kinds": _list(entry.recipients)}
            return Refused(code="lifecycle.recipient_not_fit", facts=facts)
    if asked is not None and entry.answers and asked not in entry.answers:
        return Refused(code="lifecycle.answers_another", facts=facts | named("first", asked))
    return None


def _elsewhere(message: Message, sender: OrganisationKind, profile: Profile) -> bool:
    """Say whether cases are referred by others there. Whoever has a case under way itself may entrust it (M-01c)."""
    if not isinstance(message, Referral) or message.data.variant in {"entrusted", "invited"}:
        return False
    return bool(profile.dispatchers) and sender not in profile.dispatchers


def _list(kinds: Kinds) -> str:
    return ", ".join(sorted(kinds))
