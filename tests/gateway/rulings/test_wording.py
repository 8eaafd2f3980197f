"""The words of a ruling, and whether it belongs to the case: check 11."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from adapters.court_oa.simulator_signing import ofd, pdf
from adapters.court_oa.simulator_signing.bench import Bench
from adapters.court_oa.simulator_signing.ruling import Decision, Ruling, chinese_date
from gateway.rulings.context import Context, Expected
from gateway.rulings.limits import Limits, deadline
from gateway.rulings.ofd.package import read_package
from gateway.rulings.pdf.reading import read_pdf
from gateway.rulings.result import Check, Verdict
from gateway.rulings.trust import Trust
from gateway.rulings.verification import verify
from gateway.rulings.wording import Wording, cmap
from gateway.rulings.wording.fields import Stated, same_court, stated
from gateway.rulings.wording.layout import Piece, lines
from gateway.rulings.wording.ofd import wording_of as ofd_wording
from gateway.rulings.wording.operators import operators
from gateway.rulings.wording.pdf import wording_of as pdf_wording
from tests.gateway.rulings.conftest import AT, COURT, NOW, codes, failed_checks, trust_in

SAID = {
    "court": COURT,
    "case_number": "(2026)浙0521民特18号",
    "parties": ("沈谷雨", "姚霜降"),
    "ruling": "valid",
    "issued_on": date(2026, 11, 20),
    "documents": 1,
}


def context() -> Context:
    limits = Limits()
    return Context(trust=Trust(), now=NOW, expected=None, limits=limits, deadline=deadline(limits))


def of_ofd(ruling: Ruling) -> Wording:
    octets = ofd.packed(ofd.signed(ofd.unsigned(ruling)) | {ofd.LIST: b"<Signatures/>"})
    return ofd_wording(read_package(octets, Limits(), deadline(Limits())), context())


def of_pdf(ruling: Ruling) -> Wording:
    return pdf_wording(read_pdf(pdf.unsigned(ruling), most=1).reader, context())


FORMS = pytest.mark.parametrize("words", [of_ofd, of_pdf], ids=["ofd", "pdf"])


@FORMS
@pytest.mark.parametrize("decision", ["valid", "dismissed", "not_accepted", "withdrawn"])
def test_a_ruling_is_read_as_it_was_written(words: Any, decision: Decision) -> None:
    wording = words(Ruling(decision=decision))
    assert stated(wording) == Stated(**(SAID | {"ruling": decision}))  # type: ignore[arg-type]
    assert wording.pages == 1


@FORMS
def test_more_pages_are_counted_and_read_in_order(words: Any) -> None:
    many = tuple(f"沈谷{letter}" for letter in "雨风云雪霜露雷电山川江河湖海")
    wording = words(Ruling(parties=many))
    assert wording.pages == 2
    assert stated(wording).parties == many


def test_dates_are_read_in_chinese_numerals() -> None:
    for day in (date(2026, 1, 1), date(2026, 10, 10), date(2026, 12, 31), date(2030, 11, 20), date(2026, 2, 19)):
        assert stated(Wording(lines=(chinese_date(day),), pages=1)).issued_on == day
    assert stated(Wording(lines=("二〇二六年十三月四十日",), pages=1)).issued_on is None
    assert stated(Wording(lines=("二○二六年十一月二十日",), pages=1)).issued_on == date(2026, 11, 20)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("浙江省示例县人民法院", "示例县人民法院", True), ("示例县人民法院（电子印章）", "浙江省示例县人民法院", True),
        ("示例县人民法院司法确认专用章", "示例县人民法院", True), ("样例县人民法院", "示例县人民法院", False),
        ("样例新区人民法院", "新区人民法院", False), ("示例县公安局", "示例县人民法院", False), ("", "", False),
        ("湖州市中级人民法院", "浙江省湖州市中级人民法院", True),
    ],
)  # fmt: skip
def test_one_court_has_names_of_several_lengths(one: str, other: str, same: bool) -> None:
    assert same_court(one, other) is same


@pytest.mark.parametrize("form", ["sealed_ofd", "sealed_pdf", "message_pdf"])
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"court": "示例县人民法院", "case_number": "（2026）浙0521民特00018号"}, None),
        ({"court": "样例县人民法院"}, "rulings.binding.other_court"),
        ({"case_number": "（2026）浙0521民特19号"}, "rulings.binding.other_case_number"),
        ({"case_number": "（2026）浙0521民特18号之一"}, "rulings.binding.other_case_number"),
        ({"parties": ("沈谷雨", "姚立冬")}, "rulings.binding.other_parties"),
        ({"parties": ("沈谷雨",)}, "rulings.binding.other_parties"),
        ({"ruling": "dismissed"}, "rulings.binding.other_ruling"),
        ({"pages": 2}, "rulings.binding.other_pages"),
        ({"sha256": "0" * 64}, "rulings.binding.digest"),
        ({"sm3": "0" * 64}, "rulings.binding.digest"),
    ],
)
def test_a_genuine_ruling_of_another_case_fails_only_check_11(
    sm2: Bench, form: str, change: dict[str, Any], code: str | None
) -> None:
    octets = getattr(sm2, form)()
    known = {name: value for name, value in SAID.items() if name != "documents"} | {"pages": 1} | change
    verification = verify(octets, trust=trust_in(sm2.people), now=NOW, expected=Expected(**known))
    assert verification.genuine
    assert failed_checks(verification) == ([Check.BINDING] if code else [])
    assert code is None or code in codes(verification, Verdict.FAILED)
    if code is None:
        assert verification.check(Check.BINDING).verdict is Verdict.PASSED


def test_nobodys_name_is_in_what_is_found(sm2: Bench) -> None:
    expected = Expected(parties=("姚立冬",), case_number="（2026）浙0521民特19号")
    verification = verify(sm2.sealed_ofd(), trust=trust_in(sm2.people), now=NOW, expected=expected)
    shown = f"{verification.to_dict()}{verification!r}{expected!r}"
    assert not [name for name in ("沈谷雨", "姚霜降", "姚立冬") if name in shown]


def test_the_seal_of_one_court_under_the_name_of_another_is_found_without_any_application(sm2: Bench) -> None:
    wanted = replace(sm2.wanted, name="样例县人民法院")
    verification = verify(sm2.sealed_ofd(wanted=wanted), trust=trust_in(sm2.people), now=NOW)
    assert failed_checks(verification) == [Check.BINDING]
    assert "rulings.binding.seal_of_another" in codes(verification)


def test_a_ruling_dated_after_its_own_signature_fails_check_10(sm2: Bench) -> None:
    verification = verify(sm2.saying(issued_on=date(2026, 12, 1)).sealed_ofd(), trust=trust_in(sm2.people), now=NOW)
    assert failed_checks(verification) == [Check.TIME]


def test_a_scan_is_genuine_but_a_person_must_compare_it(sm2: Bench) -> None:
    page = "Doc_0/Pages/Page_0/Content.xml"
    files = ofd.unsigned(sm2.ruling) | {page: b'<Page xmlns="http://www.ofdspec.org/2016"/>'}
    seal = sm2.seal()
    from adapters.court_oa.simulator_signing.seals import put_seal

    signing = ofd.Signing(sign=lambda message: put_seal(seal, message, sm2.people.court, at=AT), at=AT, seal_file=seal)
    octets = ofd.packed(ofd.signed(files, signing))
    expected = Expected(case_number="（2026）浙0521民特18号")
    verification = verify(octets, trust=trust_in(sm2.people), now=NOW, expected=expected)
    assert verification.genuine
    assert verification.check(Check.BINDING).verdict is Verdict.NOT_POSSIBLE
    assert "rulings.wording.no_characters" in codes(verification)


def test_a_font_without_a_way_back_to_characters_leaves_the_words_unknown() -> None:
    octets = pdf.unsigned(Ruling()).replace(b"/UniGB-UCS2-H", b"/Identity-H   ")
    wording = pdf_wording(read_pdf(octets, most=1).reader, context())
    assert (wording.lines, wording.why) == ((), "rulings.wording.no_map")


def test_codes_become_characters_by_a_map() -> None:
    program = b"""1 begincodespacerange <0000> <FFFF> endcodespacerange
    2 beginbfchar <0001> <6CD5> <0002> <D842DFB7> endbfchar
    2 beginbfrange <0010> <0012> <4E00> <0020> <0021> [<9662> <88C1>] endbfrange"""
    read = cmap.to_unicode(program)
    assert read(bytes.fromhex("0001 0002 0010 0012 0021 0099")) == "法𠮷一丂裁\ufffd"
    assert cmap.to_unicode(b"")(b"\0\1") == "\ufffd"
    decode = cmap.predefined("GBK-EUC-H")
    assert decode is not None
    assert decode("裁定".encode("gbk")) == "裁定"
    assert cmap.predefined("Identity-H") is None


def test_operators_are_read_with_their_operands() -> None:
    stream = rb"BT /F1 12 Tf (a\(b\)\101\n(c)) Tj [<4142> -20.5 (d)] TJ % no Tj" + b"\n<< /A 1 >> BDC ID \xff(\xff EI Q"
    found = dict(operators(stream))
    assert found["Tf"] == ["F1", 12.0]
    assert found["Tj"] == [b"a(b)A\n(c)"]
    assert found["TJ"] == [[b"AB", -20.5, b"d"]]
    assert "Q" in found


def test_pieces_become_lines_from_top_to_bottom() -> None:
    pieces = [Piece(20.0, 5.0, "c"), Piece(10.4, 9.0, "b"), Piece(10.0, 1.0, "a"), Piece(11.5, 0.0, "x")]
    assert lines(pieces, tolerance=1.0) == ["ab", "x", "c"]
