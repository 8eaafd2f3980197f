"""Commands that look: messages, deliveries, trace."""

import json
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from gateway.canonical.identifiers import BEIJING
from gateway.cli.terminal import Terminal
from gateway.configuration.calendar import CalendarFile, calendar_of
from tests.gateway.cli.conftest import CASE, HELD_CASE, PERSONAL


def test_messages_lists_every_record_with_its_fate_and_the_reason_in_words(desk):
    result = desk.run("messages")
    assert result.exit_code == 0
    assert "4 in all: accepted 2 · held 1 · refused 1" in result.stdout
    assert "dsrlb[0].zjhm" in result.stdout


def test_held_records_are_listed_with_the_receipt_that_replay_takes(desk):
    record = desk.one("messages", "--held")
    assert record["record_id"] == f"TJXX-{HELD_CASE}"
    assert record["code"] == "mapping.unknown_code"
    assert record["id"] in desk.run("messages", "--held").stdout


def test_a_partner_without_records_has_none(desk):
    assert desk.json("messages", "--partner", "township")["records"] == []


def test_two_fates_at_once_are_a_wrong_usage(desk):
    result = desk.run("messages", "--held", "--parked")
    assert result.exit_code == 2
    assert "--held, --parked" in result.stderr


def test_a_delivery_behind_a_dead_one_is_shown_as_blocked(desk):
    dead, blocked = desk.one("deliveries", "--dead"), desk.one("deliveries", "--blocked")
    assert (dead["type"], blocked["type"]) == ("referral", "supervision")
    assert "blocked" in desk.run("deliveries").stdout
    assert desk.one("deliveries", "--pending")["id"] == blocked["id"]


def test_cases_are_listed_for_who_must_act_in_them(desk):
    (held,) = desk.json("cases", "--holder", "org-village")["cases"]
    assert (held["state"], held["holder"], held["clock"]) == ("DISPATCHED", "org-village", "acceptance")
    assert held["holder_until"] == held["clock_until"] > held["clock_since"], "three working days to answer"
    assert held["holder_since"]
    assert desk.json("cases", "--holder", "org-nobody")["cases"] == []
    assert "org-village" in desk.run("cases", "--open").stdout


def test_the_overdue_are_those_whose_last_day_is_certainly_over(desk):
    def overdue(*, days, provisional):
        until = (datetime.now(BEIJING).date() - timedelta(days=days)).isoformat()
        with closing(sqlite3.connect(desk.folder / "gateway.db")) as store, store:
            store.execute("UPDATE dispute_case SET holder_until = ?, clock_provisional = ?", (until, provisional))
        return [each["holder"] for each in desk.json("cases", "--overdue")["cases"]]

    assert overdue(days=0, provisional=False) == []
    assert overdue(days=1, provisional=False) == ["org-village"]
    assert overdue(days=9, provisional=True) == []
    assert overdue(days=10, provisional=True) == ["org-village"]
    assert "(provisional)" in desk.run("cases", "--overdue").stdout


def test_doctor_says_which_year_of_the_calendar_is_missing_or_up_to_which_it_is_known(desk):
    today = datetime.now(BEIJING).date()
    (desk.folder / "config" / "calendar.yaml").write_text(f"years: [{today.year}, {today.year + 1}]\n")
    codes = {each["code"]: each["facts"] for each in desk.json("doctor")["findings"]}
    assert codes["cli.doctor.calendar"]["year"] >= today.year + 1
    (desk.folder / "config" / "calendar.yaml").unlink()
    missing = calendar_of(CalendarFile()).missing(today)
    (found,) = [each for each in desk.json("doctor")["findings"] if each["code"].startswith("cli.doctor.calendar")]
    assert (found["level"], found["facts"]["year"] == missing) == (("warning", True) if missing else ("ok", False))


def test_no_table_is_wider_than_a_hundred_columns_in_either_language(desk):
    for language in ("zh", "en"):
        for command in (["messages"], ["cases"], ["deliveries"], ["trace", CASE], ["doctor"], ["partners"]):
            result = desk.run(*command, language=language)
            widest = max(result.stdout.splitlines(), key=_columns)
            assert _columns(widest) <= 100 or "sha256:" in widest, widest


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_trace_tells_who_said_what_who_holds_the_case_and_how_every_hop_went(desk, language):
    result = desk.run("trace", CASE, language=language)
    assert result.exit_code == 0
    for told in ("示例人民法庭 (org-tribunal)", "青石村矛盾调解站 (org-village)", "127.0.0.1:9", "village"):
        assert told in result.stdout
    words = {
        "zh": ("已委派待接收", "督办", "死信", "未到达"),
        "en": ("referred and not yet accepted", "dead", "never reached"),
    }
    assert all(word in result.stdout for word in words[language])


def test_a_case_is_found_by_any_of_its_names(desk):
    case = desk.json("trace", CASE)
    step = case["steps"][0]
    for name in (case["case"]["id"], step["id"], step["deliveries"][0]["id"], f"TJXX-{CASE}"):
        assert desk.json("trace", name)["case"]["id"] == case["case"]["id"]


@pytest.mark.parametrize(("language", "said"), [("zh", "结果逾期报送"), ("en", "result reported after the period")])
def test_a_case_whose_result_came_late_says_so(desk, language, said):
    assert desk.json("trace", CASE)["case"]["flags"] == []
    with closing(sqlite3.connect(desk.folder / "gateway.db")) as store, store:
        store.execute("UPDATE dispute_case SET snapshot = json_set(snapshot, '$.flags', json_array('late'))")
    assert desk.json("trace", CASE)["case"]["flags"] == ["late"]
    assert said in desk.run("trace", CASE, language=language).stdout


def test_times_for_programs_are_in_utc_plus_8(desk):
    assert desk.json("trace", CASE)["case"]["opened_at"].endswith("+08:00")


def test_an_unknown_case_ends_with_exit_code_3_and_nothing_on_stdout(desk):
    result = desk.run("trace", "AJ404", "--json")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "case.unknown" in result.stderr


def test_nothing_personal_is_printed_by_any_command_that_looks(desk):
    for command in (
        ["messages"],
        ["deliveries"],
        ["trace", CASE],
        ["trace", HELD_CASE],
        ["doctor"],
        ["config", "show"],
    ):
        said = desk.run(*command).output + desk.run(*command, "--json").output
        assert not [word for word in PERSONAL if word in said]


def test_a_store_that_is_not_there_is_said_in_one_sentence(empty_desk):
    result = empty_desk.run("messages")
    assert result.exit_code == 4
    assert "There is no store" in result.stderr
    assert not empty_desk.folder.exists()


def test_json_is_utf_8_whatever_the_locale(desk):
    result = desk.run("partners", "--json", env={"LC_ALL": "C"})
    assert json.loads(result.stdout_bytes.decode("utf-8"))["partners"][0]["partner"] == "court"


def _columns(line: str) -> int:
    return sum(2 if "⺀" <= character <= "￮" else 1 for character in line.rstrip())


def test_each_line_that_waits_names_its_code_and_who_must_act(desk):
    held = " ".join(desk.run("messages", "--held").stdout.split())
    assert "code mapping.unknown_code" in held
    assert "who must act: the administrator" in held
    dead = " ".join(desk.run("deliveries", "--dead").stdout.split())
    assert f"code {desk.one('deliveries', '--dead')['code']}" in dead


@pytest.mark.parametrize("width", [80, 100])
def test_a_table_loses_nothing_on_a_narrow_terminal(width):
    """Columns of ids keep their width, so that the last one is the one that wraps."""
    out = Console(file=StringIO(), width=width)
    terminal = Terminal(language="zh", out=out, err=out)
    why = "字段 dsrlb[0].zjlx（当事人 / 证件类型）的代码 9801 不在代码表 court_platform.document_type 中"
    out.print(terminal.table(("received", "receipt", "fate"), [("2026-11-22 18:01:18", "0" * 36, why)]))
    _, _, *lines = out.file.getvalue().splitlines()
    last = "".join(line[19 + 3 + 36 + 3 :] for line in lines)
    assert last.replace(" ", "") == why.replace(" ", "")
    assert all(cell_len(line) <= width for line in lines)
