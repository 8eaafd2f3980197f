"""``fengqiao-faults``: run one campaign, or kill at every step; in a checkout also ``python -m tests.faults``."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.faults.bugs import BUGS
from tests.faults.campaign import Order, Report, run
from tests.faults.plan import KINDS
from tests.faults.stage import Cast
from tests.faults.steps import command
from tests.faults.steps.listed import DATABASES

LONG = 2_000  # faults


def main() -> None:
    """Run what the arguments ask for; end with 1 when anything is wrong."""
    given = _arguments()
    if given.steps is not None:
        sys.exit(command.run(given.steps, database=given.database, record=given.record, folder=given.folder, tell=_say))
    cast = Cast(doors=given.doors, workers=given.workers, clocks=given.clocks, bug=given.bug)
    kinds = tuple(given.kinds.split(",")) if given.kinds else None
    faults = LONG if given.long else given.faults
    order = Order(seed=given.seed, faults=faults, every=given.every, at_once=given.at_once, cast=cast, kinds=kinds)
    folder = given.folder or Path(tempfile.mkdtemp(prefix="fengqiao-faults-"))
    began = time.monotonic()
    report = asyncio.run(_run(order, folder, lambda line: _say(f"{time.monotonic() - began:6.0f} s  {line}")))
    for line in report.lines():
        _say(line)
    if report.passed and given.folder is None:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if report.passed else 1)


async def _run(order: Order, folder: Path, tell: Callable[[str], None]) -> Report:
    """Run the campaign; SIGTERM ends it as Ctrl+C does, with everything that it started."""
    campaign = asyncio.current_task()
    assert campaign is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, campaign.cancel)
    return await run(order, folder, tell=tell)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="fengqiao-faults", description="Disturb a whole gateway; prove nothing is lost"
    )
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="the same seed, the same plan")
    parser.add_argument("--faults", type=int, default=60)
    parser.add_argument("--long", action="store_true", help=f"{LONG} faults")
    parser.add_argument("--every", type=float, default=1.6, help="seconds between faults, on average")
    parser.add_argument("--at-once", type=int, default=12, help="cases under way at the same time")
    parser.add_argument("--kinds", help="only these kinds of faults, with commas: " + ", ".join(KINDS))
    parser.add_argument("--doors", type=int, default=2)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--clocks", type=int, default=2)
    parser.add_argument("--bug", choices=sorted(BUGS), help="a deliberate bug, which the checker must find")
    parser.add_argument(
        "--steps", nargs="?", const="*", metavar="STEP",
        help="no campaign: kill a process at every step, or at those with this in their names (or of this pattern)",
    )  # fmt: skip
    parser.add_argument("--database", choices=DATABASES, help="with --steps: on this kind only")
    parser.add_argument("--record", action="store_true", help="with --steps: only tell the story, and write the list")
    parser.add_argument("--folder", type=Path, help="an empty folder for evidence and logs; kept")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
