"""A withdrawal takes effect at its date: which rulings that were verified before rest on what was withdrawn."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from adapters.court_oa.simulator_signing.bench import Bench
from gateway.rulings.certificate import read_certificate
from gateway.rulings.evidence.affected import Effect, by_certificate, by_seal, withdrawal
from gateway.rulings.evidence.record import EvidenceRecord, record_of
from gateway.rulings.trust import Court, CourtCertificate, CourtSeal, Period, Trust
from gateway.rulings.verification import verify
from tests.gateway.rulings.conftest import AT, COURT, NOW, trust_in

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def record(sm2: Bench) -> EvidenceRecord:
    trust = trust_in(sm2.people)
    return record_of(verify(sm2.sealed_ofd(), trust=trust, now=NOW), trust=trust)


@pytest.mark.parametrize(
    ("withdrawn", "compromised", "effect"),
    [
        (AT - DAY, False, Effect.VOID), (AT, False, Effect.VOID), (AT + DAY, False, Effect.UNTOUCHED),
        (AT + DAY, True, Effect.DOUBTFUL), (AT - DAY, True, Effect.VOID), (None, False, Effect.UNTOUCHED),
    ],
)  # fmt: skip
def test_a_withdrawal_means_what_its_date_and_reason_say(
    record: EvidenceRecord, sm2: Bench, withdrawn: datetime | None, compromised: bool, effect: Effect
) -> None:
    period = Period(withdrawn=withdrawn, compromised=compromised)
    for issued in (sm2.people.court, sm2.people.maker, sm2.people.issuing, sm2.people.root):
        assert by_certificate(record, read_certificate(issued.der).sha256, period) is effect
    assert by_seal(record, sm2.wanted.id, period) is effect


def test_what_a_ruling_does_not_rest_on_means_nothing_to_it(record: EvidenceRecord, sm2: Bench) -> None:
    period = Period(withdrawn=AT - DAY)
    assert by_certificate(record, read_certificate(sm2.people.stamping.der).sha256, period) is None
    assert by_seal(record, "33052100000018", period) is None


def test_a_signature_without_a_time_is_doubtful_once_its_certificate_is_withdrawn(
    record: EvidenceRecord, sm2: Bench
) -> None:
    timeless = record.model_copy(
        update={"signatures": tuple({**each, "signed_at": None} for each in record.signatures)}
    )
    assert by_seal(timeless, sm2.wanted.id, Period(withdrawn=NOW)) is Effect.DOUBTFUL
    assert by_seal(timeless, sm2.wanted.id, Period()) is Effect.UNTOUCHED


def test_the_dates_are_those_of_the_trust_of_today(record: EvidenceRecord, sm2: Bench) -> None:
    signer, withdrawn = read_certificate(sm2.people.court.der).sha256, Period(withdrawn=AT - DAY)
    court = Court(
        name=COURT, codes=frozenset(), certificates=(CourtCertificate(sha256=signer, period=withdrawn),),
        seals=(CourtSeal(id=sm2.wanted.id, period=withdrawn),),
    )  # fmt: skip
    trust = trust_in(sm2.people, courts=(court,))
    assert withdrawal(trust, certificate=signer) == withdrawal(trust, seal=sm2.wanted.id) == withdrawn
    assert withdrawal(trust, certificate=trust.anchors[0].certificate.sha256) == Period()
    assert withdrawal(Trust(), certificate=signer) == Period()
