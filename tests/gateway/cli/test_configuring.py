"""Commands about the configuration and the mappings: config, mapping, partners, schema, diagram."""

import json

import pytest

from gateway.canonical.messages import TYPES
from tests.gateway.cli.conftest import PERSONAL

SAMPLES = "adapters/court_platform/samples/court_platform.json"


@pytest.fixture
def sample(request, tmp_path):
    """Return a function that writes a changed copy of the first sample and returns its path."""
    samples = json.loads((request.config.rootpath / SAMPLES).read_text(encoding="utf-8"))

    def written(change=lambda entry: entry):
        file = tmp_path / "sample.json"
        file.write_text(json.dumps(change(samples[0]), ensure_ascii=False), encoding="utf-8")
        return str(file)

    return written


def test_a_right_configuration_is_checked_with_its_revision(desk):
    checked = desk.json("config", "check")
    assert checked["revision"].startswith("sha256:")
    assert checked["counts"]["error"] == 0


def test_every_mistake_in_a_configuration_is_named_by_file_line_and_field(desk):
    desk.write("routes.yaml", "copies:\n  - {types: [referral], too: court}\n")
    desk.write("partners/police.yaml", "partner: police\nadapter: police\nconcurency: 3\n")
    found = desk.json("config", "check", code=1)["findings"]
    places = {(each["facts"]["file"], each["facts"]["line"]) for each in found}
    assert {("routes.yaml", 2), ("partners/police.yaml", 3)} <= places
    assert "did you mean concurrency" in desk.run("config", "check").stdout


def test_a_mistake_in_sense_is_found_too(desk):
    desk.write("routes.yaml", "copies:\n  - {types: [referral], to: cuort}\n")
    result = desk.run("config", "check")
    assert result.exit_code == 1
    assert "cuort" in result.stdout


def test_a_command_that_needs_a_right_configuration_ends_with_exit_code_5(desk):
    desk.write("routes.yaml", "copies: 3\n")
    result = desk.run("partners")
    assert (result.exit_code, result.stdout) == (5, "")
    assert "routes.yaml" in result.stderr


def test_show_tells_the_files_the_revision_and_which_one_is_active(desk):
    shown = desk.json("config", "show")
    assert shown["active"] == shown["revision"]
    assert "partners/court.yaml" in shown["files"]
    desk.write("routes.yaml", "copies: []\n")
    assert desk.json("config", "show")["active"] != desk.json("config", "show")["revision"]
    assert "reload" in desk.run("config", "show").stdout


def test_where_nobody_serves_reload_only_checks(desk):
    assert desk.json("config", "reload")["active"] is False


def test_a_folder_that_is_not_there_is_a_wrong_usage(desk):
    assert desk.run("config", "check", "nowhere").exit_code == 2
    assert desk.run("mapping", "check", "nowhere").exit_code == 2


def test_shipped_mappings_are_right_and_a_wrong_one_is_named_by_line(desk):
    assert desk.run("mapping", "check").exit_code == 0
    desk.write("mappings/own.yaml", "mapping: court_platform/own\nrecord: x\nmessage: refferal\nrows: []\n")
    found = desk.json("mapping", "check", code=1)["findings"]
    assert [(each["facts"]["file"], each["facts"]["line"]) for each in found] == [("mappings/own.yaml", 3)]


def test_a_record_is_tried_and_what_is_personal_is_covered(desk, sample):
    result = desk.run("mapping", "try", "court_platform/referral", sample())
    assert result.exit_code == 0
    assert "田**" in result.stdout
    for hidden in ("田明秀", "500242198803124023", "13883210467"):
        assert hidden not in result.stdout
    assert "田明秀" in desk.run("mapping", "try", "court_platform/referral", sample(), "--unmasked").stdout


def test_faults_and_unmapped_fields_are_named_by_the_partners_own_paths(desk, sample):
    def wrong(entry):
        entry["record"]["fields"]["dsrlb"][0]["zjhm"] = "500242198803124024"
        entry["record"]["fields"]["bz9"] = "x"
        return entry

    (tried,) = desk.json("mapping", "try", "court_platform", sample(wrong), code=1)["tried"]
    assert (tried["verdict"], tried["faults"][0]["field"]) == ("refused", "dsrlb[0].zjhm")
    assert tried["unmapped"] == ["bz9"]


def test_bare_fields_are_tried_by_a_named_mapping_only(desk, sample):
    bare = sample(lambda entry: entry["record"]["fields"])
    assert desk.run("mapping", "try", "court_platform", bare).exit_code == 2
    (tried,) = desk.json("mapping", "try", "court_platform/referral", bare)["tried"]
    assert (tried["kind"], tried["verdict"]) == ("ajwp", "translated")


def test_a_message_is_written_as_a_partners_record_and_what_is_personal_is_covered(desk, request):
    file = str(request.config.rootpath / "adapters/mediation_center/samples/referral_delegated.json")
    result = desk.run("mapping", "try", "mediation_center", file, "--write", "--json")
    (tried,) = json.loads(result.stdout)["tried"]
    assert tried["verdict"] == "written"
    message = json.loads((request.config.rootpath / file).read_text(encoding="utf-8"))["message"]
    for party in message["data"]["parties"]:
        assert party["name"] not in result.stdout
    unmasked = desk.run("mapping", "try", "mediation_center", file, "--write", "--unmasked", "--json").stdout
    assert message["data"]["parties"][0]["name"] in unmasked


def test_what_is_no_json_and_what_is_no_message_are_wrong_usages(desk, tmp_path, sample):
    file = tmp_path / "no.json"
    file.write_text("{", encoding="utf-8")
    assert desk.run("mapping", "try", "court_platform", str(file)).exit_code == 2
    assert desk.run("mapping", "try", "court_platform", sample(lambda _: {"a": 1}), "--write").exit_code == 2
    assert desk.run("mapping", "try", "court_platform", "nowhere.json").exit_code == 3
    assert desk.run("mapping", "try", "court_platform/referal", sample()).exit_code == 3


def test_a_partner_with_a_mailbox_is_called_by_nobody(desk):
    door = "canonical_door: {bearer_sha256: [" + "0" * 64 + "]}"
    desk.write("partners/hamlet.yaml", f"partner: hamlet\nadapter: mailbox\norganisations: [org-township]\n{door}\n")
    result = desk.run("partners", "test", "hamlet")
    assert result.exit_code == 0, result.output
    assert "the gateway calls nobody" in " ".join(result.output.split())


def test_partners_are_listed_with_how_much_is_undelivered(desk):
    rows = {row["partner"]: row for row in desk.json("partners")["partners"]}
    assert set(rows) == {"court", "village", "township"}
    assert rows["village"]["waiting"] == 2


def test_a_partner_that_cannot_be_reached_is_said_so_and_a_missing_secret_too(desk):
    (desk.folder / "config/secrets/court.app_secret").unlink()
    result = desk.run("partners", "test", "court")
    assert result.exit_code == 1
    assert "127.0.0.1:9 refused" in " ".join(result.stdout.split())
    assert "secrets.app_secret" in result.stdout


def test_an_unknown_partner_ends_with_exit_code_3(desk):
    assert desk.run("partners", "test", "nobody").exit_code == 3


@pytest.mark.parametrize("name", [*TYPES, "fengqiao.referral", "all"])
def test_the_schema_of_every_type_is_printed(empty_desk, name):
    assert "$defs" in json.loads(empty_desk.run("schema", name).stdout)


def test_the_schemas_of_mapping_files_and_code_tables_are_printed(empty_desk):
    mapping, codes = (json.loads(empty_desk.run("schema", flag).stdout) for flag in ("--mapping", "--codes"))
    assert "rows" in mapping["properties"]
    assert "entries" in codes["properties"]
    assert empty_desk.run("schema", "referral", "--codes").exit_code == 2


def test_an_unknown_type_ends_with_exit_code_3_and_what_was_meant(empty_desk):
    result = empty_desk.run("schema", "referal")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "known: referral" in result.stderr


@pytest.mark.parametrize("machine", ["case", "leg"])
def test_the_states_are_drawn_in_the_users_language(empty_desk, machine):
    drawn = empty_desk.run("diagram", machine, language="zh").stdout
    assert drawn.startswith("stateDiagram-v2\n")
    assert "调解中" in drawn


def test_no_name_of_a_party_is_in_what_config_prints(desk):
    said = desk.run("config", "show", "--json").stdout
    assert not [word for word in PERSONAL if word in said]
