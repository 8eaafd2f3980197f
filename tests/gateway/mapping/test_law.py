"""The law of the mapping: what is written reads back the same, what is read and written twice stays the same."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.canonical.messages import Message
from gateway.contract import Record
from gateway.errors import Untranslatable
from gateway.mapping import Writing
from tests.gateway.mapping.hill import BASE, Codes, carried, hill, leaves, within
from tests.strategies import messages

_PATIENT = [HealthCheck.too_slow, HealthCheck.data_too_large]
SLOW = settings(deadline=None, max_examples=30, suppress_health_check=_PATIENT)
TYPES = ("referral", "assignment", "escalation", "success", "return", "person")
# Fields that reading finds out by itself where the message says nothing.
UNAVOIDABLE = {"mapping.missing", "canonical.entrusted_without_number", "canonical.filed_without_number"}
FOUND_OUT = ("data.dispute.people",)


def write(message: Message) -> Writing:
    return hill().write("hill", "hill-1", message, directory=Codes())


def reread(message: Message, record: Record) -> Any:
    base = {**BASE, "id": message.id, "source": message.source}
    return hill().read("hill", "hill-1", record, directory=Codes(), base=base)


def in_row_order(message: Any) -> Any:
    """Put the parties where two lists of the partner fill them: applicants first (the order of the rows)."""
    if message.type != "fengqiao.escalation":
        return message
    parties = sorted(message.data.parties, key=lambda party: party.role != "applicant")
    return message.model_copy(update={"data": message.data.model_copy(update={"parties": tuple(parties)})})


@pytest.mark.parametrize("short_type", TYPES)
def test_what_is_written_reads_back_the_same(short_type: str) -> None:
    @SLOW
    @given(messages(short_type).map(in_row_order))
    def law(message: Message) -> None:
        written = write(message)
        reading = reread(message, written.record)
        assert reading.unmapped == ()
        if reading.message is None:
            # Only where the record has no room for what a message cannot be without.
            assert {fault.code for fault in reading.faults} <= UNAVOIDABLE
            assert written.lost or message.addressee is None
            return
        assert carried(reading.message, (*written.lost, *FOUND_OUT)) == carried(message, (*written.lost, *FOUND_OUT))

    law()


@pytest.mark.parametrize("short_type", TYPES)
def test_what_is_read_and_written_twice_is_what_is_written_once(short_type: str) -> None:
    @SLOW
    @given(messages(short_type))
    def law(message: Message) -> None:
        once = write(message).record
        reading = reread(message, once)
        if reading.message is not None:
            twice = write(reading.message).record
            assert twice.fields == once.fields
            assert [attachment.kind for attachment in twice.attachments] == [a.kind for a in once.attachments]

    law()


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["1", "2", "是", "111", "0001"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
_KEYS = (
    "head", "lx", "fssj", "jsdw", "ajxx", "ajbh", "ah", "jflx", "bdje", "fsrq", "sheng", "xian", "dsrlb", "xm",
    "zjhm", "zjlx", "dhhm", "dlr", "csrq", "dz", "xx", "yj", "sfty", "sj", "lxr", "zw", "tjy", "rs",
    "wtfs", "sqr", "mc", "xy", "yw", "je", "jglx", "wg", "tjydh",
)  # fmt: skip
_HOSTILE = st.recursive(
    _JSON, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner), max_leaves=30
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["case.dispatch", "case.assign", "case.up", "case.result", "person", "?"]),
    st.dictionaries(st.sampled_from(_KEYS) | st.text(max_size=4), _HOSTILE, max_size=12),
)
def test_whatever_a_record_holds_reading_it_raises_nothing(kind: str, fields: dict[str, Any]) -> None:
    for chosen in (fields, {**fields, "jglx": "1", "head": {"lx": 1}}, {**fields, "jglx": 2}):
        reading = hill().read("hill", "hill-1", Record(kind=kind, id="x", fields=chosen), directory=Codes(), base=BASE)
        assert (reading.message is None) == bool(reading.faults)
        assert (reading.verdict == "translated") == (reading.message is not None)
        for fault in reading.faults:
            assert fault.text("zh") != fault.code
            fault.text("zh").encode()


@given(messages("referral") | messages("person"))
@SLOW
def test_an_organisation_that_the_partner_has_no_code_for_is_untranslatable(message: Message) -> None:
    class Empty(Codes):
        known = ()

    named = message.addressee if message.type == "fengqiao.referral" else message.data.person.employer
    refused = pytest.raises(Untranslatable, match=r"^mapping.no_organisation_code")
    with refused if named else nullcontext():
        hill().write("hill", "hill-1", message, directory=Empty())


@given(messages("referral"))
@SLOW
def test_nothing_is_lost_that_the_mapping_carries(message: Message) -> None:
    lost = write(message).lost
    never = ("data.parties[].name", "data.dispute.type", "data.case.partner_id", "data.documents", "time")
    assert not any(within(path, lost) for path in never)
    assert all(any(within(known, (path,)) for _, known, _ in leaves(message)) for path in lost)
