"""Check 11: does the ruling belong to this case? What it says of itself against what the caller knows.

Without an application nothing can be said about the case, but a ruling that contradicts itself (the seal of one court
under the name of another, a case number that the signing court does not give) fails all the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from gateway.canonical.identifiers import IdentifierFault, parse_case_number
from gateway.rulings import digests
from gateway.rulings.context import Context, Expected, Judged
from gateway.rulings.result import Check, Finding, Verdict, failed, not_possible, passed
from gateway.rulings.trust import Trust
from gateway.rulings.wording import Wording
from gateway.rulings.wording.fields import Stated, same_court, stated

_WITHOUT_WORDING = frozenset({"terminated", "revoked", "changed"})  # what such a ruling says, a person reads


def of(octets: bytes, wording: Wording | None, judged: Sequence[Judged], context: Context) -> tuple[Finding, ...]:
    """Return check 11 for a file, whose words are ``wording`` where it is one that has words."""
    says = stated(wording) if wording is not None and wording.lines else None
    found = list(consistent(says, judged, context.trust))
    if context.expected is None:
        found.append(not_possible(Check.BINDING, "rulings.binding.no_application"))
    else:
        found += same_bytes(octets, context.expected)
        found += _same_case(says, wording, context.expected)
        found += _same_application(context.expected)
    if not any(each.verdict in (Verdict.FAILED, Verdict.NOT_POSSIBLE) for each in found):
        found.append(passed(Check.BINDING, "rulings.binding.belongs"))
    return tuple(found)


def consistent(says: Stated | None, judged: Sequence[Judged], trust: Trust) -> Iterator[Finding]:
    """Yield how a file contradicts itself: its words, its seal and its signer are those of one court."""
    for each in judged:
        court = says.court if says else None
        if court and each.found.seal_name and not same_court(each.found.seal_name, court):
            yield failed(Check.BINDING, "rulings.binding.seal_of_another", seal=each.found.seal_name, court=court)
        if court and each.found.court and not same_court(each.found.court, court):
            yield failed(Check.BINDING, "rulings.binding.signer_of_another", signer=each.found.court, court=court)
        code = _code(says.case_number) if says and says.case_number else None
        configured = next((row for row in trust.courts if row.name == each.found.court), None)
        if code and configured and code not in configured.codes:
            yield failed(Check.BINDING, "rulings.binding.court_code", code=code, court=configured.name)


def same_bytes(octets: bytes, expected: Expected) -> Iterator[Finding]:
    """Yield which digest of the message is not the file's."""
    for name, wanted, given in (
        ("SHA-256", expected.sha256, hashlib.sha256(octets).hexdigest()),
        ("SM3", expected.sm3, digests.sm3(octets).hex()),
    ):
        if wanted is not None and wanted.lower() != given:
            yield failed(Check.BINDING, "rulings.binding.digest", algorithm=name)


def _same_case(says: Stated | None, wording: Wording | None, expected: Expected) -> Iterator[Finding]:
    wanted = {name: getattr(expected, name) for name in ("court", "case_number", "ruling", "parties", "pages")}
    if not any(value is not None for value in wanted.values()):
        return
    if says is None or wording is None:
        why = wording.why if wording else None
        yield not_possible(Check.BINDING, why or "rulings.wording.no_characters")
        return
    if says.documents != 1:
        yield failed(Check.BINDING, "rulings.binding.documents", count=says.documents)
    ruling = None if expected.ruling in _WITHOUT_WORDING else says.ruling
    given = {"court": says.court, "case_number": says.case_number, "ruling": ruling, "pages": wording.pages}
    for name, value in given.items():
        if wanted[name] is not None:
            yield from _compared(name, wanted[name], value)
    if expected.parties is not None:
        yield from _parties(expected.parties, says.parties)


def _same_application(expected: Expected) -> Iterator[Finding]:
    """Yield whether the court's message rules on the application that was carried, and on its agreement."""
    if expected.application is None:
        return
    if expected.says_application is None:
        yield not_possible(Check.BINDING, "rulings.binding.no_application_named")
    elif expected.says_application != expected.application:
        facts = {"given": expected.says_application, "wanted": expected.application}
        yield failed(Check.BINDING, "rulings.binding.other_application", **facts)
    if not expected.agreements:
        yield not_possible(Check.BINDING, "rulings.binding.no_agreement")
    elif expected.says_agreement is None:
        yield not_possible(Check.BINDING, "rulings.binding.no_agreement_named")
    elif expected.says_agreement.lower() not in expected.agreements:
        yield failed(Check.BINDING, "rulings.binding.other_agreement")
    if expected.agreement_changed:
        yield not_possible(Check.BINDING, "rulings.binding.agreement_changed")
    if expected.files != 1:
        yield not_possible(Check.BINDING, "rulings.binding.further_files", count=expected.files)


def _compared(name: str, wanted: object, given: object) -> Iterator[Finding]:
    if given is None:
        yield not_possible(Check.BINDING, f"rulings.binding.no_{name}")
        return
    if not _equal(name, str(wanted), str(given)):
        yield failed(Check.BINDING, f"rulings.binding.other_{name}", given=given, wanted=wanted)


def _parties(wanted: tuple[str, ...], given: tuple[str, ...]) -> Iterator[Finding]:
    """Yield whether the parties are the same, by how many are not: their names stay where they are."""
    if not given:
        yield not_possible(Check.BINDING, "rulings.binding.no_parties")
        return
    one, other = ({"".join(name.split()) for name in names} for names in (wanted, given))
    if one != other:
        yield failed(Check.BINDING, "rulings.binding.other_parties", missing=len(one - other), added=len(other - one))


def _equal(name: str, wanted: str, given: str) -> bool:
    if name == "court":
        return same_court(wanted, given)
    return _spelled(wanted) == _spelled(given) if name == "case_number" else wanted == given


def _spelled(number: str) -> str:
    try:
        return str(parse_case_number(number))
    except IdentifierFault:
        return "".join(number.split())


def _code(number: str) -> str | None:
    try:
        return parse_case_number(number).court
    except IdentifierFault:
        return None
