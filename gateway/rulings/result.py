"""What a verification found: twelve checks in their order, each with a verdict, a code and a plain sentence.

    Verification            of one file
    ├── checks              twelve CheckResults, in the order of the numbers
    │     └── findings      what the verdict rests on; the worst finding gives the verdict
    ├── signatures          who signed with which seal, when, as the file claims it
    └── evidence            digests, certificates, anchors and revocation lists used, version, time

A check without any finding was not reached: it is *not possible*, never passed. Nothing here raises on hostile input.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from gateway import texts
from gateway.texts import Language


class Verdict(StrEnum):
    """What is known about one check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"
    NOT_POSSIBLE = "not_possible"


_WORST_FIRST = (Verdict.FAILED, Verdict.NOT_POSSIBLE, Verdict.PASSED, Verdict.NOT_APPLICABLE)


class Check(IntEnum):
    """The twelve checks, in the order in which they are made (GB/T 38540-2020 §7 and what a ruling adds)."""

    CONTAINER = 1
    COVERAGE = 2
    DIGESTS = 3
    SIGNED_HASH = 4
    SEAL_COPY = 5
    SIGNATURE = 6
    SEAL = 7
    LISTED = 8
    CHAIN = 9
    TIME = 10
    BINDING = 11
    EVIDENCE = 12

    @property
    def code(self) -> str:
        """Return the check's own code, by which programs know it and people read its name."""
        return f"rulings.check.{self.name.lower()}"


# What makes a file genuine; 11 asks whether it belongs to the case, 12 keeps what was found.
GENUINE_CHECKS = tuple(check for check in Check if check < Check.BINDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was found: its code and facts make its text. Facts hold no personal data but names in seals."""

    check: Check
    verdict: Verdict
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    signature: str = ""  # which signature of the file; "" for the file as a whole

    def text(self, language: Language = "en") -> str:
        """Say in ``language`` what was found."""
        return texts.text(self.code, language, **self.facts)

    def to_dict(self) -> dict[str, Any]:
        """Return the finding for a program."""
        said = {"zh": self.text("zh"), "en": self.text("en")}
        return {
            "verdict": self.verdict.value, "code": self.code, "signature": self.signature or None,
            "facts": {name: _plain(value) for name, value in self.facts.items()}, "texts": said,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One check with everything found about it."""

    check: Check
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """Return the worst verdict found."""
        found = {finding.verdict for finding in self.findings}
        return next((verdict for verdict in _WORST_FIRST if verdict in found), Verdict.NOT_POSSIBLE)

    @property
    def decisive(self) -> Finding:
        """Return the first finding that gives the verdict."""
        return next(finding for finding in self.findings if finding.verdict == self.verdict)

    def to_dict(self) -> dict[str, Any]:
        """Return the check for a program."""
        return {
            "number": int(self.check), "code": self.check.code, "verdict": self.verdict.value,
            "findings": [finding.to_dict() for finding in self.findings],
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureFound:
    """A signature as the file presents it; whether to believe it is what the checks say."""

    name: str
    form: str  # ses_v1, ses_v4, ses_v5, gbt_35275, cms, bare
    signer: str | None = None
    signer_sha256: str | None = None
    seal_id: str | None = None
    seal_name: str | None = None
    signed_at: datetime | None = None
    court: str | None = None  # the configured court that the signer or the seal belongs to


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the findings rest on, to be kept with the original bytes."""

    size: int
    sha256: str
    sm3: str
    verified_at: datetime
    verifier: str
    certificates: tuple[str, ...] = ()  # SHA-256 of every certificate of a chain that was used
    anchors: tuple[str, ...] = ()
    revocation_lists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Everything found about one file."""

    form: str  # ofd, pdf, detached, unknown
    findings: tuple[Finding, ...]
    evidence: Evidence
    signatures: tuple[SignatureFound, ...] = ()
    certificates: Mapping[str, bytes] = field(default_factory=dict, repr=False)  # of the chains, by SHA-256

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        """Return all twelve checks in order."""
        return tuple(self.check(check) for check in Check)

    def check(self, check: Check) -> CheckResult:
        """Return one check; what was not reached is not possible."""
        found = tuple(finding for finding in self.findings if finding.check == check)
        return CheckResult(check=check, findings=found or (not_possible(check, "rulings.not_reached"),))

    @property
    def genuine(self) -> bool:
        """Say whether checks 1 to 10 leave no doubt: none failed, none impossible, and there is a signature."""
        fine = (Verdict.PASSED, Verdict.NOT_APPLICABLE)
        return bool(self.signatures) and all(self.check(check).verdict in fine for check in GENUINE_CHECKS)

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """Return the checks that failed."""
        return tuple(result for result in self.checks if result.verdict is Verdict.FAILED)

    def to_dict(self) -> dict[str, Any]:
        """Return the whole verification for a program."""
        return {
            "form": self.form, "genuine": self.genuine,
            "signatures": [_shown(signature) for signature in self.signatures],
            "checks": [result.to_dict() for result in self.checks], "evidence": _shown(self.evidence),
        }  # fmt: skip


def passed(check: Check, code: str, /, **facts: object) -> Finding:
    """Return a finding that something is as it should be."""
    return Finding(check=check, verdict=Verdict.PASSED, code=code, facts=facts)


def failed(check: Check, code: str, /, **facts: object) -> Finding:
    """Return a finding that speaks against the file."""
    return Finding(check=check, verdict=Verdict.FAILED, code=code, facts=facts)


def not_applicable(check: Check, code: str, /, **facts: object) -> Finding:
    """Return a finding that a check has no object in this kind of file."""
    return Finding(check=check, verdict=Verdict.NOT_APPLICABLE, code=code, facts=facts)


def not_possible(check: Check, code: str, /, **facts: object) -> Finding:
    """Return a finding that a check could not be made; a person must look."""
    return Finding(check=check, verdict=Verdict.NOT_POSSIBLE, code=code, facts=facts)


def of_signature(name: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings marked as those of one signature of the file."""
    return tuple(
        Finding(check=each.check, verdict=each.verdict, code=each.code, facts=each.facts, signature=name)
        for each in findings
    )


def _shown(value: Any) -> dict[str, Any]:
    return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float | datetime):
        return value
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else str(value)
