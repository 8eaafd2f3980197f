"""Whatever comes to a partner's door is answered in its dialect: no fault, no trace of code, nothing personal logged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import GatewayError
from tests.contract.conftest import DIALECTS
from tests.contract.dialect import Dialect, Sample, personal_values, received
from tests.contract.effort import effort
from tests.contract.house import BODY_LIMIT, FAULTS, Answer, House, running
from tests.contract.test_contract_decoding import ANYTHING

CANARY = "无人知晓的名字"
CANARY_NUMBER = "500242199001011238"
HEADER_TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=40)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One gateway for all these tests: it has to live through them."""
    with running(tmp_path_factory.mktemp("house"), DIALECTS) as found:
        yield found


@pytest.fixture(autouse=True)
def nothing_told(house: House) -> Iterator[None]:
    """Require after every test that the logs hold no fault and nothing personal, and that the gateway is ready."""
    house.said()
    yield
    assert house.ask("GET", "/readyz").status == 200
    text = house.said()
    assert not [event for event in FAULTS if f'"{event}"' in text], text[-3000:]
    personal = {value for dialect in DIALECTS for sample in dialect.samples for value in personal_values(sample)}
    assert not [value for value in (CANARY, CANARY_NUMBER, *_of_people(personal)) if value in text]


def require_told(house: House, dialect: Dialect, answer: Answer) -> None:
    """Require an answer in the dialect, or a problem where no adapter was asked; never a fault."""
    assert answer.status < 500, (answer.status, answer.body[:500])
    assert b"Traceback" not in answer.body
    assert not any(value.encode() in answer.body for value in house.keys[dialect.name].values())
    own = dialect.speaking(house.keys[dialect.name]).refuse(received({"method": "GET", "path": "/"}), GatewayError())
    assert answer.kind in (own.headers["content-type"], "application/problem+json"), answer.kind
    assert answer.kind == own.headers["content-type"] or answer.status in (404, 405)


@effort(60)
@given(data=st.data())
def test_a_stranger_at_a_partners_door_is_turned_away(house: House, dialect: Dialect, data: st.DataObject) -> None:
    known = sorted(dialect.pretending(house.keys[dialect.name]).wrap([_any_sample(dialect).plain])["headers"])
    names = st.sampled_from([*known, "accept-language", "traceparent", "content-type", "x-anything", "expect-ct"])
    headers = data.draw(st.dictionaries(names, HEADER_TEXT.map(str.strip), max_size=6))
    method = data.draw(st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"]))
    path = quote(data.draw(st.text(max_size=30)), safe="/?&=%;.")
    query = quote(data.draw(st.text(max_size=20)), safe="&=%")
    target = f"/partners/{dialect.name}/{path}?name={quote(CANARY)}&{query}"
    answer = house.ask(method, target, headers=headers, body=data.draw(st.binary(max_size=300)))
    require_told(house, dialect, answer)
    assert answer.status >= 400


@effort(40)
@given(data=st.data())
def test_any_authentic_record_is_judged(house: House, dialect: Dialect, data: st.DataObject) -> None:
    """Signed as it should be, and nonsense inside."""
    sample = data.draw(st.sampled_from([each for each in dialect.samples if each.arrives and each.twin is not None]))
    fields: Any = dict(sample.plain["fields"])
    for name in data.draw(st.lists(st.sampled_from(sorted(fields)), max_size=4)):
        fields[name] = data.draw(ANYTHING | st.sampled_from([CANARY, CANARY_NUMBER]))
    fields = data.draw(st.sampled_from([fields, fields, fields, {}, {CANARY: CANARY_NUMBER}]))
    record = {
        **sample.plain,
        "id": data.draw(st.text(st.characters(codec="gb18030", exclude_categories=["Cc"]), min_size=1, max_size=140)),
        "kind": data.draw(st.sampled_from([sample.plain["kind"], sample.plain["kind"], "no.such.kind", CANARY])),
        "fields": fields,
    }
    try:
        wrapped = dialect.pretending(house.keys[dialect.name]).wrap([record])
    except (ValueError, UnicodeError):
        return  # not even a partner could say this
    target = f"/partners/{dialect.name}{wrapped['path']}"
    answer = house.ask(wrapped["method"], target, headers=wrapped["headers"], body=wrapped["body"])
    require_told(house, dialect, answer)


def test_every_sample_comes_in_and_again_with_the_same_answer(house: House, dialect: Dialect, arriving: Sample) -> None:
    first, again = house.push(dialect, [arriving.plain]), house.push(dialect, [arriving.plain])
    require_told(house, dialect, first)
    assert 200 <= first.status < 300
    assert _without_nonce(again, dialect) == _without_nonce(first, dialect)


def test_a_request_that_was_sent_before_is_not_taken_for_a_new_one(house: House, dialect: Dialect) -> None:
    """Byte for byte the same request: refused for its nonce, or answered as before; either way without effect."""
    wrapped = dialect.pretending(house.keys[dialect.name]).wrap([_any_sample(dialect).plain])
    target = f"/partners/{dialect.name}{wrapped['path']}"
    first, again = (
        house.ask(wrapped["method"], target, headers=wrapped["headers"], body=wrapped["body"]) for _ in range(2)
    )
    require_told(house, dialect, again)
    assert again.status >= 400 or again.body == first.body


@pytest.mark.parametrize("declared", [None, "chunked"])
def test_a_body_over_the_limit_is_turned_away(house: House, dialect: Dialect, declared: str | None) -> None:
    head = f"POST /partners/{dialect.name}/x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
    size = BODY_LIMIT + 1
    if declared:
        sent = head.encode() + b"transfer-encoding: chunked\r\n\r\n" + b"%x\r\n" % size + b"x" * size + b"\r\n0\r\n\r\n"
    else:
        sent = head.encode() + b"content-length: %d\r\n\r\n" % size + b"x" * size
    answer = house.shout(sent)
    status = int(answer.split(b" ", 2)[1])
    assert 400 <= status < 500


def test_a_partner_that_nobody_configured_gets_a_problem(house: House, dialect: Dialect) -> None:
    answer = house.ask("POST", f"/partners/not-{dialect.name}/x", body=b"{}")
    assert (answer.status, answer.kind) == (404, "application/problem+json")
    assert set(json.loads(answer.body)["texts"]) == {"zh", "en"}


@pytest.mark.parametrize("asked", DIALECTS, ids=lambda dialect: dialect.name)
def test_a_partner_is_nobody_at_another_partners_door(house: House, dialect: Dialect, asked: Dialect) -> None:
    if asked is dialect:
        return
    wrapped = dialect.pretending(house.keys[dialect.name]).wrap([_any_sample(dialect).plain])
    target = f"/partners/{asked.name}{wrapped['path']}"
    answer = house.ask(wrapped["method"], target, headers=wrapped["headers"], body=wrapped["body"])
    require_told(house, asked, answer)
    assert answer.status >= 400


def _any_sample(dialect: Dialect) -> Sample:
    return next(each for each in dialect.samples if each.arrives and each.twin is not None)


def _of_people(values: set[str]) -> set[str]:
    """Return what is said of people: long numbers, and whatever is written in Chinese."""
    return {value for value in values if not value.isascii() or (value.isdigit() and len(value) >= 11)}


def _without_nonce(answer: Answer, dialect: Dialect) -> bytes:
    """Return an answer's body; what a dialect echoes of its request's own number is the sender's, not ours."""
    try:
        told = json.loads(answer.body)
    except ValueError:
        return answer.body
    return json.dumps({key: value for key, value in told.items() if key != "batchNo"}).encode()
