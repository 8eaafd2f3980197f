"""The words of a certificate of performance, and whether it is the one its message speaks of: check 11."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from adapters.court_oa.simulator_signing.bench import Bench
from adapters.court_oa.simulator_signing.ruling import Certificate
from gateway.rulings.context import Certified, Expected
from gateway.rulings.result import Check, Verdict
from gateway.rulings.verification import verify
from gateway.rulings.wording import Wording
from gateway.rulings.wording.certificate import certifies
from tests.gateway.rulings.conftest import COURT, NOW, codes, failed_checks, trust_in

PARTIES = ("沈谷雨", "姚霜降")
CASE = "(2026)浙0521民特18号"
SAID = Certified(
    number="(2026)示履证第3号", performer=PARTIES[0], counterpart=PARTIES[1], basis_number=CASE, of_ruling=True,
    rulings=(CASE,),
)  # fmt: skip
KNOWN = Expected(court=COURT, parties=PARTIES, certificate=SAID)


def of(bench: Bench, form: str = "sealed_ofd", **other: Any) -> bytes:
    words = Certificate(court=COURT, issued_on=bench.ruling.issued_on)
    made: bytes = getattr(replace(bench, ruling=replace(words, **other)), form)()
    return made


@pytest.mark.parametrize("form", ["sealed_ofd", "sealed_pdf", "message_pdf"])
@pytest.mark.parametrize(
    ("said", "known", "verdict", "code"),
    [
        ({}, {}, Verdict.PASSED, "rulings.binding.belongs"),
        ({"number": "（2026）示履证第3号"}, {}, Verdict.PASSED, "rulings.binding.belongs"),
        ({"basis_number": None}, {}, Verdict.PASSED, "rulings.binding.belongs"),
        ({"of_ruling": False, "basis_number": None, "rulings": ()}, {}, Verdict.PASSED, "rulings.binding.belongs"),
        ({"number": "(2026)示履证第4号"}, {}, Verdict.FAILED, "rulings.certified.other_number"),
        ({"performer": "姚霜降"}, {}, Verdict.FAILED, "rulings.certified.other_performer"),
        ({"performer": "沈谷"}, {}, Verdict.FAILED, "rulings.certified.other_performer"),
        ({"counterpart": "沈谷雨"}, {}, Verdict.FAILED, "rulings.certified.other_counterpart"),
        ({"basis_number": "(2026)浙0521民特19号"}, {}, Verdict.FAILED, "rulings.certified.other_basis"),
        ({"rulings": ("(2026)浙0521民特19号",)}, {}, Verdict.FAILED, "rulings.certified.ruling_of_another"),
        ({}, {"parties": ("沈谷雨", "柏清源")}, Verdict.FAILED, "rulings.certified.not_a_party"),
        ({}, {"court": "样例县人民法院"}, Verdict.FAILED, "rulings.binding.other_court"),
        ({}, {"court": "示例县人民法院青石人民法庭"}, Verdict.PASSED, "rulings.binding.belongs"),
        ({}, {"court": "青石人民法庭"}, Verdict.NOT_POSSIBLE, "rulings.certified.tribunal"),
        ({}, {"sha256": "0" * 64}, Verdict.FAILED, "rulings.binding.digest"),
        ({}, {"sm3": "0" * 64}, Verdict.FAILED, "rulings.binding.digest"),
        ({"counterpart": None}, {}, Verdict.NOT_POSSIBLE, "rulings.certified.no_counterpart"),
        ({"rulings": ()}, {}, Verdict.NOT_POSSIBLE, "rulings.certified.no_ruling_known"),
        ({}, {"parties": ()}, Verdict.NOT_POSSIBLE, "rulings.certified.no_parties_known"),
        ({}, {"files": 2}, Verdict.NOT_POSSIBLE, "rulings.certified.further_files"),
    ],
)
def test_a_genuine_certificate_is_held_against_message_and_case(  # noqa: PLR0917 - a table
    sm2: Bench, form: str, said: dict[str, Any], known: dict[str, Any], verdict: Verdict, code: str
) -> None:
    expected = replace(KNOWN, certificate=replace(SAID, **said), **known)
    verification = verify(of(sm2, form), trust=trust_in(sm2.people), now=NOW, expected=expected)
    assert verification.genuine
    assert verification.check(Check.BINDING).verdict is verdict
    assert code in codes(verification, verdict)
    assert failed_checks(verification) == ([Check.BINDING] if verdict is Verdict.FAILED else [])


def test_a_ruling_is_no_certificate_and_a_certificate_no_ruling(sm2: Bench) -> None:
    trust = trust_in(sm2.people)
    ruling = verify(sm2.sealed_ofd(), trust=trust, now=NOW, expected=KNOWN)
    assert "rulings.certified.documents" in codes(ruling, Verdict.FAILED)
    known = Expected(court=COURT, case_number=CASE, parties=PARTIES, ruling="valid")
    certificate = verify(of(sm2), trust=trust, now=NOW, expected=known)
    assert "rulings.binding.documents" in codes(certificate, Verdict.FAILED)


def test_a_name_that_goes_on_in_the_next_line_is_for_a_person(sm2: Bench) -> None:
    long = "浙江省示例县青石村股份经济合作社联合社与青石湖生态农业发展"  # the line ends within it
    said = replace(KNOWN, parties=(long, PARTIES[1]), certificate=replace(SAID, performer=long))
    found = verify(of(sm2, parties=(long, PARTIES[1])), trust=trust_in(sm2.people), now=NOW, expected=said)
    assert found.check(Check.BINDING).verdict is Verdict.NOT_POSSIBLE
    assert "rulings.certified.other_performer" in codes(found, Verdict.NOT_POSSIBLE)


def test_a_certificate_without_what_identifies_it_is_for_a_person() -> None:
    says = certifies(Wording(lines=(COURT, "自动履行证明书", "特此证明。"), pages=1))
    assert (says.court, says.performers, says.counterparts, says.cases) == (COURT, (), (), frozenset())
    assert certifies(Wording(lines=("民事裁定书",), pages=1)).documents == 0


def test_a_number_may_stand_behind_its_label() -> None:
    says = certifies(Wording(lines=(COURT, "自动履行证明书", "编号：LX-2026-3"), pages=1))
    assert says.head == ("LX-2026-3",)
