"""The chore of rulings is killed, doubled and restarted: what it does is done again, and once in effect."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.bootstrap import Gateway, shipped_adapters
from gateway.errors import StoreUnavailable
from gateway.releasing import notices
from gateway.releasing.release import STALE
from gateway.store import clock_calls, rulings
from tests.gateway.store.conftest import postgres, postgres_url, sqlite_url, store_url
from tests.stories.courtroom import OFFICE, TRIBUNAL, VILLAGE, Courtroom, courtroom, write_trust

__all__ = ["postgres", "postgres_url", "sqlite_url", "store_url"]
EVERYBODY = {"ruling": 2, "service_task": 2, "ruling_notice": 2}  # deliveries, each to its own partner


@pytest.fixture
async def court(tmp_path: Path, store_url: str) -> AsyncIterator[Courtroom]:
    """A court whose gateway does nothing about rulings unless a test says so."""
    async with courtroom(tmp_path, store_url=store_url) as opened:
        await opened.agree()
        await opened.apply()
        chores = opened.gateway.clockwork
        chores.chores = [each for each in chores.chores if each.name != "rulings"]
        yield opened


def effects(court: Courtroom) -> dict[str, int]:
    return {kind: len(court.due_of(kind)) for kind in EVERYBODY}


async def test_two_clocks_at_once_release_a_ruling_once(court: Courtroom) -> None:
    await court.issue(seen=False)
    first = court.gateway.releasing
    clocks = [first, *(replace(first, _one=asyncio.Lock(), _paused={}) for _ in range(2))]
    for _ in range(3):
        await asyncio.gather(*(each.run_due() for each in clocks))
    assert effects(court) == EVERYBODY
    assert [each["state"] for each in court.rulings()] == ["SERVING"]
    got = await court.fetch(VILLAGE)
    assert [each["type"] for each in got].count("fengqiao.ruling") == 1


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (rulings, "add"), (rulings, "keep_foundation"), (rulings, "deliver"), (clock_calls, "speak"),
        (notices, "service_task"),
    ],
)  # fmt: skip
async def test_whatever_breaks_off_leaves_nothing_half_done(
    court: Courtroom, place: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await court.issue(seen=False)
    real, breaks = getattr(place, name), [True]

    def breaking(*given: Any, **named: Any) -> Any:
        done = real(*given, **named)
        if breaks:
            breaks.pop()
            raise RuntimeError("the process is killed here")
        return done

    monkeypatch.setattr(place, name, breaking)
    await court.work()
    assert not breaks
    assert court.due_of("ruling") == court.due_of("service_task") == [], "nothing of a transaction that broke off"
    court.gateway.releasing._paused.clear()  # as after a restart
    await court.work()
    assert effects(court) == EVERYBODY
    assert [each["state"] for each in court.rulings()] == ["SERVING"]


async def test_a_ruling_that_came_before_a_restart_is_released_after_it(court: Courtroom) -> None:
    await court.issue(seen=False)
    settings = court.gateway.settings
    await court.gateway.stop()
    court.gateway = Gateway(settings, shipped_adapters())
    try:
        await court.gateway.start()
        await court.work()
        assert effects(court) == EVERYBODY
    finally:
        await court.gateway.stop()


async def test_a_ruling_whose_applicant_cannot_be_reached_stays_verified_and_says_so(court: Courtroom) -> None:
    await court.issue(seen=False)
    file = court.gateway.settings.config_folder / "organisations.yaml"
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole.replace("partner: village", "partner: office"), encoding="utf-8")
    unreachable = whole.replace("  partner: village\n", "")
    file.write_text(unreachable, encoding="utf-8")
    await court.gateway.reload()
    await court.work()
    (row,) = court.rulings()
    assert (row["state"], row["code"]) == ("VERIFIED", "routing.no_partner")
    assert court.due_of("ruling") == court.due_of("service_task") == []
    file.write_text(whole, encoding="utf-8")
    await court.gateway.reload()
    court.gateway.releasing._paused.clear()
    await court.work()
    assert court.rulings()[0]["state"] == "SERVING"
    assert sorted(partner for partner, _ in court.due_of("ruling")) == [OFFICE, VILLAGE]
    assert await court.fetch(TRIBUNAL)


async def test_what_was_verified_long_ago_passes_every_check_again_before_it_goes_out(court: Courtroom) -> None:
    await court.issue(seen=False)
    await court.gateway.releasing._take_up()
    await court.gateway.releasing._verify()
    (row,) = court.rulings()
    assert row["state"] == "VERIFIED"
    long_ago = row["verified_at"] - 2 * STALE
    await court.gateway.writer.ran(lambda read: rulings.change(read, row["message_id"], verified_at=long_ago))
    withdrawn = (court.bench.at - timedelta(hours=1)).isoformat()
    write_trust(court.trust, court.bench, seals=[{"id": court.bench.wanted.id, "withdrawn": withdrawn}])
    await court.work()
    (row,) = court.rulings()
    assert row["state"] == court.review()["state"] == "QUARANTINED"
    assert court.due_of("ruling") == []


async def test_a_ruling_that_cannot_be_looked_at_waits_and_harms_no_neighbour(
    court: Courtroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await court.issue(seen=False)
    documents = court.gateway.store.documents
    (kept,) = [row["message_id"] for row in await _taken_up(court)]
    monkeypatch.setattr(documents, "stream", _unreadable)
    await court.work()
    assert [each["state"] for each in court.rulings()] == ["AWAITING"]
    assert kept in court.gateway.releasing._paused
    monkeypatch.undo()
    court.gateway.releasing._paused.clear()
    await court.work()
    assert [each["state"] for each in court.rulings()] == ["SERVING"]


async def _taken_up(court: Courtroom) -> list[dict[str, Any]]:
    await court.gateway.releasing._take_up()
    return court.rulings()


def _unreadable(_: str) -> Any:
    raise StoreUnavailable("store.damaged")


async def test_while_an_objection_is_decided_upon_nothing_is_released(court: Courtroom) -> None:
    await court.issue(seen=False)
    objection = await court.say(
        VILLAGE, "objection", confirmation_number=court.number, by="interested_person", name="柏清源",
        raised_on=court.now.date().isoformat(), reasons="损害案外人利益（示例）。",
    )  # fmt: skip
    assert objection["fate"] == "accepted"
    await court.work()
    assert [each["state"] for each in court.rulings()] == ["AWAITING"]
    await court.decide("revoke", fields={"cljg": "3"})
    await court.work()
    assert [each["state"] for each in court.rulings()] == ["SERVING"]
