"""Whom the roster lets a case be given to, and who may mediate it: one test for each condition."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest

from gateway.canonical.messages import Message
from gateway.lifecycle import NATIONAL, Accepted, Case, Decision, Refused, Standing, decide
from gateway.texts import text
from tests.gateway.lifecycle import lifecycle_messages as m

CODE, OTHER_CODE = "91500242MA5U0AAA60", "91500242MA5U0BBB3L"
IDENTITY, OTHER_IDENTITY = "500242198503120012", "500242197906211029"
PHONE, OTHER_PHONE = "13996000121", "13996000122"
ENTRUSTED = {"variant": "entrusted", "case": {"acceptance_number": "测受〔2026〕2号"}}


class Keys:
    """Digests under a present and an earlier key."""

    def __init__(self, *keys: bytes) -> None:
        self._keys = keys

    def digest(self, plain: bytes) -> bytes:
        return self.digests(plain)[0]

    def digests(self, plain: bytes) -> tuple[bytes, ...]:
        return tuple(hmac.digest(key, plain, hashlib.sha256) for key in self._keys)


KEYS = Keys(b"present")


def village(**facts: Any) -> Standing:
    said: dict[str, Any] = {"id": m.VILLAGE, "name": "测试村", "kind": "village", "level": "village"}
    return Standing(**(said | facts))


def township(**facts: Any) -> Standing:
    return village(**({"id": m.TOWNSHIP, "name": "测试乡", "kind": "township", "level": "township"} | facts))


def judge(case: Case | None, message: Message, standing: Standing | None = None, keys: Keys | None = KEYS) -> Decision:
    return decide(case, message, case_id="case-1", now=message.time, profile=NATIONAL, standing=standing, digester=keys)


def after(case: Case | None, *messages: Message) -> Case:
    for message in messages:
        decision = judge(case, message)
        assert isinstance(decision, Accepted), decision
        assert decision.case is not None
        case = decision.case
    assert case is not None
    return case


def refused(decision: Decision) -> str:
    """Return the code of a refusal whose texts are whole and name nobody."""
    assert isinstance(decision, Refused), decision
    for language in ("zh", "en"):
        sentence = text(decision.code, language, **decision.facts)
        assert "…" not in sentence
        assert "{" not in sentence
        assert not any(name in sentence for name in (m.APPLICANT, m.RESPONDENT, "测试调解员", PHONE, IDENTITY))
    return decision.code.removeprefix("lifecycle.")


def taken(decision: Decision) -> bool:
    return isinstance(decision, Accepted)


def accepted_case(keys: Keys | None = KEYS, **referral: Any) -> Case:
    decision = judge(None, m.referral(**referral), village(), keys)
    assert isinstance(decision, Accepted)
    assert decision.case is not None
    return after(decision.case, m.acceptance())


def person(name: str = m.APPLICANT, **facts: Any) -> dict[str, Any]:
    return {"role": "applicant", "kind": "natural_person", "name": name, **facts}


def assigned(name: str, **facts: Any) -> Message:
    said = {key: facts.pop(key) for key in ("disclosure",) if key in facts}
    return m.say("assignment", m.VILLAGE, 2, mediators=[{"name": name, **facts}], **said)


def test_what_the_roster_does_not_know_is_not_checked() -> None:
    assert taken(judge(None, m.referral(), None))


def test_a_fitting_organisation_is_given_the_case() -> None:
    assert taken(judge(None, m.referral(), village()))
    assert taken(judge(None, m.referral(level=None), township()))


def test_an_organisation_that_is_not_active_is_given_no_case() -> None:
    case = after(None, m.referral(), m.decline())
    case_in_hand = accepted_case()
    assert refused(judge(None, m.referral(), village(active=False))) == "addressee_inactive"
    assert refused(judge(case, m.referral(to=m.INDUSTRY), village(active=False))) == "addressee_inactive"
    assert refused(judge(case_in_hand, m.escalation(), township(active=False))) == "addressee_inactive"


def test_an_organisation_that_is_not_active_may_finish_what_it_has() -> None:
    assert taken(judge(accepted_case(), m.assignment(), village(active=False)))


@pytest.mark.parametrize(
    ("kind", "variant", "fits"),
    [
        ("court", {}, False),
        ("tribunal", {}, False),
        ("police_station", {}, False),
        ("police_station", ENTRUSTED, False),
        ("police_station", {"variant": "invited"}, True),
        ("tribunal", {"variant": "invited"}, False),
        ("studio", ENTRUSTED, True),
        ("industry_mediation", {}, True),
        ("justice_office", {}, True),
        ("other", {}, True),
    ],
)
def test_a_case_goes_to_those_who_may_mediate_it(kind: str, variant: dict[str, Any], fits: bool) -> None:
    decision = judge(None, m.referral(**variant), village(kind=kind))
    assert taken(decision) if fits else refused(decision) == "addressee_not_for_variant"


def test_what_the_directory_lists_goes_before_what_the_kind_takes() -> None:
    assert taken(judge(None, m.referral(), village(kind="police_station", variants=("delegated",))))
    only_invited = village(variants=("invited",))
    assert refused(judge(None, m.referral(), only_invited)) == "addressee_not_for_variant"


def test_an_escalation_is_of_the_kind_that_the_case_was_referred_by() -> None:
    case = accepted_case(**ENTRUSTED)
    assert taken(judge(case, m.escalation(), township(variants=("entrusted",))))
    assert refused(judge(case, m.escalation(), township(variants=("delegated",)))) == "addressee_not_for_variant"


def test_an_organisation_gets_the_disputes_that_it_takes() -> None:
    assert taken(judge(None, m.referral(), village(disputes=("neighbours", "farmland"))))
    assert refused(judge(None, m.referral(), village(disputes=("medical",)))) == "addressee_not_for_dispute"
    medical = township(disputes=("medical",))
    told = m.escalation(dispute={"type": "neighbours"})
    assert refused(judge(accepted_case(), told, medical)) == "addressee_not_for_dispute"
    assert taken(judge(accepted_case(), m.escalation(), medical))  # it does not say what the dispute is


def test_the_level_that_is_asked_for_is_that_of_the_organisation() -> None:
    assert refused(judge(None, m.referral(), township())) == "addressee_of_other_level"
    assert refused(judge(accepted_case(), m.escalation(), township(level="county"))) == "addressee_of_other_level"
    assert taken(judge(None, m.referral(), township(level=None)))


@pytest.mark.parametrize(
    ("party", "standing", "same"),
    [
        ({"name": "测试 村"}, {}, True),
        ({"name": "测试村", "credit_code": CODE}, {}, True),
        ({"name": "测试村", "credit_code": CODE}, {"credit_code": OTHER_CODE}, False),
        ({"name": "曾用名", "credit_code": CODE}, {"credit_code": CODE}, True),
        ({"name": "测试村村民"}, {}, False),
    ],
)
def test_no_organisation_mediates_its_own_dispute(party: dict[str, Any], standing: dict[str, Any], same: bool) -> None:
    parties = [person(), {"role": "respondent", "kind": "legal_person", **party}]
    consents = [{"party": name, "given": True, "at": m.at(0)} for name in (m.APPLICANT, party["name"])]
    decision = judge(None, m.referral(parties=parties, consents=consents), village(**standing))
    assert refused(decision) == "addressee_is_party" if same else taken(decision)


def test_an_escalation_is_compared_with_the_parties_of_the_case_and_those_that_it_names() -> None:
    case = accepted_case()
    assert refused(judge(case, m.escalation(), township(name=m.RESPONDENT))) == "addressee_is_party"
    assert taken(judge(case, m.escalation(), township(name=m.RESPONDENT), keys=None))
    assert refused(judge(case, m.escalation(parties=[person()]), township(name=m.RESPONDENT))) == "addressee_is_party"
    newcomer = m.escalation(parties=[{**m.PARTIES[1], "name": "测试乡"}])
    assert refused(judge(case, newcomer, township(), keys=None)) == "addressee_is_party"
    assert taken(judge(case, m.escalation(), township()))


def test_an_empty_roster_checks_nobody() -> None:
    assert taken(judge(accepted_case(), m.assignment(), village()))
    assert taken(judge(accepted_case(), m.assignment(), None))


@pytest.mark.parametrize(
    ("listed", "found"),
    [({"M-7"}, True), ({"测试调解员"}, True), ({"M-8"}, False), ({"别人", "M-70"}, False)],
)
def test_a_mediator_is_on_the_roster_by_id_or_by_name(listed: set[str], found: bool) -> None:
    decision = judge(accepted_case(), m.assignment(), village(mediators=frozenset(listed)))
    assert taken(decision) if found else refused(decision) == "mediator_not_on_roster"


def test_every_mediator_of_an_assignment_is_looked_up() -> None:
    decision = judge(accepted_case(), m.assignment(mediators=("M-7", "M-9")), village(mediators=frozenset({"M-7"})))
    assert refused(decision) == "mediator_not_on_roster"
    assert isinstance(decision, Refused)
    assert decision.facts["number"] == 2


def test_a_change_of_mediator_and_a_late_assignment_are_looked_up_too() -> None:
    roster = village(mediators=frozenset({"M-8"}))
    mediating = after(accepted_case(), m.progress())
    ended = after(mediating, m.success())
    for case in (mediating, ended):
        assert refused(judge(case, m.assignment(day=3), roster)) == "mediator_not_on_roster"


def test_an_individual_is_looked_up_when_the_case_is_pushed_to_it() -> None:
    pushed = m.referral(variant="individual", individual={"name": "测试调解员", "id": "M-7"})
    assert taken(judge(None, pushed, village(mediators=frozenset({"M-7"}))))
    assert refused(judge(None, pushed, village(mediators=frozenset({"M-8"})))) == "mediator_not_on_roster"
    oneself = m.referral(variant="individual", individual={"name": m.APPLICANT})
    assert refused(judge(None, oneself, village())) == "mediator_is_party"


@pytest.mark.parametrize(
    ("mediator", "party", "same"),
    [
        ({}, {}, True),
        ({"phones": [PHONE]}, {}, True),
        ({"phones": [PHONE]}, {"phones": [PHONE, OTHER_PHONE]}, True),
        ({"phones": [OTHER_PHONE]}, {"phones": [PHONE]}, False),
        ({"id": OTHER_IDENTITY}, {"document": {"type": "111", "number": IDENTITY}}, False),
        ({"id": IDENTITY, "name": "改名"}, {"document": {"type": "111", "number": IDENTITY}}, True),
        ({"id": "M-7"}, {"document": {"type": "111", "number": IDENTITY}}, True),
        ({"name": "别人"}, {}, False),
    ],
)
def test_nobody_mediates_the_own_dispute(mediator: dict[str, Any], party: dict[str, Any], same: bool) -> None:
    case = accepted_case(parties=[person(**party), m.PARTIES[1]])
    said = {"name": m.APPLICANT} | mediator
    decision = judge(case, assigned(**said), village())
    assert refused(decision) == "mediator_is_party" if same else taken(decision)


@pytest.mark.parametrize(
    "side", [{"agents": [{"name": "测试丙", "kind": "lawyer"}]}, {"representative": {"name": "测试丙"}}]
)
def test_nobody_mediates_who_speaks_for_a_party(side: dict[str, Any]) -> None:
    case = accepted_case(parties=[person(), {**m.PARTIES[1], **side}])
    assert refused(judge(case, assigned("测试丙"), village())) == "mediator_is_party"


def test_a_namesake_may_mediate_when_the_unit_says_that_there_is_nothing_to_disclose() -> None:
    clear = {"disclosure": "nothing_to_disclose"}
    assert taken(judge(accepted_case(), assigned(m.APPLICANT, **clear), village()))
    known = accepted_case(parties=[person(document={"type": "111", "number": IDENTITY}), m.PARTIES[1]])
    assert refused(judge(known, assigned(m.APPLICANT, id=IDENTITY, **clear), village())) == "mediator_is_party"


def test_a_mediator_to_whom_a_party_objects_does_not_mediate() -> None:
    objected = assigned("测试调解员", disclosure="objected")
    assert refused(judge(accepted_case(), objected, village())) == "mediator_objected_to"
    assert taken(judge(accepted_case(), assigned("测试调解员", disclosure="no_objection"), village()))


def test_parties_are_recognised_after_the_key_was_changed() -> None:
    case = accepted_case(keys=Keys(b"earlier"))
    rotated = Keys(b"present", b"earlier")
    assert refused(judge(case, assigned(m.APPLICANT), village(), rotated)) == "mediator_is_party"


def test_a_case_keeps_no_name_and_no_number_of_its_parties() -> None:
    case = accepted_case(parties=[person(document={"type": "111", "number": IDENTITY}, phones=[PHONE]), m.PARTIES[1]])
    kept = str(case.to_dict())
    assert not any(personal in kept for personal in (m.APPLICANT, m.RESPONDENT, IDENTITY, PHONE))
    assert Case.from_dict(case.to_dict()) == case


def test_the_same_person_leaves_other_marks_in_another_case() -> None:
    cases = [decide(None, m.referral(), case_id=f"case-{n}", now=m.at(0), digester=KEYS) for n in (1, 2)]
    marks = [decision.case.marks for decision in cases if isinstance(decision, Accepted) and decision.case]
    assert len(marks) == 2
    assert not {mark.name for mark in marks[0]} & {mark.name for mark in marks[1]}


def test_a_case_kept_before_there_were_marks_is_read() -> None:
    kept = accepted_case().to_dict()
    del kept["marks"]
    assert Case.from_dict(kept).marks == ()
    assert taken(judge(Case.from_dict(kept), assigned(m.APPLICANT), village()))


def test_a_case_referred_again_knows_the_parties_of_the_new_referral() -> None:
    case = after(None, m.referral(), m.decline())
    newcomer = person("测试丁")
    consents = [{"party": "测试丁", "given": True, "at": m.at(2)}]
    case = after(case, m.referral(to=m.INDUSTRY, parties=[newcomer], consents=consents), m.acceptance(m.INDUSTRY, 3))
    said = m.say("assignment", m.INDUSTRY, 4, mediators=[{"name": "测试丁"}])
    assert refused(judge(case, said)) == "mediator_is_party"
    assert taken(judge(case, m.say("assignment", m.INDUSTRY, 4, mediators=[{"name": m.APPLICANT}])))
