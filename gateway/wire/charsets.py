"""Turn a partner's bytes into text and back without ever losing a character.

A declaration is a hint, the bytes are the truth: a byte order mark wins, then strict UTF-8, then GB18030, which holds
GBK and GB2312. Sources: GB 18030-2022; domain facts on partners whose XML prolog says GBK over a UTF-8 body.
"""

from __future__ import annotations

import codecs

from gateway.errors import Undecodable, Untranslatable

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_GB_FAMILY = frozenset({"gb2312", "gbk", "gb18030"})

# Python's codec follows GB 18030-2000, where these double bytes stood for private-use code points. The editions of
# 2005 (the first row) and 2022 gave them real ones: ten vertical punctuation marks and eight ideographs of names.
_SINCE_2000 = {
    0xE7C7: 0x1E3F,
    **dict(zip(range(0xE78D, 0xE797), (0xFE10, 0xFE12, 0xFE11, *range(0xFE13, 0xFE1A)), strict=True)),
    **dict(
        zip(
            (0xE81E, 0xE826, 0xE82B, 0xE82C, 0xE832, 0xE843, 0xE854, 0xE864),
            range(0x9FB4, 0x9FBC),
            strict=True,
        )
    ),
}
_TO_2000 = {standard: private for private, standard in _SINCE_2000.items()}


def decode(body: bytes, declared: str | None = None) -> str:
    """Return the text of ``body``, whose sender declared the charset ``declared`` (any spelling, or None).

    Raises Undecodable when the bytes are neither UTF-8 nor GB18030.
    """
    for mark, charset in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            text = _strict(body[len(mark) :], charset)
            break
    else:
        text = _strict(body, "utf-8")
        if text is None or (_canonical(declared) in _GB_FAMILY and _may_be_gb(text)):
            text = _gb18030(body)
    if text is None:
        raise Undecodable("wire.charset_unreadable", declared=_shown(declared))
    return text


def encode(text: str, charset: str) -> bytes:
    """Return ``text`` in ``charset``, the receiver's.

    Raises Untranslatable naming the first character that the charset lacks and its place; never writes ``?`` for it.
    """
    name = _canonical(charset)
    try:
        return (text.translate(_TO_2000) if name == "gb18030" else text).encode(name or "")
    except UnicodeEncodeError as error:
        position = error.start
    except LookupError:
        raise Untranslatable("wire.charset_unknown", charset=_shown(charset)) from None
    # Raised outside the except block: the codec's error carries the whole text.
    raise Untranslatable(
        "wire.character_not_in_charset",
        charset=_shown(charset),
        character=f"U+{ord(text[position]):04X}",
        position=position,
    )


def _strict(body: bytes, charset: str) -> str | None:
    try:
        return body.decode(charset)
    except UnicodeDecodeError:
        return None


def _gb18030(body: bytes) -> str | None:
    text = _strict(body, "gb18030")
    return text if text is None else text.translate(_SINCE_2000)


def _may_be_gb(text: str) -> bool:
    """Tell whether text read as UTF-8 may be GBK after all.

    A pair of GBK bytes can look like one two-byte UTF-8 character (路 as ``·``), but Chinese text read as UTF-8
    without an error is UTF-8: its three-byte characters do not arise from GBK by chance.
    """
    return not text.isascii() and max(text) < "\u0800"


def _canonical(charset: str | None) -> str | None:
    try:
        return codecs.lookup((charset or "").strip().strip("\"'")).name
    except (LookupError, ValueError):
        return None


def _shown(charset: str | None) -> str | None:
    """Shorten what may be any text a stranger sent."""
    return None if charset is None else ascii(charset.strip())[1:-1][:40]
