"""``python -m benchmarks.peak_memory FOLDER``: verify a small file, then a large one, and print the peak after each.

A process of its own: the peak of a process never falls, and that of its parent must not count.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from gateway.rulings.certificate import read_certificate
from gateway.rulings.trust import ROLES, Anchor, Period, Trust
from gateway.rulings.verification import verify

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)


def main() -> None:
    """Print the peaks in KiB."""
    folder = Path(sys.argv[1])
    anchor = read_certificate((folder / "anchor").read_bytes())
    trust = Trust(
        anchors=(Anchor(certificate=anchor, roles=frozenset(ROLES), period=Period()),),
        intermediates=(read_certificate((folder / "issuing").read_bytes()),),
    )
    peaks = {}
    for name in ("small", "large"):
        if not verify((folder / name).read_bytes(), trust=trust, now=NOW).genuine:
            raise SystemExit(f"the {name} file must be genuine")
        peaks[name] = _peak()
    print(json.dumps(peaks))


def _peak() -> int:
    """Return the most memory that this process has had at once; what getrusage says may be its parent's."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


if __name__ == "__main__":
    main()
