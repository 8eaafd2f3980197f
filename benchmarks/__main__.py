"""``python -m benchmarks [mapping door lane …] [--rounds N] [--quick]``: measure, and print a table of ratios."""

from __future__ import annotations

import argparse
import os
import platform
import statistics
from collections.abc import Callable, Iterator

from benchmarks import backlog, door, idle, lane, mapping, rulings, waiting, workers
from benchmarks.figures import Figure

MEASURES: dict[str, Callable[[int, bool], Iterator[Figure]]] = {
    "mapping": mapping.measure,
    "door": door.measure,
    "lane": lane.measure,
    "idle": idle.measure,
    "waiting": waiting.measure,
    "backlog": backlog.measure,
    "workers": workers.measure,
    "rulings": rulings.measure,
}


USUAL = ("mapping", "door", "lane")  # minutes; the others take longer, and servers of their own


def main() -> None:
    """Run the chosen measurements."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="*", choices=[*MEASURES, []], help=f"{', '.join(USUAL)} when none is named")
    parser.add_argument("--rounds", type=int, default=5, help="rounds; the median is shown (default 5)")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work: shows that it runs, not how fast")
    given = parser.parse_args()
    print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores, "
          f"load average {os.getloadavg()[0]:.1f} at the start, median of {given.rounds} rounds")  # fmt: skip
    print(f"{'measure':<44} {'ours':>12} {'plain twin':>12} {'ratio':>7}  aim")
    for name in given.what or USUAL:
        for figure in MEASURES[name](given.rounds, given.quick):
            ours, twin = statistics.median(figure.ours), statistics.median(figure.twin)
            ratio = statistics.median([a / b for a, b in zip(figure.ours, figure.twin, strict=True)])
            print(
                f"{figure.name:<44} {ours:>8,.0f} {figure.unit} {twin:>8,.0f} {figure.unit} {ratio:>6.2f}  {figure.aim}"
            )
            for remark in figure.remarks:
                print(f"    {remark}")
    print(f"load average {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
