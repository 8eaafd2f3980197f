"""The files of the configuration folder, and what is said about mistakes in them."""

import json
import os
from pathlib import Path

import pytest

from gateway.configuration.directory_rows import OrganisationsFile
from gateway.configuration.files import DivisionsFile, PartnerRow, RoutesFile
from gateway.configuration.folder import read_folder
from gateway.configuration.form import read_as
from gateway.errors import ConfigurationFault

FULL = """\
partner: court
adapter: court_platform
title: {zh: 示例法院调解平台, en: Sample court platform}
base_url: https://court.example.gov.cn/api/
organisations: [org-tribunal]
settings: {app_id: fengqiao, nested: {a: [1, 2]}}
secrets: {app_secret: env:COURT_APP_SECRET, old: file:/run/secrets/old}
concurrency: 4
timeouts: {connect: 2, answer: 12.5}
deadline_days: 3
in_doubt: wait
attachment_hosts: [Files.Example.gov.cn, "127.0.0.1:9001"]
attachment_limit_mb: 5
canonical_door: {webhook_secrets: [app_secret]}
"""


def partner_of(text):
    row, _, faults = read_as(PartnerRow, text, file="partners/court.yaml")
    assert not faults, [fault.facts for fault in faults]
    return row


def faults_of(text, model=PartnerRow, file="partners/court.yaml"):
    row, _, faults = read_as(model, text, file=file)
    assert row is None
    return faults


def only_fault(text, model=PartnerRow, file="partners/court.yaml"):
    (fault,) = faults_of(text, model, file)
    return fault


def test_a_partner_file_is_read_with_all_its_fields():
    row = partner_of(FULL)
    assert row.base_url == "https://court.example.gov.cn/api"
    assert row.timeouts.answer == 12.5
    assert row.attachment_hosts == ("files.example.gov.cn", "127.0.0.1:9001")
    assert row.settings["nested"] == {"a": [1, 2]}
    assert row.called("zh") == "示例法院调解平台"


def test_a_short_partner_file_has_the_documented_defaults():
    row = partner_of("partner: village\nadapter: mediation_center\n")
    assert (row.concurrency, row.timeouts.connect, row.timeouts.answer) == (8, 5, 30)
    assert (row.deadline_days, row.in_doubt, row.attachment_limit_mb) == (7, "resend", 20)
    assert row.called("en") == "village"


def test_a_row_cannot_be_changed_in_place():
    row = partner_of(FULL)
    with pytest.raises(ValueError, match="frozen"):
        row.concurrency = 9
    with pytest.raises(TypeError):
        row.secrets["app_secret"] = "env:OTHER"


def test_a_misspelt_field_is_refused_with_its_line_and_the_field_that_was_meant():
    fault = only_fault("partner: court\nadapter: court_platform\nbase_ur: https://a.example\n")
    assert fault.code == "configuration.unknown_field_meant"
    assert (fault.facts["line"], fault.facts["field"], fault.facts["meant"]) == (3, "base_ur", "base_url")
    assert "base_url" in fault.text("zh")
    assert "partners/court.yaml, line 3, base_ur" in fault.text("en")


def test_a_misspelt_field_deep_inside_is_compared_with_the_fields_of_its_own_place():
    fault = only_fault("partner: court\nadapter: x\ntimeouts:\n  connect: 1\n  anwser: 3\n")
    assert (fault.facts["line"], fault.facts["field"], fault.facts["meant"]) == (5, "timeouts.anwser", "answer")
    text = "organisations:\n  - {id: a, name: 甲, kind: village, lvel: village}\n"
    fault = only_fault(text, OrganisationsFile, "organisations.yaml")
    assert (fault.facts["field"], fault.facts["meant"]) == ("organisations[0].lvel", "level")


def test_a_word_that_is_none_of_the_choices_is_refused_with_the_one_that_was_meant():
    fault = only_fault("partner: court\nadapter: x\nin_doubt: resnd\n")
    assert (fault.code, fault.facts["meant"]) == ("configuration.not_one_of_meant", "resend")
    text = "organisations:\n  - id: a\n    name: 甲\n    kind: mediation_centre\n"
    fault = only_fault(text, OrganisationsFile, "organisations.yaml")
    assert (fault.facts["line"], fault.facts["meant"]) == (4, "mediation_center")


def test_every_mistake_of_a_file_is_told_in_the_order_of_its_lines():
    faults = faults_of("partner: Court One\nadapter: x\nconcurrency: many\ndeadline_days: 0\nsecrets: []\n")
    assert [fault.code for fault in faults] == [
        "configuration.name",
        "configuration.expected_whole_number",
        "configuration.out_of_range",
        "configuration.expected_mapping",
    ]
    assert [fault.facts["line"] for fault in faults] == [1, 3, 4, 5]


def test_a_missing_field_is_named():
    fault = only_fault("partner: court\n")
    assert (fault.code, fault.facts["field"]) == ("configuration.missing_field", "adapter")


def test_a_key_given_twice_is_refused_with_both_lines():
    fault = only_fault("partner: court\nadapter: x\nadapter: y\n")
    assert (fault.code, fault.facts["line"], fault.facts["first"]) == ("configuration.duplicate_key", 3, 2)


def test_a_secret_written_into_the_file_is_refused_and_not_repeated():
    fault = only_fault("partner: court\nadapter: x\nsecrets:\n  app_secret: hunter2-hunter2\n")
    assert (fault.code, fault.facts["line"]) == ("configuration.reference", 4)
    assert "hunter2" not in str(fault) + repr(fault) + repr(fault.facts) + fault.text("zh")


def test_a_token_written_instead_of_its_digest_is_refused_and_not_repeated():
    fault = only_fault("partner: court\nadapter: x\ncanonical_door: {bearer_sha256: [hunter2]}\n")
    assert (fault.code, fault.facts["field"]) == ("configuration.digest", "canonical_door.bearer_sha256[0]")
    assert "hunter2" not in str(fault) + repr(fault.facts)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("court.example.gov.cn", "configuration.url"),
        ("ftp://court.example.gov.cn", "configuration.url"),
        ("https://", "configuration.url"),
        ("https://a.example:99999", "configuration.url"),
        ("https://a .example", "configuration.url"),
        ("https://user:word@a.example", "configuration.url_extras"),
        ("https://a.example/api?token=1", "configuration.url_extras"),
    ],
)
def test_an_address_that_is_none_is_refused(address, code):
    assert only_fault(f'partner: court\nadapter: x\nbase_url: "{address}"\n').code == code


@pytest.mark.parametrize("host", ["https://a.example", "*.example", "a.example/x", "a b"])
def test_an_attachment_host_is_a_host_and_nothing_more(host):
    assert only_fault(f'partner: court\nadapter: x\nattachment_hosts: ["{host}"]\n').code == "configuration.host"


HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFHqj0V4lKMeoPXVc6LDdIxjnrbjEjAZqyGTSB9zT8Dt gate"


def ferry(**server):
    given = {"host": "gate.example", "user": "fengqiao", "host_key": HOST_KEY, "password": "gate", **server}
    written = ", ".join(f"{name}: {json.dumps(value)}" for name, value in given.items() if value is not None)
    folders = "incoming: /in, outgoing: /out, theirs: PCS"
    return f"partner: pcs\nadapter: x\nferry: {{{folders}, outgoing_server: {{{written}}}}}\n"


def test_a_folder_of_a_ferry_may_lie_on_a_server_whose_key_is_pinned():
    row, _, faults = read_as(PartnerRow, ferry(host_key=[HOST_KEY, HOST_KEY]), file="partners/pcs.yaml")
    assert not faults
    assert (row.ferry.outgoing_server.port, row.ferry.incoming_server) == (22, None)
    assert dict(row.ferry.secrets) == {"key": "ferry_key", "outgoing_server": "gate"}


@pytest.mark.parametrize(
    ("server", "code"),
    [
        ({"host": "sftp://gate.example"}, "configuration.bare_host"),
        ({"host": "gate.example:22"}, "configuration.bare_host"),
        ({"host_key": "SHA256:9jCVIcm3gNZHVkUm5qqyhjSgyhjKQsIXTqxfY8Ev0Lw"}, "configuration.host_key"),
        ({"host_key": "ssh-dss AAAAB3NzaC1kc3MAAACBAPAd6BZIXSUyJxBjIcwWfS2GQjHH"}, "configuration.host_key"),
        ({"private_key": "gate"}, "configuration.one_proof"),
        ({"password": None}, "configuration.one_proof"),
    ],
)
def test_a_server_of_a_ferry_that_cannot_be_trusted_or_entered_is_refused(server, code):
    assert only_fault(ferry(**server)).code == code


def test_a_server_of_a_ferry_without_a_host_key_is_refused():
    fault = only_fault(ferry(host_key=None))
    assert fault.facts["field"] == "ferry.outgoing_server.host_key"


def test_codes_keep_their_zeros_with_and_without_quotes():
    text = """\
organisations:
  - {id: a, name: 甲村, kind: village, division: 500242219201, codes: {court: 0101, police: 1.10, centre: "007"}}
"""
    file, _, faults = read_as(OrganisationsFile, text, file="organisations.yaml")
    assert not faults
    (row,) = file.organisations
    assert row.division == "500242219201"
    assert dict(row.codes) == {"court": ("0101",), "police": ("1.10",), "centre": ("007",)}


def test_an_organisation_may_have_several_codes_at_one_partner():
    text = "organisations:\n  - {id: a, name: 甲, kind: village, codes: {court: [NEW, OLD]}}\n"
    file, _, _ = read_as(OrganisationsFile, text, file="organisations.yaml")
    assert file.organisations[0].codes["court"] == ("NEW", "OLD")


def test_a_division_code_of_the_wrong_length_is_refused_and_an_unknown_one_is_not():
    text = 'divisions: {"50024221": 某处}\n'
    fault = only_fault(text, DivisionsFile, "divisions.yaml")
    assert (fault.code, fault.facts["line"]) == ("configuration.division", 1)
    file, _, _ = read_as(DivisionsFile, 'divisions: {"999999999999": 新设村}\n', file="divisions.yaml")
    assert file.divisions["999999999999"] == "新设村"


def test_a_route_may_name_one_type_or_several():
    text = "copies:\n  - {types: success, to: court}\n  - {types: [escalation, success], to: court}\n"
    file, _, _ = read_as(RoutesFile, text, file="routes.yaml")
    assert [row.types for row in file.copies] == [("success",), ("escalation", "success")]


def test_an_empty_file_is_an_empty_table():
    for text in ("", "# nothing yet\n", "organisations: []\n"):
        file, _, faults = read_as(OrganisationsFile, text, file="organisations.yaml")
        assert not faults
        assert file.organisations == ()


def test_a_list_where_a_mapping_belongs_is_refused():
    fault = only_fault("- a\n- b\n", RoutesFile, "routes.yaml")
    assert fault.code == "configuration.expected_mapping"


def test_a_pipe_in_the_folder_is_refused_and_waits_for_nobody(tmp_path):
    (tmp_path / "partners").mkdir()
    os.mkfifo(tmp_path / "partners" / "court.yaml")
    with pytest.raises(ConfigurationFault) as caught:
        read_folder(tmp_path)
    assert caught.value.code == "configuration.unreadable"


def test_the_trust_folder_lies_beside_the_configuration_and_is_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "trust").mkdir()
    (tmp_path / "trust" / "trust.yaml").write_text("courts: []", encoding="utf-8")
    (tmp_path / "routes.yaml").write_text("copies: []", encoding="utf-8")
    assert read_folder(tmp_path) == {"routes.yaml": "copies: []"}
    (tmp_path / "partners" / "trust").mkdir(parents=True)
    (tmp_path / "partners" / "trust" / "trust.yaml").write_text("courts: []", encoding="utf-8")
    with pytest.raises(ConfigurationFault):
        read_folder(tmp_path)
