"""The commands of the workshop do what they say: make, continuous integration, installing, the generators."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.tree import ROOT, read
from tools.surplus import installed, needed

TARGETS = {"help", "install", "demo", "test", "check", "bench", "up", "clean"}


def _run(*command: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    # Not those of an enclosing make: they would say how this one runs.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        command, cwd=folder, env={**inherited, **environment}, capture_output=True, text=True, check=False, timeout=60
    )


def test_make_alone_lists_every_target() -> None:
    listed = _run("make").stdout
    assert set(re.findall(r"^  make ([a-z]+) ", listed, flags=re.MULTILINE)) == TARGETS


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_every_target_can_be_made(target: str) -> None:
    dry = _run("make", "--dry-run", target)
    assert dry.returncode == 0, dry.stderr


def test_installing_without_a_python_says_what_to_do(tmp_path: Path) -> None:
    project = _copied(tmp_path, "tools/install.sh", "requirements.lock")
    tried = _run("sh", "tools/install.sh", folder=project, PYTHON="no-such-python")
    assert tried.returncode == 1
    assert "no Python 3.11 or newer found" in tried.stderr
    assert not (project / ".venv").exists()


def test_a_name_on_the_path_that_is_no_python_is_passed_over(tmp_path: Path) -> None:
    project = _copied(tmp_path, "tools/install.sh", "requirements.lock")
    _command(tmp_path / "bin" / "python3.13", "echo 'not installed' >&2; exit 127")
    tried = _run("sh", "tools/install.sh", folder=project, PYTHON="python3.13", PATH=_path(tmp_path / "bin"))
    assert "no Python 3.11 or newer found" in tried.stderr


def test_a_python_that_cannot_make_environments_is_reported(tmp_path: Path) -> None:
    project = _copied(tmp_path, "tools/install.sh", "requirements.lock")
    # What Debian's python3 says without the package python3-venv: it has `venv`, but neither pip nor ensurepip.
    _command(tmp_path / "bin" / "bare", 'case "$*" in *ensurepip*|*virtualenv*) exit 1;; esac; exit 0')
    shutil.copy(shutil.which("dirname") or "/usr/bin/dirname", tmp_path / "bin" / "dirname")
    tried = _run("/bin/sh", "tools/install.sh", folder=project, PYTHON="bare", PATH=str(_tools(tmp_path / "bin")))
    assert tried.returncode == 1
    assert "python3-venv" in tried.stderr


def test_continuous_integration_checks_first_and_then_tests(tmp_path: Path) -> None:
    ran = _continuous_integration(tmp_path, 'echo "$1 CI=$CI"')
    assert ran.returncode == 0
    assert ran.stdout.splitlines() == ["check CI=true", "test CI=true"]


@pytest.mark.parametrize("failing", ["check", "test"])
def test_continuous_integration_fails_when_either_fails(tmp_path: Path, failing: str) -> None:
    ran = _continuous_integration(tmp_path, f'test "$1" != {failing}')
    assert ran.returncode != 0


def test_the_surplus_is_what_only_tests_and_checks_need() -> None:
    kept = needed("fengqiao-gateway[postgres,redis-fast]")
    assert {"fastapi", "sqlalchemy", "cryptography", "psycopg", "rq", "hiredis", "uvloop"} <= kept
    assert not {"psycopg", "hiredis"} & needed("fengqiao-gateway"), "what is optional stays out"
    assert {"pytest", "mypy", "ruff", "hypothesis", "import-linter", "pip"} <= installed() - kept


def test_the_generators_name_is_the_one_that_the_pages_name() -> None:
    assert "python -m tools.generate_docs" in read("docs/codes.md")
    assert (ROOT / "tools" / "generate_docs.py").is_file()


def _continuous_integration(folder: Path, make: str) -> subprocess.CompletedProcess[str]:
    project = _copied(folder, ".ci/run")
    _command(folder / "bin" / "make", make)
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    return _run(".ci/run", folder=project, PATH=_path(folder / "bin"), CI="true")


def _copied(folder: Path, *paths: str) -> Path:
    project = folder / "project"
    for path in paths:
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, project / path)
    return project


def _command(file: Path, script: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o755)


def _path(folder: Path) -> str:
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def _tools(folder: Path) -> Path:
    """Link the few commands that the script needs into ``folder``, so that nothing else is on the path."""
    for name in ("grep", "rm", "sh"):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return folder
