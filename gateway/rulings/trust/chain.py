"""From a certificate to an anchor: every path by name, key and signature, then the conditions on the best of them.

    signer ─► issuer ─► … ─► anchor        enumerated, each signature verified once, at most MAX_PATHS
      conditions at the signing time: dates, CA flag, path length, key usage, unknown critical extensions,
      revocation lists, dates and withdrawal of the anchor itself

One builder serves SM2, RSA and ECDSA, so that all are held to the same conditions (RFC 5280 §6; GB/T 38540-2020 §7).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, pairwise

from gateway.rulings import signatures
from gateway.rulings.certificate import Certificate
from gateway.rulings.result import Check, Finding, Verdict, failed, not_applicable, not_possible, passed
from gateway.rulings.trust import Anchor, Role, Trust
from gateway.rulings.trust.revocation import COMPROMISED, HARMLESS, RevocationList

MAX_LENGTH = 8
MAX_SIGNATURES = 40
MAX_PATHS = 40
_SIGNING_USES = frozenset({"digital_signature", "non_repudiation"})
_TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
_WORST_FIRST = (Verdict.FAILED, Verdict.NOT_POSSIBLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The best path found, and what speaks for and against it; without a path the findings say why."""

    findings: tuple[Finding, ...]
    path: tuple[Certificate, ...] = ()
    anchor: Anchor | None = None
    lists: tuple[RevocationList, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The time at which a chain must have held, and the time at which we look.

    ``proven``: a time stamp says so, not only the signer.
    """

    at: datetime
    now: datetime
    proven: bool = False


def build(leaf: Certificate, others: Iterable[Certificate], trust: Trust, role: Role, moment: Moment) -> Chain:
    """Return the best chain from ``leaf`` to an anchor for ``role``; ``others`` came with the file, unproven."""
    if not trust.anchors:
        return Chain(
            findings=(not_possible(Check.CHAIN, "rulings.chain.no_trust", role_zh=_ROLE_ZH[role], role_en=role),)
        )
    builder = _Builder(trust, role, moment, [*trust.intermediates, *others])
    chains = [builder.judge(path, anchor) for path, anchor in islice(builder.paths((leaf,)), MAX_PATHS)]
    if chains:
        return min(chains, key=lambda chain: badness(chain.findings))
    code = "rulings.chain.forged" if builder.forged else "rulings.chain.no_anchor"
    return Chain(findings=(failed(Check.CHAIN, code, name=leaf.shown, role_zh=_ROLE_ZH[role], role_en=role),))


_ROLE_ZH: dict[Role, str] = {"signer": "签名", "maker": "制章", "timestamp": "时间戳"}


def badness(findings: Sequence[Finding]) -> tuple[int, ...]:
    """Return how much speaks against a chain, to order chains by: failures first."""
    return tuple(sum(each.verdict is verdict for each in findings) for verdict in _WORST_FIRST)


class _Builder:
    def __init__(self, trust: Trust, role: Role, moment: Moment, others: list[Certificate]) -> None:
        self._trust, self._role, self._moment = trust, role, moment
        self._anchors = [anchor for anchor in trust.anchors if role in anchor.roles]
        self._others = list({each.der: each for each in others if each.is_ca}.values())
        self._verified: dict[tuple[bytes, bytes], bool] = {}
        self.forged = False

    def paths(self, path: tuple[Certificate, ...]) -> Iterator[tuple[tuple[Certificate, ...], Anchor]]:
        """Yield every path that continues ``path`` to an anchor."""
        last = path[-1]
        for anchor in self._anchors:
            if anchor.certificate.der == last.der:
                yield path, anchor
            elif self._issued(anchor.certificate, last):
                yield (*path, anchor.certificate), anchor
        if len(path) >= MAX_LENGTH or last.self_issued:
            return
        for other in self._others:
            if other not in path and self._issued(other, last):
                yield from self.paths((*path, other))

    def judge(self, path: tuple[Certificate, ...], anchor: Anchor) -> Chain:
        """Return a path with everything that its conditions say."""
        lists: list[RevocationList] = []
        found = [*self._of_leaf(path[0]), *self._of_dates(path), *self._of_issuers(path), *self._of_anchor(anchor)]
        for certificate, issuer in pairwise(path):
            found += self._of_revocation(certificate, issuer, lists)
        if not any(each.verdict in _WORST_FIRST for each in found):
            facts = {"name": path[0].shown, "anchor": anchor.certificate.shown, "length": len(path)}
            found.insert(0, passed(Check.CHAIN, "rulings.chain.holds", **facts, **self._role_facts))
        return Chain(findings=tuple(found), path=path, anchor=anchor, lists=tuple(lists))

    @property
    def _role_facts(self) -> dict[str, str]:
        return {"role_zh": _ROLE_ZH[self._role], "role_en": self._role}

    def _issued(self, issuer: Certificate, certificate: Certificate) -> bool:
        if issuer.subject != certificate.issuer:
            return False
        key = (issuer.der, certificate.der)
        if key not in self._verified:
            if len(self._verified) >= MAX_SIGNATURES:
                return False
            result = signatures.outcome(issuer, certificate.algorithm, certificate.signed, certificate.signature)
            self._verified[key] = result == "holds"
            # Another key of the same name is an older or newer one, unless the certificate itself names this key.
            same_key = None in (certificate.issuer_key_id, issuer.key_id) or certificate.issuer_key_id == issuer.key_id
            self.forged |= result != "holds" and same_key
        return self._verified[key]

    def _of_leaf(self, leaf: Certificate) -> Iterator[Finding]:
        usage = leaf.key_usage
        if usage is not None and not usage & _SIGNING_USES:
            yield failed(Check.CHAIN, "rulings.chain.key_usage", name=leaf.shown)
        if self._role == "timestamp" and _TIME_STAMPING not in (leaf.extended_usage or ()):
            yield failed(Check.CHAIN, "rulings.chain.key_usage", name=leaf.shown)

    def _of_dates(self, path: Iterable[Certificate]) -> Iterator[Finding]:
        for certificate in path:
            if certificate.unknown_critical:
                yield failed(Check.CHAIN, "rulings.chain.unknown_critical", name=certificate.shown)
            if not certificate.valid_at(self._moment.at):
                dates = {"start": certificate.not_before.date(), "end": certificate.not_after.date()}
                yield failed(
                    Check.CHAIN, "rulings.chain.not_valid", name=certificate.shown, at=self._moment.at.date(), **dates
                )

    def _of_issuers(self, path: Sequence[Certificate]) -> Iterator[Finding]:
        for below, issuer in enumerate(path[1:]):
            if not issuer.is_ca:
                yield failed(Check.CHAIN, "rulings.chain.not_a_ca", name=issuer.shown)
            if issuer.key_usage is not None and "key_cert_sign" not in issuer.key_usage:
                yield failed(Check.CHAIN, "rulings.chain.key_usage", name=issuer.shown)
            between = sum(not each.self_issued for each in path[1 : below + 1])
            if issuer.path_length is not None and between > issuer.path_length:
                yield failed(Check.CHAIN, "rulings.chain.path_length", name=issuer.shown, allowed=issuer.path_length)

    def _of_anchor(self, anchor: Anchor) -> Iterator[Finding]:
        name = anchor.certificate.shown
        if anchor.period.withdrawn_for(self._moment.at, self._moment.now):
            yield failed(Check.CHAIN, "rulings.chain.anchor_withdrawn", name=name)
        elif not anchor.period.covers(self._moment.at):
            yield failed(Check.CHAIN, "rulings.chain.anchor_not_valid", name=name, at=self._moment.at.date())

    def _of_revocation(
        self, certificate: Certificate, issuer: Certificate, used: list[RevocationList]
    ) -> Iterator[Finding]:
        lists = [each for each in self._trust.revocation_lists if each.issuer == issuer.subject]
        lists = sorted((each for each in lists if each.signed_by(issuer)), key=lambda each: each.issued)
        used += [each for each in lists if each not in used]
        revoked = next(
            (each.revoked[certificate.serial] for each in reversed(lists) if certificate.serial in each.revoked), None
        )
        if revoked and (revoked.at <= self._moment.at or revoked.reason in COMPROMISED):
            yield failed(
                Check.CHAIN,
                "rulings.chain.revoked",
                name=certificate.shown,
                at=revoked.at.date(),
                reason=revoked.reason,
            )
        elif revoked and (self._moment.proven or revoked.reason in HARMLESS):
            yield passed(Check.CHAIN, "rulings.chain.revoked_later", name=certificate.shown, at=revoked.at.date())
        elif revoked:  # whoever has the key can claim a time before the revocation
            yield not_possible(
                Check.CHAIN, "rulings.chain.revoked_unproven", name=certificate.shown, at=revoked.at.date()
            )
        current = lists and (lists[-1].next_issue is None or lists[-1].next_issue >= self._moment.at)
        if not current:
            finding = not_possible if self._trust.revocation == "required" else not_applicable
            yield finding(Check.CHAIN, "rulings.chain.no_current_list", issuer=issuer.shown)
