"""``fengqiao-faults --steps``: kill at every step, or at some, and say what came of it; or write the list anew."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.faults.steps.listed import DATABASES, FILE, listed, written
from tests.faults.steps.proof import Proof, Tell, prove
from tests.faults.steps.scenes import SCENES


def run(steps: str, *, database: str | None, record: bool, folder: Path | None, tell: Tell) -> int:
    """Kill at the steps that match, or ``record`` them; return 0 when all is well. A given folder is kept."""
    began = time.monotonic()
    place = folder or Path(tempfile.mkdtemp(prefix="fengqiao-steps-"))
    databases = DATABASES if database is None else (database,)
    kills = {each: [] if record else listed().kills(each, steps) for each in databases}

    def timed(line: str) -> None:
        tell(f"{time.monotonic() - began:6.0f} s  {line}")

    proofs = asyncio.run(prove(place, databases=databases, kills=kills, record=record, tell=timed))
    for proof in proofs:
        for line in proof.lines():
            tell(line)
    if record:
        _keep(proofs, tell)
    passed = all(proof.passed for proof in proofs)
    if passed and folder is None:
        shutil.rmtree(place, ignore_errors=True)
    else:
        tell(f"journals and logs: {place}")
    return 0 if passed else 1


def _keep(proofs: Sequence[Proof], tell: Tell) -> None:
    if {proof.database for proof in proofs} != set(DATABASES):
        for proof in proofs:
            for step in listed().unlisted(proof.database, proof.steps):
                tell(f"  not in the list: {step}")
        return
    text = written({proof.database: proof.recorded for proof in proofs}, [scene.name for scene in SCENES])
    FILE.write_text(text, encoding="utf-8")
    tell(f"written: {FILE}")
