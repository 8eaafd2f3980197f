"""Check 11 for a certificate of voluntary performance: is it the one its message speaks of, and about this case?

A certificate names who performed, to whom and what; it is held against the court's message, and both against the case:
its parties as the gateway carried them, and the rulings that were given in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gateway.rulings.binding import consistent, same_bytes
from gateway.rulings.context import Certified, Context, Expected, Judged
from gateway.rulings.result import Check, Finding, Verdict, failed, not_possible, passed
from gateway.rulings.wording import Wording
from gateway.rulings.wording.certificate import Certifies, certifies, folded, numbers_in, spelled
from gateway.rulings.wording.fields import same_court, stated


def of(
    octets: bytes, wording: Wording | None, judged: Sequence[Judged], context: Context, said: Certified
) -> tuple[Finding, ...]:
    """Return check 11 for a file that ``said``, the court's message, brings as a certificate."""
    expected = context.expected or Expected()
    says = certifies(wording) if wording is not None and wording.lines else None
    itself = replace(stated(wording), court=says.court, case_number=None) if wording is not None and says else None
    found = [*consistent(itself, judged, context.trust), *same_bytes(octets, expected)]
    if says is None:
        found.append(not_possible(Check.BINDING, (wording.why if wording else None) or "rulings.wording.no_characters"))
    else:
        found += _same_certificate(says, expected, said)
    found += _same_case(expected, said)
    if expected.files != 1:
        found.append(not_possible(Check.BINDING, "rulings.certified.further_files", count=expected.files))
    if not any(each.verdict in (Verdict.FAILED, Verdict.NOT_POSSIBLE) for each in found):
        found.append(passed(Check.BINDING, "rulings.binding.belongs"))
    return tuple(found)


def _same_certificate(says: Certifies, expected: Expected, said: Certified) -> Iterator[Finding]:
    """Yield how the file differs from the message that brought it."""
    if says.documents != 1:
        yield failed(Check.BINDING, "rulings.certified.documents", count=says.documents)
    if says.court is None:
        yield not_possible(Check.BINDING, "rulings.binding.no_court")
    elif expected.court is not None and "法院" not in expected.court:
        yield not_possible(Check.BINDING, "rulings.certified.tribunal", name=expected.court)
    elif expected.court is not None and not same_court(says.court, expected.court):
        yield failed(Check.BINDING, "rulings.binding.other_court", given=says.court, wanted=expected.court)
    yield from _number(says, said.number)
    yield from _name(says, says.performers, said.performer, "performer")
    if said.counterpart is not None or says.counterparts:
        yield from _name(says, says.counterparts, said.counterpart, "counterpart")
    yield from _basis(says, said)


def _number(says: Certifies, wanted: str) -> Iterator[Finding]:
    given = numbers_in(says.head)
    if folded(wanted) in says.head or [spelled(each) for each in given] == [spelled(wanted)]:
        return
    if given:
        yield failed(Check.BINDING, "rulings.certified.other_number", given=given[0], wanted=wanted)
    else:
        yield not_possible(Check.BINDING, "rulings.certified.no_number")


def _name(says: Certifies, given: tuple[str, ...], wanted: str | None, who: str) -> Iterator[Finding]:
    """Yield whether the file names the same person, by what is wrong: the name stays where it is."""
    name = folded(wanted or "")
    if not given or not name:
        yield not_possible(Check.BINDING, f"rulings.certified.no_{who}")
    elif given != (name,):
        cut = len(given) == 1 and given[0] in says.open_ended and name.startswith(given[0])
        yield (not_possible if cut else failed)(Check.BINDING, f"rulings.certified.other_{who}")


def _basis(says: Certifies, said: Certified) -> Iterator[Finding]:
    wanted = {spelled(said.basis_number)} if said.basis_number else set(map(spelled, said.rulings))
    if not wanted:
        return
    if not says.cases:
        yield not_possible(Check.BINDING, "rulings.certified.no_basis")
    elif not wanted & says.cases:
        yield failed(Check.BINDING, "rulings.certified.other_basis")


def _same_case(expected: Expected, said: Certified) -> Iterator[Finding]:
    """Yield how what the court's message says differs from the case as it was carried."""
    known = {folded(name) for name in expected.parties or ()}
    named = {folded(name) for name in (said.performer, said.counterpart) if name}
    if not known:
        yield not_possible(Check.BINDING, "rulings.certified.no_parties_known")
    elif strangers := named - known:
        yield failed(Check.BINDING, "rulings.certified.not_a_party", count=len(strangers))
    if not said.of_ruling:
        return
    if not said.rulings:
        yield not_possible(Check.BINDING, "rulings.certified.no_ruling_known")
    elif said.basis_number and spelled(said.basis_number) not in map(spelled, said.rulings):
        yield failed(Check.BINDING, "rulings.certified.ruling_of_another")
