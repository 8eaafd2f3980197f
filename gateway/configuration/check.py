"""Look for what the form of the files cannot show: names that nothing answers to, partners nothing can reach.

An error would lose or hold messages once the revision is active; a warning may be intended.
"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Literal
from urllib.parse import urlsplit

from gateway.canonical.identifiers import BEIJING
from gateway.canonical.messages import TYPES
from gateway.configuration.directory_rows import OrganisationRow
from gateway.configuration.files import PartnerRow
from gateway.configuration.revision import Revision
from gateway.configuration.secrets import resolve
from gateway.errors import ConfigurationFault
from gateway.texts import Language, text
from gateway.wire import yaml_marks
from gateway.wire.yaml_marks import nearest

Level = Literal["error", "warning"]
_WARNINGS = frozenset(
    {"acts_for_nobody", "addressee_inactive", "cannot_answer", "code_for_unknown_partner", "division_unknown",
     "insecure_address", "mapping_unused", "no_address", "profile_unused", "secret_missing"}
)  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong or doubtful: its catalogue code, the file and field, and the facts its text names."""

    code: str
    level: Level
    file: str
    field: str
    facts: Mapping[str, str] = dataclasses.field(default_factory=lambda: MappingProxyType({}))

    def text(self, language: Language = "en") -> str:
        """Say in ``language`` what was found, and where."""
        return text(self.code, language, file=self.file, field=self.field, **self.facts)

    def fault(self) -> ConfigurationFault:
        """Return the finding as an error to raise."""
        place = {"line": None, **self.facts, "file": self.file, "field": self.field}
        return ConfigurationFault(self.code, **{"why": self.text(), **place})


def check(
    revision: Revision,
    adapters: Collection[str],
    *,
    without_address: Collection[str] = (),
    try_settings: Callable[[PartnerRow], object] = lambda _: None,
    base: Path | None = None,
    environment: Mapping[str, str] | None = None,
    today: date | None = None,
) -> list[Finding]:
    """Return what is wrong or doubtful in a revision, errors first.

    ``adapters`` are the names of the installed ones; those in ``without_address`` hand messages over without calling
    the partner (a mailbox), so they need no address, but a door. ``try_settings`` makes a row's adapter, which raises
    ConfigurationFault for settings that it cannot work with. ``base`` and ``environment`` are where secrets are looked
    for. ``today``: the day for which the roster is looked at, that of Beijing when not given.
    """
    rules: tuple[Callable[[], Iterator[Finding]], ...] = (
        lambda: _adapters(revision, adapters),
        lambda: _settings(revision, adapters, try_settings),
        lambda: _addresses(revision, without_address),
        lambda: _acting(revision),
        lambda: _organisations(revision),
        lambda: _roster(revision, today or datetime.now(BEIJING).date()),
        lambda: _successors(revision),
        lambda: _codes(revision),
        lambda: _divisions(revision),
        lambda: _routes(revision),
        lambda: _profiles(revision),
        lambda: _mappings(revision),
        lambda: _secrets(revision, base, environment),
    )
    found = [finding for rule in rules for finding in rule()]
    return sorted(found, key=lambda finding: (finding.level, finding.file, finding.field))


def _adapters(revision: Revision, adapters: Collection[str]) -> Iterator[Finding]:
    for row in revision.partners.values():
        if row.adapter not in adapters:
            yield _found("unknown_adapter", _file(row), "adapter", **_meant(row.adapter, adapters))


def _settings(
    revision: Revision, adapters: Collection[str], try_settings: Callable[[PartnerRow], object]
) -> Iterator[Finding]:
    """What an adapter says of a row's settings, with the line that the setting stands in."""
    for row in revision.partners.values():
        if row.adapter not in adapters:
            continue
        try:
            try_settings(row)
        except ConfigurationFault as fault:
            file, field = _file(row), str(fault.facts.get("field") or "settings")
            line = yaml_marks.read(revision.files[file], file=file).line_of(field) if file in revision.files else "?"
            facts = {name: value for name, value in fault.facts.items() if name not in ("file", "field", "line")}
            found = {name: "" if value is None else str(value) for name, value in facts.items()}
            yield Finding(
                code=fault.code, level="error", file=file, field=field,
                facts=MappingProxyType({**found, "line": str(line)}),
            )  # fmt: skip


def _addresses(revision: Revision, without_address: Collection[str]) -> Iterator[Finding]:
    routed_to = {row.partner for row in revision.directory.organisations.values()}
    routed_to |= {copy.to for copy in revision.routes.copies}
    for row in revision.partners.values():
        if row.adapter in without_address:
            if row.canonical_door is None:
                yield _found("mailbox_without_door", _file(row), "canonical_door", partner=row.partner)
        elif row.base_url is None and row.ferry is not None:
            for place, name in row.ferry.secrets.items():
                if name not in row.secrets:
                    code = "ferry_without_key" if place == "key" else "ferry_server_without_secret"
                    yield _found(code, _file(row), f"ferry.{place}", key=name)
        elif row.base_url is None:
            code = "cannot_receive" if row.partner in routed_to else "no_address"
            yield _found(code, _file(row), "base_url", partner=row.partner)
        elif row.base_url.startswith("http://") and not _is_loopback(row.base_url):
            yield _found("insecure_address", _file(row), "base_url", partner=row.partner)


def _acting(revision: Revision) -> Iterator[Finding]:
    known = revision.directory.organisations
    for row in revision.partners.values():
        if not row.organisations:
            yield _found("acts_for_nobody", _file(row), "organisations", partner=row.partner)
        for number, organisation in enumerate(row.organisations):
            if organisation not in known:
                place = f"organisations[{number}]"
                yield _found("unknown_organisation", _file(row), place, **_meant(organisation, known))


def _organisations(revision: Revision) -> Iterator[Finding]:
    for row in revision.directory.organisations.values():
        partner = revision.partners.get(row.partner or "")
        place = f"organisations: {row.id}: partner"
        if row.partner is not None and partner is None:
            yield _found("unknown_partner", _home(row, revision), place, **_meant(row.partner, revision.partners))
        elif partner is not None and row.id not in partner.organisations:
            yield _found("cannot_answer", _home(row, revision), place, organisation=row.id, partner=partner.partner)


def _roster(revision: Revision, today: date) -> Iterator[Finding]:
    """An organisation that a partner still reaches or speaks for, but that may be given nothing."""
    spoken_for = {organisation for row in revision.partners.values() for organisation in row.organisations}
    for row in revision.directory.organisations.values():
        if not row.active_on(today) and (row.partner is not None or row.id in spoken_for):
            field = "since" if row.active and row.since and today < row.since else "until" if row.active else "active"
            place = f"organisations: {row.id}: {field}"
            yield _found("addressee_inactive", _home(row, revision), place, organisation=row.id)


def _successors(revision: Revision) -> Iterator[Finding]:
    """Who follows a merged organisation, and where people have their places."""
    known = revision.directory.organisations
    for row in known.values():
        place = f"organisations: {row.id}: successor"
        if row.successor is not None and row.successor not in known:
            yield _found("unknown_organisation", _home(row, revision), place, **_meant(row.successor, known))
        elif row.successor is not None and _comes_round(row, known):
            yield _found("successor_comes_round", _home(row, revision), place, organisation=row.id)
    for person in revision.directory.people.values():
        for number, at in enumerate(person.places):
            if at.organisation not in known:
                field = f"people: {person.id}: places[{number}].organisation"
                yield _found("unknown_organisation", "directory.yaml", field, **_meant(at.organisation, known))


def _comes_round(row: OrganisationRow, known: Mapping[str, OrganisationRow]) -> bool:
    seen = {row.id}
    after = known.get(row.successor or "")
    while after is not None and after.id not in seen:
        seen.add(after.id)
        after = known.get(after.successor or "")
    return after is not None


def _codes(revision: Revision) -> Iterator[Finding]:
    first: dict[tuple[str, str], str] = {}
    for row in revision.directory.organisations.values():
        for partner, codes in row.codes.items():
            place = f"organisations: {row.id}: codes.{partner}"
            if partner not in revision.partners:
                meant = _meant(partner, revision.partners)
                yield _found("code_for_unknown_partner", _home(row, revision), place, **meant)
            for code in codes:
                other = first.setdefault((partner, code), row.id)
                if other != row.id:
                    yield _found("code_twice", _home(row, revision), place, shared=code, other=other, partner=partner)


def _divisions(revision: Revision) -> Iterator[Finding]:
    """A code that neither GB/T 2260 nor the administrator's table has may be right all the same: divisions change."""
    for row in revision.directory.organisations.values():
        county = (row.division or "")[:6]
        if row.division and not any(revision.directory.division_name(code) for code in (row.division, county)):
            place = f"organisations: {row.id}: division"
            yield _found("division_unknown", _home(row, revision), place, division=row.division)


def _routes(revision: Revision) -> Iterator[Finding]:
    for number, copy in enumerate(revision.routes.copies):
        for kind in sorted(copy.types - TYPES.keys()):
            yield _found("unknown_type", "routes.yaml", f"copies[{number}].types", **_meant(kind, TYPES))
        for place, partner in (("to", copy.to), ("when_sender_partner", copy.when_sender_partner)):
            if partner is not None and partner not in revision.partners:
                meant = _meant(partner, revision.partners)
                yield _found("unknown_partner", "routes.yaml", f"copies[{number}].{place}", **meant)


def _profiles(revision: Revision) -> Iterator[Finding]:
    profiles, organisations = revision.profiles, revision.directory.organisations
    for place, name in profiles.chosen():
        if name not in profiles.named:
            yield _found("unknown_profile", "profiles.yaml", place, **_meant(name, profiles.named))
    for organisation in profiles.organisations.keys() - organisations.keys():
        meant = _meant(organisation, organisations)
        yield _found("unknown_organisation", "profiles.yaml", f"organisations: {organisation}", **meant)
    for name in profiles.own - {name for _, name in profiles.chosen()}:
        yield _found("profile_unused", "profiles.yaml", f"profiles: {name}", name=name)


def _mappings(revision: Revision) -> Iterator[Finding]:
    for mapping in revision.mappings.mappings:
        row = revision.partners.get(mapping.partner or "")
        if mapping.partner is not None and (row is None or row.adapter != mapping.adapter):
            same = [row.partner for row in revision.partners.values() if row.adapter == mapping.adapter]
            meant = _meant(mapping.partner, same)
            yield _found("mapping_unused", mapping.draft.source.file, "partner", adapter=mapping.adapter, **meant)


def _secrets(revision: Revision, base: Path | None, environment: Mapping[str, str] | None) -> Iterator[Finding]:
    for row in revision.partners.values():
        for name, reference in row.secrets.items():
            if not _resolves(reference, base, environment):
                yield _found("secret_missing", _file(row), f"secrets.{name}", reference=reference)
        for name in row.canonical_door.webhook_secrets if row.canonical_door else ():
            if name not in row.secrets:
                place = "canonical_door.webhook_secrets"
                yield _found("unknown_secret", _file(row), place, **_meant(name, row.secrets))


def _resolves(reference: str, base: Path | None, environment: Mapping[str, str] | None) -> bool:
    try:
        return bool(resolve(reference, base=base, environment=environment))
    except ConfigurationFault:
        return False


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _found(what: str, /, file: str, field: str, **facts: str) -> Finding:
    level: Level = "warning" if what in _WARNINGS else "error"
    return Finding(
        code=f"configuration.check.{what}", level=level, file=file, field=field, facts=MappingProxyType(facts)
    )


def _home(row: OrganisationRow, revision: Revision) -> str:
    """Return the file that an organisation stands in."""
    return "directory.yaml" if row.id in revision.imported else "organisations.yaml"


def _file(row: PartnerRow) -> str:
    return f"partners/{row.partner}.yaml"


def _meant(name: str, known: Iterable[str]) -> dict[str, str]:
    """Return the unknown name, and the known one that was probably meant or else all that there are."""
    return {"name": name, "known": nearest(name, known) or ", ".join(sorted(known)) or "—"}
