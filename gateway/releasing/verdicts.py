"""What a verification means for a ruling: verified only when every check passed; anything unknown is for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from gateway.rulings.result import GENUINE_CHECKS, Check, CheckResult, Verdict, Verification

Outcome = Literal["verified", "undecided", "quarantined"]
_FINE = (Verdict.PASSED.value, Verdict.NOT_APPLICABLE.value)
LONGEST = 2_000  # characters of what is said of one finding
MOST = 100


def outcome_of(verification: Verification) -> Outcome:
    """Return what follows. Whether it belongs to the case must have been asked, and passed."""
    if verification.failed:
        return "quarantined"
    belongs = verification.check(Check.BINDING).verdict is Verdict.PASSED
    kept = verification.check(Check.EVIDENCE).verdict is Verdict.PASSED
    return "verified" if verification.genuine and belongs and kept else "undecided"


def code_of(verification: Verification) -> str:
    """Return the code of what decided: of the first check that failed, else of the first that was not possible."""
    for verdict in (Verdict.FAILED, Verdict.NOT_POSSIBLE):
        for result in verification.checks:
            if result.verdict is verdict:
                return result.decisive.code
    return verification.check(Check.BINDING).decisive.code


def kept_of(verification: Verification) -> list[dict[str, Any]]:
    """Return the verdict and the deciding code of each check, as they are kept with the ruling."""
    return [
        {"number": int(each.check), "verdict": each.verdict.value, "code": each.decisive.code}
        for each in verification.checks
    ]


def said_of(verification: Verification) -> list[dict[str, Any]]:
    """Return what is said of each check to the court, in Chinese: everything that speaks against the file."""
    return [each for result in verification.checks for each in _said(result)][:MOST]


def may_be_released(checks: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether a person may release a file: it is genuine beyond doubt, and nothing failed."""
    verdicts = {each["number"]: each["verdict"] for each in checks}
    genuine = all(verdicts.get(int(check)) in _FINE for check in GENUINE_CHECKS)
    return genuine and Verdict.FAILED.value not in verdicts.values()


def _said(result: CheckResult) -> Iterator[dict[str, Any]]:
    doubtful = result.verdict in (Verdict.FAILED, Verdict.NOT_POSSIBLE)
    found = [each for each in result.findings if each.verdict is result.verdict] if doubtful else [result.decisive]
    for code, text in dict.fromkeys((each.code, each.text("zh")[:LONGEST]) for each in found):
        yield {"number": int(result.check), "verdict": result.verdict.value, "code": code, "text": text}
