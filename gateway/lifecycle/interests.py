"""Who is on a party's side: does an organisation or a mediator stand in the dispute that it is to mediate.

    the message names the parties ──────────────► compare as written
    a later message of the case (an assignment) ─► compare keyed digests, which the case keeps from its referral

The digests hold for one case only: nobody can follow a person from case to case by them, or guess a name without the
key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.canonical.identifiers import IdentifierFault, resident_id
from gateway.canonical.identifiers.folding import compact
from gateway.canonical.messages.referral_data import Mediator
from gateway.canonical.parties import IdentityDocument, Party
from gateway.lifecycle.standing import Standing

# The resident identity card and its temporary form carry the one number by which persons can be told apart.
_RESIDENT = frozenset({"111", "112"})
_BYTES = 12  # of a digest: two of the few people of one case never share them by chance


class Digester(Protocol):
    """Keyed digests: the present key's, and those of every key that a kept digest may have been made with."""

    def digest(self, plain: bytes) -> bytes:
        """Return the digest under the present key."""

    def digests(self, plain: bytes) -> tuple[bytes, ...]:
        """Return the digests under every key, always in the same order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What tells one person or organisation from another: as written, or as keyed digests.

    ``code``: resident identity number or credit code.
    """

    name: str
    code: str | None = None
    phones: tuple[str, ...] = ()

    def meets(self, other: Mark) -> bool:
        """Say whether both are the same: by code, else by name, unless their telephones tell two namesakes apart."""
        if self.code and other.code:
            return self.code == other.code
        if self.name != other.name:
            return False
        return not (self.phones and other.phones) or not set(self.phones).isdisjoint(other.phones)

    def sealed(self, seal: Callable[[str], str]) -> Mark:
        """Return the same mark with every text sealed."""
        return Mark(
            name=seal(self.name),
            code=seal(self.code) if self.code else None,
            phones=tuple(seal(phone) for phone in self.phones),
        )


def marks_of(parties: Iterable[Party]) -> Iterator[Mark]:
    """Return the marks of the parties, and of those who represent them or act for them."""
    for party in parties:
        code = resident_number(party.document) if party.kind == "natural_person" else party.credit_code
        yield Mark(name=compact(party.name), code=code, phones=party.phones)
        for agent in party.agents:
            yield Mark(name=compact(agent.name), code=resident_number(agent.document), phones=agent.phones)
        if party.representative:
            yield Mark(name=compact(party.representative.name), phones=party.representative.phones)


def mark_of_mediator(mediator: Mediator) -> Mark:
    """Return the mark of a mediator; some partners use the identity number as the mediator's id."""
    return Mark(name=compact(mediator.name), code=_identity(mediator.id), phones=mediator.phones)


def mark_of_organisation(standing: Standing) -> Mark:
    """Return the mark of an organisation of the directory."""
    return Mark(name=compact(standing.name), code=standing.credit_code)


def keep(parties: Iterable[Party], case_id: str, digester: Digester) -> tuple[Mark, ...]:
    """Return what a case keeps of its parties to recognise them by."""
    return tuple(mark.sealed(lambda text: _short(digester.digest(_of(case_id, text)))) for mark in marks_of(parties))


def is_kept(who: Mark, kept: Sequence[Mark], case_id: str, digester: Digester) -> bool:
    """Say whether somebody stands among the marks that a case has kept, under whichever key."""
    keys = len(digester.digests(b"")) if kept else 0
    sealings = (who.sealed(_under(key, case_id, digester)) for key in range(keys))
    return any(sealed.meets(mark) for sealed in sealings for mark in kept)


def named(name: str, case_id: str, digester: Digester) -> str:
    """Return what a case keeps of a name to recognise it by."""
    return _short(digester.digest(_of(case_id, compact(name))))


def is_named(name: str, kept: str, case_id: str, digester: Digester) -> bool:
    """Say whether a name is the one that a case has kept, under whichever key."""
    return kept in {_short(each) for each in digester.digests(_of(case_id, compact(name)))}


def _under(key: int, case_id: str, digester: Digester) -> Callable[[str], str]:
    return lambda text: _short(digester.digests(_of(case_id, text))[key])


def _of(case_id: str, text: str) -> bytes:
    return f"party\0{case_id}\0{text}".encode()


def _short(digest: bytes) -> str:
    return digest[:_BYTES].hex()


def resident_number(document: IdentityDocument | None) -> str | None:
    """Return the one number by which a person can be told from everybody else, where the document has it."""
    return document.number if document and document.type in _RESIDENT else None


def _identity(text: str | None) -> str | None:
    try:
        return resident_id(text) if text else None
    except IdentifierFault:
        return None
