"""How each kind of fault is done to whom, and undone."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faults.configuring import TIMEOUTS
from tests.faults.plan import EXCUSES, Fault
from tests.faults.process import set_clock
from tests.faults.stage import LEASE, Stage
from tests.servers import Server

# What stays behind of a fault that excuses two hands on one delivery: a lease, or an exchange, may run out later.
_AFTERWARDS = LEASE + 8 * sum(TIMEOUTS.values())
_OF_PARTNER: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "partner_slow": ("slow", {}),
    "partner_refuses": ("refuse", {"reason": "区划不符"}),
    "partner_error": ("error_500", {}),
    "partner_busy": ("too_many", {"retry_after": 1}),
    "partner_down": ("down", {}),
    "partner_resets": ("reset", {}),
    "partner_loses_answers": ("answer_lost", {}),
}
_OF_DETOUR = {
    "redis_reset": "reset", "redis_silent": "silent", "redis_slow": "slow",
    "postgres_reset": "reset", "postgres_silent": "silent", "postgres_slow": "slow",
    "partner_answers_late": "late", "partner_answers_twice": "twice", "partner_silent": "silent",
    "partner_cut": "reset",
}  # fmt: skip


@dataclass(slots=True)
class Strikes:
    """Does the faults of a plan and keeps their record."""

    stage: Stage
    done: list[dict[str, Any]] = field(default_factory=list)
    excused: list[tuple[float, float]] = field(default_factory=list)
    _upon: dict[str, int] = field(default_factory=dict)  # how many faults of one sort last at once
    _servers: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def strike(self, fault: Fault) -> None:
        """Do one fault and, after its time, undo it. Never raises: what it could not do stands in the record."""
        began = time.monotonic()
        entry: dict[str, Any] = {"number": fault.number, "kind": fault.kind, "target": fault.target, "began": began}
        self.done.append(entry)
        try:
            await self._doing(fault)
        except Exception as error:
            entry["failed"] = f"{type(error).__name__}: {error}"[:300]
        entry["ended"] = time.monotonic()
        if fault.kind in EXCUSES:
            self.excused.append((began, entry["ended"] + _AFTERWARDS))

    async def _doing(self, fault: Fault) -> None:
        member = self.stage.company.members.get(fault.target)
        match fault.kind:
            case "kill":
                assert member is not None
                await asyncio.to_thread(member.kill)
            case "freeze" | "partner_frozen":
                assert member is not None
                await self._held(fault, lambda: member.signal(signal.SIGSTOP), lambda: member.signal(signal.SIGCONT))
            case "clock_jump":
                assert member is not None
                assert member.clock is not None
                clock, offset = member.clock, float(fault.facts["offset"])
                await self._held(fault, lambda: set_clock(clock, offset), lambda: set_clock(clock, 0.0))
            case "disk_full":
                await self._held(fault, self.stage.disk.fill, self.stage.disk.free)
            case kind if kind in _OF_PARTNER:
                await self._partner(fault)
            case kind if kind in _OF_DETOUR:
                await self._detour(fault)
            case _:
                await self._server(fault)

    async def _held(self, fault: Fault, do: Callable[[], None], undo: Callable[[], None]) -> None:
        """Do, wait, and undo when nothing else of this sort lasts at the same target."""
        sort = f"{fault.kind} {fault.target}"
        self._upon[sort] = self._upon.get(sort, 0) + 1
        try:
            await asyncio.to_thread(do)
            await asyncio.sleep(fault.seconds)
        finally:
            self._upon[sort] -= 1
            if not self._upon[sort]:
                await asyncio.to_thread(undo)

    async def _detour(self, fault: Fault) -> None:
        detour, mode = self.stage.detours[fault.target], _OF_DETOUR[fault.kind]
        detour.set(mode, float(fault.facts.get("each", 0)))  # type: ignore[arg-type]
        await asyncio.sleep(fault.seconds)
        detour.set("pass")

    async def _partner(self, fault: Fault) -> None:
        name, facts = _OF_PARTNER[fault.kind]
        order = {"fault": name, **facts, **{key: value for key, value in fault.facts.items() if key != "each"}}
        order |= {"seconds": fault.facts["each"]} if "each" in fault.facts else {}
        await self._ordered(lambda: self.stage.partner(fault.target, "faults", order))
        await asyncio.sleep(fault.seconds)
        if name != "refuse":
            await self._ordered(lambda: self.stage.partner(fault.target, "faults", {"fault": None}))

    async def _ordered(self, order: Callable[[], Awaitable[Any]]) -> None:
        """Give an order to a simulator that may be frozen just now."""
        for _ in range(5):
            try:
                await order()
            except (TimeoutError, OSError):
                await asyncio.sleep(0.5)
            else:
                return

    async def _server(self, fault: Fault) -> None:
        server: Server = self.stage.postgres if fault.target == "postgres" else self.stage.redis
        async with self._servers.setdefault(fault.target, asyncio.Lock()):
            match fault.kind:
                case "redis_flush":
                    await asyncio.to_thread(self.stage.redis.flush)
                case "redis_restart" | "postgres_crash":
                    await asyncio.to_thread(lambda: server.restart(immediate=True))
                case _:
                    await asyncio.to_thread(server.freeze)
                    await asyncio.sleep(fault.seconds)
                    await asyncio.to_thread(server.thaw)

    async def heal(self) -> None:
        """Undo whatever may still last."""
        for detour in self.stage.detours.values():
            detour.set("pass")
        for name, member in self.stage.company.members.items():
            member.signal(signal.SIGCONT)
            if member.clock is not None:
                set_clock(member.clock, 0.0)
            if name in self.stage.ports:
                await self._ordered(lambda name=name: self.stage.partner(name, "faults", {"fault": None}))  # type: ignore[misc]
        self.stage.disk.free()
