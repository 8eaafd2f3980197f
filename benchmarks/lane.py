"""The lane: deliveries per second of the gateway's right half, against a bare loop of posts over the same transport.

    fill       referrals by the left half's own methods, without HTTP          the store holds N deliveries that are due
    drain      Outbound.drain ──► sink        claim, open, translate, sign, send, read the receipt, close
    bare loop  HttpTransport.send ──► sink    the same request N times, as many at once, nothing before or after

First the referrals go to a centre; then the centre's acceptances of the same cases go to the court, with its token.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import uvloop
from sqlalchemy import func, select

from benchmarks.figures import Figure
from benchmarks.load import signed
from benchmarks.processes import listening
from benchmarks.setting import SECRETS, write_configuration
from gateway import logs
from gateway.bootstrap import Gateway, shipped_adapters
from gateway.cli.running import spare_the_collector
from gateway.contract import Request
from gateway.demo import cast
from gateway.demo.cast import CAST, COURT, VILLAGE, Calendar
from gateway.settings import load_settings
from gateway.store.tables import case_reference, delivery
from gateway.wire import standard_webhooks

CONCURRENCY = 32
IN_ONE_REQUEST = 50
AT_ONCE = 64
RECEIVERS = {VILLAGE: "deliver a referral, mediation_center", COURT: "deliver an acceptance, court_platform"}


@dataclass(slots=True)
class Taken:
    """Rounds of one way of delivering: how many per second, and the processor's milliseconds for each."""

    per_second: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @contextmanager
    def taken(self, count: int) -> Iterator[None]:
        """Measure what delivers ``count``."""
        started, cpu = time.perf_counter(), time.process_time()
        yield
        self.cpu.append((time.process_time() - cpu) / count * 1000)
        self.per_second.append(count / (time.perf_counter() - started))


@dataclass(slots=True)
class Runs:
    """What was measured with one receiver."""

    ours: Taken = field(default_factory=Taken)
    twin: Taken = field(default_factory=Taken)


def measure(rounds: int, quick: bool) -> Iterator[Figure]:
    """Yield deliveries per second to a centre and to a court platform."""
    os.environ.update(SECRETS)
    count = 100 if quick else 2000
    with TemporaryDirectory(prefix="fengqiao-bench-") as name:
        folder = Path(name)
        with (
            (folder / "gateway.log").open("w") as log,
            listening(["benchmarks.sink"], log=folder / "sink.log") as sink,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            logs.configure(stream=log)
            urls = {actor.name: f"http://127.0.0.1:{sink.port}" for actor in CAST}
            write_configuration(folder / "config", urls, concurrency=CONCURRENCY)
            found = runner.run(_measured(folder, rounds, count))
    for receiver, runs in found.items():
        ours, twin = statistics.median(runs.ours.cpu), statistics.median(runs.twin.cpu)
        yield Figure(
            name=RECEIVERS[receiver],
            ours=runs.ours.per_second,
            twin=runs.twin.per_second,
            aim="≥ 0.5",
            remarks=[f"processor, ours {ours:.2f} ms a delivery, plain {twin:.2f} ms"],
        )


async def _measured(folder: Path, rounds: int, count: int) -> dict[str, Runs]:
    settings = load_settings(data_dir=folder, config_dir=folder / "config")
    gateway = Gateway(settings, shipped_adapters())
    found = {receiver: Runs() for receiver in RECEIVERS}
    try:
        await gateway.attend()
        spare_the_collector()
        for receiver in RECEIVERS:
            await _round(gateway, receiver, "WARM", 50, Runs())
        for n in range(rounds):
            for receiver, runs in found.items():
                await _round(gateway, receiver, f"L{n}", count, runs)
    finally:
        await gateway.stop()
    return found


async def _round(gateway: Gateway, receiver: str, prefix: str, count: int, runs: Runs) -> None:
    requests = _referrals(prefix, count) if receiver == VILLAGE else _acceptances(gateway)
    sender = COURT if receiver == VILLAGE else VILLAGE
    await _fill(gateway, sender, requests)
    due, before = _counted(gateway, receiver, "pending"), _counted(gateway, receiver, "delivered")
    with runs.ours.taken(due):
        await gateway.outbound.drain(gateway.post(receiver), asyncio.Event())
    delivered = _counted(gateway, receiver, "delivered") - before
    if (due, delivered) != (count, count):
        raise SystemExit(f"{receiver}: {count} referrals made {due} deliveries, and {delivered} arrived")
    request = _request_for(gateway, receiver, sender, requests[0])
    with runs.twin.taken(count):
        await _bare_loop(gateway, receiver, request, count)


async def _bare_loop(gateway: Gateway, receiver: str, request: Request, count: int) -> None:
    """Post one request again and again, as many at once as the lane does."""
    transport = gateway.post(receiver).transport
    assert transport is not None
    left = iter(range(count))

    async def caller() -> None:
        for _ in left:
            response = await transport.send(request)
            assert response.status == 200

    await asyncio.gather(*(caller() for _ in range(CONCURRENCY)))


def _request_for(gateway: Gateway, receiver: str, sender: str, received: Request) -> Request:
    """Return the request that the receiver's adapter makes of what was received."""
    record = gateway.post(sender).adapter.decode(received)[0]
    base = {
        "id": "01900000-0000-7000-8000-000000000001",
        "source": f"/partners/{sender}",
        "receivedtime": gateway.now(),
    }
    message = gateway.post(sender).read(record, base).message
    assert message is not None
    post = gateway.post(receiver)
    exchange = post.adapter.deliver(post.write(message).record)
    request = next(exchange)
    exchange.close()
    return request


async def _fill(gateway: Gateway, sender: str, requests: Sequence[Request]) -> None:
    """Take records in as the door does, many at once."""
    post = gateway.post(sender)
    for n in range(0, len(requests), AT_ONCE):
        answers = [gateway.inbound.receive(post, request) for request in requests[n : n + AT_ONCE]]
        for response in await asyncio.gather(*answers):
            assert response.status == 200, response.body


def _referrals(prefix: str, count: int) -> list[Request]:
    now = datetime.now(UTC)
    return [signed(f"{prefix}-{n}", now) for n in range(count)]


def _acceptances(gateway: Gateway) -> list[Request]:
    """Return the centre's acceptances of every case that it has not accepted yet, as it sends them."""
    calendar = Calendar()
    accepted = select(delivery.c.case_id).where(delivery.c.partner == COURT)
    query = select(case_reference.c.value).where(
        case_reference.c.partner == VILLAGE, case_reference.c.case_id.not_in(accepted)
    )
    with gateway.store.engine.connect() as connection:
        events = list(connection.execute(query).scalars())
    records = [
        cast.from_centre(calendar, VILLAGE, "case.accept", event, serial=1, **cast.accepted(calendar))
        for event in events
    ]
    return [_batch(records[n : n + IN_ONE_REQUEST]) for n in range(0, len(records), IN_ONE_REQUEST)]


def _batch(records: Sequence[dict[str, Any]]) -> Request:
    items = [{"recordId": each["id"], "type": each["kind"], "body": each["fields"]} for each in records]
    body, now = orjson.dumps({"batchNo": records[0]["id"], "records": items}), datetime.now(UTC)
    signature = standard_webhooks.sign(SECRETS["BENCH_WEBHOOK_SECRET"], records[0]["id"], now, body)
    headers = {
        "content-type": "application/json",
        "webhook-id": records[0]["id"],
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    return Request(method="POST", path="/events", headers=headers, body=body)


def _counted(gateway: Gateway, receiver: str, status: str) -> int:
    query = select(func.count()).where(delivery.c.partner == receiver, delivery.c.status == status)
    with gateway.store.engine.connect() as connection:
        return int(connection.execute(query).scalar_one())
