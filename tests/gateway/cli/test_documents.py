"""``fengqiao documents check``: what it finds, and what programs are told of it."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from gateway.opening import open_store
from gateway.settings import load_settings
from tests.gateway.cli.conftest import Desk


def keep(desk: Desk, content: bytes, *, row: bool) -> Path:
    """Keep a document, with a row or without; return its file."""
    store = open_store(load_settings(data_dir=desk.folder), write=True)
    try:
        name = store.documents.put(content).sha256
    finally:
        store.close()
    if row:
        with sqlite3.connect(desk.folder / "gateway.db") as database:
            values = (content.decode(), "court", "kept", name)
            database.execute(
                "INSERT INTO document (id, partner, state, sha256, attempts, created_at) VALUES (?, ?, ?, ?, 0, 0)",
                values,
            )
        database.close()
    return desk.folder / "documents" / name[:2] / name


def test_documents_that_are_all_there_are_said_to_be_so(desk: Desk) -> None:
    before = desk.json("documents", "check")["referenced"]
    keep(desk, b"agreement", row=True)
    keep(desk, b"nobody's", row=False)
    found = desk.json("documents", "check", "--contents")
    assert (found["referenced"], found["missing"], found["damaged"]) == (before + 1, [], [])
    assert found["orphans"] == 0, "it has come just now"
    assert [each["code"] for each in found["findings"]] == ["cli.documents.whole"]


def test_a_missing_and_a_damaged_document_are_named(desk: Desk) -> None:
    gone, scratched = keep(desk, b"gone", row=True), keep(desk, b"scratched", row=True)
    gone.unlink()
    scratched.write_bytes(scratched.read_bytes()[:-1])
    assert desk.json("documents", "check", code=1)["damaged"] == [], "without --contents nothing is read"
    found = desk.json("documents", "check", "--contents", code=1)
    assert (found["missing"], found["damaged"]) == ([gone.name], [scratched.name])
    shown = desk.run("documents", "check", "--contents")
    assert shown.exit_code == 1
    assert gone.name[:12] in shown.stdout


def test_a_share_that_is_not_mounted_is_not_called_empty(desk: Desk, tmp_path: Path) -> None:
    shutil.rmtree(desk.folder / "documents", ignore_errors=True)
    shown = desk.run("documents", "check", env={"FENGQIAO_DOCUMENTS_URL": f"file://{tmp_path}/not-mounted"})
    assert shown.exit_code == 4
