"""The image and the compose file fit the product: its command, its settings, its folders, its probes."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.variables import variables
from tests.house.tree import ROOT, project, read
from tools.bundle import WANTED


@pytest.fixture(scope="module")
def gateway() -> dict[str, Any]:
    """The one service of the compose file."""
    services: dict[str, Any] = yaml.safe_load(read("docker-compose.embedded.yml"))["services"]
    assert list(services) == ["gateway"]
    found: dict[str, Any] = services["gateway"]
    return found


@pytest.fixture(scope="module")
def image() -> list[list[str]]:
    """The instructions of the Dockerfile, split into words."""
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", read("Dockerfile"), flags=re.MULTILINE))
    return [line.split(maxsplit=1) for line in joined.splitlines() if line.strip()]


@pytest.mark.parametrize("file", ["docker-compose.yml", "docker-compose.embedded.yml"])
def test_the_compose_file_is_one(file: str) -> None:
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        file,
    ]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    assert checked.returncode == 0, checked.stdout


def test_every_setting_that_is_given_exists(gateway: dict[str, Any], image: list[list[str]]) -> None:
    known = {variable.name for variable in variables()}
    given = {name for name in (*gateway["environment"], *_environment(image)) if name.startswith("FENGQIAO_")}
    assert given
    assert given <= known


def test_the_image_starts_the_products_own_command(image: list[list[str]]) -> None:
    (entry,) = _said(image, "ENTRYPOINT")
    assert yaml.safe_load(entry) == list(project()["project"]["scripts"])


def test_the_command_of_both_exists(gateway: dict[str, Any], image: list[list[str]]) -> None:
    (command,) = _said(image, "CMD")
    assert yaml.safe_load(command) == gateway["command"] == ["serve"]
    asked = [sys.executable, "-c", "from gateway.cli import main; main()", *gateway["command"], "--help"]
    assert subprocess.run(asked, cwd=ROOT, capture_output=True, check=False, timeout=240).returncode == 0


def test_the_folders_that_are_mounted_are_those_the_image_uses(gateway: dict[str, Any], image: list[list[str]]) -> None:
    environment = _environment(image)
    mounted = [volume["target"] if isinstance(volume, dict) else volume.split(":")[1] for volume in gateway["volumes"]]
    assert mounted == [environment["FENGQIAO_DATA_DIR"], environment["FENGQIAO_CONFIG_DIR"]]
    assert _said(image, "VOLUME") == [environment["FENGQIAO_DATA_DIR"]]


def test_the_port_is_the_one_the_image_listens_on(gateway: dict[str, Any], image: list[list[str]]) -> None:
    port = _environment(image)["FENGQIAO_PORT"]
    assert _said(image, "EXPOSE") == [port]
    assert gateway["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_the_probe_is_a_module_that_says_no_where_nothing_runs(image: list[list[str]], tmp_path: Path) -> None:
    (probe,) = _said(image, "HEALTHCHECK")
    words = yaml.safe_load(probe[probe.index("CMD") + 3 :])
    environment = {**os.environ, "FENGQIAO_DATA_DIR": str(tmp_path)}
    asked = [sys.executable, *words[1:]]
    ended = subprocess.run(asked, cwd=ROOT, env=environment, capture_output=True, check=False, timeout=240)
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_the_container_can_do_little(gateway: dict[str, Any], image: list[list[str]]) -> None:
    assert gateway["read_only"] is True
    assert gateway["tmpfs"]
    assert gateway["cap_drop"] == ["ALL"]
    assert gateway["security_opt"] == ["no-new-privileges:true"]
    assert set(gateway["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    user = _said(image, "USER")[-1]
    assert re.fullmatch(r"[1-9][0-9]*:[1-9][0-9]*", user)


def test_the_key_comes_from_a_secret_file(gateway: dict[str, Any]) -> None:
    secrets = yaml.safe_load(read("docker-compose.embedded.yml"))["secrets"]
    assert gateway["secrets"] == list(secrets)
    assert gateway["environment"]["FENGQIAO_KEY_FILE"] == f"/run/secrets/{gateway['secrets'][0]}"
    assert set(secrets["fengqiao_key"]) == {"file"}


def test_the_image_is_installed_from_the_lock_by_hash(image: list[list[str]]) -> None:
    runs = " ".join(_said(image, "RUN"))
    assert "pip install --require-hashes -r requirements.lock" in runs
    assert "pip install --no-deps --no-build-isolation ." in runs
    extras = set(re.findall(r"fengqiao-gateway\[([a-z0-9,-]+)\]", runs)[0].split(","))
    assert extras <= set(project()["project"]["optional-dependencies"])


def test_the_build_gets_what_it_needs_and_no_more() -> None:
    let_in = {line[1:] for line in read(".dockerignore").splitlines() if line.startswith("!")}
    packages = set(project()["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    described = {project()["project"]["readme"], *project()["project"]["license-files"]}
    assert let_in == packages | described | {"tools", "pyproject.toml", "requirements.lock"}


def test_the_project_builds_from_what_the_build_gets(tmp_path: Path, image: list[list[str]]) -> None:
    context, made = tmp_path / "src", tmp_path / "wheels"
    for name in (line[1:] for line in read(".dockerignore").splitlines() if line.startswith("!")):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, context / name, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        else:
            context.mkdir(exist_ok=True)
            shutil.copy(source, context / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    built = subprocess.run([*command, "--wheel-dir", made, context], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (wheel,) = made.iterdir()
    inside = zipfile.ZipFile(wheel).namelist()
    for needed in ("gateway/beat.py", "adapters/__init__.py", "mappings/court_platform/", "gateway/texts/cli.yaml"):
        assert any(name.startswith(needed) for name in inside), needed
    named = [said for said in _said(image, "RUN") if "tools.surplus" in said]
    assert f"'{WANTED}'" in named[0], "image and bundle hold the same parts"


def _said(image: list[list[str]], instruction: str) -> list[str]:
    return [rest for word, rest in image if word == instruction]


def _environment(image: list[list[str]]) -> dict[str, str]:
    pairs = (pair.partition("=") for said in _said(image, "ENV") for pair in shlex.split(said))
    return {name: value for name, _, value in pairs}
