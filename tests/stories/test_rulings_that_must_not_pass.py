"""Signed rulings as they come over the counter: each has one thing wrong with it, and the verifier names that thing.

An OFD with a page file that nobody listed; a seal that ran out the day before; a signer whom the seal does not name;
a PDF signed in a form that nobody knows. And what must pass: a seal of each version that is in use.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from adapters.court_oa.simulator_signing import defects, der, pdf
from adapters.court_oa.simulator_signing.bench import Bench
from adapters.court_oa.simulator_signing.hierarchy import hierarchy
from adapters.court_oa.simulator_signing.ruling import Ruling
from gateway.canonical.identifiers import BEIJING
from gateway.cli import application, exits

COURT = "浙江省示例县人民法院"
GENUINE = range(1, 11)


@pytest.fixture(scope="module")
def bench() -> Bench:
    """A court that signed nine days ago, on the day that its ruling bears."""
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(days=9)
    ruling = Ruling(court=COURT, issued_on=at.astimezone(BEIJING).date())
    return Bench(people=hierarchy("sm2", court=COURT, at=at), at=at, ruling=ruling)


@pytest.fixture
def trust(bench: Bench, tmp_path: Path) -> Path:
    """A trust folder that knows the court's authorities, its certificate and its seal."""
    folder = tmp_path / "trust"
    folder.mkdir()
    for name, issued in (("root", bench.people.root), ("issuing", bench.people.issuing), ("court", bench.people.court)):
        (folder / f"{name}.cer").write_bytes(issued.der)
    court = {"name": COURT, "codes": ["浙0521"], "seals": [{"id": bench.wanted.id}]}
    rows = {"anchors": [{"file": "root.cer"}], "intermediates": ["issuing.cer"], "courts": [court]}
    (folder / "trust.yaml").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return folder


def verified(octets: bytes, name: str, trust: Path, code: int) -> Mapping[int, Mapping[str, Any]]:
    """Verify a file as an administrator does; return its checks by their numbers."""
    file = trust.parent / name
    file.write_bytes(octets)
    result = CliRunner().invoke(application(), ["ruling", "verify", str(file), "--trust", str(trust), "--json"])
    assert result.exit_code == code, result.output
    said = json.loads(result.stdout)
    assert said["genuine"] == (code == exits.OK)
    return {each["number"]: each for each in said["checks"]}


def only(checks: Mapping[int, Mapping[str, Any]], number: int, code: str) -> None:
    """Assert that one check failed and no other, for the reason ``code``, said in both languages."""
    assert [each for each in checks if checks[each]["verdict"] == "failed"] == [number]
    texts = {each["code"]: each["texts"] for each in checks[number]["findings"] if each["verdict"] == "failed"}
    assert code in texts
    assert all(texts[code].values())


def test_case_10_an_ofd_with_an_extra_page_file_that_nobody_listed(bench: Bench, trust: Path) -> None:
    def with_page(files: dict[str, bytes]) -> dict[str, bytes]:
        return {**files, "Doc_0/Pages/Page_1/Content.xml": files[defects.PAGE]}

    checks = verified(bench.sealed_ofd(change=with_page), "ruling.ofd", trust, exits.WRONG)
    only(checks, 2, "rulings.coverage.file")
    assert "Doc_0/Pages/Page_1/Content.xml" in str(checks[2])


@pytest.mark.parametrize("form", ["ofd", "pdf"])
def test_case_11_a_seal_that_expired_a_day_before_the_signing(form: str, bench: Bench, trust: Path) -> None:
    wanted = replace(bench.wanted, end=bench.at - timedelta(days=1))
    made = bench.sealed_ofd if form == "ofd" else bench.sealed_pdf
    only(verified(made(wanted=wanted), f"ruling.{form}", trust, exits.WRONG), 7, "rulings.seal.not_valid")
    lasting = replace(wanted, end=bench.at + timedelta(seconds=1))  # it may run out the moment after
    verified(made(wanted=lasting), f"ruling.{form}", trust, exits.OK)


@pytest.mark.parametrize("form", ["ofd", "pdf"])
def test_case_12_a_signer_whom_the_seal_does_not_list(form: str, bench: Bench, trust: Path) -> None:
    table = defects.OFD if form == "ofd" else defects.SEALED_PDF
    octets = table["unlisted_signer"].make(bench)
    only(verified(octets, f"ruling.{form}", trust, exits.WRONG), 8, "rulings.listed.no")


@pytest.mark.parametrize("version", [1, 4, 5])
def test_case_13_a_seal_of_each_version_in_use_is_genuine(version: Any, bench: Bench, trust: Path) -> None:
    wanted = replace(bench.wanted, version=version)
    for octets, name in ((bench.sealed_ofd(wanted=wanted), "ruling.ofd"), (bench.sealed_pdf(wanted=wanted), "r.pdf")):
        checks = verified(octets, name, trust, exits.OK)
        assert {checks[number]["verdict"] for number in GENUINE} <= {"passed", "not_applicable"}


def test_case_14_a_pdf_in_a_form_of_signature_that_nobody_knows_waits_for_a_person(bench: Bench, trust: Path) -> None:
    value = der.sequence(der.integer(1), der.utf8("a vendor's own form"))
    signing = pdf.Signing(sign=lambda message: value, at=bench.at, subfilter="ACME.sealed")
    checks = verified(pdf.signed(bench.ruling, signing), "ruling.pdf", trust, exits.UNDECIDED)
    assert checks[6]["verdict"] == "not_possible"
    (finding,) = checks[6]["findings"]
    assert (finding["code"], finding["facts"]["subfilter"]) == ("rulings.pdf.subfilter", "ACME.sealed")
