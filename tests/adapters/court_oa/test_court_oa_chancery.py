"""What the pretend court signs is genuine by the trust that it gives out, and bad in just the way that was ordered."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from adapters.court_oa.simulator_chancery import DEFECTS, Chancery
from gateway.cli import application

NUMBER, PARTIES = "(2026)渝0242诉前调确1号", ("马䶮", "沙吾提·艾山")


@pytest.fixture(scope="module")
def chancery() -> Chancery:
    return Chancery(clock=lambda: datetime.now(UTC))


@pytest.fixture
def trust(chancery: Chancery, tmp_path: Path) -> Path:
    """The trust folder that the court gives out."""
    folder = tmp_path / "trust"
    folder.mkdir()
    for name, content in chancery.trust().items():
        (folder / name).write_bytes(base64.b64decode(content))
    return folder


def verified(octets: bytes, trust: Path) -> tuple[int, str]:
    """Verify a file as an administrator does; return the exit code, and what is told."""
    file = trust.parent / "ruling"
    file.write_bytes(octets)
    result = CliRunner().invoke(application(), ["ruling", "verify", str(file), "--trust", str(trust), "--json"])
    return result.exit_code, result.stdout


@pytest.mark.parametrize("form", ["OFD", "PDF"])
def test_a_ruling_is_genuine(chancery: Chancery, trust: Path, form: str) -> None:
    code, told = verified(chancery.signed(number=NUMBER, parties=PARTIES, order={"format": form}), trust)
    assert code == 0, told


@pytest.mark.parametrize("form", ["OFD", "PDF"])
def test_a_certificate_of_performance_is_genuine(chancery: Chancery, trust: Path, form: str) -> None:
    order = {"format": form, "paper": "certificate", "says": {"number": "(2026)示履证第8号"}}
    code, told = verified(chancery.signed(number=NUMBER, parties=PARTIES, order=order), trust)
    assert code == 0, told


@pytest.mark.parametrize(("form", "defect"), [(form, name) for form, named in DEFECTS.items() for name in named])
def test_a_ruling_is_bad_as_it_was_ordered(chancery: Chancery, trust: Path, form: str, defect: str) -> None:
    order = {"format": form, "defect": defect}
    code, told = verified(chancery.signed(number=NUMBER, parties=PARTIES, order=order), trust)
    assert code != 0, told


@pytest.mark.parametrize("order", [{"format": "DOC"}, {"defect": "unheard of"}, {"result": "9"}])
def test_what_it_cannot_sign_is_said(chancery: Chancery, order: Mapping[str, Any]) -> None:
    with pytest.raises(ValueError, match="\\|"):
        chancery.signed(number=NUMBER, parties=PARTIES, order=order)
