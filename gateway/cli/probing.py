"""Is a partner's system there? A harmless request through the gateway's own transport; no record is sent."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import orjson

from gateway.cli.running import caller
from gateway.configuration import PartnerRow
from gateway.contract import Request
from gateway.errors import Fact, TransportFailure
from gateway.transports.http import HttpTransport, Timeouts

LONGEST_ANSWER = 10.0  # seconds; somebody is waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a partner's address answered. ``status`` is HTTP's, whatever it is: an answer is an answer."""

    reached: bool
    milliseconds: int
    status: int | None = None
    code: str | None = None
    facts: dict[str, Fact] = field(default_factory=dict)
    pretends: bool = False  # it is a simulator


async def probe(row: PartnerRow) -> Probe:
    """Connect to a partner that has an address, ask for its base URL and whether it only pretends."""
    assert row.base_url is not None  # noqa: S101  # the caller looked
    timeouts = Timeouts(connect=row.timeouts.connect, answer=min(row.timeouts.answer, LONGEST_ANSWER))
    transport = caller(row.base_url, timeouts)
    started = time.monotonic()
    try:
        answer = await transport.send(Request(method="GET", path=""))
    except TransportFailure as failure:
        return Probe(reached=False, milliseconds=_since(started), code=failure.code, facts=failure.facts)
    finally:
        await transport.aclose()
    milliseconds = _since(started)
    pretends = await _pretends(row.base_url, timeouts)
    return Probe(reached=True, milliseconds=milliseconds, status=answer.status, pretends=pretends)


async def _pretends(base_url: str, timeouts: Timeouts) -> bool:
    parts = urlsplit(base_url)
    transport: HttpTransport = caller(f"{parts.scheme}://{parts.netloc}", timeouts)
    try:
        answer = await transport.send(Request(method="GET", path="/_sim/health"))
        return answer.status == 200 and isinstance(orjson.loads(answer.body), dict)
    except (TransportFailure, ValueError):
        return False
    finally:
        await transport.aclose()


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
