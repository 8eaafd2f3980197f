"""The directory: which organisation a partner's code means, which partner reaches an organisation, what a division is.

partner's code ──organisation──► id ──code──► the same organisation's code at another partner
                                  └─partner_of──► the partner that reaches it
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from gateway.canonical import identifiers
from gateway.configuration.files import OrganisationRow


class Directory:
    """Answer look-ups in one revision's organisations; immutable."""

    __slots__ = ("_by_code", "_divisions", "_organisations", "_partners")

    def __init__(
        self,
        organisations: Iterable[OrganisationRow] = (),
        *,
        partners: Iterable[str] = (),
        divisions: Mapping[str, str] | None = None,
    ) -> None:
        self._organisations = MappingProxyType({row.id: row for row in organisations})
        self._by_code = MappingProxyType(_by_code(self._organisations.values()))
        self._partners = frozenset(partners)
        self._divisions = MappingProxyType(dict(divisions or {}))

    @property
    def organisations(self) -> Mapping[str, OrganisationRow]:
        """Return every organisation by its id."""
        return self._organisations

    def by_id(self, organisation_id: str) -> OrganisationRow | None:
        """Return an organisation, or None when the directory does not have it."""
        return self._organisations.get(organisation_id)

    def organisation(self, partner: str, code: str) -> str | None:
        """Return the id of the organisation that ``partner`` calls ``code``; None when unknown or ambiguous."""
        return self._by_code.get((partner, code))

    def code(self, partner: str, organisation_id: str) -> str | None:
        """Return what ``partner`` calls an organisation, or None when it has no code for it."""
        row = self._organisations.get(organisation_id)
        codes = row.codes.get(partner) if row else None
        return codes[0] if codes else None

    def partner_of(self, organisation_id: str) -> str | None:
        """Return the partner that reaches an organisation, or None when nobody does."""
        row = self._organisations.get(organisation_id)
        return row.partner if row else None

    def has_partner(self, partner: str) -> bool:
        """Say whether a partner of this name is configured."""
        return partner in self._partners

    def division_name(self, code: str) -> str | None:
        """Return a division's own name: the administrator's table first, then GB/T 2260; None when neither has it."""
        return identifiers.division_name(code, self._divisions)

    def __repr__(self) -> str:
        return f"<Directory of {len(self._organisations)} organisations>"


def _by_code(organisations: Iterable[OrganisationRow]) -> dict[tuple[str, str], str | None]:
    found: dict[tuple[str, str], str | None] = {}
    for row in organisations:
        for partner, codes in row.codes.items():
            for code in codes:
                # Two organisations under one code: better held until somebody says which than sent to the wrong one.
                same = found.get((partner, code), row.id) == row.id
                found[partner, code] = row.id if same else None
    return found
