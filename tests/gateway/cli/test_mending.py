"""Commands that mend, where nobody serves: replay, withdraw."""

import fcntl

from tests.gateway.cli.conftest import HELD_CASE

ONE_MORE_CODE = """
table: court_platform.dispute_type
extends: true
entries:
  - {partner: "9999", canonical: neighbours, title: 示例}
"""


def test_a_held_record_stays_held_until_its_code_is_added_and_then_goes_on(desk):
    receipt = desk.one("messages", "--held")["id"]
    assert desk.run("replay", receipt).exit_code == 1
    desk.write("codes/court_platform.dispute_type.yaml", ONE_MORE_CODE)
    result = desk.run("replay", receipt)
    assert (result.exit_code, "accepted" in result.stdout) == (0, True), result.output
    assert desk.json("messages", "--held")["records"] == []
    assert desk.one("deliveries", "--pending", "--partner", "village", "--limit", "1")["type"] == "referral"
    assert desk.json("trace", HELD_CASE)["case"]["state"] == "DISPATCHED"


def test_a_replay_by_the_revision_of_then_does_not_know_a_code_of_now(desk):
    receipt = desk.one("messages", "--held")["id"]
    desk.write("codes/court_platform.dispute_type.yaml", ONE_MORE_CODE)
    done = desk.json("replay", receipt, "--revision", "then", code=1)
    assert done["done"][0]["fate"] == "held"


def test_all_held_records_are_replayed_or_only_those_of_one_code(desk):
    desk.write("codes/court_platform.dispute_type.yaml", ONE_MORE_CODE)
    assert desk.json("replay", "--all-held", "--code", "inbox.predecessor_missing")["mended"] == 0
    assert desk.json("replay", "--all-held", "--code", "mapping.unknown_code")["mended"] == 1


def test_a_dead_delivery_becomes_due_again_with_a_new_deadline(desk):
    dead = desk.one("deliveries", "--dead")
    assert desk.json("replay", "--delivery", dead["id"])["done"] == [
        {"delivery": dead["id"], "partner": "village", "status": "pending"}
    ]
    again = next(row for row in desk.json("deliveries")["deliveries"] if row["id"] == dead["id"])
    assert (again["status"], again["code"]) == ("pending", None)
    assert again["deadline_at"] > dead["deadline_at"]


def test_all_dead_deliveries_of_one_partner_become_due_again(desk):
    assert desk.json("replay", "--all-dead", "--partner", "township")["mended"] == 0
    assert desk.json("replay", "--all-dead", "--partner", "village")["mended"] == 1
    assert desk.json("deliveries", "--dead")["deliveries"] == []


def test_withdrawing_a_dead_delivery_lets_its_successor_pass_and_keeps_the_reason(desk):
    dead = desk.one("deliveries", "--dead")["id"]
    result = desk.run("withdraw", dead, "--reason", "已电话告知", language="zh")
    assert (result.exit_code, "已撤回" in result.stdout) == (0, True), result.output
    assert desk.json("deliveries", "--blocked")["deliveries"] == []
    assert "已电话告知" in desk.run("deliveries", language="zh").stdout


def test_what_is_not_there_or_not_waiting_ends_with_exit_code_3(desk):
    pending = desk.one("deliveries", "--pending")["id"]
    for command in (
        ["replay", "r-404"],
        ["replay", "--delivery", pending],
        ["withdraw", pending, "--reason", "because"],
    ):
        result = desk.run(*command)
        assert (result.exit_code, result.stdout) == (3, ""), result.output


def test_a_replay_says_what_to_replay_exactly_once(desk):
    for command in ([], ["r-1", "--all-held"], ["r-1", "--code", "x"], ["--all-held", "--partner", "village"]):
        assert desk.run("replay", *command).exit_code == 2
    assert desk.run("withdraw", "d-1", "--reason", "  x ").exit_code == 2


def test_a_store_that_another_process_has_is_left_alone_with_exit_code_4(desk):
    receipt = desk.one("messages", "--held")["id"]
    with (desk.folder / "gateway.lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711\n")
        lock.flush()
        result = desk.run("replay", receipt)
        assert result.exit_code == 4
        assert "4711" in result.stderr
        assert desk.run("messages").exit_code == 0
