"""The compose file for a province keeps its promises: settings exist, commands exist, little is allowed."""

from __future__ import annotations

import ipaddress
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.settings import load_settings
from gateway.variables import variables
from tests.house.tree import ROOT, read

GATEWAYS = ("migrate", "api", "worker", "clock")
_VARIABLE = re.compile(r"\$\{[A-Z_]+:-([^}]*)\}")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file, with defaults in the place of variables."""
    found: dict[str, Any] = yaml.safe_load(_VARIABLE.sub(r"\1", read("docker-compose.yml")))
    return found


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose["services"]
    return found


def test_every_part_of_a_production_gateway_is_there(services: dict[str, dict[str, Any]]) -> None:
    assert set(services) == {"postgres", "redis", "proxy", *GATEWAYS}


def test_only_the_proxy_is_published(services: dict[str, dict[str, Any]]) -> None:
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert set(services["proxy"]["networks"]) == {"front", "outside"}


def test_the_proxy_reaches_doors_and_nothing_else(services: dict[str, dict[str, Any]], compose: dict[str, Any]) -> None:
    on_front = {name for name, service in services.items() if "front" in service["networks"]}
    assert on_front == {"proxy", "api"}
    assert compose["networks"]["front"]["internal"]
    assert compose["networks"]["back"]["internal"]


def test_the_doors_believe_the_network_of_the_proxy_and_no_other(
    services: dict[str, dict[str, Any]], compose: dict[str, Any]
) -> None:
    trusted = load_settings(trusted_proxies=services["api"]["environment"]["FENGQIAO_TRUSTED_PROXIES"]).proxy_networks
    (subnet,) = [ipaddress.ip_network(each["subnet"]) for each in compose["networks"]["front"]["ipam"]["config"]]
    assert trusted == (subnet,)


def test_nothing_has_a_name_or_port_that_only_one_could_have(services: dict[str, dict[str, Any]]) -> None:
    for name in ("api", "worker", "clock"):
        assert not {"container_name", "hostname", "ports"} & set(services[name]), name


def test_every_service_is_healthy_or_not_limited_and_allowed_little(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert str(service["user"]).partition(":")[0] not in ("", "0", "root"), name
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}, name
        brings_its_own = service.get("image") == "fengqiao-gateway"
        assert "healthcheck" in service or brings_its_own, name


def test_settings_exist_and_no_secret_stands_among_them(services: dict[str, dict[str, Any]]) -> None:
    known = {variable.name for variable in variables()}
    for name in GATEWAYS:
        environment = services[name]["environment"]
        assert set(environment) <= known, name
        files = {key: value for key, value in environment.items() if key.endswith("_FILE")}
        assert {"FENGQIAO_DATABASE_URL_FILE", "FENGQIAO_REDIS_URL_FILE", "FENGQIAO_KEY_FILE"} <= set(files)
        assert {value.removeprefix("/run/secrets/") for value in files.values()} <= set(services[name]["secrets"])
        assert not {key.removesuffix("_FILE") for key in files} & set(environment)


def test_tables_are_brought_forward_by_one_service_before_the_others(services: dict[str, dict[str, Any]]) -> None:
    assert services["migrate"]["command"] == ["migrate"]
    for name in ("api", "worker", "clock"):
        assert services[name]["environment"]["FENGQIAO_MIGRATE"] == "never"
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize("name", GATEWAYS)
def test_the_commands_exist(services: dict[str, dict[str, Any]], name: str) -> None:
    asked = [sys.executable, "-m", "gateway", *services[name]["command"], "--help"]
    assert subprocess.run(asked, cwd=ROOT, capture_output=True, check=False, timeout=240).returncode == 0


def test_redis_keeps_what_it_is_told_and_evicts_nothing(services: dict[str, dict[str, Any]]) -> None:
    command = services["redis"]["command"]
    told = {command[n].removeprefix("--"): command[n + 1] for n in range(2, len(command), 2)}
    assert told["appendonly"] == "yes"
    assert told["appendfsync"] == "everysec"
    assert told["maxmemory-policy"] == "noeviction"


def test_every_secret_is_made_by_the_script_and_closed_to_others(compose: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    for _ in range(2):  # a second run changes nothing
        before = {file.name: file.read_bytes() for file in folder.iterdir()} if folder.exists() else {}
        subprocess.run(["sh", "deploy/make-secrets.sh", str(folder)], cwd=ROOT, check=True, capture_output=True)
        made = {file.name: file.read_bytes() for file in folder.iterdir()}
        assert all(made[name] == content for name, content in before.items())
    assert {Path(secret["file"]).name for secret in compose["secrets"].values()} <= set(made)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "client_ca_key").stat().st_mode) == 0o400
    settings = load_settings(
        database_url_file=folder / "database_url", redis_url_file=folder / "redis_url", key_file=folder / "fengqiao_key"
    )
    assert settings.store_url().startswith("postgresql://fengqiao:")
    assert settings.read_key()
