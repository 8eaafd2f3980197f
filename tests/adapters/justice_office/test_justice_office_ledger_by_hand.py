"""An administrator brings a ledger in by command, gets the verdicts beside it, and has it written again."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.justice_office.simulator import Simulator
from gateway import ledgers
from gateway.cli import application
from gateway.errors import NotFound
from gateway.wire import workbook as wire
from tests.adapters.justice_office.bureau import OFFICE, bureau, write_configuration
from tests.adapters.justice_office.ledgers import row, workbook


async def test_a_ledger_that_was_brought_in_is_written_again(tmp_path: Path) -> None:
    async with bureau(tmp_path, mode="poll") as there:
        brought = await ledgers.bring(there.gateway.operations, OFFICE, workbook([row(1), row(2)]))
        assert brought.fates == {"accepted": 2}
        [record, _] = there.records("accepted")
        made = ledgers.write(there.gateway.operations, OFFICE, first=date(2026, 5, 1), last=date(2026, 5, 31))
        again = await ledgers.bring(there.gateway.operations, OFFICE, made)
        [sheet] = wire.read(made)
        assert {"XZ01-001", "XZ01-002"} <= {cell for line in sheet.rows for cell in line}
        assert set(again.fates) <= {"accepted", "refused"}
        assert len(there.records("accepted")) == 2, record
        empty = ledgers.write(there.gateway.operations, OFFICE, first=date(2026, 6, 1), last=date(2026, 6, 2))
        assert "XZ01-001" not in str(wire.read(empty))
        with pytest.raises(NotFound):
            await ledgers.bring(there.gateway.operations, "nobody", made)


def test_the_command_writes_the_verdicts_beside_the_ledger(tmp_path: Path) -> None:
    config, file = tmp_path / "config", tmp_path / "台账.xlsx"
    write_configuration(config, "http://127.0.0.1:9", Simulator.make_keys(), Simulator.partner_settings())
    file.write_bytes(workbook([row(1), row(2, 申请人身份证号=500242199003070000)]))
    start = ["--data-dir", str(tmp_path), "--config-dir", str(config), "--language", "en"]
    prepared = CliRunner().invoke(application(), [*start, "migrate"])
    assert prepared.exit_code == 0, prepared.output
    done = CliRunner().invoke(application(), [*start, "ledger", "import", str(file), "--partner", OFFICE, "--json"])
    assert done.exit_code == 1, done.output
    assert json.loads(done.stdout)["fates"] == {"accepted": 1, "refused": 1}
    [sheet] = wire.read((tmp_path / "台账.report.xlsx").read_bytes())
    assert [line[2] for line in sheet.rows[2:4]] == ["已受理", "退回"]
    out = tmp_path / "out.xlsx"
    wish = ["ledger", "export", "--partner", OFFICE, "-o", str(out), "--from", "2026-05-01", "--to", "2026-05-31"]
    written = CliRunner().invoke(application(), [*start, *wish])
    assert written.exit_code == 0, written.output
    assert "XZ01-001" in str(wire.read(out.read_bytes())[0].rows)
