"""The whole catalogue at the journal: fan-out, acknowledgement, the court's review, and no message that gets lost."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from gateway import configuration
from gateway.canonical.identifiers import uuid7
from gateway.canonical.messages import Message
from gateway.rules import Rules
from gateway.store import shown
from gateway.store.cipher import Cipher
from gateway.store.journal import Journal
from gateway.store.tables import confirmation, delivery, dispute_case, inbox
from gateway.store.tables import message as message_table
from tests.gateway.lifecycle import lifecycle_messages as m
from tests.gateway.store.keeping import START, Keeper

KINDS = {
    m.TRIBUNAL: ("tribunal", "500242"), m.COURT: ("court", "500242"), m.VILLAGE: ("mediation_center", "500242107203"),
    m.TOWNSHIP: ("township", "500242107"), m.INDUSTRY: ("industry_mediation", "500242"),
    m.PEACE_OFFICE: ("peace_office", "500242107"), "org-police": ("police_station", "500242107"),
    "org-justice": ("justice_office", "500242107"), "org-far": ("police_station", "500242219"),
    m.STRANGER: ("department", "500242107"),
}  # fmt: skip


def partner(organisation: str) -> str:
    return f"at-{organisation}"


def area() -> configuration.Revision:
    """A township with its bodies, one partner each."""
    files = {
        f"partners/{partner(name)}.yaml": f"partner: {partner(name)}\nadapter: test\norganisations: [{name}]\n"
        for name in KINDS
    }
    rows = "".join(
        f'  - {{id: {name}, name: {name}, kind: {kind}, division: "{division}", partner: {partner(name)}}}\n'
        for name, (kind, division) in KINDS.items()
    )
    return configuration.from_files({**files, "organisations.yaml": f"organisations:\n{rows}"})


class Office(Keeper):
    """A keeper with the bodies of one township."""

    def __init__(self, engine: Engine, cipher: Cipher) -> None:
        super().__init__(engine, cipher)
        revision = area()
        self.journal = Journal(cipher=cipher, decide=Rules(lambda: revision), now=lambda: self.now)

    def hear(self, message: Message, **changes: Any) -> Any:
        """Have the message's own sender say it; every partner calls the case by the sender's id of it."""
        return self.say(partner(message.sender or ""), message.model_copy(update={"id": uuid7(), **changes}))

    def due(self, message_id: str) -> set[str]:
        return {row["partner"] for row in self.rows(delivery, message_id=message_id)}


@pytest.fixture
def office(engine: Engine, cipher: Cipher) -> Office:
    return Office(engine, cipher)


def named(case: str | None, message: Message, case_id: str | None = None) -> Message:
    """Let a message speak of a case by the gateway's id."""
    identity = message.data.case.model_copy(update={"partner_id": case, "gateway_id": case_id})  # type: ignore[union-attr]
    return message.model_copy(update={"data": message.data.model_copy(update={"case": identity})})


def warning(*recipients: str) -> Message:
    return m.say(
        "warning", m.PEACE_OFFICE, recipients=recipients, type="neighbours", facts="测试情况", level="red",
        acknowledge_by=m.at(1), case=None,
    )  # fmt: skip


def acknowledged(by: str, answers: str) -> Message:
    return m.say("warning_acknowledgement", by, 1, answers=answers, acknowledged_at=m.at(1), case=None)


def test_a_warning_fans_out_and_each_recipient_acknowledges_it(office: Office) -> None:
    told = office.hear(warning("org-police", "org-justice", m.STRANGER))
    assert told.fate == "accepted"
    assert office.due(told.message_id) == {partner(name) for name in ("org-police", "org-justice", m.STRANGER)}
    assert {row["priority"] for row in office.rows(delivery, message_id=told.message_id)} == {0}
    for body in ("org-police", m.STRANGER):
        answer = office.hear(acknowledged(body, told.message_id))
        assert answer.fate == "accepted"
        assert office.due(answer.message_id) == {partner(m.PEACE_OFFICE)}
    with office.engine.connect() as connection:
        known = {row["partner"]: row["acknowledged_at"] for row in shown.acknowledgements(connection, told.message_id)}
    assert known[partner("org-justice")] is None
    assert known[partner("org-police")] == known[partner(m.STRANGER)] == m.at(1)


def test_nobody_acknowledges_what_was_not_sent_to_them(office: Office) -> None:
    told = office.hear(warning("org-police"))
    answer = office.hear(acknowledged("org-justice", told.message_id))
    assert (answer.fate, answer.code) == ("refused", "inbox.not_asked")
    other = office.hear(m.say("guidance_answer", "org-police", answers=told.message_id, form="on_site", case=None))
    assert (other.fate, other.code) == ("refused", "lifecycle.answers_another")


def test_a_dispute_notice_reaches_the_bodies_of_its_own_township(office: Office) -> None:
    notice = m.say(
        "dispute_notice", m.PEACE_OFFICE, type="neighbours", facts="测试情况", registered_on="2026-03-02", case=None
    )
    told = office.hear(notice)
    assert office.due(told.message_id) == {partner(name) for name in (m.TRIBUNAL, "org-police", "org-justice")}
    wrong = office.hear(notice, sender=m.VILLAGE)
    assert (wrong.fate, wrong.code) == ("refused", "lifecycle.sender_not_entitled")


def test_an_answer_belongs_to_the_case_of_what_it_answers(office: Office) -> None:
    referred = office.hear(named("A-1", m.referral()))
    question = m.say("guidance_request", m.VILLAGE, 2, to=m.TRIBUNAL, question="测试问题")
    asked = office.hear(named("V-1", question, referred.case_id))
    assert (asked.fate, asked.case_id) == ("accepted", referred.case_id)
    answer = office.hear(
        m.say("guidance_answer", m.TRIBUNAL, 3, answers=asked.message_id, form="legal_guidance", case=None)
    )
    assert (answer.fate, answer.case_id) == ("accepted", referred.case_id)
    assert office.due(answer.message_id) == {partner(m.VILLAGE)}


def settled(office: Office) -> str:
    case_id = office.hear(named("A-1", m.referral())).case_id
    for message in (m.acceptance(), m.success()):
        assert office.hear(named("V-1", message, case_id)).fate == "accepted"
    return str(case_id)


def test_a_review_is_kept_with_its_holder_and_a_ruling_goes_to_nobody(office: Office) -> None:
    case_id = settled(office)
    applied = office.hear(named("V-1", m.application(), case_id))
    assert office.due(applied.message_id) == {partner(m.COURT)}
    accepted = office.hear(named("C-1", m.status("accepted"), case_id))
    assert office.due(accepted.message_id) == {partner(m.VILLAGE)}
    (kept,) = office.rows(dispute_case, id=case_id)
    assert (kept["state"], kept["holder"], kept["holder_until"]) == ("SETTLED", m.COURT, "2026-05-04")
    ruled = office.hear(named("C-1", m.ruling("valid", documents=_papers()), case_id))
    assert ruled.fate == "accepted"
    assert office.due(ruled.message_id) == set()
    (row,) = office.rows(confirmation, case_id=case_id)
    assert row["state"] == "RETURNED_ONLINE"
    assert (row["court"], row["document"], row["version"], row["result"]) == (m.COURT, "D-1", 1, "valid")
    with office.engine.connect() as connection:
        assert [each["id"] for each in shown.cases(connection, holder=m.COURT)] == [case_id]
        assert shown.cases(connection, holder=m.VILLAGE) == []
        assert shown.trace(connection, case_id)["confirmations"][0]["state"] == "RETURNED_ONLINE"


def _papers() -> list[dict[str, Any]]:
    return [{"partner_id": "D-1", "kind": "ruling", "name": "裁定书.ofd", "media_type": "application/ofd"}]


def test_an_intake_of_a_channel_is_the_courts_to_refer(office: Office) -> None:
    told = office.hear(named("H-1", m.intake()))
    assert office.due(told.message_id) == {partner(m.TRIBUNAL)}
    (kept,) = office.rows(dispute_case, id=told.case_id)
    assert (kept["state"], kept["holder"], kept["origin"], kept["origin_partner"]) == (
        "REGISTERED", m.TRIBUNAL, m.TRIBUNAL, None,
    )  # fmt: skip
    referred = office.hear(named("A-1", m.referral(), told.case_id))
    accepted = office.hear(named("V-1", m.acceptance(), referred.case_id))
    assert office.due(accepted.message_id) == {partner(m.TRIBUNAL)}


# Nothing gets lost ----------------------------------------------------------------------------------------------

STEPS = (
    m.referral, m.acceptance, m.success, m.application, partial(m.status, "supplement"), partial(m.status, "accepted"),
    partial(m.supply, "supplement"), partial(m.ruling, "valid"), partial(m.performance, "started"), m.closure,
    m.return_, m.intake, partial(m.inquiry, "given"), m.progress, m.decline,
)  # fmt: skip


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(order=st.lists(st.integers(0, len(STEPS) - 1), min_size=4, max_size=25), groups=st.integers(1, 6))
def test_whatever_order_messages_come_in_each_has_one_fate_and_every_case_a_holder(
    office: Office, order: list[int], groups: int
) -> None:
    """One id for everybody, as on a platform that they share, so that each may speak of the case before it is known."""
    name, office.now = f"A-{uuid7()}", START
    said = [named(name, STEPS[index]()).model_copy(update={"id": uuid7()}) for index in order]
    for start in range(0, len(said), groups):
        office.keep(*(office.arrival("at-all", office.entry(message)) for message in said[start : start + groups]))
    for message in said:
        (row,) = office.rows(inbox, record_id=message.id)
        assert row["fate"] in {"accepted", "parked", "held", "refused"}
        kept = office.rows(message_table, id=message.id)
        assert len(kept) == (row["fate"] == "accepted")
        assert row["fate"] == "accepted" or row["code"]
        assert row["fate"] != "parked" or (row["content_sealed"] and row["deadline_at"] and row["waits_for"])
    for case in office.rows(dispute_case):
        assert case["holder"]
        steps = sorted(row["step"] for row in office.rows(message_table, case_id=case["id"]))
        assert steps == list(range(1, len(steps) + 1))
