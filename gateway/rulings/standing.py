"""Check 9 for a signer, and the part of check 7 that asks the registry: chain, and whose certificate or seal it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.rulings.certificate import Certificate
from gateway.rulings.context import Context
from gateway.rulings.result import Check, Finding, failed, not_applicable, not_possible, passed
from gateway.rulings.trust import Court
from gateway.rulings.trust.chain import Chain, Moment, build


def chain_of_signer(signer: Certificate, others: Iterable[Certificate], context: Context, moment: Moment) -> Chain:
    """Return the chain of a signer to an anchor."""
    return build(signer, others, context.trust, "signer", moment)


def no_time() -> Finding:
    """Return what check 9 says where nobody knows the time at which a chain must have held."""
    return not_possible(Check.CHAIN, "rulings.chain.no_time")


def registration(signer: Certificate, context: Context, moment: Moment) -> Iterator[Finding]:
    """Yield whether the certificate is one that a court has registered, and not withdrawn (check 9)."""
    known = context.trust.registered(signer.sha256)
    if known is not None:
        court, row = known
        facts = {"name": signer.shown, "court": court.name}
        if row.period.withdrawn_for(moment.at, moment.now):
            yield failed(Check.CHAIN, "rulings.chain.withdrawn", **facts)
        elif not row.period.covers(moment.at):
            yield failed(Check.CHAIN, "rulings.chain.registration_dates", **facts)
        else:
            yield passed(Check.CHAIN, "rulings.chain.registered", **facts)
    elif context.trust.registers_certificates:
        yield failed(Check.CHAIN, "rulings.chain.unregistered", name=signer.shown)
    else:
        yield not_applicable(Check.CHAIN, "rulings.chain.no_registry")


def seal_registration(seal_id: str, context: Context, moment: Moment) -> Iterator[Finding]:
    """Yield whether the seal is one that a court has registered, and not withdrawn (check 7)."""
    known = context.trust.seal(seal_id)
    if known is not None:
        court, row = known
        facts = {"seal": seal_id, "court": court.name}
        if row.period.withdrawn_for(moment.at, moment.now):
            yield failed(Check.SEAL, "rulings.seal.withdrawn", **facts)
        elif not row.period.covers(moment.at):
            yield failed(Check.SEAL, "rulings.seal.registration_dates", **facts)
        else:
            yield passed(Check.SEAL, "rulings.seal.registered", **facts)
    elif context.trust.registers_seals:
        yield failed(Check.SEAL, "rulings.seal.unregistered", seal=seal_id)


def court_of(signer: Certificate | None, seal_id: str | None, context: Context) -> Court | None:
    """Return the configured court that a certificate, else a seal, is registered for."""
    by_certificate = context.trust.registered(signer.sha256) if signer else None
    by_seal = context.trust.seal(seal_id) if seal_id else None
    known = by_certificate or by_seal
    return known[0] if known else None
