"""A gateway that serves, as a process of its own, and the commands beside it."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
import yaml

from gateway.cli import running
from gateway.store import carrier_lock
from tests.gateway.cli.conftest import until
from tests.gateway.cli.test_mending import ONE_MORE_CODE

pytestmark = pytest.mark.live


@pytest.fixture
def serving(desk, start):
    """Return a gateway that serves the scene, and what it said when it was ready."""
    process = start("--data-dir", str(desk.folder), "serve", "--port", "0", "--json")
    return process, process.document()


def _status(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=10) as answer:
        return answer.status, json.load(answer)


def test_serve_says_where_it_listens_and_leaves_with_exit_code_0_on_sigterm(desk, serving):
    process, said = serving
    status, ready = _status(f"{said['url']}/readyz")
    expected = {"status": "ready", "revision": said["revision"], "partners": 3, "reasons": []}
    assert (status, {name: ready[name] for name in expected}) == (200, expected)
    known = desk.folder / "serving.json"
    assert known.stat().st_mode & 0o777 == 0o600
    assert json.loads(known.read_text()) == {"pid": process.pid, "url": said["url"]}
    assert process.stop() == 0
    assert not known.exists()
    assert "Traceback" not in process.errors()


def test_with_a_carrier_two_processes_serve_and_doctor_names_both(desk, start):
    process = start("--data-dir", str(desk.folder), "serve", "--port", "0", "--carrier", "--json")
    said = process.document()
    until(lambda: carrier_lock.holder(desk.folder), "a carrier")
    examined = " ".join(desk.run("doctor").stdout.split())
    assert f"Process {process.pid} serves at {said['url']}" in examined
    assert f"Process {carrier_lock.holder(desk.folder)} is its carrier" in examined
    dead = desk.json("deliveries", "--dead")["deliveries"][0]
    assert desk.json("withdraw", dead["id"], "--reason", "told by telephone")["done"][0]["status"] == "withdrawn"
    assert process.stop() == 0
    assert carrier_lock.holder(desk.folder) is None
    assert "Traceback" not in process.errors()


def test_ctrl_c_while_the_carrier_is_still_starting_ends_both_in_silence(desk, tmp_path):
    command = [sys.executable, "-m", "gateway", "--data-dir", str(desk.folder), "serve", "--port", "0", "--carrier"]
    with (tmp_path / "said").open("wb") as said:
        serving = subprocess.Popen(command, stdout=said, stderr=said, start_new_session=True)
    until(lambda: carrier_lock.holder(desk.folder), "a carrier")
    os.killpg(serving.pid, signal.SIGINT)  # as a terminal does
    assert serving.wait(60) == 0
    assert carrier_lock.holder(desk.folder) is None
    written = (tmp_path / "said").read_text()
    assert "carrier.started" in written
    assert "Traceback" not in written


def test_a_missing_carrier_is_said(desk, serving, monkeypatch):
    process, said = serving
    with_one = running.Serving(pid=process.pid, url=said["url"], carrier=True)
    monkeypatch.setattr(running, "announced", lambda _: with_one)
    result = desk.run("doctor")
    assert "Its carrier does not run" in " ".join(result.stdout.split())
    assert result.exit_code == 1


def test_ctrl_c_ends_it_with_exit_code_0_too(serving):
    process, _ = serving
    assert process.stop(signal.SIGINT) == 0


def test_a_second_server_of_the_same_store_is_refused_by_the_first_ones_process_id(desk, serving):
    process, _ = serving
    result = desk.run("serve", "--port", "0")
    assert result.exit_code == 4
    assert f"(id {process.pid})" in result.stderr


def test_commands_that_look_work_beside_it(desk, serving):
    process, said = serving
    assert desk.json("messages")["counts"]["held"] == 1
    assert f"Process {process.pid} serves at {said['url']}" in " ".join(desk.run("doctor").stdout.split())


def test_commands_that_mend_go_through_it(desk, serving):
    receipt = desk.one("messages", "--held")["id"]
    assert desk.json("replay", receipt, code=1)["done"][0]["fate"] == "held"
    desk.write("codes/court_platform.dispute_type.yaml", ONE_MORE_CODE)
    assert desk.json("config", "reload")["active"] is True
    assert desk.json("replay", receipt)["done"][0]["fate"] == "accepted"
    dead = next(row for row in desk.json("deliveries", "--dead")["deliveries"])
    assert desk.json("withdraw", dead["id"], "--reason", "told by telephone")["done"][0]["status"] == "withdrawn"
    assert desk.run("replay", receipt).exit_code == 3


def test_a_wrong_configuration_is_refused_and_the_old_one_stays(desk, serving):
    _, said = serving
    desk.write("routes.yaml", "copies: 3\n")
    result = desk.run("config", "reload")
    assert result.exit_code == 5
    assert "routes.yaml" in result.stderr
    assert _status(f"{said['url']}/readyz")[1]["revision"] == said["revision"]


def test_on_sighup_it_reads_the_configuration_again(desk, serving):
    process, said = serving
    desk.write("routes.yaml", "copies: []\n")
    process.process.send_signal(signal.SIGHUP)
    until(lambda: _status(f"{said['url']}/readyz")[1]["revision"] != said["revision"], "another revision")
    desk.write("routes.yaml", "copies: 3\n")
    process.process.send_signal(signal.SIGHUP)
    until(lambda: "revision.refused" in process.errors(), "the refusal in the log")
    assert process.stop() == 0


def test_without_the_administrations_token_it_refuses(desk, serving):
    receipt = desk.one("messages", "--held")["id"]
    (desk.folder / "admin-token").write_text("another")
    assert desk.run("replay", receipt).exit_code == 6


def test_after_kill_9_its_word_is_not_believed(desk, serving):
    process, _ = serving
    receipt = desk.one("messages", "--held")["id"]
    process.kill()
    assert (desk.folder / "serving.json").exists()
    assert desk.json("replay", receipt, code=1)["done"][0]["fate"] == "held"


def test_a_process_that_got_the_dead_servers_id_is_not_taken_for_it(desk, serving):
    process, said = serving
    process.kill()
    (desk.folder / "serving.json").write_text(json.dumps({"pid": os.getpid(), "url": said["url"]}))
    assert "Process" not in desk.run("doctor").stdout
    receipt = desk.one("messages", "--held")["id"]
    assert desk.json("replay", receipt, code=1)["done"][0]["fate"] == "held", "done here: nobody sees the token"


def test_a_first_start_says_where_the_key_and_the_token_are(empty_desk, start):
    process = start("--data-dir", str(empty_desk.folder), "serve", "--port", "0")
    said = process.said_until("stop:")
    for file in ("key", "admin-token", "gateway.db", "config"):
        assert str(empty_desk.folder / file) in said
    assert "Back it up" in said
    assert process.stop() == 0


def test_a_port_that_is_taken_is_said_in_one_sentence(empty_desk):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = empty_desk.run("serve", "--port", str(port))
    assert result.exit_code == 5
    assert f"127.0.0.1:{port}" in result.stderr


def test_a_pretend_partner_is_recognised_and_objected_to_in_production(desk, start, tmp_path):
    keys = tmp_path / "keys.json"
    process = start("simulate", "mediation_center", "--partner", "village", "--keys-file", str(keys))
    url = process.line().split(" at ")[1].split()[0]
    written = "".join(process.line() for _ in range(7))
    assert keys.stat().st_mode & 0o777 == 0o600
    desk.write("partners/village.yaml", written.replace("organisations: []", "organisations: [org-village]"))
    keys_by_name = json.loads(keys.read_text())
    secrets = {f"VILLAGE_{name.upper()}": value for name, value in keys_by_name.items()}
    assert url in written
    tested = desk.run("partners", "test", "village", env=secrets)
    assert (tested.exit_code, "pretend partner" in tested.stdout) == (0, True), tested.output
    assert desk.run("partners", "test", "village", env={**secrets, "FENGQIAO_PRODUCTION": "true"}).exit_code == 1
    assert process.stop() == 0


def test_a_pretend_partner_behind_gates_prints_the_row_that_fits_it(empty_desk, start, tmp_path):
    process = start("simulate", "police", "--partner", "pcs", "--ferry", str(tmp_path / "gate"))
    process.line()
    process.line()  # that its keys live in this process only
    written = "".join(process.line() for _ in range(7))
    row = yaml.safe_load(written)
    assert row["ferry"]["incoming"] == str(tmp_path / "gate" / "from-police")
    assert "base_url" not in row
    empty_desk.write("partners/pcs.yaml", written)
    secrets = {name[4:]: "a key" for name in row["secrets"].values()}
    checked = empty_desk.run("config", "check", env=secrets)
    assert checked.exit_code == 0, checked.output
    until((tmp_path / "gate" / "from-police").is_dir, "the far side looks")
    tested = empty_desk.run("partners", "test", "pcs", env=secrets)
    assert (tested.exit_code, tested.stdout.count("can be read")) == (0, 2), tested.output
    assert process.stop() == 0


def test_a_partner_without_files_has_no_ferry_to_simulate(empty_desk):
    refused = empty_desk.run("simulate", "mailbox", "--ferry", "gate")
    assert refused.exit_code != 0
    assert "no pretend mailbox" in refused.stderr
