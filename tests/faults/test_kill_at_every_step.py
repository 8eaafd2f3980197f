"""A process is killed at every point between two effects, on both databases; the list of the points is complete."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.faults.steps.listed import DATABASES, Kill, listed
from tests.faults.steps.proof import Proof, prove
from tests.faults.steps.scenes import SCENES
from tests.faults.steps.sites import calls, sites

COMMIT = "COMMIT of a record kept"
pytestmark = pytest.mark.timeout(1800)  # two hundred starts of a process, on a machine that may have other things to do


@pytest.fixture(scope="module")
def proofs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Proof]:
    """What came of telling the story and killing at every step of it."""
    folder = tmp_path_factory.mktemp("steps")
    return {proof.database: proof for proof in asyncio.run(prove(folder))}


def test_every_call_that_touches_the_world_stands_in_the_list() -> None:
    assert listed().uncovered() == [], "tell of it in a scene, and run fengqiao-faults --steps --record"


def test_the_list_has_nothing_that_the_source_has_not() -> None:
    assert listed().stale() == []
    assert all(reason for reason in listed().passed_over.values())
    told = {scene for steps in listed().steps.values() for scenes in steps.values() for scene in scenes}
    assert told <= {scene.name for scene in SCENES}


def test_a_new_effect_is_found_in_the_source() -> None:
    lines = ("c.execute('x')", "path.replace(self.place)", "'a'.replace('b', 'c')")
    source = "class A:\n    def b(self, c, path):\n" + "".join(f"        {line}\n" for line in lines)
    found = [(function, name) for function, _, name in calls(ast.parse(source))]
    assert found == [("A.b", "execute"), ("A.b", "replace")]
    assert {"gateway.inbound", "gateway.outbound", "gateway.store.journal", "gateway.turns"} <= sites().modules


@pytest.mark.live
@pytest.mark.fault
@pytest.mark.parametrize("database", DATABASES)
def test_the_story_comes_to_every_step_of_the_list_and_to_no_other(proofs: Mapping[str, Proof], database: str) -> None:
    assert listed().unlisted(database, proofs[database].steps) == []
    assert listed().unrecorded(database, proofs[database].steps) == []


@pytest.mark.live
@pytest.mark.fault
@pytest.mark.parametrize("database", DATABASES)
def test_a_kill_at_every_step_loses_nothing_doubles_nothing_and_leaves_nothing_stuck(
    proofs: Mapping[str, Proof], database: str
) -> None:
    proof = proofs[database]
    assert proof.passed, "\n".join(proof.lines())
    assert proof.kills == len(listed().kills(database))


@pytest.mark.live
@pytest.mark.fault
def test_a_deliberate_bug_is_found_by_a_kill_at_the_right_step(tmp_path: Path) -> None:
    kill = Kill(step=f"store.writer.Writer._write_or_tell:? {COMMIT}", scene="a document uploaded before")
    bug = "acknowledge_before_commit"
    (proof,) = asyncio.run(prove(tmp_path, databases=("sqlite",), kills={"sqlite": [kill]}, record=False, bug=bug))
    assert (proof.kills, {trouble.kind for _, trouble in proof.troubles}) == (1, {"lost"}), "\n".join(proof.lines())
