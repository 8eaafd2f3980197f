"""``directory``: sheets in, a verdict for each row, nothing half-taken; the whole directory and public roster out."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import application
from gateway.wire import sheets, workbook
from gateway.wire.workbook import Cell, Table

UNITS = (
    "机构编号",
    "机构名称",
    "机构类型",
    "层级",
    "统一社会信用代码",
    "行政区划代码",
    "曾用名",
    "曾用名截止日期",
    "停用日期",
    "并入机构",
)
PEOPLE = ("人员编号", "姓名", "人员类别", "职务", "联系电话", "工作单位", "名册角色", "责任网格", "身份证号")
DAY = date(2026, 3, 31)
TOWNSHIP: list[Cell] = [
    "ZZ-01", "示例镇综治中心", "综治中心", "乡镇级", "91500242MA5U0AAA60", "500242101",
    "示例镇矛调中心", DAY, None, None,
]  # fmt: skip
MERGED: list[Cell] = ["ZZ-02", "旧乡综治中心", "综治中心", "乡镇级", None, "500242102", None, None, 46112.0, "ZZ-01"]
MEDIATOR: list[Cell] = [
    "R-01", "李沐言", "调解员", None, 13996000107.0, "示例镇矛调中心", "调解员", None, "500242198503120012",
]  # fmt: skip
JUDGE: list[Cell] = ["R-02", "覃若兰", "法官", "副庭长", "023-55567712", "ZZ-01", "网格法官", "一网格、二网格", None]


class Desk:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "config" / "directory.yaml"
        (folder / "config").mkdir()

    def run(self, *args: str, code: int = 0) -> Result:
        runner = CliRunner(env={"FENGQIAO_DATA_DIR": str(self.folder), "FENGQIAO_LANGUAGE": "en"})
        said = ["--config-dir", str(self.folder / "config"), "directory", *args]
        result = runner.invoke(application(), said, prog_name="fengqiao", catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    def json(self, *args: str, code: int = 0) -> Any:
        return json.loads(self.run(*args, "--json", code=code).stdout)

    def sheets(self, units: list[list[Cell]], people: list[list[Cell]]) -> str:
        file = self.folder / "目录.xlsx"
        tables = [
            Table(name="人员", title="人员名册", header=PEOPLE, rows=people),
            Table(name="机构", title="机构目录", header=UNITS, rows=units),
        ]
        file.write_bytes(workbook.write(tables))
        return str(file)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def fates(done: dict[str, Any]) -> list[tuple[str, int, str]]:
    return sorted((row["sheet"], row["line"], row["fate"]) for row in done["rows"])


def test_a_workbook_comes_in_with_a_verdict_for_each_row_and_again_changes_nothing(desk: Desk) -> None:
    file = desk.sheets([TOWNSHIP, MERGED], [MEDIATOR, JUDGE])
    done = desk.json("import", file)
    assert fates(done) == [("人员", 3, "added"), ("人员", 4, "added"), ("机构", 3, "added"), ("机构", 4, "added")]
    assert "500242198503120012" not in desk.file.read_text(encoding="utf-8")
    before = desk.file.read_bytes()
    assert desk.json("import", file)["counts"]["unchanged"] == 4
    assert desk.file.read_bytes() == before
    assert list(desk.file.parent.iterdir()) == [desk.file]


def test_a_dry_run_judges_and_writes_nothing(desk: Desk) -> None:
    assert desk.json("import", desk.sheets([TOWNSHIP], [MEDIATOR]), "--dry-run")["counts"]["added"] == 2
    assert not desk.file.exists()


def test_one_refused_row_keeps_all_of_them_out_and_every_fault_is_named(desk: Desk) -> None:
    wrong_code = [*TOWNSHIP[:4], "91500242MA5U0AAA61", *TOWNSHIP[5:]]
    wrong_number = ["R-03", *MEDIATOR[1:8], "500242198503120013"]
    damaged = ["R-04", *MEDIATOR[1:8], 5.00242198503120e17]
    same_number = ["R-05", *MEDIATOR[1:]]
    people = [MEDIATOR, MEDIATOR, wrong_number, damaged, same_number, ["500242198503120012", *MEDIATOR[1:]],
              ["R-06", "田秋禾", "不知道", *MEDIATOR[3:]], ["R-07", *MEDIATOR[1:5], "别处", *MEDIATOR[6:]]]  # fmt: skip
    result = desk.run("import", desk.sheets([TOWNSHIP, ["ZZ-03", *wrong_code[1:]], TOWNSHIP], people), code=1)
    assert not any(said in result.output for said in ("李沐言", "500242198503120012", "500242198503120013"))
    done = desk.json("import", desk.sheets([TOWNSHIP, ["ZZ-03", *wrong_code[1:]], TOWNSHIP], people), code=1)
    assert {(row["sheet"], row["line"]): row["code"] for row in done["rows"] if row["code"]} == {
        ("机构", 4): "identifier.credit_code.check_digit",
        ("机构", 5): "directory.twice",
        ("人员", 4): "directory.twice",
        ("人员", 5): "identifier.resident_id.check_digit",
        ("人员", 6): "wire.cell_number_damaged",
        ("人员", 7): "directory.same_number",
        ("人员", 8): "directory.id_is_number",
        ("人员", 9): "directory.unknown_word",
        ("人员", 10): "directory.unknown_unit",
    }
    assert not desk.file.exists()


def test_what_is_written_by_hand_stays_as_it_is_written(desk: Desk) -> None:
    by_hand = "organisations:\n  - {id: ZZ-01, name: 示例镇中心, kind: mediation_center}  # ours\n"
    (desk.file.parent / "organisations.yaml").write_text(by_hand, encoding="utf-8")
    done = desk.json("import", desk.sheets([TOWNSHIP], [JUDGE]))
    assert fates(done) == [("人员", 3, "added"), ("机构", 3, "by_hand")]
    assert (desk.file.parent / "organisations.yaml").read_text(encoding="utf-8") == by_hand


def test_a_successor_is_named_by_its_id_wherever_its_row_stands(desk: Desk) -> None:
    by_name = [*MERGED[:-1], "示例镇矛调中心"]
    file = desk.sheets([by_name, TOWNSHIP], [])
    assert desk.json("import", file)["counts"]["added"] == 2
    assert desk.json("show", "ZZ-02", "--at", "2026-05-01")["heir"] == "ZZ-01"
    nowhere = [[*MERGED[:-1], "别处"], [*TOWNSHIP[:1], "长" * 201, *TOWNSHIP[2:]]]
    done = desk.json("import", desk.sheets(nowhere, []), code=1)
    assert [row["code"] for row in done["rows"]] == ["directory.unknown_unit", "directory.too_long"]


def test_csv_of_an_office_in_gb18030_is_read_too(desk: Desk) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([UNITS[:3], TOWNSHIP[:3]])
    file = desk.folder / "机构.csv"
    file.write_bytes(out.getvalue().encode("gb18030"))
    assert desk.json("import", str(file))["counts"]["added"] == 1


def test_a_file_without_a_directory_is_refused_whole(desk: Desk) -> None:
    file = desk.folder / "x.csv"
    file.write_text("甲,乙\n1,2\n", encoding="utf-8")
    assert "directory.no_rows" in desk.run("import", str(file), code=1).stderr


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_public_roster_masks_telephones_and_has_neither_ids_nor_numbers(desk: Desk, kind: str) -> None:
    desk.run("import", desk.sheets([TOWNSHIP, MERGED], [MEDIATOR, JUDGE]))
    desk.run("export", str(desk.folder / f"roster.{kind}"), "--public", "--at", "2026-06-01")
    cells = written(desk, "roster")
    assert {"139****0107", "李沐言", "示例镇综治中心", "网格法官", "一网格、二网格"} <= cells
    assert cells.isdisjoint(
        {"13996000107", "R-01", "ZZ-01", "500242198503120012", "91500242MA5U0AAA60", "旧乡综治中心"}
    )


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_what_is_exported_whole_comes_in_again_unchanged(desk: Desk, kind: str) -> None:
    desk.run("import", desk.sheets([TOWNSHIP, MERGED], [MEDIATOR, JUDGE]))
    desk.run("export", str(desk.folder / f"whole.{kind}"))
    for file in sorted(desk.folder.glob("whole*"), reverse=True):
        assert set(desk.json("import", str(file))["counts"].items()) >= {("added", 0), ("changed", 0), ("refused", 0)}
    assert "13996000107" in written(desk, "whole")


def written(desk: Desk, name: str) -> set[str]:
    found = [sheets.read(file.read_bytes(), name="s") for file in desk.folder.glob(f"{name}*")]
    return {str(cell) for each in found for sheet in each for row in sheet.rows for cell in row if cell is not None}


def test_an_organisation_is_shown_as_it_was_on_a_day(desk: Desk) -> None:
    desk.run("import", desk.sheets([TOWNSHIP, MERGED], [MEDIATOR, JUDGE]))
    shown = [desk.json("show", "ZZ-01", "--at", day)["called"] for day in ("2026-03-31", "2026-04-01")]
    assert shown == ["示例镇矛调中心", "示例镇综治中心"]
    assert [desk.json("show", "ZZ-02", "--at", day)["heir"] for day in ("2026-03-31", "2026-05-01")] == [
        "ZZ-02",
        "ZZ-01",
    ]
    assert [each["id"] for each in desk.json("show", "ZZ-01")["people"]] == ["R-01", "R-02"]
    assert "李沐言" in desk.run("show", "ZZ-01").stdout
    active = [each["id"] for each in desk.json("list", "--at", "2026-05-01")["organisations"] if each["active"]]
    assert active == ["ZZ-01"]
    assert "ZZ-01" in desk.run("list").stdout
    assert desk.run("show", "ZZ-99", code=3).stderr
