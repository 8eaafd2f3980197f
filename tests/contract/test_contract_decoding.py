"""Whatever bytes come, decoding ends in records or in Undecodable, and every record can be judged by the mapping."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract import Record, Request
from gateway.errors import Undecodable
from gateway.texts import catalogue
from tests.contract.dialect import Dialect, Sample, received
from tests.contract.effort import effort

MIB = 1024 * 1024
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
BOMBS = {
    "brackets": b"[" * 200_000,
    "objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "quotes": b'"' + b'\\"' * 200_000,
    "digits": b'{"records": ' + b"9" * 100_000 + b"}",
    "elements": b"<a>" * 100_000,
    "attributes": b"<a " + b"".join(b'b%d="" ' % number for number in range(60_000)) + b"/>",
    "laughs": b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><letter><no>&b;</no></letter>',
    "outside": b'<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><letter><no>&a;</no></letter>',
    "zeros": b"\x00" * 100_000,
    "surrogate": b'"\\ud800"',
    "mark": b"\xef\xbb\xbf",
    "form": b"a=1&" * 50_000,
}


def door(dialect: Dialect) -> Request:
    """Return a request as the partner makes it, at the right door."""
    keys = dialect.simulator.make_keys()
    sample = next(each for each in dialect.samples if each.arrives and each.twin is not None)
    return received(dialect.pretending(keys).wrap([sample.plain]))


def decoded(dialect: Dialect, request: Request) -> list[Record] | None:
    """Decode a request and judge its records; None where it is not in the dialect. Nothing else may be raised."""
    adapter = dialect.speaking(dialect.simulator.make_keys())
    try:
        records = adapter.decode(request)
    except Undecodable as error:
        code = error.code
    else:
        return judged(dialect, records)
    assert code in catalogue()
    return None


def judged(dialect: Dialect, records: list[Record]) -> list[Record]:
    """Require that the mapping has a verdict on every record."""
    assert all(isinstance(record, Record) for record in records)
    for record in records:
        assert record.id
        assert len(record.id) <= 128
        assert record.kind
        reading = dialect.read(record)
        assert (reading.message is None) == (reading.verdict != "translated")
    return records


def changed(request: Request, body: bytes, **headers: str) -> Request:
    """Return the request with another body, and some other headers."""
    return Request(method=request.method, path=request.path, headers={**request.headers, **headers}, body=body)


@effort(100)
@given(body=st.binary(max_size=400))
def test_any_bytes_are_records_or_not_the_dialect(dialect: Dialect, body: bytes) -> None:
    decoded(dialect, changed(door(dialect), body))


@effort(100)
@given(value=ANYTHING)
def test_any_json_is_records_or_not_the_dialect(dialect: Dialect, value: Any) -> None:
    decoded(dialect, changed(door(dialect), json.dumps(value).encode()))


@effort(150)
@given(data=st.data())
def test_a_frame_with_any_part_replaced_is_records_or_not_the_dialect(dialect: Dialect, data: st.DataObject) -> None:
    request = door(dialect)
    assert isinstance(request.body, bytes)
    body = _mutated(data, request.body)
    decoded(dialect, changed(request, body))


@effort(40)
@given(declared=st.text(max_size=30) | st.sampled_from(["charset=gbk", "charset=utf-16", "charset=idna", "charset=x"]))
def test_a_declared_charset_is_only_a_hint(dialect: Dialect, declared: str) -> None:
    request = door(dialect)
    assert isinstance(request.body, bytes)
    decoded(dialect, changed(request, request.body, **{"content-type": declared}))


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_not_the_dialect(dialect: Dialect, bomb: str) -> None:
    assert decoded(dialect, changed(door(dialect), BOMBS[bomb])) is None


def test_a_body_beyond_all_measure_is_not_the_dialect(dialect: Dialect) -> None:
    request = door(dialect)
    assert isinstance(request.body, bytes)
    assert decoded(dialect, changed(request, request.body + b" " * (33 * MIB))) is None


def test_depth_inside_a_good_frame_is_not_the_dialect(dialect: Dialect, arriving: Sample, keys: dict[str, str]) -> None:
    deep: Any = "x"
    for _ in range(60):
        deep = {"a": deep}
    wrapped = dialect.pretending(keys).wrap([{**arriving.plain, "fields": {**arriving.plain["fields"], "a": deep}}])
    assert decoded(dialect, received(wrapped)) is None


@effort(60)
@given(data=st.data())
def test_a_record_of_anything_is_judged(dialect: Dialect, data: st.DataObject) -> None:
    """Fields of any shape in a good frame: the mapping has a verdict, whatever they are."""
    sample = data.draw(st.sampled_from([each for each in dialect.samples if each.arrives and each.twin is not None]))
    fields = dict(sample.plain["fields"])
    for name in data.draw(st.lists(st.sampled_from(sorted(fields)), max_size=4)):
        fields[name] = data.draw(ANYTHING)
    record = Record(kind=sample.record.kind, id=sample.record.id, fields=fields)
    reading = dialect.read(record)
    assert (reading.message is None) == (reading.verdict != "translated")
    assert bool(reading.faults) == (reading.message is None)
    for fault in reading.faults:
        assert fault.code in catalogue()


def _mutated(data: st.DataObject, body: bytes) -> bytes:
    """Return a body with something in it replaced: a part of its JSON, or a slice of its bytes."""
    try:
        value = json.loads(body)
    except ValueError:
        start = data.draw(st.integers(0, len(body)))
        end = data.draw(st.integers(start, min(len(body), start + 40)))
        middle = data.draw(st.binary(max_size=20) | st.sampled_from([body[start:end] * 2, b"<a/>", b"</a>", b"&lt;"]))
        return body[:start] + middle + body[end:]
    places = list(_places(value))
    for place in data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=3)):
        value = _replaced(value, place, data.draw(ANYTHING))
    return json.dumps(value).encode()


def _places(value: Any, here: tuple[Any, ...] = ()) -> Any:
    yield here
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield from _places(each, (*here, name))


def _replaced(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    first, *rest = place
    if isinstance(value, dict) and first in value:
        return {**value, first: _replaced(value[first], tuple(rest), new)}
    if isinstance(value, list) and isinstance(first, int) and first < len(value):
        return [*value[:first], _replaced(value[first], tuple(rest), new), *value[first + 1 :]]
    return value
