"""Nobody is taken for the partner but the partner: whatever a signature covers may not change, and keys must fit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract import Authentic, Request
from gateway.errors import NotAuthentic, Undecodable
from gateway.texts import catalogue
from tests.contract.dialect import Dialect, received
from tests.contract.effort import effort

NOW = datetime(2026, 11, 9, 1, 12, 31, tzinfo=UTC)
NONCE = "msg-5d41402abc4b2a76b9719d91"
FAR = timedelta(days=2)


def wrapped(
    dialect: Dialect, keys: Mapping[str, str], *, now: datetime = NOW, nonce: str = NONCE, which: int = 0
) -> dict[str, Any]:
    """Return the request with which the partner sends one of its records."""
    arriving = [sample for sample in dialect.samples if sample.arrives and sample.twin is not None]
    made: dict[str, Any] = dialect.pretending(keys).wrap([arriving[which].plain], now=now, nonce=nonce)
    return made


def refused(dialect: Dialect, keys: Mapping[str, str], request: Request, now: datetime = NOW) -> None:
    """Require that a request is not taken for the partner's, for a reason that can be told."""
    with pytest.raises(NotAuthentic) as refusal:
        dialect.speaking(keys, now).authenticate(request)
    assert refusal.value.code in catalogue()
    shown = f"{refusal.value!r} {refusal.value} {refusal.value.facts}"
    assert not any(value in shown for value in keys.values())


def test_what_the_partner_sends_is_authentic(dialect: Dialect, keys: dict[str, str]) -> None:
    authentic = dialect.speaking(keys, NOW).authenticate(received(wrapped(dialect, keys)))
    assert isinstance(authentic, Authentic)
    assert authentic.key_id
    assert not any(value in authentic.key_id for value in keys.values())


def test_a_nonce_is_forgotten_only_when_its_time_is_over(dialect: Dialect, keys: dict[str, str]) -> None:
    """From the moment it may be forgotten, the request itself is too old."""
    request = received(wrapped(dialect, keys))
    authentic = dialect.speaking(keys, NOW).authenticate(request)
    assert (authentic.nonce is None) == (authentic.nonce_expires is None)
    if authentic.nonce_expires is not None:
        assert authentic.nonce_expires > NOW
        refused(dialect, keys, request, authentic.nonce_expires)


def test_two_requests_have_two_nonces(dialect: Dialect, keys: dict[str, str]) -> None:
    adapter = dialect.speaking(keys, NOW)
    first = adapter.authenticate(received(wrapped(dialect, keys)))
    second = adapter.authenticate(received(wrapped(dialect, keys, nonce=NONCE[::-1])))
    assert first.nonce is None or first.nonce != second.nonce


def test_the_body_of_another_request_is_refused(dialect: Dialect, keys: dict[str, str]) -> None:
    ours, other = wrapped(dialect, keys), wrapped(dialect, keys, which=-1)
    assert ours["body"] != other["body"], "one kind of record is too few to tell"
    assert ours["headers"] != other["headers"], "no header depends on the body: it is not signed"
    refused(dialect, keys, received(ours, body=other["body"]))


@effort(30)
@given(data=st.data())
def test_one_changed_byte_is_refused(dialect: Dialect, data: st.DataObject) -> None:
    keys = dialect.simulator.make_keys()
    request = wrapped(dialect, keys)
    place = data.draw(st.integers(0, len(request["body"]) - 1))
    body = bytearray(request["body"])
    body[place] ^= data.draw(st.integers(1, 255))
    refused(dialect, keys, received(request, body=bytes(body)))


@pytest.mark.parametrize("end", ["nothing", "more", "less"])
def test_a_body_of_another_length_is_refused(dialect: Dialect, keys: dict[str, str], end: str) -> None:
    request = wrapped(dialect, keys)
    body = {"nothing": b"", "more": request["body"] + b" ", "less": request["body"][:-1]}[end]
    refused(dialect, keys, received(request, body=body))


def test_a_header_of_another_request_is_refused(dialect: Dialect, keys: dict[str, str]) -> None:
    """Whatever differs from request to request takes part in the signature: time, nonce, and the signature itself."""
    ours = wrapped(dialect, keys)
    other = wrapped(dialect, keys, now=NOW + timedelta(seconds=7), nonce=NONCE[::-1], which=-1)
    own = [name for name, value in ours["headers"].items() if other["headers"][name] != value]
    assert own, "nothing in the headers proves anything"
    for name in own:
        refused(dialect, keys, received(ours, headers={**ours["headers"], name: other["headers"][name]}))


def test_a_missing_or_empty_header_is_refused(dialect: Dialect, keys: dict[str, str]) -> None:
    request = wrapped(dialect, keys)
    other = wrapped(dialect, keys, now=NOW + timedelta(seconds=7), nonce=NONCE[::-1], which=-1)
    for name in [name for name, value in request["headers"].items() if other["headers"][name] != value]:
        without = {key: value for key, value in request["headers"].items() if key != name}
        refused(dialect, keys, received(request, headers=without))
        refused(dialect, keys, received(request, headers={**without, name: ""}))
        refused(dialect, keys, received(request, headers={**without, name: "  "}))
    refused(dialect, keys, received(request, headers={}))


@pytest.mark.parametrize("away", [-FAR, FAR], ids=["old", "early"])
def test_a_request_outside_the_window_is_refused(dialect: Dialect, keys: dict[str, str], away: timedelta) -> None:
    refused(dialect, keys, received(wrapped(dialect, keys)), NOW - away)


def test_the_key_of_another_partner_is_refused(dialect: Dialect, keys: dict[str, str]) -> None:
    refused(dialect, dialect.simulator.make_keys(), received(wrapped(dialect, keys)))


@pytest.mark.parametrize("change", [{"path": "/elsewhere"}, {"path": "/"}, {"method": "DELETE"}, {"method": "GET"}])
def test_a_request_carried_to_another_door_comes_to_nothing(
    dialect: Dialect, keys: dict[str, str], change: dict[str, str]
) -> None:
    """Where path and method are not signed, there is nothing behind any other door."""
    adapter, request = dialect.speaking(keys, NOW), received(wrapped(dialect, keys), **change)
    try:
        adapter.authenticate(request)
    except NotAuthentic:
        return
    with pytest.raises(Undecodable):
        adapter.decode(request)


def test_an_added_query_changes_nothing_or_is_refused(dialect: Dialect, keys: dict[str, str]) -> None:
    adapter, request = dialect.speaking(keys, NOW), received(wrapped(dialect, keys))
    asked = received(wrapped(dialect, keys), query="id=other")
    try:
        adapter.authenticate(asked)
    except NotAuthentic:
        return
    assert adapter.decode(asked) == adapter.decode(request)


@effort(60)
@given(data=st.data())
def test_whatever_a_stranger_sends_is_not_authentic_and_nothing_worse(dialect: Dialect, data: st.DataObject) -> None:
    keys = dialect.simulator.make_keys()
    names = sorted(wrapped(dialect, keys)["headers"])
    digits = st.text("0123456789-+. ٣", max_size=24)
    values = st.one_of(st.text(max_size=40), digits, st.from_regex(r"[0-9a-f]{64}", fullmatch=True))
    request = Request(
        method=data.draw(st.sampled_from(["POST", "GET", "PUT", "x"])),
        path=data.draw(st.sampled_from([wrapped(dialect, keys)["path"], "/", ""]) | st.text(max_size=20)),
        query=data.draw(st.text(max_size=10)),
        headers=data.draw(st.dictionaries(st.sampled_from(names), values)),
        body=data.draw(st.binary(max_size=60)),
    )
    refused(dialect, keys, request)


@effort(40)
@given(data=st.data())
def test_a_damaged_header_is_not_authentic_and_nothing_worse(dialect: Dialect, data: st.DataObject) -> None:
    keys = dialect.simulator.make_keys()
    request = wrapped(dialect, keys)
    other = wrapped(dialect, keys, now=NOW + timedelta(seconds=7), nonce=NONCE[::-1], which=-1)
    own = sorted(name for name, value in request["headers"].items() if other["headers"][name] != value)
    name = data.draw(st.sampled_from(own))
    value = request["headers"][name]
    place = data.draw(st.integers(0, len(value) - 1))
    said = data.draw(st.characters().filter(lambda letter: letter.lower() != value[place].lower()))
    damaged = value[:place] + said + value[place + 1 :]
    if damaged.split() == value.split():
        return
    refused(dialect, keys, received(request, headers={**request["headers"], name: damaged}))
