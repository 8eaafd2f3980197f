"""W3C trace context: taken in at the doors, kept with the message, handed on with every request to a partner.

    traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
                 version │ trace id │ span id │ flags

A sender's ``tracestate`` is for its own tracing and goes no further than our spans of its request: what one partner's
software notes there is no other partner's business. https://www.w3.org/TR/trace-context/
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

HEADER, STATE = "traceparent", "tracestate"
_PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)
_KEY = r"[a-z0-9][a-z0-9_\-*/]{0,255}(?:@[a-z][a-z0-9_\-*/]{0,13})?"
_MEMBER = re.compile(rf"{_KEY}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{{0,255}}[\x21-\x2b\x2d-\x3c\x3e-\x7e]", re.ASCII)
_MEMBERS, _LONGEST = 32, 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What a request belongs to. ``parent_id``: the sender's span; None: the trace begins here."""

    trace_id: str
    parent_id: str | None = None
    sampled: bool = True
    state: str = ""


def taken_in(headers: Mapping[str, str]) -> Trace:
    """Return the trace that a request names, or a new one: what is malformed is ignored. Names are lower case."""
    given = headers.get(HEADER)
    found = _PARENT.fullmatch(given.strip()) if given is not None else None
    if found is None or (given is not None and given.strip().startswith("00") and found[4]):
        return Trace(trace_id=f"{random.getrandbits(128) or 1:032x}")  # an id, no secret
    state = headers.get(STATE, "")
    return Trace(
        trace_id=found[1], parent_id=found[2], sampled=bool(int(found[3], 16) & 1),
        state=state if _is_state(state) else "",
    )  # fmt: skip


def trace_of(message_id: str, trace_id: str | None) -> str:
    """Return the trace id of a message; of one that came without any, its own id, the same at every attempt."""
    return trace_id or message_id.replace("-", "")


def handed_on(trace_id: str, span_id: str | None = None) -> str:
    """Return a ``traceparent`` of a trace, with a new span id where none is given.

    Marked as sampled: whoever began the trace may be recording it, and the store does not keep that bit.
    """
    span_id = span_id or f"{random.getrandbits(64) or 1:016x}"  # an id, no secret
    return f"00-{trace_id}-{span_id}-01"


def span_of(message_id: str) -> str:
    """Return the id of the span in which a message was kept: whoever delivers it knows it without being told."""
    return hashlib.sha256(message_id.encode()).hexdigest()[:16]


class Tracing(Protocol):
    """Spans of the way of a message. Times are nanoseconds since 1970."""

    def accepting(self, trace: Trace, partner: str) -> AbstractContextManager[Any]:
        """Span the taking in of a request; what happens inside belongs to it."""

    def committed(self, message_id: str, *, began: int, **said: str | int) -> None:
        """Span the commit that kept a message, now over."""

    def claimed(self, message_id: str, trace_id: str | None, *, began: int, **said: str | int) -> None:
        """Span the claim of a delivery, now over."""

    def exchanging(self, message_id: str, trace_id: str | None, **said: str | int) -> AbstractContextManager[str]:
        """Span one request to a partner; gives the ``traceparent`` that goes with it."""

    def close(self) -> None:
        """Send off what is left, within seconds."""


class HandsOn:
    """Hand traces on and record nothing: what a gateway does that is not told where to send spans."""

    @contextmanager
    def accepting(self, trace: Trace, partner: str) -> Iterator[None]:
        """Record nothing."""
        del trace, partner
        yield

    def committed(self, message_id: str, *, began: int, **said: str | int) -> None:
        """Record nothing."""

    def claimed(self, message_id: str, trace_id: str | None, *, began: int, **said: str | int) -> None:
        """Record nothing."""

    @contextmanager
    def exchanging(self, message_id: str, trace_id: str | None, **said: str | int) -> Iterator[str]:
        """Give a ``traceparent`` with a new span id."""
        del said
        yield handed_on(trace_of(message_id, trace_id))

    def close(self) -> None:
        """Do nothing."""


def _is_state(state: str) -> bool:
    members = [member.strip(" \t") for member in state.split(",")]
    named = [member for member in members if member]
    keys = {member.partition("=")[0] for member in named}
    fits = len(state) <= _LONGEST and len(named) <= _MEMBERS and len(keys) == len(named)
    return fits and all(_MEMBER.fullmatch(member) for member in named)
