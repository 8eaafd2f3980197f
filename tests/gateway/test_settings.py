"""What a process is told by its environment."""

from pathlib import Path

import pytest

from gateway.errors import ConfigurationFault
from gateway.settings import load_settings
from gateway.variables import unknown_variables, variables


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    for variable in variables():
        monkeypatch.delenv(variable.name, raising=False)


def fault_of(**given):
    with pytest.raises(ConfigurationFault) as caught:
        load_settings(**given)
    return caught.value


def test_nothing_needs_to_be_set():
    settings = load_settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8480)
    assert settings.data_dir == Path("fengqiao-data")
    assert settings.config_folder == Path("fengqiao-data/config")
    assert settings.store_url().startswith("sqlite:////")
    assert settings.store_url().endswith("/fengqiao-data/gateway.db")
    assert (settings.body_limit, settings.spool_above) == (32 * 1024 * 1024, 256 * 1024)
    assert settings.read_key() is None
    assert settings.read_admin_token() is None


def test_the_configuration_follows_the_data_unless_it_is_named(monkeypatch):
    monkeypatch.setenv("FENGQIAO_DATA_DIR", "/srv/fengqiao")
    assert load_settings().config_folder == Path("/srv/fengqiao/config")
    monkeypatch.setenv("FENGQIAO_CONFIG_DIR", "/etc/fengqiao")
    assert load_settings().config_folder == Path("/etc/fengqiao")


def test_variables_are_read_and_an_empty_one_is_not_set(monkeypatch):
    monkeypatch.setenv("FENGQIAO_PORT", "9000")
    monkeypatch.setenv("FENGQIAO_BODY_LIMIT", "16MiB")
    monkeypatch.setenv("FENGQIAO_LOG_LEVEL", "WARNING")
    monkeypatch.setenv("FENGQIAO_REDELIVERY_BASE_SECONDS", "0.05")
    monkeypatch.setenv("FENGQIAO_DATABASE_URL", "")
    settings = load_settings()
    assert (settings.port, settings.body_limit, settings.log_level) == (9000, 16 * 1024 * 1024, "warning")
    assert settings.redelivery_base_seconds == 0.05
    assert settings.store_url().startswith("sqlite:")


def test_what_is_given_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv("FENGQIAO_PORT", "9000")
    assert load_settings(port=0).port == 0


def test_a_wrong_value_is_a_fault_that_names_the_variable_and_not_the_value(monkeypatch):
    monkeypatch.setenv("FENGQIAO_PORT", "eighty-odd")
    fault = fault_of()
    assert (fault.code, fault.facts["field"]) == ("configuration.setting", "FENGQIAO_PORT")
    assert "eighty" not in str(fault)


def test_a_secret_comes_from_a_variable_or_a_file_and_never_from_both(monkeypatch, tmp_path):
    monkeypatch.setenv("FENGQIAO_KEY", "k3y")
    assert load_settings().read_key() == "k3y"
    (tmp_path / "token").write_text("t0ken\n")
    monkeypatch.setenv("FENGQIAO_ADMIN_TOKEN_FILE", str(tmp_path / "token"))
    assert load_settings().read_admin_token() == "t0ken"
    monkeypatch.setenv("FENGQIAO_ADMIN_TOKEN", "other")
    fault = fault_of()
    assert "FENGQIAO_ADMIN_TOKEN_FILE" in fault.text()
    assert "other" not in str(fault)


def test_a_secret_file_that_is_not_there_is_a_fault_and_not_an_open_door(tmp_path):
    with pytest.raises(ConfigurationFault) as caught:
        load_settings(admin_token_file=tmp_path / "nowhere").read_admin_token()
    assert caught.value.facts["field"] == "FENGQIAO_ADMIN_TOKEN_FILE"


def test_no_secret_is_shown_when_settings_are_printed():
    settings = load_settings(key="k3y", admin_token="t0ken", database_url="postgresql://u:pw@h/d")
    shown = repr(settings) + str(settings) + settings.model_dump_json()
    assert not any(secret in shown for secret in ("k3y", "t0ken", "pw@"))
    assert settings.store_url() == "postgresql://u:pw@h/d"


@pytest.mark.parametrize("shared", ["DATABASE_URL=postgresql://host/db", "REDIS_URL=redis://host"])
def test_a_carrier_beside_shared_servers_is_a_fault(monkeypatch, shared):
    name, _, value = shared.partition("=")
    monkeypatch.setenv("FENGQIAO_CARRIER", "true")
    assert load_settings().carrier
    monkeypatch.setenv(f"FENGQIAO_{name}", value)
    with pytest.raises(ConfigurationFault) as caught:
        load_settings()
    assert "FENGQIAO_CARRIER" in str(caught.value)


def test_a_misspelt_variable_is_found_with_the_one_that_was_meant():
    environment = {"FENGQIAO_PROT": "1", "FENGQIAO_LANGUAGE": "zh", "FENGQIAO_PORT": "1", "PATH": "/bin"}
    assert unknown_variables(environment) == {"FENGQIAO_PROT": "FENGQIAO_PORT"}


def test_every_variable_is_described_for_the_documentation():
    described = {variable.name: variable for variable in variables()}
    assert all(variable.description.endswith(".") for variable in described.values())
    assert described["FENGQIAO_SPOOL_ABOVE"].default == "256.0KiB"
    assert described["FENGQIAO_KEY"].default == ""
