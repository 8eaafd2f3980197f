"""``python -m benchmarks.rivals --peers DIR``: measure the gateway and its rivals in turn, and print one table.

DIR holds the harness (``harness/case.json``, ``lib/common.sh``, ``stop.sh``) and the rivals, each a folder with
``start.sh`` and ``peer.env``; ``--installed`` is where its ``setup.sh`` has put the programs. None of it is ours.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
from dataclasses import fields
from pathlib import Path

from benchmarks.rivals.field import OURS, Field, Rival, Run

YARDSTICK = "naive_rq"
TITLES = {
    "floor": "floor: same sockets and fsyncs, no gateway",
    "fengqiao_one": "Fengqiao, SQLite, one process",
    "fengqiao_embedded": "Fengqiao, SQLite, with a carrier",
    "fengqiao_postgres": "Fengqiao, PostgreSQL and RQ",
    "naive_rq": "home-made: FastAPI, an RQ job each",
    "bullmq": "BullMQ, fsync on every write",
    "procrastinate": "procrastinate on PostgreSQL",
}
DURABLE = {  # what makes a rival keep its promise over a crash, and serves it best
    "naive_rq": {"AOF": "yes", "WORKER_MODE": "simple"},
    "bullmq": {"AOF": "yes", "FSYNC": "always"},
}
HEAD = "delivered  to home-made  accepted   CPU    accept p50/p99   whole way p50/p99  memory  load"


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rivals", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*TITLES, []], help="all when none is named")
    parser.add_argument("--peers", type=Path, default=os.environ.get("FENGQIAO_PEERS"), help="or FENGQIAO_PEERS")
    parser.add_argument("--installed", type=Path, default=os.environ.get("PEERS"), help="or PEERS; else DIR/.run")
    parser.add_argument("--rounds", type=int, default=3, help="rounds; the median is shown (default 3)")
    parser.add_argument("--count", type=int, default=4000, help="records in a round (default 4000)")
    given = parser.parse_args()
    if given.peers is None:
        parser.error("name the folder of the harness: --peers DIR")
    peers = Path(given.peers).resolve()
    field = Field(peers, Path(given.installed or peers / ".run").resolve())
    rivals = [_rival(peers, name) for name in given.names or TITLES]
    print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores, "
          f"median of {given.rounds} rounds of {given.count} records, 32 connections")  # fmt: skip
    _print(rivals, _rounds(field, rivals, given.rounds, given.count))


def _rival(peers: Path, name: str) -> Rival:
    folder = peers / name if (peers / name).is_dir() else OURS / name
    signed = name.startswith("fengqiao")
    return Rival(name=name, folder=folder, title=TITLES[name], environment=DURABLE.get(name, {}), signed=signed)


def _rounds(field: Field, rivals: list[Rival], rounds: int, count: int) -> dict[str, list[Run]]:
    """Measure everybody once, then everybody again: what disturbs the machine meanwhile disturbs all alike."""
    runs: dict[str, list[Run]] = {rival.name: [] for rival in rivals}
    for _ in range(rounds):
        for rival in rivals:
            runs[rival.name].append(field.measured(rival, count))
    return runs


def _ratio(own: list[Run], yardstick: list[Run] | None) -> str:
    if yardstick is None:
        return "–"
    pairs = zip(own, yardstick, strict=True)
    return f"{statistics.median(ours.delivered / theirs.delivered for ours, theirs in pairs):.2f} ×"


def _print(rivals: list[Rival], runs: dict[str, list[Run]]) -> None:
    print(f"{'':<42}{HEAD}")
    yardstick = runs.get(YARDSTICK)
    for rival in rivals:
        own = runs[rival.name]
        run = Run(**{each.name: statistics.median(getattr(one, each.name) for one in own) for each in fields(Run)})
        ratio = _ratio(own, yardstick)
        accept, whole = f"{run.accept_p50:.1f}/{run.accept_p99:.1f}", f"{run.whole_p50:.1f}/{run.whole_p99:.1f}"
        print(
            f"{rival.title:<42}{run.delivered:>7,.0f} /s {ratio:>12} {run.accepted:>7,.0f} /s "
            f"{run.cpu_ms:>5.2f} ms {accept:>13} ms {whole:>16} ms {run.memory:>5,.0f} MB {run.load:>4.1f}"
        )


if __name__ == "__main__":
    main()
