"""The commands of the workshop do what they say: make, continuous integration, installing, the generators."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT, read
from tools.surplus import installed, needed

KINDS = ("live", "fault")  # of tests that start processes
TARGETS = {"help", "install", "demo", "test", "check", "bench", "up", "bundle", "faults", "clean"}


def _run(*command: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    # Not those of an enclosing make: they would say how this one runs.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        command, cwd=folder, env={**inherited, **environment}, capture_output=True, text=True, check=False, timeout=60
    )


def test_make_alone_lists_every_target() -> None:
    listed = _run("make").stdout
    assert set(re.findall(r"^  make ([a-z]+) ", listed, flags=re.MULTILINE)) == TARGETS


def test_the_tests_run_beside_each_other_unless_a_part_of_them_is_asked_for() -> None:
    everything, part = (
        _run("make", "--dry-run", "test", f"ARGS={asked}").stdout for asked in ("", '-k "held or dead"')
    )
    assert everything.splitlines()[-1].split()[1:3] == ["--numprocesses", "auto"]
    assert part.splitlines()[-1].split(maxsplit=1)[1] == '-k "held or dead"'


def test_the_tests_of_one_file_run_in_one_process_and_those_that_start_processes_in_two(tmp_path: Path) -> None:
    """The groups are written into names by one package and read by another: either may change how."""
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    where = "import os\nimport pytest\n"
    note = "def test_{0}():\n    open({1!r} + '/{2}', 'a').write(os.environ['PYTEST_XDIST_WORKER'] + '\\n')\n"
    for name in ("one", "two", "three"):
        quick = "".join(note.format(n, str(tmp_path), f"{name}.ran") for n in range(6))
        live, fault = (f"@pytest.mark.{kind}\n{note.format(kind, str(tmp_path), f'{kind}.ran')}" for kind in KINDS)
        both = f"@pytest.mark.live\n@pytest.mark.fault\n{note.format('both', str(tmp_path), 'fault.ran')}"
        (tmp_path / f"test_{name}.py").write_text(where + quick + live + fault + both, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    live\n    fault\n", encoding="utf-8")
    beside = re.search(r"^BESIDE := (.*)$", read(ROOT / "Makefile"), flags=re.MULTILINE)
    assert beside is not None
    ran = _run(sys.executable, "-m", "pytest", "-q", *beside[1].replace("auto", "3").split(), folder=tmp_path)
    assert "27 passed" in ran.stdout, ran.stdout
    for name in ("one", "two", "three", *KINDS):
        workers = (tmp_path / f"{name}.ran").read_text(encoding="utf-8").split()
        assert len(set(workers)) == 1, f"{name}: {workers}"


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


@pytest.mark.parametrize(
    ("user", "said"),
    [
        (
            0,
            ["ci: nginx is not here: apt-get update, apt-get install nginx-light", "apt-get update", "apt-get install"],
        ),
        (1000, ["ci: nginx is not here and cannot be installed (not root, or no apt-get): its tests will fail"]),
    ],
)
def test_continuous_integration_brings_nginx_where_it_may(tmp_path: Path, user: int, said: list[str]) -> None:
    project = _copied(tmp_path, ".ci/run")
    script = project / ".ci" / "run"
    script.write_text(script.read_text(encoding="utf-8").replace("/usr/sbin/nginx", str(tmp_path / "no-nginx")))
    _command(tmp_path / "bin" / "make", "echo $1")
    _command(tmp_path / "bin" / "id", f"echo {user}")
    _command(tmp_path / "bin" / "apt-get", 'echo "apt-get $1" >&2')
    ran = _run("/bin/bash", ".ci/run", folder=project, PATH=str(_tools(tmp_path / "bin", "dirname")))
    assert ran.returncode == 0, ran.stderr
    assert [*ran.stdout.splitlines(), *ran.stderr.splitlines()] == [said[0], "check", "test", *said[1:]]


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
    _command(folder / "bin" / "nginx", "exit 1")  # it is here: nothing is to be installed
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


def _tools(folder: Path, *more: str) -> Path:
    """Link the few commands that the script needs into ``folder``, so that nothing else is on the path."""
    for name in ("grep", "rm", "sh", *more):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return folder
