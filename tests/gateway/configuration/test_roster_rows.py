"""What the directory says of the roster: days, what an organisation takes, who mediates for it."""

from datetime import date

import pytest

from gateway.configuration import check, faults, from_files
from gateway.configuration.directory import Directory
from gateway.configuration.directory_rows import OrganisationRow

PARTNER = "partner: centre\nadapter: mailbox\norganisations: [org-v]\nbase_url: https://a.example\n"
TODAY = date(2026, 3, 31)


def row(**more):
    return OrganisationRow.model_validate({"id": "org-v", "name": "示例村", "kind": "village", **more})


def folder(written):
    return {
        "partners/centre.yaml": PARTNER,
        "organisations.yaml": "organisations:\n"
        f"  - {{id: org-v, name: 示例村, kind: village, partner: centre{written}}}\n",
    }


def found(written):
    findings = check(from_files(folder(written)), ["mailbox"], environment={}, today=TODAY)
    return [(finding.code.removeprefix("configuration.check."), finding.level, finding.field) for finding in findings]


def test_an_organisation_is_active_takes_everything_and_keeps_no_roster_unless_its_row_says_otherwise():
    plain = row()
    assert plain.active_on(TODAY)
    assert (plain.handles.disputes, plain.handles.variants, plain.mediators) == ((), (), ())


def test_the_first_and_the_last_day_count():
    limited = row(since="2026-03-30", until="2026-03-31")
    active = [limited.active_on(date.fromisoformat(f"2026-{day}")) for day in ("03-29", "03-30", "03-31", "04-01")]
    assert active == [False, True, True, False]
    assert not row(active=False, since="2026-01-01").active_on(TODAY)


def test_the_row_is_read_from_the_file():
    written = (
        ", active: true, since: 2026-01-01, credit_code: 91500242MA5U0AAA60, mediators: [M-7, 测试 调解员],"
        " handles: {disputes: [neighbours], variants: [delegated]}"
    )
    directory = from_files(folder(written)).directory
    read = directory.by_id("org-v")
    assert (read.since, read.credit_code) == (date(2026, 1, 1), "91500242MA5U0AAA60")
    assert (read.handles.disputes, read.handles.variants) == (("neighbours",), ("delegated",))
    assert directory.mediators("org-v") == {"M-7", "测试调解员"}
    assert Directory().mediators("org-nowhere") == frozenset()


@pytest.mark.parametrize(
    ("written", "code", "field"),
    [
        (", since: soon", "configuration.day", "organisations[0].since"),
        (", since: 2026-02-30", "configuration.day", "organisations[0].since"),
        (", since: 2026-02-02, until: 2026-02-01", "configuration.until_before_since", "organisations[0]"),
        (", credit_code: 91500242MA5U0AAA61", "configuration.credit_code", "organisations[0].credit_code"),
        (", handles: {disputes: [neighbors]}", "configuration.not_one_of_meant", "organisations[0].handles.disputes"),
        (", handles: {variant: [delegated]}", "configuration.unknown_field_meant", "organisations[0].handles.variant"),
    ],
)
def test_what_is_wrong_in_a_row_is_said_by_line_and_field(written, code, field):
    (fault,) = faults(folder(written))
    assert fault.code == code
    assert fault.facts["line"] == 2
    assert str(fault.facts["field"]).startswith(field)


def test_an_organisation_that_is_still_reached_but_not_active_is_a_warning():
    for written, field in [
        (", active: false", "active"),
        (", until: 2026-03-30", "until"),
        (", since: 2026-04-01", "since"),
    ]:
        assert found(written) == [("addressee_inactive", "warning", f"organisations: org-v: {field}")]
    assert found(", since: 2026-03-31, until: 2026-03-31") == []


def test_an_organisation_that_nobody_reaches_any_more_may_stay_in_the_directory():
    files = folder("")
    files["organisations.yaml"] += "  - {id: org-old, name: 已撤销的村, kind: village, active: false}\n"
    assert check(from_files(files), ["mailbox"], environment={}, today=TODAY) == []


def test_what_is_imported_is_read_beside_what_is_written_by_hand():
    imported = (
        "organisations:\n  - {id: org-t, name: 示例镇, kind: township}\n"
        "people:\n  - {id: P-1, name: 李沐言, category: mediator, phones: ['13996000107'],"
        " places: [{organisation: org-v, role: mediator}]}\n"
    )
    revision = from_files({**folder(""), "directory.yaml": imported})
    assert set(revision.directory.organisations) == {"org-v", "org-t"}
    assert "李沐言" in revision.directory.mediators("org-v", TODAY)
    assert check(revision, ["mailbox"], environment={}, today=TODAY) == []


@pytest.mark.parametrize(
    "imported",
    [
        "organisations:\n  - {id: org-v, name: 示例村, kind: village}\n",
        "people:\n  - {id: P-1, name: 甲, category: judge}\n  - {id: P-1, name: 乙, category: judge}\n",
    ],
)
def test_nothing_stands_in_the_directory_twice(imported):
    codes = [fault.code for fault in faults({**folder(""), "directory.yaml": imported})]
    assert codes == ["configuration.directory_twice"]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (", until: 2030-01-01, successor: org-nowhere", "unknown_organisation"),
        (", until: 2030-01-01, successor: org-v", "successor_comes_round"),
    ],
)
def test_a_successor_that_leads_nowhere_is_found(written, code):
    assert found(written) == [(code, "error", "organisations: org-v: successor")]


def test_a_merger_without_its_day_is_a_fault():
    assert [each.code for each in faults(folder(", successor: org-v"))] == ["configuration.successor_without_until"]
