"""What the two halves tell of what they do: counts, spans and log lines, told once for a batch where that is possible.

Ids, codes and counts only; never what a case is about.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

import structlog

from gateway import logs
from gateway.errors import ConfigurationFault
from gateway.metrics import Metrics
from gateway.store.arrivals import Arrival, Kept
from gateway.store.outbox import Claimed, Closing
from gateway.tracing import HandsOn, Trace, Tracing, trace_of

log = structlog.get_logger("fengqiao.records")
_level = logging.getLogger("fengqiao.records")  # asked first: one log line for every record costs
Wake = Callable[[Iterable[str]], None]


def open_tracing(endpoint: str | None, *, service: str = "fengqiao") -> Tracing:
    """Return what records spans: nothing, without an endpoint. Raises ConfigurationFault when the extra is missing."""
    if endpoint is None:
        return HandsOn()
    try:
        from gateway.spans import Spans  # noqa: PLC0415  # an extra, which nobody without an endpoint needs
    except ImportError:
        raise ConfigurationFault("telemetry.extra_missing") from None
    return Spans(endpoint, service=service, instance=f"{socket.gethostname()}:{os.getpid()}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """Count and trace for one process."""

    metrics: Metrics = field(default_factory=Metrics)
    tracing: Tracing = field(default_factory=HandsOn)
    _woken: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def accepting(self, trace: Trace, partner: str) -> Iterator[None]:
        """Time, trace and name in the logs the taking in of a request."""
        began = time.perf_counter()
        with logs.about(partner=partner, trace_id=trace.trace_id), self.tracing.accepting(trace, partner):
            yield
        self.metrics.accept_seconds(time.perf_counter() - began)

    def refused(self, code: str) -> None:
        """Count a request that was not taken."""
        self.metrics.refused[code,].inc()

    def called(self, clock: str, call: str, *, told: bool) -> None:
        """Count what was said of a period, after its commit."""
        self.metrics.calls[clock, call, "told" if told else "untold"].inc()

    def kept(self, arrival: Arrival, kept: Kept, *, began: int) -> None:
        """Count the records of a request after its commit. ``began``: when it was handed in, nanoseconds."""
        telling = _level.isEnabledFor(logging.DEBUG)
        for outcome in kept.outcomes:
            if outcome.repeated:
                self.metrics.repeated[arrival.partner,].inc()
            else:
                self.metrics.records[arrival.partner, outcome.fate].inc()
                if outcome.message_id:
                    self.tracing.committed(outcome.message_id, began=began, partner=arrival.partner)
            if telling:
                number, trace = outcome.message_id, arrival.trace_id
                log.debug(
                    "record.kept", partner=arrival.partner, trace_id=trace_of(number, trace) if number else trace,
                    receipt_id=outcome.receipt_id, message_id=number, case_id=outcome.case_id, fate=outcome.fate,
                    code=outcome.code,
                )  # fmt: skip

    def waking(self, wake: Wake) -> Wake:
        """Return ``wake`` with the time of each lane's wake-up noted; the first of several counts."""

        def noting(partners: Iterable[str]) -> None:
            partners = list(partners)
            at = time.monotonic()
            for partner in partners:
                self._woken.setdefault(partner, at)
            wake(partners)

        return noting

    def looks(self, partner: str) -> float:
        """Note that a lane looks at what is due; return when, by the steady clock."""
        now = time.monotonic()
        if (at := self._woken.pop(partner, None)) is not None:
            self.metrics.wake_seconds(now - at)
        return now

    def claimed(self, claimed: Sequence[Claimed], *, room: int, began: int) -> None:
        """Time and trace a claim of up to ``room``, from within its transaction. ``began``: nanoseconds."""
        if room:
            self.metrics.claim_seconds((time.time_ns() - began) / 1e9)
        for each in claimed:
            self.tracing.claimed(each.message_id, each.message.get("trace_id"), began=began, **_said(each))

    def turned(self, partner: str, closings: Sequence[Closing], *, began: float) -> None:
        """Count how tries ended, after the commit that closed them. ``began``: by the steady clock."""
        self.metrics.turn_seconds(time.monotonic() - began)
        for closing in closings:
            if closing.attempted is None:
                continue
            self.metrics.attempts[partner, closing.attempted.outcome].inc()
            if closing.status in ("pending", "in_doubt"):
                self.metrics.redeliveries[partner,].inc()
                continue
            self.metrics.ended[partner, closing.status].inc()
            if closing.delivered_at is not None:
                self.metrics.lag[partner,].observe((closing.delivered_at - closing.claimed.created_at) / 1000)

    def acknowledged(self, partner: str, verdict: str, seconds: float) -> None:
        """Count what a partner has fetched and spoken of. ``seconds``: since it became due."""
        self.metrics.ended[partner, "delivered" if verdict == "delivered" else "dead"].inc()
        if verdict == "delivered":
            self.metrics.lag[partner,].observe(seconds)

    def delivering(self, claimed: Claimed) -> AbstractContextManager[None]:
        """Name a delivery in every log line of its try."""
        trace_id = trace_of(claimed.message_id, claimed.message.get("trace_id"))
        return logs.about(
            message_id=claimed.message_id, case_id=claimed.case_id, partner=claimed.partner, trace_id=trace_id
        )

    @contextmanager
    def exchanging(self, claimed: Claimed) -> Iterator[str]:
        """Time and trace one request to a partner; gives the ``traceparent`` that goes with it."""
        began = time.perf_counter()
        try:
            trace_id = claimed.message.get("trace_id")
            with self.tracing.exchanging(claimed.message_id, trace_id, **_said(claimed)) as traceparent:
                yield traceparent
        finally:
            self.metrics.exchanges[claimed.partner,].observe(time.perf_counter() - began)


def _said(claimed: Claimed) -> dict[str, str | int]:
    return {"partner": claimed.partner, "type": claimed.type, "attempt": claimed.attempts + 1}
