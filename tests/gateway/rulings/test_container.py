"""Containers are opened under limits, and everybody who opens one reads the same."""

from __future__ import annotations

import struct
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import pytest

from gateway.rulings import xml
from gateway.rulings.container import unpack
from gateway.rulings.limits import Deadline, Limits, deadline
from gateway.rulings.malformed import Malformed, Unsupported
from gateway.rulings.ofd.package import locate

LIMITS = Limits()


def packed(*entries: tuple[str, bytes], comment: bytes = b"", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of the duplicate names that are wanted here
        with zipfile.ZipFile(stream, "w", method) as archive:
            archive.comment = comment
            for name, content in entries:
                archive.writestr(zipfile.ZipInfo(name), content, method)
    return stream.getvalue()


def refused(octets: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(Malformed) as error:
        unpack(octets, limits, deadline(limits))
    return error.value.code.removeprefix("rulings.container.")


def test_files_are_unpacked_by_their_names() -> None:
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        octets = packed(("/OFD.xml", b"<a/>"), ("Doc_0/", b""), ("Doc_0/b.xml", b"x" * 5000), method=method)
        assert unpack(octets, LIMITS, deadline(LIMITS)) == {"OFD.xml": b"<a/>", "Doc_0/b.xml": b"x" * 5000}


def test_entries_written_to_a_stream_have_their_sizes_behind_them() -> None:
    class Unseekable(BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *arguments: int) -> int:
            raise OSError(*arguments)

    stream = Unseekable()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[arg-type]
        archive.writestr("a.xml", b"content " * 30)
        archive.writestr("b.xml", b"more")
    files = unpack(stream.getvalue(), LIMITS, deadline(LIMITS))
    assert files["a.xml"] == b"content " * 30


@pytest.mark.parametrize(
    "name",
    ["../a.xml", "a/../b.xml", "a//b.xml", "a\\b.xml", "C:/a.xml", "a/./b.xml", "a\nb", "//a", "n" * 300, "d/" * 20],
)  # fmt: skip
def test_paths_that_lead_elsewhere_are_refused(name: str) -> None:
    assert refused(packed((name, b"content"))) == "path"


@pytest.mark.parametrize("other", ["a.xml", "A.XML", "/a.xml"])
def test_two_files_of_one_name_are_refused(other: str) -> None:
    assert refused(packed(("a.xml", b"one"), (other, b"two"))) == "duplicate"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda octets: b"", "not_zip"),
        (lambda octets: octets[:-1], "not_zip"),
        (lambda octets: octets + b"\0", "not_zip"),
        (lambda octets: b"PK\3\4" + octets, "layout"),
        (lambda octets: octets[:30] + b"x" + octets[31:], "layout"),  # another name in the entry's own header
        (lambda octets: octets[:8] + b"\0\0" + octets[10:], "layout"),  # another method there
        (lambda octets: octets[:6] + b"\1\0" + octets[8:], "layout"),  # encrypted, it says there
        (lambda octets: octets[:38] + bytes([octets[38] ^ 0xFF]) + octets[39:], "damaged"),
    ],
)
def test_a_container_that_contradicts_itself_is_refused(change: Callable[[bytes], bytes], why: str) -> None:
    assert refused(change(packed(("abc", b"content " * 40)))) == why


def test_a_comment_hides_nothing_here() -> None:
    assert refused(packed(("a.xml", b""), comment=b"hidden")) == "not_zip"


def test_bytes_between_entries_are_refused() -> None:
    one = packed(("a.xml", b"one"))
    end = one.rindex(b"PK\1\2")
    # shift the directory by four bytes that belong to nothing
    tail = bytearray(one[end:])
    at = tail.rindex(b"PK\5\6")
    struct.pack_into("<I", tail, at + 16, end + 4)
    assert refused(one[:end] + b"idle" + bytes(tail)) == "layout"


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"file": 100}, "too_large"), ({"entries": 2}, "too_many"), ({"entry": 1000}, "too_large"),
        ({"total": 2_500_000, "ratio": 10_000}, "too_large"),
        ({"ratio": 10}, "ratio"), ({"depth": 1}, "path"), ({"name": 4}, "path"),
    ],
)  # fmt: skip
def test_every_limit_is_kept(limits: dict[str, int], why: str) -> None:
    octets = packed(("d/a.xml", b"a" * 2_000_000), ("d/b.xml", b"b" * 1_000_000), ("d/c.xml", b"c"))
    assert refused(octets, replace(LIMITS, **limits)) == why  # type: ignore[arg-type]


def test_an_entry_that_unpacks_to_more_than_it_says_is_refused_before_it_has() -> None:
    octets = bytearray(packed(("a", b"a" * 3_000_000)))
    central = octets.rindex(b"PK\1\2")
    struct.pack_into("<I", octets, 22, 10)
    struct.pack_into("<I", octets, central + 24, 10)
    assert refused(bytes(octets)) == "damaged"


def test_a_verification_gives_up_when_its_time_is_over() -> None:
    ticks = iter([0.0, 100.0])
    with pytest.raises(Unsupported) as stopped:
        unpack(packed(("a", b"a")), LIMITS, Deadline(LIMITS.seconds, lambda: next(ticks) + 50))
    assert stopped.value.code == "rulings.container.too_slow"


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', '<?xml version="1.0"?>\n<!doctype a><a/>',
        '<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>', " " * 9000 + "<!DOCTYPE a><a/>",
    ],
)  # fmt: skip
@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "utf-16-le"])
def test_a_doctype_is_refused_in_every_encoding(document: str, charset: str) -> None:
    with pytest.raises(Malformed) as refusal:
        xml.parse(document.encode(charset), file="a.xml", limit=100_000)
    assert refusal.value.code == "rulings.xml.doctype"


@pytest.mark.parametrize("document", [b"", b"<a>", b"<a>&unknown;</a>", b"\xff\xfe", b"<a/><b/>", b"<a>" * 5000])
def test_what_is_no_xml_is_refused(document: bytes) -> None:
    with pytest.raises(Malformed) as refusal:
        xml.parse(document, file="a.xml", limit=100_000)
    assert refusal.value.code == "rulings.xml.malformed"


@pytest.mark.parametrize(
    ("reference", "base", "found"),
    [
        ("/a.xml", "d/x.xml", "a.xml"), ("b.xml", "d/x.xml", "d/b.xml"), ("d/b.xml", "d/x.xml", "d/b.xml"),
        ("./b.xml", "d/x.xml", "d/b.xml"), ("../a.xml", "d/x.xml", "a.xml"), ("a.xml", "OFD.xml", "a.xml"),
        ("both.xml", "d/x.xml", "rulings.ofd.ambiguous"), ("../../a.xml", "d/x.xml", "rulings.container.path"),
        ("none.xml", "d/x.xml", "rulings.ofd.missing"), ("", "d/x.xml", "rulings.ofd.missing"),
    ],
)  # fmt: skip
def test_a_reference_means_one_file_or_none(reference: str, base: str, found: str) -> None:
    files = dict.fromkeys(("a.xml", "d/b.xml", "both.xml", "d/both.xml"), b"")
    try:
        assert locate(files, reference, base) == found
    except Malformed as error:
        assert error.code == found  # noqa: PT017 - the table says which
