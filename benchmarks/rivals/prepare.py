"""Sign requests for the load generator: ``python -m benchmarks.rivals.prepare START COUNT OUT.req``.

Two lines for each request: its header lines joined by ``|``, then its body. The record is the harness's own, with its
id and a stamp in the two places that are kept for them; the load generator must leave a signed body as it is, so the
stamp is not the time of sending but the nanoseconds after the start at which it is due, at ``--rate`` a second.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from benchmarks.rivals.dialect import signature
from benchmarks.rivals.stage import SECRET

ID, STAMP = b"@@@@@@", b"################"


def write(template: bytes, start: int, count: int, out: Path, *, rate: float = 0.0) -> None:
    """Write ``count`` signed requests with ids from ``start`` on. Ids are numbers of up to six digits."""
    now = str(time.time_ns() // 1_000_000)
    with out.open("wb") as lines:
        for n in range(count):
            due = round(n / rate * 1e9) + 1 if rate else 1
            body = template.replace(ID, b"%06d" % (start + n)).replace(STAMP, b"%016d" % due)
            nonce = os.urandom(16).hex()
            proof = signature(SECRET, now, nonce, body)
            lines.write(f"x-time: {now}|x-nonce: {nonce}|x-signature: {proof}\n".encode() + body + b"\n")


def main() -> None:
    """Write what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rivals.prepare", description=__doc__)
    parser.add_argument("start", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--template", type=Path, default=None, help="by default harness/case.json of FENGQIAO_PEERS")
    given = parser.parse_args()
    template = given.template or Path(os.environ["FENGQIAO_PEERS"]) / "harness" / "case.json"
    write(template.read_bytes().strip(), given.start, given.count, given.out, rate=given.rate)


if __name__ == "__main__":
    main()
