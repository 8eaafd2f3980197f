"""A suite that lets everything pass proves nothing: each of these broken adapters has to be caught by it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.contract import Authentic, Exchange, Handed, Outcome, Partner, Receipt, Record, Request, Response
from gateway.errors import GatewayError, TemporaryFailure
from tests.contract import test_contract_answers as answers
from tests.contract import test_contract_authenticity as authenticity
from tests.contract import test_contract_decoding as decoding
from tests.contract import test_contract_deliveries as deliveries
from tests.contract import test_contract_imports as imports
from tests.contract import test_contract_shape as shape
from tests.contract.dialect import Dialect, Sample
from tests.contract.wires import Pretenders
from tests.toy.adapter import Toy


class BelievesEverybody(Toy):
    def authenticate(self, request: Request) -> Authentic:
        return Authentic(key_id="token")


class StumblesOverHeaders(Toy):
    def authenticate(self, request: Request) -> Authentic:
        int(request.headers["x-time"])
        return super().authenticate(request)


class LooksAtNoDoor(Toy):
    def decode(self, request: Request) -> list[Record]:
        return super().decode(replace(request, method="POST", path="/letters"))


class StumblesOverBytes(Toy):
    def decode(self, request: Request) -> list[Record]:
        assert isinstance(request.body, bytes)
        request.body.decode("gb18030")
        return super().decode(request)


class CallsHeldAccepted(Toy):
    def acknowledge(self, request: Request, outcomes: Sequence[Outcome]) -> Response:
        return super().acknowledge(request, [replace(outcomes[0], fate="accepted")])


class AnswersDifferentlyAgain(Toy):
    def acknowledge(self, request: Request, outcomes: Sequence[Outcome]) -> Response:
        again = b"<!-- again -->" if outcomes[0].repeated else b""
        first = super().acknowledge(request, outcomes)
        return replace(first, body=first.body + again)


class TellsItsSecret(Toy):
    def refuse(self, request: Request, error: GatewayError) -> Response:
        refusal = super().refuse(request, error)
        return replace(refusal, body=refusal.body + self._partner.secret("token").encode())


class ReadsAFile(Toy):
    def __init__(self, partner: Partner) -> None:
        super().__init__(partner)
        Path(__file__).read_bytes()


class NumbersEveryAttempt(Toy):
    _numbers = itertools.count()

    def deliver(self, record: Record) -> Exchange[Receipt | Handed]:
        return super().deliver(replace(record, id=f"{record.id}-{next(self._numbers)}"))


class LosesFiles(Toy):
    def deliver(self, record: Record) -> Exchange[Receipt | Handed]:
        return super().deliver(replace(record, attachments=()))


class NeverGivesUp(Toy):
    def deliver(self, record: Record) -> Exchange[Receipt | Handed]:
        try:
            return (yield from super().deliver(record))
        except GatewayError as error:
            raise TemporaryFailure(error.code) from error


class QuotesTheRecord(Toy):
    def deliver(self, record: Record) -> Exchange[Receipt | Handed]:
        try:
            return (yield from super().deliver(record))
        except GatewayError as error:
            error.facts["record"] = str(record.fields)
            raise


def broken(adapter: type[Toy]) -> Dialect:
    """Return the toy's dialect with an adapter that does something wrong."""
    adapter.__module__ = Toy.__module__
    return Dialect(adapter_name="toy", adapter=adapter)


@pytest.mark.parametrize(
    ("adapter", "test"),
    [
        (BelievesEverybody, authenticity.test_the_body_of_another_request_is_refused),
        (BelievesEverybody, authenticity.test_a_header_of_another_request_is_refused),
        (BelievesEverybody, authenticity.test_the_key_of_another_partner_is_refused),
        (BelievesEverybody, authenticity.test_a_missing_or_empty_header_is_refused),
    ],
)
def test_an_adapter_that_believes_everybody_is_caught(adapter: type[Toy], test: Callable[..., None]) -> None:
    dialect = broken(adapter)
    with pytest.raises(pytest.fail.Exception):
        test(dialect=dialect, keys=dialect.simulator.make_keys())


def test_an_adapter_that_stumbles_over_what_strangers_send_is_caught() -> None:
    with pytest.raises((KeyError, ValueError)):
        authenticity.test_whatever_a_stranger_sends_is_not_authentic_and_nothing_worse(broken(StumblesOverHeaders))
    with pytest.raises(UnicodeDecodeError):
        decoding.test_any_bytes_are_records_or_not_the_dialect(broken(StumblesOverBytes))


def test_an_adapter_that_looks_at_no_door_is_caught() -> None:
    dialect = broken(LooksAtNoDoor)
    with pytest.raises(pytest.fail.Exception):
        authenticity.test_a_request_carried_to_another_door_comes_to_nothing(
            dialect, dialect.simulator.make_keys(), {"path": "/elsewhere"}
        )


@pytest.mark.parametrize(
    ("adapter", "test", "more"),
    [
        (CallsHeldAccepted, answers.test_what_was_only_kept_is_never_called_accepted, ["held"]),
        (CallsHeldAccepted, answers.test_a_refused_record_is_told_which_field_and_why, []),
        (AnswersDifferentlyAgain, answers.test_the_same_outcome_has_the_same_answer, ["accepted"]),
    ],
)
def test_an_adapter_that_answers_wrongly_is_caught(adapter: type[Toy], test: Any, more: list[str]) -> None:
    dialect = broken(adapter)
    with pytest.raises(AssertionError):
        test(dialect, _arriving(dialect), dialect.simulator.make_keys(), *more)


def test_an_adapter_that_tells_its_secret_is_caught() -> None:
    dialect = broken(TellsItsSecret)
    with pytest.raises(AssertionError):
        answers.test_every_error_is_refused_in_the_dialect(dialect, dialect.simulator.make_keys(), GatewayError)


def test_an_adapter_that_reads_a_file_is_caught() -> None:
    dialect, audit = broken(ReadsAFile), shape.Audit()
    with pytest.raises(AssertionError):
        shape.test_making_and_asking_an_adapter_does_no_input_or_output(
            audit, dialect, _arriving(dialect), dialect.simulator.make_keys()
        )


@pytest.mark.parametrize("name", ["httpx", "socket.socket", "gateway.store.outbox", "gateway.mapping.compile_set",
                                  "adapters", "urllib.request.urlopen", "os.environ", "pathlib.Path"])  # fmt: skip
def test_an_import_that_no_adapter_may_have_is_caught(name: str) -> None:
    assert not imports.may_import(name, broken(Toy))
    assert imports.may_import("gateway.wire.signing.SortedParameters", broken(Toy))


@pytest.mark.parametrize(
    ("adapter", "test", "more"),
    [
        (NumbersEveryAttempt, deliveries.test_a_record_sent_again_has_one_effect, ["sample"]),
        (LosesFiles, deliveries.test_attachments_arrive_byte_for_byte, ["size"]),
        (NeverGivesUp, deliveries.test_a_refusal_is_a_permanent_failure, []),
        (QuotesTheRecord, deliveries.test_a_refusal_that_quotes_the_record_is_kept_without_the_quotation, ["sample"]),
    ],
)
def test_an_adapter_that_delivers_wrongly_is_caught(
    pretenders: Pretenders, adapter: type[Toy], test: Any, more: list[str]
) -> None:
    dialect = broken(adapter)
    leaving = next(sample for sample in dialect.samples if sample.leaves)
    given = {"sample": leaving, "size": 4096}

    async def run() -> None:
        async with pretenders.wire(dialect) as wire:
            await test(wire, *(given[name] for name in more))

    with pytest.raises((AssertionError, GatewayError, ValueError)):
        asyncio.run(run())


def _arriving(dialect: Dialect) -> Sample:
    return next(sample for sample in dialect.samples if sample.arrives and sample.twin is not None)
