"""What an administrator sees of rulings and does about them: list, show, export, decide, verify again, withdrawals."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from prometheus_client import generate_latest
from typer.testing import CliRunner, Result

from gateway.cli import application, exits
from tests.stories.courtroom import NAMES, VILLAGE, Courtroom, courtroom, write_trust


def run(court: Courtroom, *arguments: str, trust: bool = True) -> Result:
    folder = court.gateway.settings.data_dir
    environment = {"FENGQIAO_DATA_DIR": str(folder), "FENGQIAO_LANGUAGE": "en"}
    environment |= {"FENGQIAO_TRUST_DIR": str(court.trust)} if trust else {}
    return CliRunner(env=environment).invoke(application(), list(arguments), prog_name="fengqiao")


async def ask(court: Courtroom, path: str, body: Any = None) -> httpx.Response:
    headers = {"authorization": f"Bearer {court.gateway.admin_token}"}
    url = f"/admin/rulings{path}"
    return await (
        court.client.get(url, headers=headers) if body is None else court.client.post(url, json=body, headers=headers)
    )


async def test_a_quarantined_ruling_is_seen_by_everybody_who_must_act(tmp_path: Path) -> None:
    async with courtroom(tmp_path) as court:
        await court.agree()
        await court.apply()
        record = await court.issue(court.signed(case_number=court.number.replace("确1号", "确2号")))
        document = record["fields"]["wsbs"]
        listed = run(court, "ruling", "list", "--state", "quarantined", "--json")
        (row,) = json.loads(listed.stdout)["rulings"]
        assert (row["document_id"], row["code"]) == (document, "rulings.binding.other_case_number")
        shown = run(court, "ruling", "show", document)
        assert shown.exit_code == 0, shown.output
        assert "The document has the case number" in " ".join(shown.stdout.split())
        (seen,) = (await ask(court, "?state=QUARANTINED")).json()
        assert seen["ruling"] == row["ruling"]
        one = (await ask(court, f"/{row['ruling']}")).json()
        assert [each["number"] for each in one["checks"] if each["verdict"] == "failed"] == [11]
        text = generate_latest(court.gateway.telemetry.metrics.registry).decode()
        assert 'fengqiao_waiting_rulings{state="quarantined"} 1.0' in text
        doctor = json.loads(run(court, "doctor", "--json").stdout)["findings"]
        assert {"cli.doctor.trust", "cli.doctor.rulings_quarantined"} <= {each["code"] for each in doctor}
        assert not any(name in shown.output + listed.output for name in NAMES)
        assert (await ask(court, "/nothing")).status_code == 404


async def test_the_evidence_of_a_ruling_is_checked_on_another_machine(tmp_path: Path) -> None:
    async with courtroom(tmp_path) as court:
        await court.agree()
        await court.apply()
        record = await court.issue()
        out = tmp_path / "evidence.zip"
        exported = run(court, "ruling", "export", record["fields"]["wsbs"], "-o", str(out))
        assert exported.exit_code == 0, exported.output
        assert (await ask(court, f"/{court.rulings()[0]['message_id']}/archive")).content == out.read_bytes()
        verified = CliRunner().invoke(
            application(), ["ruling", "verify", str(out), "--trust", str(court.trust), "--json"]
        )
        assert verified.exit_code == exits.OK, verified.output
        assert json.loads(verified.stdout)["verdict"] == "passed"


async def test_a_withdrawn_seal_lists_the_rulings_that_were_released_under_it(tmp_path: Path) -> None:
    async with courtroom(tmp_path) as court:
        await court.agree()
        await court.apply()
        await court.issue()
        assert json.loads(run(court, "ruling", "affected", "--json").stdout)["rulings"] == []
        seal, at = court.bench.wanted.id, court.bench.at
        for withdrawn, effect in ((at - timedelta(hours=1), "void"), (at + timedelta(hours=1), "untouched")):
            write_trust(court.trust, court.bench, seals=[{"id": seal, "withdrawn": withdrawn.isoformat()}])
            (row,) = json.loads(run(court, "ruling", "affected", "--json").stdout)["rulings"]
            assert (row["kind"], row["value"], row["effect"], row["state"]) == ("seal", seal, effect, "SERVING")
            assert (await ask(court, "/affected")).json()[0]["effect"] == effect
        (named,) = (await ask(court, f"/affected?seal={seal}")).json()
        assert named["ruling"] == court.rulings()[0]["message_id"]


async def test_a_person_decides_at_the_door_of_the_administration(tmp_path: Path) -> None:
    async with courtroom(tmp_path) as court:
        await court.agree()
        await court.apply()
        record = await court.issue(without=["sqbwbh"])
        document = record["fields"]["wsbs"]
        nameless = await ask(court, f"/{document}/decide", {"release": True, "name": "", "reason": "已核对"})
        assert nameless.status_code == 422
        decided = await ask(court, f"/{document}/decide", {"release": True, "name": "许知微", "reason": "已电话核对"})
        assert decided.json()["state"] == "VERIFIED"
        again = await ask(court, f"/{document}/decide", {"release": False, "name": "许知微", "reason": "改主意了"})
        assert (again.status_code, again.json()["code"]) == (409, "rulings.release.not_undecided")
        await court.work()
        assert (await court.fetch(VILLAGE))[0]["type"] == "fengqiao.ruling"


async def test_a_person_decides_at_the_command_line_where_nobody_serves(tmp_path: Path) -> None:
    async with courtroom(tmp_path) as court:
        await court.agree()
        await court.apply()
        document = (await court.issue(without=["sqbwbh"]))["fields"]["wsbs"]
    import asyncio

    def decide(*how: str) -> Result:
        return run(court, "ruling", "decide", document, *how, "--name", "许知微", "--json")

    neither = await asyncio.to_thread(decide, "--reason", "已核对协议")
    assert neither.exit_code == exits.USAGE
    refused = await asyncio.to_thread(decide, "--refuse", "--reason", "与承办法官核对后不一致")
    assert refused.exit_code == 0, refused.output
    assert json.loads(refused.stdout)["state"] == "QUARANTINED"
    (row,) = json.loads(run(court, "ruling", "list", "--json").stdout)["rulings"]
    assert (row["decided_by"], row["code"]) == ("许知微", "rulings.release.refused_by_person")
    reopened = await asyncio.to_thread(run, court, "ruling", "reopen", document)
    assert reopened.exit_code != 0


async def test_without_a_trust_folder_the_doctor_says_that_rulings_wait(tmp_path: Path) -> None:
    async with courtroom(tmp_path, trusted=False) as court:
        await court.agree()
        await court.apply()
        await court.issue()
        doctor = json.loads(run(court, "doctor", "--json", trust=False).stdout)["findings"]
        (said,) = [each for each in doctor if each["code"] == "cli.doctor.no_trust"]
        assert (said["level"], said["facts"]["count"]) == ("error", 1)
