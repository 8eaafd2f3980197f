"""Commands that look after an installation: migrate, doctor."""

import json
import shutil
import sqlite3

from gateway.store.keys import new_key_line
from tests.gateway.cli.conftest import Desk


def _codes(desk: Desk, *flags: str, code: int = 0, **env: str) -> dict[str, str]:
    result = desk.run("doctor", "--json", *flags, env=env)
    assert result.exit_code == code, result.output
    return {each["code"]: each["level"] for each in json.loads(result.stdout)["findings"]}


def test_migrate_makes_the_tables_once_and_check_only_looks(empty_desk):
    assert empty_desk.json("migrate", "--check", code=1) == {"before": "empty", "after": "empty"}
    assert not empty_desk.folder.exists()
    assert empty_desk.json("migrate") == {"before": "empty", "after": "current"}
    assert empty_desk.json("migrate") == {"before": "current", "after": "current"}
    assert empty_desk.run("migrate", "--check").exit_code == 0


def test_tables_of_a_newer_gateway_are_left_alone(empty_desk):
    empty_desk.run("migrate")
    database = sqlite3.connect(empty_desk.folder / "gateway.db")
    with database:
        database.execute("UPDATE alembic_version SET version_num = 'from-the-future'")
    database.close()
    assert empty_desk.run("migrate").exit_code == 4
    assert empty_desk.run("migrate", "--check").exit_code == 1
    assert _codes(empty_desk, code=1)["cli.migrate.unknown"] == "error"


def test_an_installation_in_order_is_said_to_be_so(desk):
    found = _codes(desk)
    for code in ("cli.doctor.python", "cli.doctor.key", "cli.migrate.current", "cli.doctor.configuration"):
        assert found[code] == "ok"
    assert found["cli.doctor.nobody_serves"] == "ok"


def test_what_waits_for_a_person_is_a_warning(desk):
    found = _codes(desk)
    assert (found["cli.doctor.held"], found["cli.doctor.dead"]) == ("warning", "warning")


def test_a_place_where_nothing_is_yet_is_not_wrong(empty_desk):
    found = _codes(empty_desk)
    assert found["cli.doctor.no_data_dir"] == found["cli.doctor.no_store"] == "warning"


def test_a_key_that_does_not_open_the_store_is_an_error(desk):
    name = (desk.folder / "key").read_text().partition(":")[0]
    (desk.folder / "key").write_text(new_key_line(name))
    assert _codes(desk, code=1)["store.key_wrong"] == "error"


def test_a_misspelt_variable_is_named_with_the_one_that_was_meant(desk):
    result = desk.run("doctor", "--json", env={"FENGQIAO_PROT": "8480"})
    said = [each["texts"]["en"] for each in json.loads(result.stdout)["findings"]]
    assert any("FENGQIAO_PROT; did you mean FENGQIAO_PORT?" in text for text in said)


def test_files_that_others_may_read_are_named(desk):
    (desk.folder / "key").chmod(0o644)
    desk.folder.chmod(0o755)
    assert "has mode 644" in " ".join(desk.run("doctor").stdout.split())
    assert _codes(desk)["cli.doctor.not_private"] == "warning"


def test_a_wrong_configuration_is_an_error_and_a_missing_one_a_warning(desk):
    desk.write("routes.yaml", "copies: 3\n")
    assert _codes(desk, code=1)["configuration.expected_list"] == "error"
    shutil.rmtree(desk.folder / "config")
    assert _codes(desk)["cli.doctor.no_configuration"] == "warning"


def test_partners_are_called_only_when_asked(desk):
    assert "cli.partners.not_reached" not in _codes(desk)
    assert _codes(desk, "--network", code=1)["cli.partners.not_reached"] == "error"
