"""``directory``: look at organisations and people, take them in from sheets, write them or the public roster."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer
import yaml

from gateway import configuration
from gateway.canonical.identifiers import BEIJING
from gateway.cli import exits
from gateway.cli.options import AsJson
from gateway.cli.shell import stop
from gateway.cli.terminal import Terminal, of
from gateway.configuration import Revision
from gateway.configuration.directory_export import tables
from gateway.configuration.directory_import import Fate, Verdict, staged
from gateway.configuration.directory_rows import DirectoryFile
from gateway.configuration.folder import read_folder, together
from gateway.configuration.form import read_as
from gateway.errors import NotFound
from gateway.texts import text
from gateway.wire import sheets, workbook
from gateway.wire.workbook import Table

FILE = "directory.yaml"
_FATES: tuple[Fate, ...] = ("added", "changed", "unchanged", "by_hand", "refused")
_DAY = ["%Y-%m-%d"]
_HEAD = "# Written by `fengqiao directory import`; what stands in organisations.yaml is written by hand.\n"
At: TypeAlias = Annotated[
    datetime | None, typer.Option("--at", help="cli.option.at", formats=_DAY, metavar="YYYY-MM-DD")
]


def commands() -> typer.Typer:
    """Return the group of commands."""
    app = typer.Typer(help="cli.help.directory", no_args_is_help=True, rich_markup_mode="rich")
    app.command("list", help="cli.help.directory_list")(listed)
    app.command("show", help="cli.help.directory_show")(show)
    app.command("import", help="cli.help.directory_import")(bring)
    app.command("export", help="cli.help.directory_export")(write)
    return app


def listed(context: typer.Context, at: At = None, as_json: AsJson = False) -> None:
    """List the organisations, and how many people have a place in each."""
    terminal = of(context)
    day, known = _day(at), _loaded(terminal).directory
    rows = [
        {"id": row.id, "name": row.name_on(day), "kind": row.kind, "active": row.active_on(day),
         "partner": known.partner_of(row.id), "people": len(list(known.places_in(row.id, day)))}
        for row in known.organisations.values()
    ]  # fmt: skip
    if as_json:
        terminal.json({"day": day.isoformat(), "organisations": rows})
        return
    columns = ("id", "called", "kind", "partner")
    shown = [(each["id"], each["name"], each["kind"], each["partner"]) for each in rows if each["active"]]
    terminal.print(terminal.table(columns, shown))
    terminal.say("cli.directory.sum", organisations=len(shown), people=len(known.people))


def show(
    context: typer.Context,
    organisation: Annotated[str, typer.Argument(help="cli.argument.organisation", metavar="ID")],
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Show one organisation as it was on a day."""
    terminal = of(context)
    day, known = _day(at), _loaded(terminal).directory
    row = known.by_id(organisation)
    if row is None:
        raise NotFound("directory.unknown", id=organisation)
    places = [
        {"id": person.id, "name": person.name, "role": place.role, "grids": list(person.grids)}
        for person, place in known.places_in(row.id, day)
    ]
    shown: dict[str, Any] = {
        "id": row.id, "called": row.name_on(day), "kind": row.kind, "level": row.level, "since": row.since,
        "until": row.until, "heir": known.heir(row.id, day), "partner": known.partner_of(row.id),
        "codes": {partner: list(codes) for partner, codes in row.codes_on(day).items()},
    }  # fmt: skip
    if as_json:
        terminal.json({**shown, "active": row.active_on(day), "people": places})
        return
    said = "; ".join(f"{partner}: {', '.join(codes)}" for partner, codes in shown["codes"].items())
    terminal.print(terminal.facts({**shown, "codes": said}))
    if places:
        rows = [(each["id"], each["name"], each["role"], "、".join(each["grids"])) for each in places]
        terminal.print()
        terminal.print(terminal.table(("id", "person", "role", "grids"), rows))


def bring(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="cli.argument.directory", metavar="FILE", exists=True, dir_okay=False)],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="cli.option.judge_only")] = False,
    as_json: AsJson = False,
) -> None:
    """Take sheets in: all rows of them, or none."""
    terminal = of(context)
    folder = terminal.settings().config_folder
    files = read_folder(folder)
    revision = configuration.from_files(together(files, configuration.shipped_files()))
    before, _, _ = read_as(DirectoryFile, files.get(FILE, ""), file=FILE)
    by_hand = [row for row in revision.directory.organisations.values() if row.id not in revision.imported]
    verdicts, after = staged(
        sheets.read(file.read_bytes(), name=file.stem), before=before or DirectoryFile(), by_hand=by_hand
    )
    written = after is not None and not dry_run
    if after is not None and written:
        _keep(folder, files, after)
    _tell(terminal, verdicts, folder / FILE if written else None, as_json=as_json)
    stop(exits.OK if after is not None else exits.WRONG)


def write(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="cli.argument.directory_out", metavar="FILE")],
    *,
    public: Annotated[bool, typer.Option("--public", help="cli.option.public")] = False,
    at: At = None,
) -> None:
    """Write the directory as sheets."""
    terminal = of(context)
    if file.suffix not in {".xlsx", ".csv"}:
        raise typer.BadParameter(terminal.text("directory.file_kind"))
    made = tables(_loaded(terminal).directory, _day(at), public=public)
    if file.suffix == ".xlsx":
        _place(file, workbook.write(made))
        terminal.say("cli.directory.written", file=str(file))
        return
    for table in made:
        part = file.with_name(f"{file.stem}-{_in_file_names(table)}.csv")
        _place(part, sheets.write_csv(table))
        terminal.say("cli.directory.written", file=str(part))


def _in_file_names(table: Table) -> str:
    return {"机构": "organisations", "人员": "people"}[table.name]


def _day(at: datetime | None) -> date:
    return at.date() if at else datetime.now(BEIJING).date()


def _loaded(terminal: Terminal) -> Revision:
    return configuration.load(terminal.settings().config_folder, configuration.shipped_files())


def _keep(folder: Path, files: dict[str, str], after: DirectoryFile) -> None:
    """Write the file in one step, having looked whether the configuration is right with it."""
    said = after.model_dump(mode="json", exclude_defaults=True)
    written = _HEAD + yaml.safe_dump(said, allow_unicode=True, sort_keys=False)
    configuration.from_files(together({**files, FILE: written}, configuration.shipped_files()))
    _place(folder / FILE, written.encode())


def _place(file: Path, content: bytes) -> None:
    """Put a file where it belongs, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with beside.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


def _tell(terminal: Terminal, verdicts: Sequence[Verdict], file: Path | None, *, as_json: bool) -> None:
    counted = Counter(verdict.fate for verdict in verdicts)
    counts = {fate: counted[fate] for fate in _FATES}
    if as_json:
        rows = [_as_document(verdict) for verdict in verdicts]
        terminal.json({"rows": rows, "counts": counts, "written": str(file) if file else None})
        return
    shown = [
        (each.sheet, each.line, each.id, terminal.text(f"cli.row_fate.{each.fate}"), _why(each, terminal))
        for each in verdicts
    ]
    terminal.print(terminal.table(("sheet", "line", "id", "fate", "reason"), shown))
    terminal.say("cli.directory.taken" if file else "cli.directory.judged", file=str(file), **counts)


def _why(verdict: Verdict, terminal: Terminal) -> str:
    code = verdict.code or ("directory.by_hand" if verdict.fate == "by_hand" else None)
    return terminal.text(code, **verdict.facts) if code else ""


def _as_document(verdict: Verdict) -> dict[str, Any]:
    code = verdict.code or ("directory.by_hand" if verdict.fate == "by_hand" else None)
    said = {"zh": text(code, "zh", **verdict.facts), "en": text(code, "en", **verdict.facts)} if code else None
    return {
        "sheet": verdict.sheet, "line": verdict.line, "id": verdict.id, "fate": verdict.fate, "code": code,
        "column": verdict.facts.get("column"), "texts": said,
    }  # fmt: skip
