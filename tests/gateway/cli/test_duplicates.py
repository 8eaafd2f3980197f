"""``duplicates``: two cases that may be one dispute, listed without a name, and what somebody says of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.bootstrap import Gateway, shipped_adapters
from gateway.demo.cast import Calendar, referral
from gateway.settings import load_settings
from tests.gateway.cli.conftest import CASE, PERSONAL, Desk, Process
from tests.gateway.conftest import Door, write_configuration

TWIN = "AJ50024220260009"


@pytest.fixture
def twins(tmp_path: Path) -> Desk:
    """A store in which one dispute stands twice."""
    folder = tmp_path / "data"
    keys = write_configuration(folder / "config")
    asyncio.run(_play(folder, keys))
    return Desk(folder=folder)


async def _play(folder: Path, keys: dict[str, dict[str, str]]) -> None:
    gateway = Gateway(load_settings(data_dir=folder), shipped_adapters())
    await gateway.start()
    door, calendar = Door(gateway, keys), Calendar()
    for case in (CASE, TWIN):
        await door.send("court", referral(calendar, case))
    await gateway.stop()


@pytest.mark.parametrize(
    ("language", "words"), [("en", ("same parties", "open")), ("zh", ("双方当事人相同", "待核实"))]
)
def test_suspected_duplicates_are_listed_with_both_cases_and_the_grounds_and_nobody_is_named(
    twins: Desk, language: str, words: tuple[str, ...]
) -> None:
    (found,) = twins.json("duplicates")["duplicates"]
    assert found["grounds"] == ["parties", "type", "place"]
    shown = twins.run("duplicates", "--open", language=language).output
    for word in (found["id"], *(case["id"] for case in found["cases"]), *words):
        assert word in shown
    everything = shown + twins.run("duplicates", "--json").output + twins.run("trace", CASE).output
    assert not [word for word in PERSONAL if word in everything]
    trace = twins.run("trace", CASE).output
    assert "may be the same as" in trace


def test_those_of_one_case_are_found_by_any_of_its_names(twins: Desk) -> None:
    assert twins.json("duplicates", "--case", TWIN) == twins.json("duplicates", "--case", CASE)
    assert twins.run("duplicates", "--case", "no-such-case").exit_code == 3


def test_a_verdict_with_name_and_reason_closes_a_suspicion_and_the_same_again_changes_nothing(twins: Desk) -> None:
    (found,) = twins.json("duplicates")["duplicates"]
    said = ("--reason", "同一堵墙", "--by", "王管理员")
    before = twins.json("cases")
    assert twins.json("duplicates", "confirm", found["id"], *said)["changed"] is True
    assert twins.json("duplicates", "confirm", found["id"], *said)["changed"] is False
    assert "as it was before" in twins.run("duplicates", "confirm", found["id"], *said).output
    assert twins.json("duplicates", "--open")["duplicates"] == []
    (now,) = twins.json("duplicates")["duplicates"]
    assert (now["verdict"], now["decided_by"], now["reason"]) == ("confirmed", "王管理员", "同一堵墙")
    assert twins.json("cases") == before, "neither case changes"
    assert "王管理员" in twins.run("duplicates").output
    assert "Neither case was changed" in twins.run("duplicates", "dismiss", found["id"], *said).output
    assert "may be the same as" not in twins.run("trace", CASE).output


def test_a_verdict_needs_a_suspicion_and_a_reason(twins: Desk) -> None:
    (found,) = twins.json("duplicates")["duplicates"]
    assert twins.run("duplicates", "dismiss", "no-such", "--reason", "another wall").exit_code == 3
    assert twins.run("duplicates", "dismiss", found["id"], "--reason", "x").exit_code == 2
    assert twins.run("duplicates", "dismiss", found["id"]).exit_code == 2


def test_beside_a_gateway_that_serves_the_verdict_goes_through_it(
    twins: Desk, start: Callable[..., Process]
) -> None:  # fmt: skip
    process = start("--data-dir", str(twins.folder), "serve", "--port", "0", "--json")
    process.document()
    (found,) = twins.json("duplicates")["duplicates"]
    for verb, verdict in (("dismiss", "dismissed"), ("confirm", "confirmed")):
        done = twins.json("duplicates", verb, found["id"], "--reason", "another wall")
        assert done == {"suspicion": found["id"], "verdict": verdict, "changed": True}
    assert twins.run("duplicates", "confirm", "no-such", "--reason", "another wall").exit_code == 3
    assert process.stop() == 0
