"""Spans of the way of a message for an OpenTelemetry collector (OTLP over HTTP). Needs the extra ``otel``.

    accept (the sender's span is its parent) ─► commit, one for each message, its id made from the message's
                                                  └─► claim        by whoever delivers it, in any process
                                                  └─► exchange     its id is the span id in the traceparent handed on

Imported only where an endpoint is set. The provider is the gateway's own: nothing is installed for the whole process.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry import trace as api
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from gateway import __version__
from gateway.tracing import Trace, handed_on, span_of, trace_of

PATH = "/v1/traces"
SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_trace_id: ContextVar[int] = ContextVar("trace_id", default=0)
_span_id: ContextVar[int] = ContextVar("span_id", default=0)


class Spans:
    """Record spans and send them to ``endpoint`` from a thread of their own; what it does not take is dropped."""

    def __init__(self, endpoint: str, *, service: str, instance: str) -> None:
        resource = Resource.create({SERVICE_NAME: service, SERVICE_VERSION: __version__, SERVICE_INSTANCE_ID: instance})
        self._provider = TracerProvider(resource=resource, id_generator=_Ids(), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(_address(endpoint), timeout=5)))
        self._tracer = self._provider.get_tracer("fengqiao", __version__)

    @contextmanager
    def accepting(self, trace: Trace, partner: str) -> Iterator[None]:
        """Span the taking in of a request, below the sender's span or as the first of a new trace."""
        token = _trace_id.set(int(trace.trace_id, 16))
        try:
            with self._tracer.start_as_current_span(
                "accept", _sent_by(trace), kind=SpanKind.SERVER, attributes={"fengqiao.partner": partner},
                record_exception=False, set_status_on_exception=False,  # an error's words may quote a record
            ):  # fmt: skip
                yield
        finally:
            _trace_id.reset(token)

    def committed(self, message_id: str, *, began: int, **said: str | int) -> None:
        """Span the commit that kept a message, under the id that its deliveries know."""
        token = _span_id.set(int(span_of(message_id), 16))
        try:
            span = self._tracer.start_span("commit", attributes=_named(message_id, said), start_time=began)
        finally:
            _span_id.reset(token)
        span.end()

    def claimed(self, message_id: str, trace_id: str | None, *, began: int, **said: str | int) -> None:
        """Span the claim of a delivery."""
        context = _below(message_id, trace_id)
        self._tracer.start_span("claim", context, attributes=_named(message_id, said), start_time=began).end()

    @contextmanager
    def exchanging(self, message_id: str, trace_id: str | None, **said: str | int) -> Iterator[str]:
        """Span one request to a partner; a failure shows by the type of its error."""
        context = _below(message_id, trace_id)
        span = self._tracer.start_span(
            "exchange", context, kind=SpanKind.CLIENT, attributes=_named(message_id, said), start_time=time.time_ns()
        )
        try:
            yield handed_on(trace_of(message_id, trace_id), f"{span.get_span_context().span_id:016x}")
        except BaseException as error:
            span.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise
        finally:
            span.end()

    def close(self) -> None:
        """Send off what is left, within seconds."""
        self._provider.force_flush(5_000)
        self._provider.shutdown()


class _Ids(RandomIdGenerator):
    """Takes the ids that are decided elsewhere: the trace of a request, the span of a message."""

    def generate_trace_id(self) -> int:
        return _trace_id.get() or super().generate_trace_id()

    def generate_span_id(self) -> int:
        return _span_id.get() or super().generate_span_id()


def _address(endpoint: str) -> str:
    address = endpoint.rstrip("/")
    return address if address.endswith(PATH) else address + PATH


def _sent_by(trace: Trace) -> Context:
    """Return the sender's span as parent, or an empty context: the trace begins here."""
    if trace.parent_id is None:
        return Context()
    flags = SAMPLED if trace.sampled else TraceFlags(TraceFlags.DEFAULT)
    state = TraceState.from_header([trace.state]) if trace.state else None
    return _remote(trace.trace_id, trace.parent_id, flags, state)


def _below(message_id: str, trace_id: str | None) -> Context:
    return _remote(trace_of(message_id, trace_id), span_of(message_id), SAMPLED, None)


def _remote(trace_id: str, span_id: str, flags: TraceFlags, state: TraceState | None) -> Context:
    parent = SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=flags, trace_state=state)
    return api.set_span_in_context(NonRecordingSpan(parent), Context())


def _named(message_id: str, said: dict[str, str | int]) -> dict[str, str | int]:
    return {"fengqiao.message_id": message_id, **{f"fengqiao.{name}": value for name, value in said.items()}}
