"""The measurements run and print their ratios; how fast anything is, is never asserted."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MEASURED = ("read a referral", "write a referral", "take in a referral", "deliver a referral", "deliver an acceptance")


@pytest.mark.live
def test_every_measurement_prints_ratios_to_its_plain_twin() -> None:
    command = [sys.executable, "-m", "benchmarks", "--quick", "--rounds", "1"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert ended.returncode == 0, ended.stderr
    for measured in MEASURED:
        rows = [line for line in ended.stdout.splitlines() if line.startswith(measured)]
        assert rows, f"{measured}: nothing printed"
        assert all(re.search(r"/s +[0-9]+\.[0-9]{2} +≥ 0\.5$", row) for row in rows), rows
