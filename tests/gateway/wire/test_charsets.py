"""Bytes to text and back, without a lost character."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Undecodable, Untranslatable
from gateway.wire.charsets import decode, encode


@pytest.mark.parametrize("declared", [None, "UTF-8", "utf8", "GBK", "gb2312", "GB18030", "iso-8859-1", "nonsense", ""])
def test_utf8_bytes_are_read_as_utf8_whatever_is_declared(declared):
    assert decode("申请人张某某".encode(), declared) == "申请人张某某"


@pytest.mark.parametrize("declared", [None, "UTF-8", "GBK", "GB2312", " gb18030 ", '"gbk"', "nonsense"])
def test_gbk_bytes_are_read_as_gb18030_whatever_is_declared(declared):
    assert decode("申请人张某某".encode("gbk"), declared) == "申请人张某某"


def test_a_gbk_declaration_decides_where_the_bytes_could_be_either():
    both = "路".encode("gbk")  # as UTF-8 the same bytes are a middle dot
    assert decode(both, "GBK") == "路"
    assert decode(both, "UTF-8") == "·"
    assert decode(both) == "·"


@pytest.mark.parametrize("character", ["䶮", "㛃", "𬭎"])
def test_rare_characters_of_names_come_in_as_gb18030(character):
    assert decode(character.encode("gb18030"), "GB2312") == character


@pytest.mark.parametrize(
    ("mark", "charset"), [(b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")]
)
def test_a_byte_order_mark_decides_and_is_removed(mark, charset):
    assert decode(mark + "调解书".encode(charset), "GBK") == "调解书"


def test_private_use_characters_of_old_systems_become_those_of_the_standard():
    assert decode(b"\xfe\x59\xfe\xa0\xa6\xd9\xa6\xda\xa6\xdb\xa6\xf3\xa8\xbc", "GBK") == "龴龻︐︒︑︙ḿ"
    assert encode("龴龻︐︒︑︙ḿ", "GB18030") == b"\xfe\x59\xfe\xa0\xa6\xd9\xa6\xda\xa6\xdb\xa6\xf3\xa8\xbc"


@pytest.mark.parametrize("body", [b"\xff", b"\x80\x80", b"\xff\xfe\x00", b"\xef\xbb\xbf\xff", b"\x81"])
def test_what_is_neither_is_undecodable(body):
    with pytest.raises(Undecodable) as refusal:
        decode(body, "UTF-8\n" + "x" * 100)
    assert refusal.value.code == "wire.charset_unreadable"
    assert len(refusal.value.facts["declared"]) <= 40


@pytest.mark.parametrize(
    ("text", "charset", "character", "position"),
    [
        ("姓名:王㛃", "GBK", "U+36C3", 4),
        ("䶮", "gbk", "U+4DAE", 0),
        ("买买提•某某", "GBK", "U+2022", 3),
        ("买买提·某某", "GB2312", "U+00B7", 3),
        ("𬭎", "gb2312", "U+2CB4E", 0),
        ("a\ud800", "UTF-8", "U+D800", 1),
    ],
)
def test_a_character_that_the_receiver_lacks_is_named_and_never_replaced(text, charset, character, position):
    with pytest.raises(Untranslatable) as refusal:
        encode(text, charset)
    assert refusal.value.code == "wire.character_not_in_charset"
    assert refusal.value.facts == {"charset": charset, "character": character, "position": position}
    assert refusal.value.__context__ is None  # the codec's own error would hold the whole text


@pytest.mark.parametrize("charset", ["", "nonsense", "base64", "x" * 300, "\x00"])
def test_an_unknown_charset_is_named(charset):
    with pytest.raises(Untranslatable) as refusal:
        encode("a", charset)
    assert refusal.value.code == "wire.charset_unknown"


@given(st.text())
def test_every_text_comes_back_from_utf8(text):
    text = text.lstrip("\ufeff")
    assert decode(encode(text, "UTF-8"), "UTF-8") == text


@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2))
def test_every_chinese_text_comes_back_from_gbk(text):
    assert decode(encode(text, "GBK"), "GBK") == text


@given(st.binary(), st.none() | st.text())
def test_arbitrary_bytes_end_in_text_or_in_the_declared_error(body, declared):
    with suppress(Undecodable):
        assert isinstance(decode(body, declared), str)
