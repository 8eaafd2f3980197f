"""What check finds beyond the form of the files."""

from gateway.configuration import check, from_files
from gateway.errors import ConfigurationFault
from gateway.texts import catalogue

COURT = "partner: court\nadapter: court_platform\nbase_url: https://a.example\norganisations: [org-t]\n"
ORGANISATIONS = """\
organisations:
  - {id: org-t, name: 示例人民法庭, kind: tribunal, partner: court, codes: {court: T1}}
"""
SOUND = {"partners/court.yaml": COURT, "organisations.yaml": ORGANISATIONS}


def found(files, **more):
    findings = check(from_files(files), ["court_platform", "mailbox"], environment={}, **more)
    for finding in findings:
        assert finding.code in catalogue()
        assert "…" not in finding.text("zh") + finding.text("en")
    return [(finding.code.removeprefix("configuration.check."), finding.level) for finding in findings]


def with_court(extra):
    return {**SOUND, "partners/court.yaml": COURT + extra}


def with_organisation(row):
    return {**SOUND, "organisations.yaml": ORGANISATIONS + f"  - {row}\n"}


def test_a_sound_configuration_has_no_findings():
    assert found(SOUND) == []
    assert found({}) == []


def test_an_unknown_adapter_is_an_error_that_offers_the_one_that_was_meant():
    files = {**SOUND, "partners/court.yaml": COURT.replace("court_platform", "court_platfrom")}
    (finding,) = check(from_files(files), ["court_platform", "mailbox"])
    assert (finding.code, finding.level) == ("configuration.check.unknown_adapter", "error")
    assert finding.facts["known"] == "court_platform"
    assert finding.fault().text() == finding.text()
    assert finding.fault().facts["file"] == "partners/court.yaml"


def test_a_partner_without_address_that_messages_are_routed_to_is_an_error():
    files = {**SOUND, "partners/court.yaml": COURT.replace("base_url: https://a.example\n", "")}
    assert found(files) == [("cannot_receive", "error")]
    assert found(files, without_address=["court_platform"]) == [("mailbox_without_door", "error")]
    opened = f"{files['partners/court.yaml']}canonical_door: {{bearer_sha256: [{'0' * 64}]}}\n"
    assert found({**files, "partners/court.yaml": opened}, without_address=["court_platform"]) == []


def test_a_partner_without_address_that_only_sends_is_a_warning():
    files = {
        **SOUND,
        "partners/sender.yaml": "partner: sender\nadapter: court_platform\norganisations: [org-t]\n",
    }
    assert found(files) == [("no_address", "warning")]
    files["routes.yaml"] = "copies:\n  - {types: success, to: sender}\n"
    assert found(files) == [("cannot_receive", "error")]


def test_an_address_in_clear_is_a_warning_unless_it_is_this_machine():
    for address, expected in [
        ("http://court.example.gov.cn", [("insecure_address", "warning")]),
        ("http://10.1.2.3:8080", [("insecure_address", "warning")]),
        ("http://127.0.0.1:9001", []),
        ("http://localhost:9001", []),
        ("http://[::1]:9001", []),
    ]:
        files = {**SOUND, "partners/court.yaml": COURT.replace("https://a.example", address)}
        assert found(files) == expected, address


def test_a_partner_that_acts_for_nobody_is_a_warning_and_for_an_unknown_organisation_an_error():
    nobody = {**SOUND, "partners/b.yaml": "partner: b\nadapter: mailbox\nbase_url: https://b.example\n"}
    assert found(nobody) == [("acts_for_nobody", "warning")]
    unknown = {**SOUND, "partners/court.yaml": COURT.replace("[org-t]", "[org-t, org-x]")}
    assert found(unknown) == [("unknown_organisation", "error")]


def test_an_organisation_at_an_unknown_partner_is_an_error():
    files = with_organisation("{id: org-v, name: 示例村, kind: village, partner: cuort}")
    assert found(files) == [("unknown_partner", "error")]


def test_an_organisation_whose_partner_may_not_answer_for_it_is_a_warning():
    files = with_organisation("{id: org-v, name: 示例村, kind: village, partner: court}")
    assert found(files) == [("cannot_answer", "warning")]


def test_one_code_for_two_organisations_is_an_error():
    files = with_organisation("{id: org-v, name: 示例村, kind: village, codes: {court: T1}}")
    assert found(files) == [("code_twice", "error")]


def test_a_code_for_a_partner_that_does_not_exist_is_a_warning():
    files = with_organisation("{id: org-v, name: 示例村, kind: village, codes: {police: P1}}")
    assert found(files) == [("code_for_unknown_partner", "warning")]


def test_a_route_with_unknown_names_is_an_error_for_each():
    route = "copies:\n  - {types: [sucess], when_sender_partner: a, to: b}\n"
    assert sorted(found({**SOUND, "routes.yaml": route})) == [
        ("unknown_partner", "error"),
        ("unknown_partner", "error"),
        ("unknown_type", "error"),
    ]


def test_a_mapping_for_a_partner_that_does_not_exist_is_a_warning():
    mapping = """\
mapping: court_platform/note
record: jz
message: progress
rows:
  - {partner: sj, canonical: time, date: datetime}
  - {partner: ah, canonical: data.case.partner_id}
  - {constant: other, canonical: data.stage}
"""
    change = "extends: court_platform/note\npartner: {}\nrows:\n  - {{partner: bz, canonical: data.note}}\n"
    shipped = {**SOUND, "mappings/court_platform/note.yaml": mapping}
    assert found({**shipped, "mappings/own.yaml": change.format("court")}) == []
    assert found({**shipped, "mappings/own.yaml": change.format("cuort")}) == [("mapping_unused", "warning")]


def test_a_secret_that_is_not_on_this_machine_is_a_warning():
    files = with_court("secrets: {app_secret: env:COURT_SECRET}\n")
    assert found(files) == [("secret_missing", "warning")]
    assert check(from_files(files), ["court_platform"], environment={"COURT_SECRET": "x"}) == []


def test_a_webhook_secret_without_a_reference_is_an_error():
    assert found(with_court("canonical_door: {webhook_secrets: [hook]}\n")) == [("unknown_secret", "error")]


def test_a_ferry_without_the_secrets_that_it_names_is_an_error_for_each():
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFHqj0V4lKMeoPXVc6LDdIxjnrbjEjAZqyGTSB9zT8Dt"
    server = f"{{host: gate.example, user: gateway, host_key: {key}, password: gate_password}}"
    row = COURT.replace("base_url: https://a.example\n", "")
    row += f"ferry: {{incoming: /in, outgoing: /out, theirs: PCS, incoming_server: {server}}}\n"
    files = {**SOUND, "partners/court.yaml": row}
    assert sorted(found(files)) == [("ferry_server_without_secret", "error"), ("ferry_without_key", "error")]


def test_errors_come_before_warnings():
    files = {
        **SOUND,
        "partners/a.yaml": "partner: a\nadapter: mailbox\nbase_url: https://a.example\n",
        "routes.yaml": "copies:\n  - {types: [success], to: nobody}\n",
    }
    assert [level for _, level in found(files)] == ["error", "warning"]


def test_a_division_that_no_table_has_is_a_warning_and_the_administrators_table_settles_it():
    files = with_organisation("{id: org-v, name: 新设村, kind: village, division: '999999201'}")
    assert found(files) == [("division_unknown", "warning")]
    assert found({**files, "divisions.yaml": "divisions: {'999999': 新设县}\n"}) == []
    assert found(with_organisation("{id: org-v, name: 某村, kind: village, division: '500242219201'}")) == []


def test_what_an_adapter_says_of_a_setting_is_told_with_its_file_and_line():
    def tried(row):
        raise ConfigurationFault("configuration.missing_field", field="settings.out.path", why="it must be given")

    files = with_court("settings:\n  in: {}\n  out:\n    format: json\n")
    (finding,) = check(from_files(files), ["court_platform"], try_settings=tried, environment={})
    assert (finding.level, finding.code) == ("error", "configuration.missing_field")
    assert finding.text() == "partners/court.yaml, line 7, settings.out.path: it must be given"
    assert finding.fault().facts["line"] == "7"
