"""How a process of the gateway ends: in order while its servers answer, within seconds where one does not.

    told to stop ─► does the store answer? ─► yes: stop in order, however long the last deliveries take
                                          └─► no: let go of what can be let go of, and end; leases run out by themselves

A thread that waits for a server which has gone cannot be interrupted, and Python would wait for it: the process is
ended under it. Nothing is lost by that: what was committed is committed, and what was under way becomes due again.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy import text

from gateway.bootstrap import Gateway
from gateway.errors import GatewayError

log = structlog.get_logger("fengqiao")
ANSWERS_WITHIN = 2.0  # seconds
IN_ORDER = 60.0  # seconds that stopping takes at most while the store answers
LETTING_GO = 1.0  # seconds, where it does not
End = Callable[[int], object]


async def store_answers(gateway: Gateway) -> bool:
    """Say whether the store can be written now."""
    try:
        async with asyncio.timeout(ANSWERS_WITHIN):
            await gateway.writer.ran(lambda connection: connection.execute(text("SELECT 1")).scalar())
    except (GatewayError, TimeoutError):
        return False
    return True


async def stop(gateway: Gateway, *, answers: bool | None = None, end: End = os._exit) -> None:
    """Stop a gateway; does not return where its store is gone: the process ends (``end``)."""
    if answers is None:
        answers = await store_answers(gateway)
    if answers and await _within(IN_ORDER, gateway.stop()):
        return
    log.warning("stop.left_behind", role=gateway.role)
    if not answers:
        await _within(LETTING_GO, gateway.stop())
    logging.shutdown()
    sys.stdout.flush()
    end(0)


async def _within(seconds: float, stopping: Awaitable[None]) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await stopping
    except TimeoutError:
        return False
    return True
