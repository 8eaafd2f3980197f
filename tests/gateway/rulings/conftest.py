"""Signing benches of all three kinds, whom to trust for each, and where the public samples lie."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.court_oa.simulator_signing.bench import Bench
from adapters.court_oa.simulator_signing.hierarchy import Hierarchy, hierarchy
from adapters.court_oa.simulator_signing.keys import Kind
from gateway.rulings.certificate import read_certificate
from gateway.rulings.result import Check, Verdict, Verification
from gateway.rulings.trust import ROLES, Anchor, Period, Trust
from tests.servers import missing

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # the day of the invented ruling, in Beijing too
NOW = AT + timedelta(days=5)
COURT = "浙江省示例县人民法院"
SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "fixtures" / "ofd"


def bench_of(kind: Kind) -> Bench:
    """Return a signing bench with keys of one kind."""
    return Bench(people=hierarchy(kind, court=COURT, at=AT), at=AT)


def trust_in(people: Hierarchy, **more: object) -> Trust:
    """Return trust in the root of a hierarchy for every role."""
    anchor = Anchor(certificate=read_certificate(people.root.der), roles=frozenset(ROLES), period=Period())
    given: dict[str, object] = {"intermediates": (read_certificate(people.issuing.der),), **more}
    return Trust(anchors=(anchor,), **given)  # type: ignore[arg-type]


def failed_checks(verification: Verification) -> list[Check]:
    """Return the checks that failed."""
    return [result.check for result in verification.failed]


def codes(verification: Verification, verdict: Verdict | None = None) -> set[str]:
    """Return the codes of all findings, of one verdict or of every one."""
    return {finding.code for finding in verification.findings if verdict in (None, finding.verdict)}


@pytest.fixture(scope="session")
def sm2() -> Bench:
    """A bench whose keys are of SM2."""
    return bench_of("sm2")


@pytest.fixture(scope="session")
def rsa() -> Bench:
    """A bench whose keys are of RSA."""
    return bench_of("rsa")


@pytest.fixture(scope="session")
def ecdsa() -> Bench:
    """A bench whose keys are of P-256."""
    return bench_of("ecdsa")


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of public samples; skipped where it is not beside the project, a failure in continuous integration."""
    if not SAMPLES.is_dir():
        reason = "the public signed samples are not beside this project"
        missing(reason)
    return SAMPLES
