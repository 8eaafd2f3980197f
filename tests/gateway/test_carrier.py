"""The serving process's side of a carrier, with processes that are none."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway import carrier as keeping
from gateway.carrier import Carrier
from gateway.store import carrier_lock
from gateway.summing import Summing

pytestmark = pytest.mark.live
SAYS_NOTHING = "import socket, sys; socket.socket(fileno=int(sys.argv[2])).recv(1)"
CARRIES = (
    'import socket, sys; s = socket.socket(fileno=int(sys.argv[2])); s.send(b\'{"word":"carries"}\\n\'); s.recv(9)'
)
DOES_NOT_END = CARRIES + "; import time; time.sleep(600)"
ENDS = "raise SystemExit(3)"


class Kept:
    """A carrier that is kept, and what was asked for when one ended."""

    def __init__(self, folder: Path, program: str) -> None:
        self.released = 0
        self.carrier = Carrier(
            folder=folder, command=[sys.executable, "-c", program], rung=self._rung, release=self._release,
            metrics=Summing(),
        )  # fmt: skip

    async def _release(self) -> int:
        self.released += 1
        return 0

    def _rung(self, partners: Iterable[str]) -> None:
        pytest.fail(f"nobody asked for {partners}")


def not_started(said: Sequence[Mapping[str, object]]) -> int:
    return sum(each["event"] == "carrier.not_started" for each in said)


async def until(happened: object) -> None:
    assert callable(happened)
    async with asyncio.timeout(60):
        while not happened():  # noqa: ASYNC110  # another process has no event
            await asyncio.sleep(0.01)


async def test_one_that_says_nothing_is_killed_and_followed_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "LISTEN", 0.05)
    monkeypatch.setattr(keeping, "SILENT_AT_FIRST", 2)
    monkeypatch.setattr(keeping, "LET_GO", 0.05)
    kept = Kept(tmp_path, SAYS_NOTHING)
    kept.carrier.follow(())
    await until(lambda: kept.released >= 2)
    await kept.carrier.stop()
    assert not kept.carrier.carries
    assert carrier_lock.holder(tmp_path) is None


async def test_one_that_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "STOP_WITHIN", 0.1)
    kept = Kept(tmp_path, DOES_NOT_END)
    kept.carrier.follow(())
    await until(lambda: kept.carrier.carries)
    await kept.carrier.stop()
    assert carrier_lock.holder(tmp_path) is None
    assert kept.released == 0, "whoever stops has nothing to release: the next start does"


async def test_one_that_ends_at_once_is_started_again_and_stopping_waits_for_no_pause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "PAUSES", (0.01, 3600.0))
    kept = Kept(tmp_path, ENDS)
    kept.carrier.follow(())
    await until(lambda: kept.released >= 2)
    await kept.carrier.stop()
    assert carrier_lock.holder(tmp_path) is None


async def test_none_is_started_while_another_one_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "PAUSES", (0.01,))
    taken = carrier_lock.take(tmp_path)
    kept = Kept(tmp_path, CARRIES)
    with capture_logs() as said:
        kept.carrier.follow(())
        await until(lambda: not_started(said) >= 2)
    assert not kept.carrier.carries
    assert kept.released == 0, "what it has in hand is not ours to release"
    os.close(taken)
    await until(lambda: kept.carrier.carries)
    await kept.carrier.stop()


async def test_a_command_that_cannot_be_run_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "PAUSES", (0.01,))
    kept = Kept(tmp_path, "")
    kept.carrier.command = [str(tmp_path / "nowhere")]
    with capture_logs() as said:
        kept.carrier.follow(())
        await until(lambda: not_started(said) >= 2)
    await kept.carrier.stop()
    assert carrier_lock.holder(tmp_path) is None


async def test_a_carrier_that_was_never_needed_is_stopped_at_once(tmp_path: Path) -> None:
    kept = Kept(tmp_path, CARRIES)
    kept.carrier.wake(["village"])
    await kept.carrier.stop()
    assert carrier_lock.holder(tmp_path) is None
