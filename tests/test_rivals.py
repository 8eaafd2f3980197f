"""The gateway's part of the comparison with rivals: the record crosses it whole, and its requests are signed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import httpx
import pytest

from adapters import ADAPTERS as SHIPPED
from benchmarks.rivals import prepare, stage
from benchmarks.rivals.dialect import ADAPTERS, CaseRegister
from gateway import configuration
from gateway.contract import Partner, Record, Request
from gateway.errors import NotAuthentic

RECORD: dict[str, Any] = {
    "case_id": "C-@@@@@@", "trace": "################", "received_at": "2026-11-22T09:30:00+08:00",
    "applicant": {"name": "李一诺", "sex": "2", "birth_date": "1949-12-31", "id_number": "11010519491231002X",
                  "phone": "+86 139-0000-0001", "address": {"division": "500242219", "street": "某乡某村一组12号"}},
    "respondent": {"name": "某县某建材经营部", "uscc": "91350100M000100Y43", "contact": "王二明",
                   "phone": "0531-00000002"},
    "organisation": {"code": "ORG-500242219003", "name": "某乡人民调解委员会", "level": "township"},
    "dispute": {"type": "contract", "cause": "买卖合同纠纷", "amount": "36800.50", "occurred_on": "2026-08-20"},
    "consents": [{"party": "applicant", "given": True, "on": "2026-11-20"},
                 {"party": "respondent", "given": True, "on": "2026-11-21"}],
    "facts": "双方就建材货款的数额与交付时间各执一词。",
}  # fmt: skip


@pytest.fixture
def prepared(tmp_path: Path) -> list[Request]:
    out = tmp_path / "out.req"
    prepare.write(json.dumps(RECORD, ensure_ascii=False).encode(), 41, 2, out, rate=100)
    lines = out.read_bytes().splitlines()
    return [
        Request(method="POST", path="/cases", headers=_headers(lines[n]), body=lines[n + 1])
        for n in range(0, len(lines), 2)
    ]


def _headers(line: bytes) -> dict[str, str]:
    return dict(each.split(": ", 1) for each in line.decode().split("|"))


@pytest.fixture
def register() -> CaseRegister:
    return CaseRegister(Partner(name="register", secret=lambda _: stage.SECRET, now=lambda: datetime.now(UTC)))


def test_prepared_requests_are_signed_one_by_one(prepared: list[Request], register: CaseRegister) -> None:
    nonces = {register.authenticate(request).nonce for request in prepared}
    assert len(nonces) == 2
    swapped = Request(method="POST", path="/cases", headers=prepared[0].headers, body=prepared[1].body)
    with pytest.raises(NotAuthentic):
        register.authenticate(swapped)


def test_the_record_arrives_as_the_sink_wants_it(
    prepared: list[Request], register: CaseRegister, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.write(tmp_path / "config", sink="http://127.0.0.1:9", concurrency=1, workers=1)
    monkeypatch.setenv(stage.SECRET_VARIABLE, stage.SECRET)
    revision = configuration.load(tmp_path / "config", configuration.shipped_files())
    findings = configuration.check(revision, {**SHIPPED, **ADAPTERS}, base=tmp_path / "config")
    assert [each for each in findings if each.level == "error"] == []
    written = _carried(revision, register.decode(prepared[1])[0])
    assert list(written.fields)[:2] == ["caseNumber", "traceRef"], "the sink reads the first digits after these names"
    assert written.fields["caseNumber"] == "C-000042"
    assert int(written.fields["traceRef"]) == 10_000_001, "due 10 ms after the first one"
    assert [each["xm"] for each in written.fields["dsr"]] == ["李一诺", "某县某建材经营部"]
    assert (written.fields["bdje"], written.fields["jflx"]) == (3680050, "04")


def _carried(revision: configuration.Revision, record: Record) -> Record:
    base = {"id": "01900000-0000-7000-8000-000000000001", "source": "/partners/register",
            "receivedtime": datetime.now(UTC)}  # fmt: skip
    read = revision.mappings.read("case_register", "register", record, directory=revision.directory, base=base)
    assert read.message is not None, read.faults
    return revision.mappings.write("case_receiver", "receiver", read.message, directory=revision.directory).record


@pytest.mark.live
def test_the_carrier_of_the_measured_gateway_has_the_dialects_of_the_comparison(
    prepared: list[Request], tmp_path: Path
) -> None:
    with _sink() as (sink, arrived):
        stage.write(tmp_path / "config", sink=sink, concurrency=2, workers=1)
        environment = {**os.environ, stage.SECRET_VARIABLE: stage.SECRET, "FENGQIAO_DATA_DIR": str(tmp_path / "data"),
                       "FENGQIAO_CONFIG_DIR": str(tmp_path / "config")}  # fmt: skip
        command = [sys.executable, "-m", "benchmarks.rivals.command", "serve", "--port", "0", "--carrier", "--json"]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as serving:
            assert serving.stdout is not None
            said = json.loads("".join(iter(serving.stdout.readline, "}\n")) + "}")
            for request in prepared:
                url = f"{said['url']}/partners/register{request.path}"
                answer = httpx.post(url, content=request.body, headers=dict(request.headers), trust_env=False)
                assert answer.status_code == 202, answer.text
            assert sorted(arrived.get(timeout=60) for _ in prepared) == ["C-000041", "C-000042"]
            serving.terminate()
            assert serving.wait(60) == 0


@contextmanager
def _sink() -> Iterator[tuple[str, Queue[str]]]:
    """Take every record, and tell its number."""
    arrived: Queue[str] = Queue()

    class Sink(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            arrived.put(json.loads(self.rfile.read(int(self.headers["content-length"])))["caseNumber"])
            self.send_response(200)
            self.send_header("content-length", "11")
            self.end_headers()
            self.wfile.write(b'{"ok":true}')

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Sink) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", arrived
        server.shutdown()
        thread.join()


def test_the_scripts_that_the_harness_calls_can_be_executed() -> None:
    scripts = sorted(Path(prepare.__file__).with_name("peers").glob("*/start.sh"))
    assert len(scripts) == 4
    assert all(os.access(script, os.X_OK) for script in scripts)
