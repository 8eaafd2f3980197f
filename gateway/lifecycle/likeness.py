"""Whether two cases may be one dispute: two of the parties are the same, and the type or the place, within some days.

    a message that names parties and dispute ─► Likeness: each two parties from opposite sides as one keyed digest,
                                                          type, division, place as a keyed digest, day
    two of them ─► grounds: parties and type │ parties and place │ all three;  none: nothing is suspected

A digest is of two people together: nobody can follow one person from case to case by it, and one who is a party to a
thousand cases, as a bank is, is found only beside the same opponent. Of the two, one must be known by a number or by
name and telephone; of the other the name is enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations, product
from typing import Any, NamedTuple, Protocol

from gateway.canonical.dispute import Place
from gateway.canonical.identifiers import BEIJING
from gateway.canonical.identifiers.folding import compact
from gateway.canonical.messages import Intake, Message, Referral
from gateway.canonical.parties import Party
from gateway.lifecycle import interests
from gateway.lifecycle.interests import resident_number

PARTIES = 3  # of a side with more, those whose names come first: in another record they are the same ones
PHONES = 2  # of one party
TELLS_NOTHING = "other"  # as a type of dispute
_BYTES = 8  # of a digest, a whole number for the store: among a hundred million pairs no two share one by chance
_TOWNSHIP = 9  # digits of a division code: what is wider holds too many people to be a place
_SIDES = {"applicant": "asks", "plaintiff": "asks", "respondent": "asked", "defendant": "asked"}
# What one unit writes and another leaves out, and the marks of which everybody has other ones.
_AREAS = re.compile(r"^(?:[\u4e00-\u9fff]{2,12}?(?:省|自治区))?(?:[\u4e00-\u9fff]{2,12}?(?:市|自治州|盟))?"
                    r"(?:[\u4e00-\u9fff]{2,12}?(?:(?<![小社园])区|县|旗))?")  # fmt: skip
_SHORTEST = 4  # characters of a place that is one


class Digester(interests.Digester, Protocol):
    """Keyed digests by which a case is recognised in another one."""

    def by_keys(self, plain: bytes) -> tuple[bytes, ...]:
        """Return the digest under each key, the present one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What a case can be recognised by as the same dispute as another one.

    ``pairs``: each two parties, as the digests under every key, the present one first. ``places``: the place likewise,
    empty where it is not known. ``day``: that of the business, counted as ``date.toordinal`` does. ``within``: how many
    days apart two cases of the jurisdiction may be.
    """

    pairs: tuple[tuple[int, ...], ...] = field(repr=False)
    type: str
    division: str | None
    places: tuple[int, ...] = field(repr=False)
    day: int
    within: int

    def kept(self) -> dict[str, Any]:
        """Return what is kept beside each of the pairs."""
        return {
            "day": self.day,
            "within": self.within,
            "type": self.type,
            "division": self.division,
            "place": self.places[0] if self.places else None,
        }

    def grounds(self, other: Mapping[str, Any]) -> tuple[str, ...]:
        """Say why a case that has a pair in common is suspected, given what was ``kept`` of it; empty: it is not.

        Where jurisdictions differ, both would have to suspect it.
        """
        if abs(self.day - other["day"]) > min(self.within, other["within"]):
            return ()
        same_type = self.type == other["type"] != TELLS_NOTHING
        same_place = other["place"] in self.places or _same_area(self.division, other["division"])
        found = [name for name, is_same in (("type", same_type), ("place", same_place)) if is_same]
        return ("parties", *found) if found else ()


def likeness_of(message: Message, within: int, digester: Digester) -> Likeness | None:
    """Return what is known of a case by the message that names its parties; None where it names no two of them."""
    if not isinstance(message, Referral | Intake) or not within:
        return None
    dispute, place = message.data.dispute, message.data.dispute.place or Place()

    def sealed(*texts: str) -> tuple[int, ...]:
        digests = digester.by_keys("\0".join(("dispute", *texts)).encode())
        return tuple(int.from_bytes(digest[:_BYTES], signed=True) for digest in digests)

    pairs = tuple(sealed("pair", *pair) for pair in dict.fromkeys(_pairs(message.data.parties)))
    where = _where(place.text or "")
    if not pairs:
        return None
    return Likeness(
        pairs=pairs,
        type=dispute.type,
        division=place.division,
        places=sealed("place", where) if where else (),
        day=_said_at(message).astimezone(BEIJING).toordinal(),
        within=within,
    )


class _Person(NamedTuple):
    """What one party can be known by: a name, which others may have too, and what nobody else has; "" for neither."""

    name: str
    code: str
    phones: tuple[str, ...]

    @classmethod
    def of(cls, party: Party) -> _Person:
        name, document = _letters(party.name), party.document
        number = resident_number(document) or (f"{document.type}:{document.number}" if document else None)
        code = number if party.kind == "natural_person" else party.credit_code
        phones = tuple([f"phone:{name}:{phone}" for phone in party.phones[:PHONES]]) if name else ()
        return cls(name=f"name:{name}" if name else "", code=f"code:{code}" if code else "", phones=phones)

    @property
    def sure(self) -> tuple[str, ...]:
        return (self.code, *self.phones) if self.code else self.phones


def _pairs(parties: Sequence[Party]) -> Iterator[tuple[str, str]]:
    """Return every way in which two parties of opposite sides can be known; of one side, where there is no other."""
    sides: dict[str, list[_Person]] = {}
    for party in parties:
        sides.setdefault(_SIDES.get(party.role, party.role), []).append(_Person.of(party))
    chosen = [sorted(side)[:PARTIES] for side in sides.values()]
    opposed = (two for one, other in combinations(chosen, 2) for two in product(one, other))
    for left, right in opposed if len(chosen) > 1 else combinations(chosen[0], 2):
        for known in _known_by(left, right):
            yield min(known), max(known)


def _known_by(left: _Person, right: _Person) -> Iterator[tuple[str, str]]:
    if left.name == right.name or (left.code and left.code == right.code):
        return  # one person, written twice
    yield from ((sure, right.name) for sure in left.sure if right.name)
    yield from ((left.name, sure) for sure in right.sure if left.name)
    if left.code and right.code:  # however their names are written: a charset may lack a character
        yield left.code, right.code


def _letters(text: str) -> str:
    """Return a text without spaces, dots and whatever else each system writes in its own way."""
    short = compact(text)
    return short if short.isalnum() else "".join(filter(str.isalnum, short))


def _where(text: str) -> str:
    """Return a place from its township on, "" where that is too little to be one."""
    place = _AREAS.sub("", _letters(text))
    return place if len(place) >= _SHORTEST else ""


def _same_area(one: str | None, other: str | None) -> bool:
    """Say whether one division lies in the other, and that is a township or a village."""
    wide, narrow = sorted((_told(one or ""), _told(other or "")), key=len)
    return len(wide) >= _TOWNSHIP and narrow.startswith(wide)


def _told(division: str) -> str:
    """Return a division code without the zeros that stand for everything in it."""
    return _told(division[:-3]) if len(division) > 6 and division.endswith("000") else division


def _said_at(message: Referral | Intake) -> datetime:
    return message.data.registered_at if isinstance(message, Intake) else message.time
