"""A database that cannot be used: every command says so in a sentence for whoever keeps the machine."""

from __future__ import annotations

import pytest

from tests.gateway.cli.conftest import Desk


@pytest.mark.parametrize("command", ["serve --port 0", "messages", "deliveries", "trace AJ-1", "migrate"])
def test_a_file_that_is_no_database_is_said_in_one_sentence(desk: Desk, command: str) -> None:
    (desk.folder / "gateway.db").write_bytes(b"no database" * 4096)
    result = desk.run(*command.split())
    assert result.exit_code == 4
    assert "SQLITE_NOTADB" in result.stderr
    assert "code store.unusable" in result.stderr


def test_doctor_names_the_damage(desk: Desk) -> None:
    (desk.folder / "gateway.db").write_bytes(b"no database" * 4096)
    codes = {found["code"] for found in desk.json("doctor", code=1)["findings"] if found["level"] == "error"}
    assert codes == {"store.unusable"}
