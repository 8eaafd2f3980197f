"""XML behind the limits that its parser lacks."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Undecodable, Untranslatable
from gateway.wire.xml_guard import dumps, loads

LAUGHS = """<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><l>&b;</l>"""


def _code(body, **limits) -> str:
    with pytest.raises(Undecodable) as refusal:
        loads(body, **limits)
    return refusal.value.code


def test_elements_attributes_and_repeated_elements_become_dictionaries_and_lists():
    document = loads('<case id="1"><party>甲</party><party>乙</party><amount unit="yuan"> 100 </amount><none/></case>')
    assert document == {
        "case": {"@id": "1", "party": ["甲", "乙"], "amount": {"@unit": "yuan", "#text": "100"}, "none": None}
    }


def test_a_forced_list_is_a_list_with_one_element_too():
    assert loads("<a><b>1</b></a>", force_list=["b"]) == {"a": {"b": ["1"]}}


@pytest.mark.parametrize("charset", ["utf-8", "gbk"])
@pytest.mark.parametrize("prolog", ["GBK", "UTF-8", "gb2312", "GB18030"])
def test_the_bytes_count_where_the_prolog_lies(charset, prolog):
    body = f'<?xml version="1.0" encoding="{prolog}"?>\n<root><name>申请人王某某</name></root>'.encode(charset)
    assert loads(body) == {"root": {"name": "申请人王某某"}}


def test_the_prolog_decides_where_the_bytes_could_be_either():
    body = '<?xml version="1.0" encoding="GBK"?><a>路</a>'.encode("gbk")
    assert loads(body) == {"a": "路"}
    assert loads(body, declared="utf-8") == {"a": "·"}


@pytest.mark.parametrize(
    "body",
    [
        LAUGHS,
        LAUGHS.encode("utf-16"),
        '<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>',
        "<!DOCTYPE a><a/>",
        "  \n<!-- x --><!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
    ],
)
def test_a_document_type_is_refused_wherever_it_stands(body):
    assert _code(body) == "wire.xml_document_type"


def test_depth_size_and_number_are_limited():
    assert _code("<a>" * 33 + "</a>" * 33) == "wire.too_deep"
    assert _code("<a>" * 200_000) == "wire.too_deep"
    assert _code("<a>" + "<b/>" * 10 + "</a>", max_elements=10) == "wire.too_many_elements"
    assert _code("<a " + " ".join(f'b{n}="1"' for n in range(10)) + "/>", max_elements=10) == "wire.too_many_elements"
    assert _code(b"<a>" + b"x" * 100 + b"</a>", max_bytes=100) == "wire.too_large"
    assert loads("<a>" * 32 + "</a>" * 32)
    assert loads("<a>" + "<b/>" * 10 + "</a>", max_elements=11)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "text",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a>&nbsp;</a>",
        "<a>&#0;</a>",
        "<a>\x00</a>",
        "<a>\ud800</a>",
        "<a b='1' b='2'/>",
    ],
)
def test_what_is_not_well_formed_is_refused_with_its_place(body):
    assert _code(body) == "wire.xml_malformed"


def test_bytes_in_no_charset_are_refused():
    assert _code(b"<a>\xff</a>") == "wire.charset_unreadable"


@given(st.binary() | st.text('<>/ab="&;!?-[]#x1') | st.text(st.characters(exclude_categories=[])))
def test_arbitrary_input_ends_in_a_document_or_in_the_declared_error(body):
    with suppress(Undecodable):
        assert isinstance(loads(body, max_depth=4, max_elements=8), dict)


@pytest.mark.parametrize("charset", ["utf-8", "GBK", "gb18030"])
def test_a_document_comes_back_from_every_charset(charset):
    document = {"请求": {"@编号": "1", "当事人": [{"姓名": "王某某"}, {"姓名": "<李&某>"}], "空": None}}
    body = dumps(document, charset=charset)
    assert body.startswith(f'<?xml version="1.0" encoding="{charset.upper()}"?>'.encode())
    assert loads(body) == document


def test_the_declaration_may_be_left_out():
    assert dumps({"a": {"b": 1, "c": True}}, declaration=False) == b"<a><b>1</b><c>true</c></a>"


@pytest.mark.parametrize(
    "document", [{}, {"a": 1, "b": 2}, {"a": [1, 2]}, {"a b": 1}, {"a": {"<x>": 1}}, {"a": {1: 2}}]
)
def test_what_is_no_single_document_is_untranslatable(document):
    with pytest.raises(Untranslatable) as refusal:
        dumps(document)
    assert refusal.value.code == "wire.not_expressible_in_xml"


@pytest.mark.parametrize(
    ("text", "character"), [("a\x0b", "U+000B"), ("a\x00", "U+0000"), ("a\ud800", "U+D800"), ("a\uffff", "U+FFFF")]
)
def test_a_character_that_xml_lacks_is_named(text, character):
    with pytest.raises(Untranslatable) as refusal:
        dumps({"a": text})
    assert (refusal.value.code, refusal.value.facts["character"]) == ("wire.character_not_in_xml", character)


def test_a_character_that_the_charset_lacks_is_named():
    with pytest.raises(Untranslatable) as refusal:
        dumps({"a": "王㛃"}, charset="GBK")
    assert refusal.value.code == "wire.character_not_in_charset"
