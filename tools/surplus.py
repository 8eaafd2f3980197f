"""Name the installed distributions that a distribution does not need at run time, one per line.

    python -m tools.surplus 'fengqiao-gateway[postgres,redis-fast]' | xargs pip uninstall --yes

The image is installed from the one lock that also holds the tools of the tests; this takes them out again.
"""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, distributions, requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def needed(requirement: str) -> frozenset[str]:
    """Return the names of all distributions that ``requirement`` needs in this environment, itself included."""
    found: set[tuple[str, str]] = set()
    waiting = [Requirement(requirement)]
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        for extra in {"", *wanted.extras}:
            if (name, extra) not in found:
                found.add((name, extra))
                waiting += _needs(name, extra)
    return frozenset(name for name, _ in found)


def installed() -> frozenset[str]:
    """Return the names of all distributions in this environment."""
    return frozenset(canonicalize_name(each.name) for each in distributions())


def main(arguments: list[str]) -> int:
    """Print the surplus of the one requirement given, without pip, which is still to take the others out."""
    print("\n".join(sorted(installed() - needed(arguments[0]) - {"pip"})))
    return 0


def _needs(name: str, extra: str) -> list[Requirement]:
    try:
        declared = [Requirement(text) for text in requires(name) or ()]
    except PackageNotFoundError:  # an optional one, or for another platform
        return []
    return [each for each in declared if each.marker is None or each.marker.evaluate({"extra": extra})]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
