"""The bundle for a machine without any network: it installs by itself, checks every file, and what it installs runs."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from gateway import __version__
from tests.house.tree import ROOT
from tests.servers import missing

pytestmark = [pytest.mark.live, pytest.mark.timeout(1200)]
NOWHERE = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_RETRIES": "0",
           "PIP_NO_COMPILE": "1"}  # fmt: skip  # it runs only a few times


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle, carried over as its archive."""
    folder = tmp_path_factory.mktemp("made") / "bundle"
    made = subprocess.run(
        [sys.executable, "-m", "tools.bundle", str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if "Could not find a version that satisfies" in made.stderr or "No matching distribution" in made.stderr:
        missing("no package index can be reached from here: the wheels of the lock come from there")
    assert made.returncode == 0, made.stderr
    carried = tmp_path_factory.mktemp("carried")
    with tarfile.open(made.stdout.strip()) as archive:
        archive.extractall(carried, filter="data")
    return carried / "bundle"


def test_a_damaged_file_is_found_before_anything_is_installed(unpacked: Path, tmp_path: Path) -> None:
    wheel = next(unpacked.glob("wheels/fengqiao_gateway-*.whl"))
    whole = wheel.read_bytes()
    wheel.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    try:
        tried = _ran("sh", "install.sh", str(tmp_path / "installed"), folder=unpacked, PYTHON=sys.executable)
    finally:
        wheel.write_bytes(whole)
    assert tried.returncode == 1
    assert "copy the bundle again" in tried.stderr
    assert not (tmp_path / "installed").exists()


def test_it_installs_without_an_index_and_runs(unpacked: Path, tmp_path: Path) -> None:
    folder = tmp_path / "installed"
    installed = _ran("sh", "install.sh", str(folder), folder=unpacked, PYTHON=sys.executable)
    assert installed.returncode == 0, installed.stderr
    program = str(folder / "bin" / "fengqiao")
    assert __version__ in _ran(program, "--version", folder=tmp_path).stdout
    settings = {"FENGQIAO_DATA_DIR": str(tmp_path / "data"), "FENGQIAO_CONFIG_DIR": str(tmp_path / "config")}
    examined = _ran(program, "doctor", "--json", folder=tmp_path, **settings)
    assert examined.returncode == 0, examined.stderr
    assert json.loads(examined.stdout)["counts"]["error"] == 0
    imported = (
        "import gateway, adapters, mappings, psycopg, hiredis, obstore, opentelemetry.sdk; print(gateway.__file__)"
    )
    inside = _ran(str(folder / "bin" / "python"), "-c", imported, folder=tmp_path)
    assert inside.stdout.startswith(str(folder)), inside.stderr
    listed = _ran(str(folder / "bin" / "python"), "-m", "pip", "list", "--format=json", folder=tmp_path).stdout
    assert not {"pytest", "mypy", "ruff", "hypothesis", "moto"} & {each["name"] for each in json.loads(listed)}


def _ran(*command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env={**NOWHERE, **environment}, capture_output=True, text=True, check=False, timeout=900
    )
