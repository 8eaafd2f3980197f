"""One application for judicial confirmation, or for a mediation statement, as a case keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Literal

from gateway.lifecycle.states import CONFIRMATION_ENDED, ConfirmationState

ApplicationKind = Literal["confirmation", "statement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """One review by a court.

    ``number`` counts from 1 in its case. ``applicant`` is the organisation that submitted it, ``court`` the one that
    it went to. ``effective_on`` is the day the agreement took effect. ``court_number`` is the confirmation's own case
    number; ``review_due_on`` and ``supply_by`` are the last days of the court and of the applicants. ``supplements``
    counts the court's calls for materials. ``application`` and ``ruling`` are ids of messages, ``document`` and
    ``version`` the court's of the ruling, ``result`` what it rules. ``flags``: ``withdrawal_asked``;
    ``agreement_changed``, the unit corrected its result while the court had the application. ``addressees`` are keyed
    digests of the names on whom a released ruling is to be served, in order; ``served`` the places of those on whom it
    was. ``resumes``: the state to which a rejected objection leads back.
    """

    number: int
    kind: ApplicationKind
    state: ConfirmationState
    since: datetime
    applicant: str
    court: str
    application: str
    submitted_at: datetime
    effective_on: date | None = None
    court_number: str | None = None
    filed_on: date | None = None
    review_due_on: date | None = None
    supply_by: date | None = None
    supplements: int = 0
    ruling: str | None = None
    document: str | None = None
    version: int | None = None
    result: str | None = None
    flags: frozenset[str] = frozenset()
    addressees: tuple[str, ...] = ()
    served: tuple[int, ...] = ()
    resumes: ConfirmationState | None = None

    @property
    def live(self) -> bool:
        """Say whether somebody still has to act on it; a ruling that was served waits for nobody."""
        return self.stands and self.state != "SERVED"

    @property
    def stands(self) -> bool:
        """Say whether it is under way, or its ruling is in force."""
        return self.state not in CONFIRMATION_ENDED

    @property
    def with_applicant(self) -> bool:
        """Say whether it is the applicants' turn."""
        return self.state in {"SUPPLEMENT", "SUPPLEMENT_STATEMENT"}

    @property
    def holder(self) -> str:
        """Return who must act on it next."""
        return self.applicant if self.with_applicant or self.state == "SERVING" else self.court

    @property
    def until(self) -> date | None:
        """Return the day by which its holder must have acted, where one is set."""
        if self.with_applicant:
            return self.supply_by
        return self.review_due_on if self.ruling is None else None

    def to_dict(self) -> dict[str, Any]:
        """Return the application as JSON values, of a ruling's release only what there is to say."""
        said = {each.name: _plain(getattr(self, each.name)) for each in fields(self)}
        return {name: value for name, value in said.items() if value or name not in _LATER}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Confirmation:
        """Read what ``to_dict`` wrote."""
        days = {name: _day(kept[name]) for name in ("effective_on", "filed_on", "review_due_on", "supply_by")}
        moments = {name: datetime.fromisoformat(kept[name]) for name in ("since", "submitted_at")}
        lists = {name: tuple(kept.get(name, ())) for name in ("addressees", "served")}
        return cls(**{**kept, **days, **moments, **lists, "flags": frozenset(kept["flags"])})


_LATER = frozenset({"addressees", "served", "resumes"})  # what a gateway before the release of rulings does not know


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return sorted(value) if isinstance(value, frozenset) else list(value) if isinstance(value, tuple) else value


def _day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)
