"""``fengqiao ruling verify``: what it prints, and what a program may conclude from how it ended."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from typer.testing import CliRunner, Result

from adapters.court_oa.simulator_signing import defects
from adapters.court_oa.simulator_signing.bench import Bench
from gateway.cli import application
from gateway.cli.ruling import MOST
from gateway.rulings import verification
from gateway.rulings.limits import Limits
from tests.gateway.rulings.conftest import NOW, bench_of
from tests.gateway.rulings.test_trust import write_folder


@pytest.fixture(scope="module")
def bench() -> Bench:
    return bench_of("sm2")


@pytest.fixture
def trust(bench: Bench, tmp_path: Path) -> Path:
    folder = tmp_path / "trust"
    folder.mkdir()
    write_folder(folder, bench)
    return folder


@pytest.fixture(autouse=True)
def _on_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    verify = verification.verify
    monkeypatch.setattr(verification, "verify", lambda *given, **named: verify(*given, **{"now": NOW, **named}))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(application(), ["--language", "en", "ruling", "verify", *map(str, arguments)])


def kept(folder: Path, octets: bytes, name: str = "ruling.ofd") -> Path:
    file = folder / name
    file.write_bytes(octets)
    return file


def test_a_genuine_ruling_ends_with_0(bench: Bench, trust: Path, tmp_path: Path) -> None:
    result = run(kept(tmp_path, bench.sealed_ofd()), "--trust", trust)
    assert result.exit_code == 0, result.output
    assert "ruling.ofd: genuine" in result.output
    assert bench.ruling.court in result.output
    assert "12 Evidence" in result.output


@pytest.mark.parametrize("name", ["changed_page", "added_file", "expired_seal"])
def test_a_bad_ruling_ends_with_1_and_says_what_is_wrong(bench: Bench, trust: Path, tmp_path: Path, name: str) -> None:
    defect = defects.OFD[name]
    result = run(kept(tmp_path, defect.make(bench)), "--trust", trust, "--json")
    assert result.exit_code == 1, result.output
    said = json.loads(result.stdout)
    failed = [check for check in said["checks"] if check["verdict"] == "failed"]
    assert [check["number"] for check in failed] == [defect.check]
    assert {"zh", "en"} == set(failed[0]["findings"][-1]["texts"])
    assert said["genuine"] is False


def test_without_trust_a_ruling_is_undecided_and_ends_with_7(bench: Bench, tmp_path: Path) -> None:
    result = run(kept(tmp_path, bench.sealed_ofd()))
    assert result.exit_code == 7
    assert "undecided" in result.output


def test_a_detached_signature_is_verified_with_the_registered_certificate(
    bench: Bench, trust: Path, tmp_path: Path
) -> None:
    content, value = (
        kept(tmp_path, b"content", "content"),
        kept(tmp_path, bench.people.court.key.sign(b"content"), "sig"),
    )
    assert run(content, "--detached", value, "--trust", trust).exit_code == 0
    assert run(content, "--detached", value, "--trust", trust, "--signer", "0" * 64).exit_code == 7
    assert run(value, "--detached", value, "--trust", trust).exit_code == 1


def test_what_is_missing_or_wrong_is_said_by_its_own_exit_code(bench: Bench, trust: Path, tmp_path: Path) -> None:
    file = kept(tmp_path, bench.sealed_ofd())
    assert run(tmp_path / "nowhere.ofd").exit_code == 3
    assert run(file, "--trust", tmp_path).exit_code == 5
    (trust / "trust.yaml").write_text("anchors: [{file: nowhere.pem}]", encoding="utf-8")
    assert run(file, "--trust", trust).exit_code == 5
    assert run(kept(tmp_path, b"hello", "hello.txt"), "--json").exit_code == 1


def test_a_file_that_is_too_large_is_said_to_be_so() -> None:
    assert Limits().file < MOST


def test_the_command_leaves_no_store_behind(bench: Bench, trust: Path, tmp_path: Path) -> None:
    before = set(tmp_path.rglob("*"))
    kept(tmp_path, bench.sealed_ofd())
    run(tmp_path / "ruling.ofd", "--trust", trust)
    assert set(tmp_path.rglob("*")) - before == {tmp_path / "ruling.ofd"}


def test_the_commands_start_without_the_libraries_of_rulings() -> None:
    heavy = "('pyhanko', 'lxml', 'asn1crypto')"
    seen = f"import sys, gateway.cli, gateway.api.app; print([name for name in {heavy} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True, timeout=120)
    assert ran.stdout.strip() == "[]"


def archive_of(bench: Bench, trust: Path, folder: Path) -> Path:
    out = folder / "evidence.zip"
    assert run(kept(folder, bench.sealed_ofd()), "--trust", trust, "--archive", out).exit_code == 0
    return out


def test_an_archive_is_verified_where_there_is_no_trust_folder(bench: Bench, trust: Path, tmp_path: Path) -> None:
    out = archive_of(bench, trust, tmp_path)
    fingerprint = bench.people.root.der
    alone = run(out)
    assert alone.exit_code == 7, alone.output
    assert hashlib.sha256(fingerprint).hexdigest() in alone.output.replace("\n", "")
    compared = ":".join(re.findall("..", hashlib.sha256(fingerprint).hexdigest().upper()))
    assert run(out, "--anchor", compared).exit_code == 0
    assert run(out, "--trust", trust).exit_code == 0


def test_a_changed_archive_ends_with_1_and_says_which_file(bench: Bench, trust: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.zip"
    with ZipFile(archive_of(bench, trust, tmp_path)) as archive, ZipFile(changed, "w") as other:
        for entry in archive.infolist():
            content = archive.read(entry)
            other.writestr(entry, content.replace(b"true", b"none") if entry.filename == "record.json" else content)
    result = run(changed, "--trust", trust, "--json")
    assert result.exit_code == 1
    said = json.loads(result.stdout)
    assert (said["verdict"], said["intact"]) == ("failed", False)
    assert "record.json" in [each["facts"].get("file") for each in said["findings"]]


def test_an_archive_is_a_trust_folder_once_it_is_unpacked(bench: Bench, trust: Path, tmp_path: Path) -> None:
    unpacked = tmp_path / "unpacked"
    shutil.unpack_archive(archive_of(bench, trust, tmp_path), unpacked)
    result = run(unpacked / "document.ofd", "--trust", unpacked, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["genuine"]
