"""Who mends on a command's behalf: the serving process, through its administration, or this one, alone at the store."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol
from urllib.parse import quote

from gateway import ledgers
from gateway.api.administration import told
from gateway.api.ledgers import brought
from gateway.api.reconciliations import with_texts
from gateway.bootstrap import Gateway, shipped_adapters
from gateway.cli import running
from gateway.cli.reading import exists
from gateway.contract import Request
from gateway.errors import NeverReached, StoreUnavailable
from gateway.operations import By
from gateway.settings import Settings
from gateway.store.suspicions import Verdict
from gateway.transports.http import Timeouts


class Hands(Protocol):
    """Mend what is held or dead; each answer is what ``/admin`` answers."""

    async def replay_record(self, receipt: str, by: By) -> dict[str, Any]:
        """Translate and decide a held record again. Raises NotFound."""

    async def replay_delivery(self, delivery: str) -> dict[str, Any]:
        """Make a dead delivery due again. Raises NotFound."""

    async def withdraw(self, delivery: str, reason: str) -> dict[str, Any]:
        """Give a delivery up. Raises NotFound."""

    async def reconcile(self, partner: str, day: date, *, dry_run: bool) -> dict[str, Any]:
        """Compare a day with a partner. Raises NotFound or Conflicting."""

    async def hold(self, case: str, reason: str, by: str) -> dict[str, Any]:
        """Put a case under legal hold. Raises NotFound."""

    async def release(self, case: str, by: str) -> dict[str, Any]:
        """End the legal hold of a case. Raises NotFound."""

    async def judge_duplicate(self, suspicion: str, verdict: Verdict, reason: str, by: str) -> dict[str, Any]:
        """Enter what somebody says of two cases that may be one dispute. Raises NotFound."""

    async def prune(self, *, dry_run: bool) -> dict[str, Any]:
        """Prune some of what is old enough, or count it."""

    async def decide_ruling(self, ruling: str, **wish: Any) -> dict[str, Any]:
        """Release or refuse a ruling by hand. Raises NotFound."""

    async def reopen_ruling(self, ruling: str) -> dict[str, Any]:
        """Have a ruling verified again. Raises NotFound."""

    async def bring_ledger(self, partner: str, workbook: bytes) -> dict[str, Any]:
        """Take a partner's ledger in. Raises NotFound or Undecodable."""

    async def write_ledger(self, partner: str, first: date, last: date) -> bytes:
        """Return the ledger of what a partner said from one day to another. Raises NotFound or Undecodable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Serving:
    administration: running.Administration

    async def replay_record(self, receipt: str, by: By) -> dict[str, Any]:
        return await self._post("records", receipt, "replay", {"revision": by})

    async def replay_delivery(self, delivery: str) -> dict[str, Any]:
        return await self._post("deliveries", delivery, "replay", {})

    async def withdraw(self, delivery: str, reason: str) -> dict[str, Any]:
        return await self._post("deliveries", delivery, "withdraw", {"reason": reason})

    async def reconcile(self, partner: str, day: date, *, dry_run: bool) -> dict[str, Any]:
        wish = {"partner": partner, "day": day.isoformat(), "dry_run": dry_run}
        answer: dict[str, Any] = await self.administration.post("/admin/reconciliations", wish)
        return answer

    async def hold(self, case: str, reason: str, by: str) -> dict[str, Any]:
        return await self._post("cases", case, "hold", {"reason": reason, "by": by})

    async def release(self, case: str, by: str) -> dict[str, Any]:
        return await self._post("cases", case, "release", {"by": by})

    async def judge_duplicate(self, suspicion: str, verdict: Verdict, reason: str, by: str) -> dict[str, Any]:
        verb = {"confirmed": "confirm", "dismissed": "dismiss"}[verdict]
        return await self._post("duplicates", suspicion, verb, {"reason": reason, "by": by})

    async def prune(self, *, dry_run: bool) -> dict[str, Any]:
        answer: dict[str, Any] = await self.administration.post("/admin/prune", {"dry_run": dry_run})
        return answer

    async def bring_ledger(self, partner: str, workbook: bytes) -> dict[str, Any]:
        return await self._post("partners", partner, "ledger", {"workbook": base64.b64encode(workbook).decode()})

    async def decide_ruling(self, ruling: str, **wish: Any) -> dict[str, Any]:
        return await self._post("rulings", ruling, "decide", wish)

    async def reopen_ruling(self, ruling: str) -> dict[str, Any]:
        return await self._post("rulings", ruling, "reopen", {})

    async def write_ledger(self, partner: str, first: date, last: date) -> bytes:
        wish = {"first": first.isoformat(), "last": last.isoformat()}
        made = await self._post("partners", partner, "ledger/export", wish)
        return base64.b64decode(made["workbook"])

    async def _post(self, kind: str, name: str, verb: str, body: dict[str, Any]) -> dict[str, Any]:
        path = f"/admin/{kind}/{quote(name, safe='')}/{verb}"
        answer: dict[str, Any] = await self.administration.post(path, body)
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    """The operations of a gateway that is open but carries nothing: what became due waits for the next ``serve``."""

    gateway: Gateway = field(repr=False)

    async def replay_record(self, receipt: str, by: By) -> dict[str, Any]:
        return told(await self.gateway.operations.replay_record(receipt, by=by))

    async def replay_delivery(self, delivery: str) -> dict[str, Any]:
        partner = await self.gateway.operations.replay_delivery(delivery)
        return {"delivery": delivery, "partner": partner, "status": "pending"}

    async def withdraw(self, delivery: str, reason: str) -> dict[str, Any]:
        partner = await self.gateway.operations.withdraw(delivery, reason)
        return {"delivery": delivery, "partner": partner, "status": "withdrawn"}

    async def reconcile(self, partner: str, day: date, *, dry_run: bool) -> dict[str, Any]:
        return with_texts(await self.gateway.reconciler.run(partner, day, dry_run=dry_run))

    async def hold(self, case: str, reason: str, by: str) -> dict[str, Any]:
        return await self.gateway.retention.hold(case, reason=reason, by=by)

    async def release(self, case: str, by: str) -> dict[str, Any]:
        return await self.gateway.retention.release(case, by=by)

    async def judge_duplicate(self, suspicion: str, verdict: Verdict, reason: str, by: str) -> dict[str, Any]:
        return await self.gateway.operations.judge_duplicate(suspicion, verdict, reason=reason, by=by)

    async def prune(self, *, dry_run: bool) -> dict[str, Any]:
        if dry_run:
            return {"counts": await asyncio.to_thread(self.gateway.retention.due), "more": False}
        counts, more = await self.gateway.retention.prune()
        return {"counts": counts, "more": more}

    async def decide_ruling(self, ruling: str, **wish: Any) -> dict[str, Any]:
        return await self.gateway.deciding.decide(ruling, **wish)

    async def reopen_ruling(self, ruling: str) -> dict[str, Any]:
        return await self.gateway.deciding.reopen(ruling)

    async def bring_ledger(self, partner: str, workbook: bytes) -> dict[str, Any]:
        return brought(await ledgers.bring(self.gateway.operations, partner, workbook))

    async def write_ledger(self, partner: str, first: date, last: date) -> bytes:
        return await asyncio.to_thread(ledgers.write, self.gateway.operations, partner, first=first, last=last)


@asynccontextmanager
async def hands(settings: Settings) -> AsyncIterator[Hands]:
    """Return whoever can write this store now. Raises ConfigurationFault naming the process that has it otherwise."""
    serving = running.announced(settings)
    if serving is not None and await answers(serving):
        async with running.administration(settings, serving) as administration:
            yield _Serving(administration=administration)
        return
    if not exists(settings):
        raise StoreUnavailable("cli.no_store", folder=str(settings.data_dir.absolute()))
    gateway = Gateway(settings, shipped_adapters())
    try:
        await gateway.attend()
        yield _Own(gateway=gateway)
    finally:
        await gateway.stop()


async def answers(serving: running.Serving) -> bool:
    """Say whether a process that said it serves is there; after a ``kill -9`` only its word is left."""
    transport = running.caller(serving.url, Timeouts(connect=2, answer=5))
    try:
        await transport.send(Request(method="GET", path="/livez"))
    except NeverReached:
        return False
    finally:
        await transport.aclose()
    return True
