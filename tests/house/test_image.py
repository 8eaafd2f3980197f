"""The image and the compose file fit the product: its command, its settings, its folders, its probes."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from typing import Any

import pytest
import yaml

from gateway.settings import variables
from tests.house.tree import ROOT, project, read


@pytest.fixture(scope="module")
def gateway() -> dict[str, Any]:
    """The one service of the compose file."""
    services: dict[str, Any] = yaml.safe_load(read("docker-compose.yml"))["services"]
    assert list(services) == ["gateway"]
    found: dict[str, Any] = services["gateway"]
    return found


@pytest.fixture(scope="module")
def image() -> list[list[str]]:
    """The instructions of the Dockerfile, split into words."""
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", read("Dockerfile"), flags=re.MULTILINE))
    return [line.split(maxsplit=1) for line in joined.splitlines() if line.strip()]


def test_the_compose_file_is_one() -> None:
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        "docker-compose.yml",
    ]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
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
    assert subprocess.run(asked, cwd=ROOT, capture_output=True, check=False, timeout=60).returncode == 0


def test_the_folders_that_are_mounted_are_those_the_image_uses(gateway: dict[str, Any], image: list[list[str]]) -> None:
    environment = _environment(image)
    mounted = [volume["target"] if isinstance(volume, dict) else volume.split(":")[1] for volume in gateway["volumes"]]
    assert mounted == [environment["FENGQIAO_DATA_DIR"], environment["FENGQIAO_CONFIG_DIR"]]
    assert _said(image, "VOLUME") == [environment["FENGQIAO_DATA_DIR"]]


def test_the_port_is_the_one_the_image_listens_on(gateway: dict[str, Any], image: list[list[str]]) -> None:
    port = _environment(image)["FENGQIAO_PORT"]
    assert _said(image, "EXPOSE") == [port]
    assert gateway["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_the_probe_asks_a_path_that_is_served(image: list[list[str]]) -> None:
    from gateway.api.health import router

    (probe,) = _said(image, "HEALTHCHECK")
    (path,) = re.findall(r"\}(/[a-z]+)", probe)
    assert path in {route.path for route in router.routes if hasattr(route, "path")}
    words = yaml.safe_load(probe[probe.index("CMD") + 3 :])
    compile(words[-1], "probe", "exec")


def test_the_container_can_do_little(gateway: dict[str, Any], image: list[list[str]]) -> None:
    assert gateway["read_only"] is True
    assert gateway["tmpfs"]
    assert gateway["cap_drop"] == ["ALL"]
    assert gateway["security_opt"] == ["no-new-privileges:true"]
    assert set(gateway["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    user = _said(image, "USER")[-1]
    assert re.fullmatch(r"[1-9][0-9]*:[1-9][0-9]*", user)


def test_the_key_comes_from_a_secret_file(gateway: dict[str, Any]) -> None:
    secrets = yaml.safe_load(read("docker-compose.yml"))["secrets"]
    assert gateway["secrets"] == list(secrets)
    assert gateway["environment"]["FENGQIAO_KEY_FILE"] == f"/run/secrets/{gateway['secrets'][0]}"
    assert set(secrets["fengqiao_key"]) == {"file"}


def test_the_image_is_installed_from_the_lock_by_hash(image: list[list[str]]) -> None:
    runs = " ".join(_said(image, "RUN"))
    assert "pip install --require-hashes -r requirements.lock" in runs
    assert "pip install --no-deps --no-build-isolation ." in runs
    extras = set(re.findall(r"fengqiao-gateway\[([a-z,-]+)\]", runs)[0].split(","))
    assert extras <= set(project()["project"]["optional-dependencies"])


def test_the_build_gets_what_it_needs_and_no_more() -> None:
    let_in = {line[1:] for line in read(".dockerignore").splitlines() if line.startswith("!")}
    packages = set(project()["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    described = {project()["project"]["readme"], *project()["project"]["license-files"]}
    assert let_in == packages | described | {"tools", "pyproject.toml", "requirements.lock"}


def _said(image: list[list[str]], instruction: str) -> list[str]:
    return [rest for word, rest in image if word == instruction]


def _environment(image: list[list[str]]) -> dict[str, str]:
    pairs = (pair.partition("=") for said in _said(image, "ENV") for pair in shlex.split(said))
    return {name: value for name, _, value in pairs}
