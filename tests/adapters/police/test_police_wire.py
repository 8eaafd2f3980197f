"""What stands on the wire: charsets that lack a character, one and many, and what partners' libraries write."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from adapters.police.adapter import DOOR, Police
from adapters.police.pretend_station import read_call, read_document, write_answer, write_call, write_document
from gateway.contract import Attachment, Partner, Record, Request, Response
from gateway.errors import ConfigurationFault, PermanentFailure, TemporaryFailure, Undecodable

RARE = "马䶮"  # U+4DAE stands in GB18030 and not in GBK


def police(**settings: Any) -> Police:
    """Make an adapter with these settings."""
    return Police(Partner(name="pcs", settings=settings, secret=lambda _: "a-key"))


def record(name: str = RARE) -> Record:
    """Return a record that names somebody."""
    return Record(kind="JF0205", id="M-1", fields={"jyaq": name, "dsrlb": [{"xm": name}]})


def sent(adapter: Police, what: Record | None = None) -> bytes:
    """Return the body that an adapter sends."""
    body = next(adapter.deliver(what or record())).body
    assert isinstance(body, bytes)
    return body


def arrived(body: bytes, **headers: str) -> Record:
    """Return the record that an adapter takes off the wire."""
    [found] = police().decode(Request(method="POST", path=DOOR, headers=headers, body=body))
    return found


@pytest.mark.parametrize("settings", [{}, {"url_encoded": True}, {"charset": "UTF-8"}])
def test_a_rare_name_reaches_a_partner_whose_charset_has_it(settings: dict[str, Any]) -> None:
    assert arrived(sent(police(**settings))).fields == record().fields


def test_a_rare_name_waits_for_a_person_where_the_charset_lacks_it() -> None:
    with pytest.raises(PermanentFailure) as failure:
        sent(police(charset="GBK"))
    assert (failure.value.code, failure.value.facts["character"]) == ("wire.character_not_in_charset", "U+4DAE")


def test_a_rare_name_reaches_a_gbk_partner_unharmed_as_a_reference() -> None:
    body = sent(police(charset="GBK", missing="reference"))
    assert b"?" not in body.partition(b"?>")[2].replace(b"?&gt;", b"").replace(b"&lt;?", b"")
    kind, document = read_call(body)  # by code that is not the adapter's
    assert read_document(kind, document)["fields"] == {"jyaq": RARE, "dsrlb": [{"xm": RARE}]}


@pytest.mark.parametrize("people", [[], [{"xm": "甲"}], [{"xm": "甲"}, {"xm": "乙"}]])
def test_one_and_many_are_read_alike(people: list[dict[str, str]]) -> None:
    document = write_document({"id": "R-1", "fields": {"jyaq": "无", "dsrlb": people}})
    assert (arrived(write_call("JF0205", document)).fields["dsrlb"] or []) == people


@pytest.mark.parametrize("form", ["escaped", "cdata", "percent", "typed", "utf8 called gbk"])
def test_the_record_is_read_from_whatever_text_a_library_makes_of_it(form: str) -> None:
    document = write_document({"id": "R-1", "fields": {"xm": "欧阳·示例"}})
    envelope = write_call("JF0205", document).decode("gb18030")
    escaped = document.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert escaped in envelope
    if form == "cdata":
        envelope = envelope.replace(escaped, f"<![CDATA[{document}]]>")
    if form == "percent":
        envelope = envelope.replace(escaped, quote(document, encoding="gb18030"))
    if form == "typed":
        envelope = envelope.replace("<ns1:xmlDoc>", '<ns1:xmlDoc xmlns:x="urn:x" x:type="xsd:string">')
    body = envelope.encode("utf-8" if form.startswith("utf8") else "gb18030")
    assert arrived(body, **{"content-type": "text/xml; charset=GBK"}).fields == {"xm": "欧阳·示例"}


def test_a_file_that_differs_from_its_digest_is_refused() -> None:
    paper = Attachment(id="1", name="a.txt", content="原文".encode())
    body = sent(police(), Record(kind="JF0205", id="M-1", fields={"jyaq": "无"}, attachments=(paper,)))
    assert arrived(body).attachments[0].content == "原文".encode()
    digest = body.partition(b"&lt;sm3&gt;")[2][:64]
    with pytest.raises(Undecodable) as refusal:
        arrived(body.replace(digest, b"0" * 64))
    assert refusal.value.code == "police.file_damaged"


@pytest.mark.parametrize(
    ("code", "failure"), [("-9", TemporaryFailure), ("-2", TemporaryFailure), ("-1", PermanentFailure)]
)
def test_the_code_inside_decides_whatever_http_says(code: str, failure: type[Exception]) -> None:
    exchange = police().deliver(record())
    next(exchange)
    body = write_answer(code, f"{RARE}有误", bwbh="M-1")
    with pytest.raises(failure) as raised:
        exchange.send(Response(status=200, body=body))
    assert RARE not in str(raised.value)


@pytest.mark.parametrize("settings", [{"carrier": "pigeon"}, {"charset": "BIG5"}, {"pth": "/x"}, {"url_encoded": 1}])
def test_a_setting_that_is_wrong_is_named(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationFault) as fault:
        police(**settings)
    assert next(iter(settings)) in str(fault.value.facts["field"])
