"""An upgrade without an interruption: the tables go forward under load, and two versions work on them side by side.

    this version, under load ─► tables of the next one ─► it goes on ─► the next one beside it ─► it alone
                                                       └► and starts anew, as after a crash in the middle of it

The version yet to come is this one with a further step of the tables, of every sort that a step may be.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.store import engine
from tests.faults.campaign import make_senders
from tests.faults.cast import MAIN
from tests.faults.checker import Evidence, check
from tests.faults.company import Role
from tests.faults.senders import Journal
from tests.faults.stage import Cast, Stage, answering, standing
from tests.faults.stories import Arrivals, Stories
from tests.faults.test_restore import WITHIN, _crossed, _quiet, _received, _taken, _until
from tests.servers import free_port

SOME = 15  # messages that are told and arrive between two steps of the upgrade
NEXT = '''
"""A step yet to come."""

import sqlalchemy as sa
from alembic import op

revision = "9000"
down_revision = "{head}"
branch_labels = None
depends_on = None
additive = True


def upgrade() -> None:
    for table in ("delivery", "message", "inbox", "request", "dispute_case"):
        op.add_column(table, sa.Column("yet_to_come", sa.Text(), nullable=True))
        op.add_column(table, sa.Column("counted", sa.Integer(), server_default="7", nullable=False))
    op.create_index("ix_delivery_yet_to_come", "delivery", ["partner", "counted"])
    op.create_table("yet_to_come", sa.Column("id", sa.String(36), primary_key=True))
    op.execute("UPDATE delivery SET yet_to_come = 'seen'")


def downgrade() -> None:
    raise NotImplementedError
'''


@pytest.mark.live
@pytest.mark.fault
@pytest.mark.timeout(1200)
def test_the_tables_go_forward_under_load_and_two_versions_lose_nothing_between_them(tmp_path: Path) -> None:
    asyncio.run(_upgraded(tmp_path))


async def _upgraded(folder: Path) -> None:
    async with standing(folder, Cast(doors=1, workers=1, clocks=1, parts=MAIN)) as stage:
        journal = Journal(folder / "journal.jsonl")
        senders = make_senders(stage, journal, 11)
        stories = Stories(seed=11, senders=senders, arrivals=Arrivals(stage.watch))
        playing = asyncio.create_task(stories.play(at_once=6))
        old, migrations = list(stage.roles), _of_the_next_version(folder)
        await _goes_on(stage, journal, "this version")
        await asyncio.to_thread(_migrate, stage, migrations)
        await _goes_on(stage, journal, "this version on the newer tables")
        assert all(stage.company.members[role.name].starts == 1 for role in old), "it had to go on without a restart"
        await _again(stage, old)
        await _goes_on(stage, journal, "this version, started on the newer tables")
        new = await _next_version(stage, migrations)
        for sender in senders.values():
            sender.doors = stage.doors
        await _goes_on(stage, journal, "both")
        for sender in senders.values():
            sender.doors = [f"http://127.0.0.1:{role.port}" for role in new if role.port]
        await asyncio.gather(*(asyncio.to_thread(stage.company.members[role.name].stop) for role in old))
        stage.roles[:] = new
        await _goes_on(stage, journal, "the next version")
        stories.beginning = False
        await asyncio.wait_for(playing, WITHIN)
        status = await _quiet(stage)
        journal.close()
        wire = [crossing.shown() for crossing in stage.watch.crossings]
        evidence = Evidence(journal=journal.events, received=await _received(stage), wire=wire, status=status)
        assert check(evidence) == []
        ((counted,),) = stage.postgres.rows("SELECT count(*) FROM delivery WHERE yet_to_come IS NULL AND counted = 7")
        assert counted >= 3 * SOME, "written after the step, by whichever version"


async def _goes_on(stage: Stage, journal: Journal, who: str) -> None:
    """Wait until more has been acknowledged, and of that some has arrived."""
    before = _taken(journal)
    await _until(
        lambda: len(fresh := _taken(journal) - before) >= SOME and len(fresh & _crossed(stage)) >= SOME / 3,
        f"{who} takes and delivers",
    )


async def _again(stage: Stage, roles: list[Role]) -> None:
    """Kill these processes and start them anew."""
    for role in roles:
        member = stage.company.members[role.name]
        await asyncio.to_thread(member.kill)
        await _until(lambda member=member: member.process is not None and member.process.poll() is None, role.name)  # type: ignore[misc]
        if role.port is not None:
            await answering(stage, role.name, f"http://127.0.0.1:{role.port}/readyz")


async def _next_version(stage: Stage, migrations: Path) -> list[Role]:
    """Start a door, a worker and a clock of the next version beside the ones there are."""
    port = free_port()
    roles = [
        Role(name="door-next", command=("serve", "--port", str(port)), port=port),
        Role(name="worker-next", command=("worker",)),
        Role(name="clock-next", command=("clock",)),
    ]
    for role in roles:
        stage.company.gateway(role, _environment(stage), migrations=migrations)
    stage.roles += roles
    await answering(stage, "door-next", f"http://127.0.0.1:{port}/readyz")
    return roles


def _migrate(stage: Stage, migrations: Path) -> None:
    command = [sys.executable, "-m", "tests.faults.process", "--clock", str(stage.folder / "clocks" / "door-1")]
    command += ["--migrations", str(migrations), "--", "migrate"]
    done = subprocess.run(
        command, env=_environment(stage), capture_output=True, text=True, timeout=WITHIN, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def _environment(stage: Stage) -> dict[str, str]:
    return dict(stage.company.members["door-1"].environment)


def _of_the_next_version(folder: Path) -> Path:
    """Return a copy of the steps of the tables with one more at the end."""
    shipped, migrations = Path(engine.__file__).with_name("migrations"), folder / "next" / "migrations"
    shutil.copytree(shipped, migrations, ignore=shutil.ignore_patterns("__pycache__"))
    versions = sorted(file.name for file in (migrations / "versions").glob("r[0-9]*.py"))
    (migrations / "versions" / "r9000_yet_to_come.py").write_text(
        NEXT.strip().format(head=versions[-1][1:5]), encoding="utf-8"
    )
    return migrations
