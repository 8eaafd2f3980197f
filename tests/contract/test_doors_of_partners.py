"""Whatever comes to a partner's door is answered in its dialect: no fault, no traceback, nothing personal logged."""

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
from tests.contract.running_gateway import (
    BODY_LIMIT,
    CANARY,
    CANARY_NUMBER,
    Answer,
    RunningGateway,
    header_values,
    require_quiet,
    running,
)
from tests.contract.test_contract_decoding import ANYTHING

# The gateway is served from this process and rolls its dice (for the next attempt) while examples are drawn.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """One gateway for all these tests: it has to live through them."""
    with running(tmp_path_factory.mktemp("gateway"), DIALECTS) as found:
        yield found


@pytest.fixture(autouse=True)
def quiet(gateway: RunningGateway) -> Iterator[None]:
    """Require after every test that the gateway is ready and its logs hold no fault and nothing personal."""
    gateway.said()
    yield
    said_of_people = {
        value
        for dialect in DIALECTS
        for sample in dialect.samples
        for value in personal_values(sample)
        if not value.isascii() or (value.isdigit() and len(value) >= 11)
    }
    require_quiet(gateway, said_of_people)


def require_told(gateway: RunningGateway, dialect: Dialect, answer: Answer) -> None:
    """Require an answer in the dialect, or a problem where no adapter was asked; never a fault."""
    assert answer.status < 500, (answer.status, answer.body[:500])
    assert b"Traceback" not in answer.body
    assert not any(value.encode() in answer.body for value in gateway.keys[dialect.name].values())
    own = dialect.speaking(gateway.keys[dialect.name]).refuse(received({"method": "GET", "path": "/"}), GatewayError())
    kinds = {own.headers["content-type"], *(["application/json"] if dialect.canonical else [])}
    if answer.status not in (404, 405):
        assert answer.kind in kinds
    assert answer.kind in (*kinds, "application/problem+json")


def pushable(dialect: Dialect) -> list[Sample]:
    """Return the samples that the partner sends."""
    return [each for each in dialect.samples if each.arrives and each.twin is not None]


@effort(60)
@given(data=st.data())
def test_a_stranger_at_a_partners_door_is_turned_away(
    gateway: RunningGateway, dialect: Dialect, data: st.DataObject
) -> None:
    known = sorted(dialect.pretending(gateway.keys[dialect.name]).wrap([pushable(dialect)[0].plain])["headers"])
    names = st.sampled_from([*known, "accept-language", "traceparent", "content-type", "x-anything", "x-partner"])
    headers = data.draw(st.dictionaries(names, header_values(), max_size=6))
    path = quote(data.draw(st.text(max_size=30)), safe="/?&=%;.")
    query = quote(data.draw(st.text(max_size=20)), safe="&=%")
    target = f"/partners/{dialect.partner}/{path}?name={quote(CANARY)}&{query}"
    method = data.draw(st.sampled_from(METHODS))
    answer = gateway.ask(method, target, headers=headers, body=data.draw(st.binary(max_size=300)))
    require_told(gateway, dialect, answer)
    assert answer.status >= 400


@effort(40)
@given(data=st.data())
def test_any_authentic_record_is_judged(gateway: RunningGateway, dialect: Dialect, data: st.DataObject) -> None:
    """Signed as it should be, and nonsense inside."""
    sample = data.draw(st.sampled_from(pushable(dialect)))
    fields: Any = dict(sample.plain["fields"])
    for name in data.draw(st.lists(st.sampled_from(sorted(fields)), max_size=4)):
        fields[name] = data.draw(ANYTHING | st.sampled_from([CANARY, CANARY_NUMBER]))
    record = {
        **sample.plain,
        "id": data.draw(st.text(st.characters(codec="gb18030", exclude_categories=["Cc"]), min_size=1, max_size=140)),
        "kind": data.draw(st.sampled_from([sample.plain["kind"], sample.plain["kind"], "no.such.kind", CANARY])),
        "fields": data.draw(st.sampled_from([fields, fields, fields, {}, {CANARY: CANARY_NUMBER}])),
    }
    try:
        answer = gateway.push(dialect, [record])
    except (ValueError, UnicodeError):
        return  # not even a partner could say this
    require_told(gateway, dialect, answer)


def test_every_sample_comes_in_and_one_that_was_accepted_is_answered_the_same_again(
    dialect: Dialect, tmp_path_factory: pytest.TempPathFactory
) -> None:
    accepted = 0
    with running(tmp_path_factory.mktemp("fresh"), DIALECTS) as gateway:
        for sample in pushable(dialect):
            first = gateway.push(dialect, [sample.plain])
            require_told(gateway, dialect, first)
            assert 200 <= first.status < 300
            if gateway.fate(dialect.partner, sample.plain) == "accepted":
                accepted += 1
                assert told_by_us(gateway.push(dialect, [sample.plain])) == told_by_us(first)
        require_quiet(gateway, set())
    assert accepted, "not one sample is accepted by an empty gateway"


def test_a_request_replayed_to_the_byte_has_no_second_effect(
    dialect: Dialect, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It is refused for its nonce, or answered as before."""
    with running(tmp_path_factory.mktemp("fresh"), DIALECTS) as gateway:
        for sample in pushable(dialect):
            wrapped = dialect.pretending(gateway.keys[dialect.name]).wrap([sample.plain])
            first, again = (gateway.send(dialect, wrapped) for _ in range(2))
            require_told(gateway, dialect, again)
            if gateway.fate(dialect.partner, sample.plain) == "accepted":
                assert again.status >= 400 or again.body == first.body


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_turned_away(gateway: RunningGateway, dialect: Dialect, chunked: bool) -> None:
    size = BODY_LIMIT + 1
    # An announced length is answered before the first byte: what is sent after that only meets a closed connection.
    announced = b"content-length: %d\r\n\r\n" % size
    sent = b"transfer-encoding: chunked\r\n\r\n%x\r\n" % size + b"x" * size + b"\r\n0\r\n\r\n"
    head = f"POST /partners/{dialect.partner}/x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n".encode()
    answer = gateway.shout(head + (sent if chunked else announced))
    assert 400 <= int(answer.split(b" ", 2)[1]) < 500


def test_a_partner_that_nobody_configured_gets_a_problem(gateway: RunningGateway, dialect: Dialect) -> None:
    answer = gateway.ask("POST", f"/partners/not-{dialect.partner}/x", body=b"{}")
    assert (answer.status, answer.kind) == (404, "application/problem+json")
    assert set(json.loads(answer.body)["texts"]) == {"zh", "en"}


def test_a_partner_is_nobody_at_another_partners_door(gateway: RunningGateway, dialect: Dialect) -> None:
    wrapped = dialect.pretending(gateway.keys[dialect.name]).wrap([pushable(dialect)[0].plain])
    for other in (each for each in DIALECTS if each is not dialect):
        answer = gateway.send(other, wrapped)
        require_told(gateway, other, answer)
        assert answer.status >= 400


def told_by_us(answer: Answer) -> Any:
    """Return what an answer says; the number of the request that a dialect may echo is the sender's word."""
    try:
        told = json.loads(answer.body)
    except ValueError:
        return answer.body
    return {key: value for key, value in told.items() if key != "batchNo"}
