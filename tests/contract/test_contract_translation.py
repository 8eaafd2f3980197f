"""The law of the mapping: what is written reads back the same; what was read and written once stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import assume, event, given
from hypothesis import strategies as st

from gateway.canonical.messages import Message
from gateway.contract import Record
from gateway.errors import Untranslatable
from gateway.texts import catalogue
from tests.contract.dialect import Dialect, Sample
from tests.contract.effort import effort
from tests.gateway.mapping.hill import carried
from tests.strategies import messages

# What reading finds out by itself where the message says nothing: a count of people, a name of a case.
FOUND_OUT = ("data.dispute.people",)


def known(dialect: Dialect) -> tuple[str, ...]:
    """Return the organisations that the partner has codes for."""
    return tuple(dialect.directory.codes)


@effort(50)
@given(data=st.data())
def test_what_is_written_reads_back_the_same(dialect: Dialect, message_type: str, data: st.DataObject) -> None:
    message = data.draw(messages(message_type, known(dialect)))
    writing = dialect.write(message)
    reading = dialect.read(writing.record)
    if not reading.mapping:
        return event("this kind is only ever written")
    assert reading.unmapped == (), "a field that is written and never read"
    if reading.message is None:
        # Only where the record has no room for what a message cannot be without.
        assert {fault.code for fault in reading.faults} <= {"mapping.missing", "mapping.inconsistent"}
        assert writing.lost or message.addressee is None
        return event("lost too much")
    ignored = (*writing.lost, *FOUND_OUT, "id", "source")
    assert carried(reading.message, ignored) == carried(message, ignored)
    return event("carried")


@effort(30)
@given(data=st.data())
def test_written_again_it_is_the_same_record(dialect: Dialect, message_type: str, data: st.DataObject) -> None:
    once = dialect.write(data.draw(messages(message_type, known(dialect)))).record
    reading = dialect.read(once)
    assume(reading.message is not None)
    assert reading.message is not None
    assert _said(dialect.write(reading.message).record) == _said(once)


@effort(30)
@given(data=st.data())
def test_a_record_read_and_written_twice_is_the_record_written_once(dialect: Dialect, data: st.DataObject) -> None:
    """The partner's own spellings become one spelling, and that one stays."""
    sample = data.draw(st.sampled_from([each for each in dialect.samples if each.arrives and each.twin is not None]))
    fields = _thinned(data, sample.plain["fields"])
    message = dialect.read(Record(kind=sample.record.kind, id=sample.record.id, fields=fields)).message
    assume(message is not None)
    assert message is not None
    try:
        once = dialect.write(message).record
    except Untranslatable:
        return
    reading = dialect.read(once)
    assert reading.message is not None, reading.faults
    assert _said(dialect.write(reading.message).record) == _said(once)


def test_a_record_that_arrives_is_the_same_once_written(dialect: Dialect, arriving: Sample) -> None:
    message = dialect.read(arriving.record).message
    assert message is not None
    try:
        once = dialect.write(message).record
    except Untranslatable as error:
        code = error.code
    else:
        again = dialect.read(once).message
        assert again is not None
        assert _said(dialect.write(again).record) == _said(once)
        return
    assert code == "mapping.no_mapping_out", "a message that this dialect brings and cannot say itself"


@effort(30)
@given(data=st.data())
def test_an_organisation_that_the_partner_does_not_know_is_the_only_thing_that_cannot_be_written(
    dialect: Dialect, message_type: str, data: st.DataObject
) -> None:
    message = data.draw(messages(message_type, (*known(dialect), "org-unknown")))
    try:
        dialect.write(message)
    except Untranslatable as error:
        code = error.code
    else:
        return
    assert code == "mapping.no_organisation_code"
    assert code in catalogue()


@effort(30)
@given(data=st.data())
def test_what_is_written_goes_over_the_wire(dialect: Dialect, message_type: str, data: st.DataObject) -> None:
    """Whatever message a mapping can write, the adapter can begin to deliver."""
    message = data.draw(messages(message_type, known(dialect)))
    record = dialect.write(message).record
    papers = tuple(replace(each, content=b"%PDF", size=4) for each in record.attachments)
    exchange = dialect.speaking(dialect.simulator.make_keys()).deliver(replace(record, attachments=papers))
    request = next(exchange)
    exchange.close()
    assert request.method
    assert all(isinstance(value, str) and value.isascii() for value in request.headers.values())


def _said(record: Record) -> tuple[Any, ...]:
    return record.kind, record.fields, [(paper.kind, paper.name, paper.sha256) for paper in record.attachments]


def _thinned(data: st.DataObject, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields with some of them left out, inside objects and lists too."""
    left_out = data.draw(st.sets(st.sampled_from(sorted(fields)), max_size=3))
    kept: dict[str, Any] = {}
    for name, value in fields.items():
        if name in left_out:
            continue
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            kept[name] = [_thinned(data, item) for item in value]
        else:
            kept[name] = _thinned(data, value) if isinstance(value, dict) and value else value
    return kept
