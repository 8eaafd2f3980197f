"""The list of steps: at which a process is killed, which calls only read, and what is passed over, with the reason."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from itertools import product
from pathlib import Path

import yaml

from tests.faults.steps.sites import sites
from tests.faults.steps.tracer import READ

FILE = Path(__file__).with_name("steps.yaml")
DATABASES = ("sqlite", "postgresql")
# What cannot be taken back: whoever dies right after it must know of it again.
FINAL = ("COMMIT", "http.response.body", "replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One kill: at a step, right before or after it, in a scene that comes to it."""

    step: str
    scene: str
    after: bool = False

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} {self.step} (in: {self.scene})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """The list. ``steps``: the scenes of each step, by database; ``passed_over``: patterns with their reasons."""

    steps: Mapping[str, Mapping[str, Sequence[str]]]
    reads: frozenset[str]
    passed_over: Mapping[str, str]

    def kills(self, database: str, pattern: str = "*") -> list[Kill]:
        """Return the kills of a database whose step matches."""
        found = []
        for step, scene in ((step, scene) for step, scenes in self.steps[database].items() for scene in scenes):
            if fnmatchcase(step, pattern) or pattern in f"{step} in {scene}":
                found.append(Kill(step=step, scene=scene))
                if any(word in step for word in FINAL):
                    found.append(Kill(step=step, scene=scene, after=True))
        return found

    def is_passed_over(self, step: str) -> bool:
        """Say whether a step is nobody's concern here."""
        return any(fnmatchcase(step, pattern) for pattern in self.passed_over)

    def unlisted(self, database: str, recorded: Iterable[str]) -> list[str]:
        """Return the steps that happened and are not in the list."""
        happened = {step for step in recorded if not step.endswith(f" {READ}")}
        return sorted(step for step in happened - self.steps[database].keys() if not self.is_passed_over(step))

    def unrecorded(self, database: str, recorded: Iterable[str]) -> list[str]:
        """Return the steps in the list that did not happen."""
        return sorted(self.steps[database].keys() - set(recorded))

    def uncovered(self) -> list[str]:
        """Return the sites of the source that the list knows nothing of."""
        known = {step.partition(" ")[0] for steps in self.steps.values() for step in steps} | self.reads
        return sorted(site for site in sites().names - known if not self.is_passed_over(f"{site} "))

    def stale(self) -> list[str]:
        """Return what the list has and the source has not."""
        names = sites().names
        known = {step.partition(" ")[0] for steps in self.steps.values() for step in steps} | self.reads
        return sorted(known - names)


@cache
def listed() -> Listed:
    """Read the list."""
    read = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    steps: dict[str, dict[str, list[str]]] = {database: {} for database in DATABASES}
    for scene, groups in read["steps"].items():
        for group, names in groups.items():
            for database, name in product(DATABASES if group == "both" else (group,), names):
                steps[database].setdefault(name, []).append(scene)
    return Listed(steps=steps, reads=frozenset(read["reads"]), passed_over=read["passed over"])


def written(recorded: Mapping[str, Mapping[str, Collection[str]]], scenes: Sequence[str]) -> str:
    """Return the list anew: ``recorded`` are the steps by database and scene; what is passed over stays as it is."""
    old = listed()
    where: dict[str, dict[str, Sequence[str]]] = {database: {} for database in recorded}
    reads = set(old.reads)
    for database, told in recorded.items():
        for scene in scenes:
            for step in told.get(scene, ()):
                if step.endswith(f" {READ}"):
                    reads.add(step.removesuffix(f" {READ}"))
                elif step in old.steps[database]:
                    where[database][step] = old.steps[database][step]
                elif not old.is_passed_over(step):
                    where[database].setdefault(step, [scene])
    grouped = _grouped(where, scenes)
    writing = {step.partition(" ")[0] for steps in where.values() for step in steps}
    kept = sorted(site for site in reads - writing if site in sites().names and not old.is_passed_over(f"{site} "))
    content = {"steps": grouped, "reads": kept, "passed over": dict(old.passed_over)}
    head = FILE.read_text(encoding="utf-8").split("\nsteps:")[0] if FILE.exists() else ""
    return head + "\n" + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=200)


def _grouped(
    where: Mapping[str, Mapping[str, Sequence[str]]], scenes: Sequence[str]
) -> dict[str, dict[str, list[str]]]:
    grouped: dict[str, dict[str, list[str]]] = {}
    for scene in scenes:
        by_database = {database: {s for s, its in steps.items() if scene in its} for database, steps in where.items()}
        both = set.intersection(*by_database.values()) if len(by_database) == len(DATABASES) else set()
        groups = {"both": sorted(both), **{each: sorted(steps - both) for each, steps in by_database.items()}}
        if any(groups.values()):
            grouped[scene] = {group: steps for group, steps in groups.items() if steps}
    return grouped
