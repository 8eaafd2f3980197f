"""Whose cases which policy profile judges."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.configuration import check, faults, from_files, load, pack, shipped_files, unpack
from gateway.lifecycle import NATIONAL, Profile
from gateway.texts import catalogue

ORGANISATIONS = """\
organisations:
  - {id: org-county, name: 示例县法院, kind: court, division: "500242"}
  - {id: org-town, name: 示例乡法庭, kind: tribunal, division: "500242219"}
  - {id: org-village, name: 示例村法庭, kind: tribunal, division: "500242219201"}
  - {id: org-padded, name: 示例市法院, kind: court, division: "500200000000"}
  - {id: org-elsewhere, name: 他省法院, kind: court, division: "410800"}
  - {id: org-nowhere, name: 无区划法院, kind: court}
"""


def revision(written: str):
    return from_files({**shipped_files(), "organisations.yaml": ORGANISATIONS, "profiles.yaml": written})


def chosen(written: str) -> dict[str, str]:
    read = revision(written)
    ids = [*read.directory.organisations, "org-unknown"]
    return {each.removeprefix("org-"): read.profiles.of(each, read.directory).name for each in ids}


def found(written: str) -> list[tuple[str, str, str]]:
    findings = check(revision(written), [], environment={})
    assert all(finding.code in catalogue() for finding in findings)
    return [
        (finding.code.removeprefix("configuration.check."), finding.level, finding.field)
        for finding in findings
        if finding.file == "profiles.yaml"
    ]


def test_without_a_choice_every_case_is_judged_by_the_national_rules():
    assert set(chosen("").values()) == {"national"}
    bare = from_files({})
    assert bare.profiles.of("org-county", bare.directory) == NATIONAL
    assert bare.profiles.of(None, bare.directory) == NATIONAL


def test_the_shipped_profiles_are_those_of_the_founding_texts():
    shipped = load(None, shipped_files()).profiles
    assert shipped.named["national"] == NATIONAL
    assert set(shipped.named) == {"national", "jiaozuo", "shihe", "heihe", "yanbian-forest", "yudi", "no-escalation"}
    assert shipped.named["no-escalation"] == Profile(name="no-escalation", escalation=False)
    assert not shipped.own
    assert list(shipped.chosen()) == [("default", "national")]


def test_the_organisation_goes_before_its_division_the_narrower_division_before_the_wider():
    written = """\
default: no-escalation
divisions: {"50": jiaozuo, "500242219": yudi}
organisations: {org-village: national}
"""
    assert chosen(written) == {
        "county": "jiaozuo", "town": "yudi", "village": "national", "padded": "jiaozuo", "elsewhere": "no-escalation",
        "nowhere": "no-escalation", "unknown": "no-escalation",
    }  # fmt: skip


def test_a_shipped_profile_may_be_changed_and_a_new_one_starts_from_the_national_one():
    written = """\
divisions: {"500242": yudi}
organisations: {org-elsewhere: ours}
profiles:
  yudi: {period_days: 20}
  ours: {escalation: false, period_days: 45}
"""
    profiles = revision(written).profiles
    shipped = load(None, shipped_files()).profiles.named["yudi"]
    assert profiles.named["yudi"] == replace(shipped, period_days=20)
    assert profiles.named["ours"] == Profile(name="ours", escalation=False, period_days=45)
    assert found(written) == []


def test_the_profiles_are_part_of_the_revision_and_come_back_with_it():
    plain, other = revision(""), revision("default: yudi\n")
    assert plain.id != other.id
    kept = unpack(pack(other))
    assert kept.profiles == other.profiles
    assert kept.profiles.of("org-county", kept.directory).consult_before_return


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("default: yuddi\n", [("unknown_profile", "error", "default")]),
        ('divisions: {"50": yuddi}\n', [("unknown_profile", "error", "divisions: 50")]),
        ("organisations: {org-town: yuddi}\n", [("unknown_profile", "error", "organisations: org-town")]),
        ("organisations: {org-twon: yudi}\n", [("unknown_organisation", "error", "organisations: org-twon")]),
        ("profiles: {yuddi: {period_days: 20}}\n", [("profile_unused", "warning", "profiles: yuddi")]),
    ],
)
def test_check_finds_names_that_nothing_answers_to(written, expected):
    assert found(written) == expected


def test_check_offers_the_profile_that_was_meant():
    (finding,) = [each for each in check(revision("default: yuddi\n"), []) if each.file == "profiles.yaml"]
    assert finding.facts["known"] == "yudi"
    assert "yuddi" in finding.text("zh")


@pytest.mark.parametrize(
    ("written", "code", "line"),
    [
        ("profiles:\n  ours: {period_days: 0}\n", "configuration.out_of_range", 2),
        ("profiles:\n  ours: {escalatoin: false}\n", "configuration.unknown_field_meant", 2),
        ("profiles:\n  Ours: {escalation: false}\n", "configuration.name", 2),
        ('divisions:\n  "500000": yudi\n', "configuration.area", 2),
        ('divisions:\n  "5002": yudi\n  "500242000": yudi\n', "configuration.area", 3),
        ('divisions:\n  "500": yudi\n', "configuration.area", 2),
        ("profiles:\n  ours: {eligibility: [{since: 2022-01-01, mediations: []}]}\n", "configuration.out_of_range", 2),
        ("profiles:\n  ours: {dispatchers: [curt]}\n", "configuration.not_one_of_meant", 2),
        ("choose: yudi\n", "configuration.unknown_field", 1),
    ],
)
def test_a_mistake_of_form_is_named_by_line(written, code, line):
    (fault,) = faults({**shipped_files(), "profiles.yaml": written})
    assert (fault.code, fault.facts["file"], fault.facts["line"]) == (code, "profiles.yaml", line)
    assert fault.text("zh") != fault.text("en")
