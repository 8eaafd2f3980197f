"""The law of the mapping: what is written reads back the same; what was read and written once stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from gateway.canonical.messages import Message
from gateway.contract import Handed, Record
from gateway.errors import Untranslatable
from gateway.mapping import Reading, Writing
from gateway.texts import catalogue
from tests.contract.dialect import Dialect, Sample
from tests.contract.effort import effort
from tests.gateway.mapping.hill import carried
from tests.strategies import messages

# What reading finds out by itself where the message says nothing; and what the gateway says, not the record.
FOUND_OUT = ("data.dispute.people", "id", "source")


@effort(20)
@given(data=st.data())
def test_any_message_is_written_and_reads_back_the_same(
    dialect: Dialect, message_type: str, data: st.DataObject
) -> None:
    """One generated message goes the whole way: it costs more to generate than to try."""
    message = data.draw(messages(message_type, tuple(dialect.directory.codes)))
    writing = dialect.write(message)
    require_deliverable(dialect, writing.record)
    reading = dialect.read(writing.record)
    if not reading.mapping:
        return event("this kind is only ever written")
    assert reading.unmapped == (), "a field that is written and never read"
    if reading.message is None:
        require_no_room(message, writing, reading)
        return event("lost too much to be read back")
    ignored = (*writing.lost, *FOUND_OUT, *dialect.ours)
    assert carried(reading.message, ignored) == carried(message, ignored)
    assert said(dialect, dialect.write(reading.message).record) == said(dialect, writing.record)
    return event("carried")


@effort(40)
@given(data=st.data())
def test_a_record_read_and_written_twice_is_the_record_written_once(dialect: Dialect, data: st.DataObject) -> None:
    """The partner's own spellings become one spelling, and that one stays."""
    sample = data.draw(st.sampled_from([each for each in dialect.samples if each.arrives and each.twin is not None]))
    fields = thinned(data, sample.plain["fields"])
    message = dialect.read(Record(kind=sample.record.kind, id=sample.record.id, fields=fields)).message
    if message is not None:
        require_stable(dialect, message)


def test_a_record_that_arrives_stays_the_same_once_it_was_written(dialect: Dialect, arriving: Sample) -> None:
    message = dialect.read(arriving.record).message
    assert message is not None
    require_stable(dialect, message)


@effort(25)
@given(data=st.data())
def test_only_an_organisation_that_the_partner_does_not_know_cannot_be_written(
    dialect: Dialect, data: st.DataObject
) -> None:
    short_type = data.draw(st.sampled_from(dialect.written_types))
    message = data.draw(messages(short_type, (*dialect.directory.codes, "org-unknown")))
    code = "mapping.no_organisation_code"
    try:
        dialect.write(message)
    except Untranslatable as error:
        code = error.code
    assert code == "mapping.no_organisation_code"
    assert code in catalogue()


def require_deliverable(dialect: Dialect, record: Record) -> None:
    """Require that the adapter can begin to deliver a record, whatever is in it."""
    papers = tuple(replace(each, content=b"%PDF", size=4) for each in record.attachments)
    exchange = dialect.speaking(dialect.simulator.make_keys()).deliver(replace(record, attachments=papers))
    if dialect.collected:
        with pytest.raises(StopIteration) as end:
            next(exchange)
        assert isinstance(end.value.value, Handed)
        return
    request = next(exchange)
    exchange.close()
    assert request.method
    assert all(value.isascii() for value in request.headers.values())


def require_no_room(message: Message, writing: Writing, reading: Reading) -> None:
    """Require that the record had no room, or the message nothing, for what a message cannot be without."""
    for fault in reading.faults:
        assert fault.code.startswith(("mapping.missing", "mapping.inconsistent", "canonical.")), fault
        assert writing.lost or not _at(message, fault.canonical_path or ""), fault


def require_stable(dialect: Dialect, message: Message) -> None:
    """Require that a message, written, reads and writes as the same record again."""
    try:
        once = dialect.write(message).record
    except Untranslatable as error:
        code = error.code
    else:
        again = dialect.read(once)
        assert again.message is not None, again.faults
        assert said(dialect, dialect.write(again.message).record) == said(dialect, once)
        return
    assert code == "mapping.no_mapping_out", "a message that this dialect brings and cannot say itself"


def said(dialect: Dialect, record: Record) -> tuple[Any, ...]:
    """Return what a record says, without its id and what the gateway itself says in it."""
    fields = {name: value for name, value in record.fields.items() if name not in dialect.ours}
    return record.kind, fields, [(paper.kind, paper.name, paper.sha256) for paper in record.attachments]


def thinned(data: st.DataObject, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields with some of them left out, inside objects and lists too."""
    left_out = data.draw(st.sets(st.sampled_from(sorted(fields)), max_size=3))
    kept: dict[str, Any] = {}
    for name, value in fields.items():
        if name in left_out:
            continue
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            kept[name] = [thinned(data, item) for item in value]
        else:
            kept[name] = thinned(data, value) if isinstance(value, dict) and value else value
    return kept


def _at(message: Message, path: str) -> Any:
    value: Any = message
    for step in path.split("."):
        value = getattr(value, step.removesuffix("[]"), None)
    return value
