"""The partner is answered in its dialect: truly, the same every time, and without a word it should not see."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from gateway.contract import Fate, Outcome, Request, Response
from gateway.errors import GatewayError, StoreUnavailable
from gateway.texts import text
from gateway.wire import charsets
from tests.contract.dialect import Dialect, Sample, received

RECEIPT = "019e1c50-7a00-7000-8000-00000000aaaa"
WHEN = datetime(2026, 11, 9, 1, 12, 31, tzinfo=UTC)
REASON = "inbox.conflicting"
PROBLEM = "application/problem+json"  # RFC 9457: how the common language says no
# How acceptance is said. What is only kept is received (已收): nobody has judged it yet.
ACCEPTED = re.compile("已受理|accept", re.IGNORECASE)


def every_error(root: type[GatewayError] = GatewayError) -> Iterator[type[GatewayError]]:
    """Yield the error tree of ``gateway.errors``; what other rooms derive for themselves never comes to an adapter."""
    yield root
    for branch in root.__subclasses__():
        if branch.__module__ == GatewayError.__module__:
            yield from every_error(branch)


def said(response: Response) -> str:
    """Return what a response says, whatever its charset."""
    declared = re.search(r"charset=([\w-]+)", response.headers.get("content-type", ""))
    return charsets.decode(response.body, declared[1] if declared else None)


def outcome(sample: Sample, fate: Fate, **changes: Any) -> Outcome:
    """Return an outcome of a sample's record, with a reason where it was not accepted."""
    reason: Mapping[str, Any] = {}
    if fate in ("refused", "held"):
        reason = {"code": REASON, "facts": {"record": "R-17"}, "field": "some.field[0].path"}
    named = {"kind": sample.record.kind, "record_id": sample.record.id, "receipt_id": RECEIPT, "received_at": WHEN}
    known = {"case_id": "GW-17"} if fate == "accepted" else {}
    return Outcome(**{**named, **known, **reason, **changes}, fate=fate)


def acknowledged(dialect: Dialect, keys: Mapping[str, str], sample: Sample, *outcomes: Outcome) -> Response:
    """Answer the request that brought the sample's record."""
    request = received(dialect.pretending(keys).wrap([sample.plain]))
    response = dialect.speaking(keys).acknowledge(request, outcomes)
    require_response(response)
    return response


def require_response(response: Response) -> None:
    """Require what every answer is: a whole HTTP response with a declared type."""
    assert isinstance(response, Response)
    assert 200 <= response.status < 600
    assert isinstance(response.body, bytes)
    assert response.body
    assert all(name == name.lower() for name in response.headers)
    assert "content-type" in response.headers


@pytest.mark.parametrize("fate", get_args(Fate))
def test_every_fate_has_an_answer(dialect: Dialect, arriving: Sample, keys: dict[str, str], fate: Fate) -> None:
    response = acknowledged(dialect, keys, arriving, outcome(arriving, fate))
    assert response.status < 500, "an answer to a record that was kept makes nobody send again"
    assert RECEIPT in said(response), "the partner can quote our receipt"


@pytest.mark.parametrize("fate", ["held", "parked"])
def test_what_was_only_kept_is_never_called_accepted(
    dialect: Dialect, arriving: Sample, keys: dict[str, str], fate: Fate
) -> None:
    kept = said(acknowledged(dialect, keys, arriving, outcome(arriving, fate, code=None, facts={}, field=None)))
    taken = said(acknowledged(dialect, keys, arriving, outcome(arriving, "accepted", case_id=None)))
    echoed = kept.replace(arriving.record.id, "").replace(arriving.record.kind, "")
    assert not ACCEPTED.search(echoed)
    assert kept != taken


def test_a_refused_record_is_told_which_field_and_why(dialect: Dialect, arriving: Sample, keys: dict[str, str]) -> None:
    told = said(acknowledged(dialect, keys, arriving, outcome(arriving, "refused")))
    assert "some.field[0].path" in told
    assert text(REASON, "zh", record="R-17") in told or text(REASON, "en", record="R-17") in told
    assert told != said(acknowledged(dialect, keys, arriving, outcome(arriving, "accepted")))


@pytest.mark.parametrize("fate", get_args(Fate))
def test_the_same_outcome_has_the_same_answer(
    dialect: Dialect, arriving: Sample, keys: dict[str, str], fate: Fate
) -> None:
    """Sent again, a record gets the first acknowledgement again, word for word."""
    request = received(dialect.pretending(keys).wrap([arriving.plain]))
    first, again = outcome(arriving, fate), outcome(arriving, fate, repeated=True)
    adapter = dialect.speaking(keys)
    assert adapter.acknowledge(request, [first]) == adapter.acknowledge(request, [first])
    assert adapter.acknowledge(request, [first]) == dialect.speaking(keys).acknowledge(request, [again])


@pytest.mark.able("batching")
def test_every_record_of_a_batch_is_answered(dialect: Dialect, keys: dict[str, str]) -> None:
    batch = [sample for sample in dialect.samples if sample.arrives and sample.twin is not None]
    request = received(dialect.pretending(keys).wrap([sample.plain for sample in batch]))
    outcomes = [
        outcome(sample, "refused" if place % 2 else "accepted", receipt_id=f"receipt-{place:03}")
        for place, sample in enumerate(batch)
    ]
    told = said(dialect.speaking(keys).acknowledge(request, outcomes))
    places = [told.index(each.receipt_id) for each in outcomes]
    assert places == sorted(places), "in the order of the batch"


@pytest.mark.parametrize("error", [*every_error()], ids=lambda error: error.__name__)
def test_every_error_is_refused_in_the_dialect(
    dialect: Dialect, keys: dict[str, str], error: type[GatewayError]
) -> None:
    sample = next(sample for sample in dialect.samples if sample.arrives)
    accepted = acknowledged(dialect, keys, sample, outcome(sample, "accepted"))
    refusal = dialect.speaking(keys).refuse(received(dialect.pretending(keys).wrap([sample.plain])), error())
    require_response(refusal)
    told = said(refusal)
    assert refusal.headers["content-type"] in (accepted.headers["content-type"], PROBLEM)
    assert error().text("zh") in told or error().text("en") in told
    assert "Traceback" not in told
    assert error.__name__ not in told
    assert not any(value in told for value in keys.values())


@pytest.mark.parametrize("body", [b"", b"\x00\xff\xfe", b"[" * 5000, b"<" * 5000, b"null", b"{}"], ids=repr)
def test_a_request_that_cannot_be_read_is_refused_all_the_same(
    dialect: Dialect, keys: dict[str, str], body: bytes
) -> None:
    adapter = dialect.speaking(keys)
    for method, path in (("POST", "/"), ("GET", ""), ("POST", "/nowhere/at/all")):
        request = Request(method=method, path=path, headers={}, body=body[:100])
        require_response(adapter.refuse(request, GatewayError("gateway.fault", fault="F1")))


def test_a_sender_that_must_try_again_can_see_it(dialect: Dialect, keys: dict[str, str]) -> None:
    """A store that is away is not the sender's fault, and looks like no other refusal."""
    request = received(dialect.pretending(keys).wrap([next(each for each in dialect.samples if each.arrives).plain]))
    adapter = dialect.speaking(keys)
    away = adapter.refuse(request, StoreUnavailable())
    assert away.status >= 500 or away.status == 429
    assert away.status != adapter.refuse(request, GatewayError("wire.undecodable")).status or away.body


def test_an_answer_shows_nothing_of_the_record(dialect: Dialect, arriving: Sample, keys: dict[str, str]) -> None:
    """What the record says of people does not travel back, not even in a refusal."""
    told = said(acknowledged(dialect, keys, arriving, outcome(arriving, "refused")))
    twin = (arriving.twin or {})["data"]
    for name in _names(twin):
        assert name not in told


def _names(value: Any) -> Iterator[str]:
    """Yield every name, number of a document and telephone number in a twin."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if isinstance(inner, str) and name in ("name", "number", "party", "debtor"):
                yield inner
            elif name == "phones":
                yield from inner
            else:
                yield from _names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner)
