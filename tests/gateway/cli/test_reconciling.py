"""``reconcile`` and ``reconcile report``, where nobody serves and nobody listens."""

import pytest

DAY = "2026-11-01"


def test_every_partner_is_compared_with_and_one_that_cannot_be_reached_is_told(desk):
    result = desk.run("reconcile", "--day", DAY)
    assert result.exit_code == 1, result.output
    for partner in ("court", "village", "township"):
        assert partner in result.stdout
    assert "failed" in result.stdout
    assert desk.json("reconcile", "report", "--day", DAY, code=1)["wrong"] == 3


def test_one_partner_and_one_day_are_chosen(desk):
    done = desk.json("reconcile", "--partner", "court", "--day", DAY, code=1)
    assert [(each["partner"], each["day"], each["state"]) for each in done["comparisons"]] == [("court", DAY, "failed")]
    assert set(done["comparisons"][0]["texts"]) == {"zh", "en"}


def test_a_dry_run_keeps_nothing(desk):
    desk.run("reconcile", "--partner", "court", "--day", DAY, "--dry-run")
    assert desk.json("reconcile", "report", "--day", DAY)["comparisons"] == []


def test_a_report_of_days_without_comparisons_is_empty(desk):
    assert "No comparison" in desk.run("reconcile", "report").stdout
    assert desk.json("reconcile", "report") == {"comparisons": [], "wrong": 0}


def test_a_partner_that_takes_no_part_is_named_and_nothing_is_wrong(desk):
    file = desk.folder / "config" / "partners" / "court.yaml"
    file.write_text(file.read_text().replace("settings:\n", "settings:\n  reconciles: false\n"))
    result = desk.run("reconcile", "--partner", "court", "--day", DAY, language="zh")
    assert result.exit_code == 0, result.output
    assert "不参加" in result.stdout
    assert desk.json("reconcile", "report", "--day", DAY)["comparisons"][0]["state"] == "cannot"


@pytest.mark.parametrize(("day", "code"), [("yesterday", 2), ("2999-01-01", 1)])
def test_a_day_that_is_none_or_has_not_come_is_refused(desk, day, code):
    assert desk.run("reconcile", "--partner", "court", "--day", day).exit_code == code


def test_a_partner_that_nobody_configured_is_not_found(desk):
    assert desk.run("reconcile", "--partner", "nobody").exit_code == 3
