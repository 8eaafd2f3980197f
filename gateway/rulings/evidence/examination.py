"""Look at an archive on any machine: is it whole, does the verification come out the same, who knows its anchors?

That it comes out the same proves that nobody changed part of the archive and that the verdicts follow from what it
holds. It does not prove that its anchors are the right ones: a forger can make a whole archive with anchors of his
own. So an archive counts as confirmed only where every anchor is known to whoever looks, by fingerprint or by trust.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.errors import ConfigurationFault
from gateway.rulings.evidence.archive import Opened, open_archive
from gateway.rulings.evidence.record import EvidenceRecord, digests_of, record_of
from gateway.rulings.malformed import Malformed
from gateway.rulings.result import Check, Finding, Verdict, Verification, failed, not_applicable, not_possible, passed
from gateway.rulings.trust import Trust
from gateway.rulings.trust.folder import FILE as TRUST
from gateway.rulings.trust.folder import read_files
from gateway.rulings.verification import VERIFIER, verify

_ALWAYS_SAME = (
    "form", "genuine", "document", "signature", "signatures", "certificates", "anchors", "revocation_lists",
)  # fmt: skip
_SLOW = "rulings.container.too_slow"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveReport:
    """What is found about an archive. ``again``: the verification made again; ``today``: with the reader's trust."""

    findings: tuple[Finding, ...]
    record: EvidenceRecord | None = None
    again: Verification | None = None
    today: Verification | None = None

    @property
    def intact(self) -> bool:
        """Say whether nothing speaks against the archive itself."""
        return self.again is not None and all(each.verdict is not Verdict.FAILED for each in self.findings)

    @property
    def verdict(self) -> Verdict:
        """Return what may be concluded: passed only for a genuine ruling in a whole archive with known anchors."""
        judged = [each for each in (self.again, self.today) if each is not None]
        if not self.intact or any(each.failed for each in judged):
            return Verdict.FAILED
        undecided = any(each.verdict is Verdict.NOT_POSSIBLE for each in self.findings)
        return Verdict.NOT_POSSIBLE if undecided or not all(each.genuine for each in judged) else Verdict.PASSED

    def to_dict(self) -> dict[str, Any]:
        """Return the report for a program."""
        record = (
            self.record.model_dump(mode="json", exclude={"checks", "signatures", "expected"}) if self.record else None
        )
        return {
            "archive": True, "verdict": self.verdict.value, "intact": self.intact, "record": record,
            "findings": [each.to_dict() for each in self.findings],
            "again": self.again.to_dict() if self.again else None,
            "today": self.today.to_dict() if self.today else None,
        }  # fmt: skip


def examine(
    octets: bytes, *, now: datetime, trust: Trust | None = None, known: Set[str] = frozenset()
) -> ArchiveReport:
    """Return what is found about an archive; ``known``: SHA-256 of the anchors that the reader has compared.

    With ``trust`` the ruling is also verified as of ``now``. Hostile input ends in findings, never in an exception.
    """
    found: list[Finding] = []
    try:
        opened = open_archive(octets, found)
        believed = read_files(lambda name: _file(opened, name))
        return _examined(opened, believed, found, now=now, trust=trust, known=known)
    except Malformed as error:
        found.append(error.as_finding(Check.EVIDENCE))
    except ConfigurationFault:
        found.append(failed(Check.EVIDENCE, "rulings.archive.trust"))
    except Exception as error:
        found.append(not_possible(Check.EVIDENCE, "rulings.fault", kind=type(error).__name__))
    return ArchiveReport(findings=tuple(found))


def _examined(
    opened: Opened, believed: Trust, found: list[Finding], *, now: datetime, trust: Trust | None, known: Set[str]
) -> ArchiveReport:
    record = opened.record

    def verified(whom: Trust, at: datetime) -> Verification:
        return verify(
            opened.document, trust=whom, now=at, expected=record.expected, detached=opened.signature,
            signer=record.signer,
        )  # fmt: skip

    again = verified(believed, record.verified_at)
    rebuilt = record_of(
        again, trust=believed, expected=record.expected, detached=opened.signature, signer=record.signer
    )
    findings = (*found, *_agreement(opened, rebuilt), *_anchors(record, trust, known))
    return ArchiveReport(
        findings=findings, record=record, again=again, today=verified(trust, now) if trust is not None else None
    )


def _file(opened: Opened, name: str) -> bytes:
    content = opened.record.files.get(name)
    if content is None:
        raise FileNotFoundError(name)
    return content


def _agreement(opened: Opened, rebuilt: EvidenceRecord) -> Iterator[Finding]:
    """Yield whether the record is that of these bytes, and whether a new verification says the same."""
    record = opened.record
    found = [failed(Check.EVIDENCE, "rulings.archive.other", field=each) for each in _differing(opened, rebuilt)]
    found += _files_differing(record.files, rebuilt.files)
    slow = any(finding["code"] == _SLOW for check in rebuilt.checks for finding in check["findings"])
    if slow:
        yield not_possible(Check.EVIDENCE, _SLOW)
        return
    yield from found
    if not found and record.verifier == VERIFIER:
        yield passed(Check.EVIDENCE, "rulings.archive.same", at=record.verified_at.isoformat())
    elif not found:
        yield passed(
            Check.EVIDENCE, "rulings.archive.same_by_another", at=record.verified_at.isoformat(), other=record.verifier,
            verifier=VERIFIER,
        )  # fmt: skip


def _files_differing(files: Mapping[str, bytes], rebuilt: Mapping[str, bytes]) -> Iterator[Finding]:
    """Yield each file beside the record that is not what the verification itself uses."""
    for name in sorted({*files, *rebuilt} - {TRUST}):  # whose digest the record holds
        if name not in rebuilt:
            yield failed(Check.EVIDENCE, "rulings.archive.superfluous", file=name)
        elif files.get(name) != rebuilt[name]:
            yield failed(Check.EVIDENCE, "rulings.archive.other", field=name)


def _differing(opened: Opened, rebuilt: EvidenceRecord) -> Iterator[str]:
    record = opened.record
    yield from (name for name in _ALWAYS_SAME if getattr(record, name) != getattr(rebuilt, name))
    if record.trust != digests_of(record.files[TRUST]):
        yield "trust"
    exact = record.verifier == VERIFIER  # another version may word a finding otherwise, or make more of them
    if (exact and record.checks != rebuilt.checks) or [each.get("verdict") for each in record.checks] != [
        each["verdict"] for each in rebuilt.checks
    ]:
        yield "checks"


def _anchors(record: EvidenceRecord, trust: Trust | None, known: Set[str]) -> Iterator[Finding]:
    """Yield for each anchor that was used whether the reader knows it."""
    own = {anchor.certificate.sha256 for anchor in trust.anchors} if trust else set()
    if not record.anchors:
        yield not_applicable(Check.EVIDENCE, "rulings.archive.no_anchor")
    for each in record.anchors:
        facts = {"name": each.name, "sha256": each.sha256}
        if each.sha256 in own | known:
            yield passed(Check.EVIDENCE, "rulings.archive.anchor_known", **facts)
        else:
            yield not_possible(Check.EVIDENCE, "rulings.archive.anchor_unknown", **facts)
