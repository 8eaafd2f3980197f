"""A village without a platform works through its mailbox with curl, and so does the court that refers to it."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.canonical.identifiers import uuid7
from tests.gateway.lifecycle import lifecycle_messages as say
from tests.servers import free_port, missing, postgres, postgres_url, redis_server, redis_url

__all__ = ["postgres", "postgres_url", "redis_server", "redis_url"]
pytestmark = pytest.mark.live
WITHIN = 120.0  # seconds until something that has to happen counts as not happening
ORGANISATIONS = {"court": ("org-tribunal", "tribunal"), "village": ("org-village", "village")}
PAPER = "起诉状：请求清除柴垛，恢复通行（示例）。".encode()


class Caller:
    """A partner that has nothing but curl and a token."""

    def __init__(self, folder: Path, name: str, token: str, url: str) -> None:
        self.folder, self.url = folder, url
        self._known = ["--silent", "--show-error", "--max-time", "90", "-H", f"x-partner: {name}", "-H",
                       f"authorization: Bearer {token}"]  # fmt: skip

    def curl(self, *args: str) -> bytes:
        return subprocess.run([str(shutil.which("curl")), *self._known, *args], check=True, capture_output=True).stdout

    def json(self, *args: str) -> Any:
        return json.loads(self.curl(*args))

    def post(self, path: str, value: Any) -> Any:
        file = self.folder / f"{secrets.token_hex(4)}.json"
        file.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
        return self.json("-H", "content-type: application/json", "--data-binary", f"@{file}", self.url + path)

    def say(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send one message; return what became of it."""
        answer = self.post("/v1/messages", {**message, "id": uuid7()})
        assert "results" in answer, answer
        return dict(answer["results"][0])

    def waiting(self) -> subprocess.Popen[bytes]:
        """Open the mailbox and wait, beside whatever else happens."""
        command = [str(shutil.which("curl")), *self._known, f"{self.url}/v1/mailbox?wait=60"]
        return subprocess.Popen(command, stdout=subprocess.PIPE)

    def collected(self, count: int = 1, cursor: str | None = None) -> tuple[list[dict[str, Any]], str]:
        """Open the mailbox until there were ``count`` messages."""
        found: list[dict[str, Any]] = []
        give_up = time.monotonic() + WITHIN
        after = f"&after={cursor}" if cursor else ""
        while len(found) < count:
            assert time.monotonic() < give_up, "nothing came"
            answer = self.json(f"{self.url}/v1/mailbox?wait=20{after}")
            found += answer["messages"]
            cursor, after = answer["cursor"], ""
        return found, str(cursor)


@contextmanager
def serving(folder: Path, commands: Sequence[Sequence[str]], **environment: str) -> Iterator[list[str]]:
    """Run the gateway's processes; give the addresses of those that listen."""
    env = {**os.environ, "FENGQIAO_DATA_DIR": str(folder / "data"), "FENGQIAO_CONFIG_DIR": str(folder / "config"),
           "FENGQIAO_LANGUAGE": "en", **environment}  # fmt: skip
    running, urls = [], []
    try:
        for number, command in enumerate(commands):
            with (folder / f"log-{number}").open("wb") as log:
                running.append(subprocess.Popen([sys.executable, "-m", "gateway", *command], env=env, stdout=log,
                                                stderr=log))  # fmt: skip
            if "--port" in command:
                urls.append(f"http://127.0.0.1:{command[command.index('--port') + 1]}")
                ready(urls[-1], folder / f"log-{number}")
        yield urls
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            process.wait(60)


def ready(url: str, log: Path) -> None:
    give_up = time.monotonic() + WITHIN
    while subprocess.run(
        [str(shutil.which("curl")), "-sf", f"{url}/readyz"], capture_output=True, check=False
    ).returncode:
        assert time.monotonic() < give_up, log.read_text(errors="replace")
        time.sleep(0.1)


def configured(folder: Path) -> dict[str, str]:
    """Write the rows of two partners that have mailboxes and tokens; return the tokens."""
    tokens = {name: secrets.token_urlsafe(24) for name in ORGANISATIONS}
    rows = []
    for name, (organisation, kind) in ORGANISATIONS.items():
        digest = hashlib.sha256(tokens[name].encode()).hexdigest()
        row = {"partner": name, "adapter": "mailbox", "organisations": [organisation],
               "canonical_door": {"bearer_sha256": [digest]}}  # fmt: skip
        file = folder / "config" / "partners" / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(row))
        rows.append({"id": organisation, "name": organisation, "kind": kind, "level": "village", "partner": name})
    (folder / "config" / "organisations.yaml").write_text(yaml.safe_dump({"organisations": rows}))
    return tokens


def referral(paper: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = say.referral().model_dump(mode="json", exclude_none=True)
    listed = {"partner_id": "CL-1", "kind": "complaint", "name": "起诉状.txt", "media_type": "text/plain",
              "sha256": paper["sha256"], "size": paper["size"]}  # fmt: skip
    message["data"] |= {"case": {"partner_id": "AJ-CURL-1"}, "documents": [listed]}
    return message


def play(court: Caller, village: Caller, folder: Path) -> None:
    """Refer, fetch, accept, and be told: every step is a curl command."""
    (folder / "paper").write_bytes(PAPER)
    waiting = village.waiting()
    kept = court.json("--data-binary", f"@{folder / 'paper'}", f"{court.url}/v1/documents")
    told = court.say(referral(kept))
    assert told["fate"] == "accepted"
    said, _ = waiting.communicate(timeout=WITHIN)
    first = json.loads(said)["messages"]
    [item] = first or village.collected()[0]
    assert (item["message"]["type"], item["message"]["subject"]) == ("fengqiao.referral", told["case"])
    [paper] = item["documents"]
    assert village.curl(village.url + paper["href"]) == PAPER
    stranger = Caller(folder, "court", "not-the-token", village.url)
    assert stranger.json(f"{village.url}/v1/mailbox")["code"] == "auth.token_unknown"
    receipt = {"id": item["id"], "result": "received", "case": "青石村-7"}
    assert village.post("/v1/mailbox/receipts", receipt)["results"][0]["result"] == "delivered"
    accepted = say.acceptance().model_dump(mode="json", exclude_none=True)
    accepted["data"]["case"] = {"partner_id": "青石村-7"}
    assert village.say(accepted)["fate"] == "accepted"
    answers, cursor = court.collected()
    assert [each["message"]["type"] for each in answers] == ["fengqiao.acceptance"]
    assert answers[0]["message"]["data"]["case"]["partner_id"] == "AJ-CURL-1", "the court's own number of the case"
    assert court.json(f"{court.url}/v1/mailbox?after={cursor}")["messages"] == []
    assert village.json(f"{village.url}/v1/mailbox")["messages"] == []


def test_a_village_works_through_its_mailbox_with_curl(tmp_path: Path) -> None:
    require_curl()
    tokens = configured(tmp_path)
    with serving(tmp_path, [("serve", "--port", str(free_port()))]) as (url,):
        play(
            Caller(tmp_path, "court", tokens["court"], url),
            Caller(tmp_path, "village", tokens["village"], url),
            tmp_path,
        )


def test_so_it_does_where_doors_workers_and_clock_are_processes_of_their_own(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    """The court speaks at one door, the village waits at another; a worker drains lanes, and leaves mailboxes alone."""
    require_curl()
    tokens = configured(tmp_path)
    shared = {"FENGQIAO_DATABASE_URL": postgres_url, "FENGQIAO_REDIS_URL": redis_url}
    doors = [("serve", "--port", str(free_port())) for _ in range(2)]
    with serving(tmp_path, [*doors, ("worker",), ("clock",)], **shared) as (one, another):
        court = Caller(tmp_path, "court", tokens["court"], one)
        play(court, Caller(tmp_path, "village", tokens["village"], another), tmp_path)


def require_curl() -> None:
    if shutil.which("curl") is None:
        missing("curl is missing")
