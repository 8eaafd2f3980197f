"""``mapping check`` and ``mapping try``: what is wrong with mapping files, and what they make of a record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from gateway import configuration
from gateway.canonical.identifiers import uuid7
from gateway.canonical.messages import Message, short_type
from gateway.canonical.schema import title
from gateway.cli import exits, findings
from gateway.cli.config import Folder, existing
from gateway.cli.covering import general, message_values, nested, record_values
from gateway.cli.options import AsJson, OfPartner
from gateway.cli.sampling import entries, message_of, record_of
from gateway.cli.shell import stop
from gateway.cli.terminal import Terminal, of, plain
from gateway.configuration import Revision
from gateway.configuration.folder import read_folder, together, translations
from gateway.contract import Record
from gateway.errors import ConfigurationFault, GatewayError, NotFound, Untranslatable
from gateway.mapping import Directory, Fault, check_set
from gateway.posts import unknown_partner
from gateway.wire.yaml_marks import nearest

Tried = dict[str, Any]


def commands() -> typer.Typer:
    """Return the group of commands."""
    app = typer.Typer(help="cli.help.mapping", no_args_is_help=True, rich_markup_mode="rich")
    app.command("check", help="cli.help.mapping_check")(check)
    app.command("try", help="cli.help.mapping_try")(attempt)
    return app


def check(context: typer.Context, folder: Folder = None, as_json: AsJson = False) -> None:
    """Say everything that is wrong with the mapping files and code tables of a folder, by file, line and field."""
    terminal = of(context)
    settings_folder = terminal.settings().config_folder
    place = existing(terminal, folder) if folder else settings_folder
    files, found = _examined(place)
    if as_json:
        terminal.json(findings.as_document(found, files=files))
    else:
        findings.show(terminal, found)
        terminal.say("cli.mapping.checked", files=files)
    stop(findings.exit_code(found))


def _examined(folder: Path) -> tuple[int, list[findings.Found]]:
    try:
        files = together(read_folder(folder), configuration.shipped_files())
    except ConfigurationFault as fault:
        return 0, [findings.of_error(fault)]
    files = translations(files)
    return len(files), findings.of_faults(check_set(files))


def attempt(
    context: typer.Context,
    mapping: Annotated[str, typer.Argument(help="cli.argument.mapping", metavar="MAPPING")],
    file: Annotated[Path, typer.Argument(help="cli.argument.sample", metavar="FILE")],
    *,
    partner: OfPartner = None,
    write: Annotated[bool, typer.Option("--write", help="cli.option.write")] = False,
    unmasked: Annotated[bool, typer.Option("--unmasked", help="cli.option.unmasked")] = False,
    as_json: AsJson = False,
) -> None:
    """Take a record through a mapping, or with --write a message, and show what comes out."""
    terminal = of(context)
    revision = configuration.load(terminal.settings().config_folder, configuration.shipped_files())
    bench = _bench(revision, mapping, partner)
    way = _write if write else _read
    tried = [way(bench, entry, unmasked=unmasked) for entry in entries(file)]
    if as_json:
        terminal.json({"tried": [{name: value for name, value in each.items() if name != "rows"} for each in tried]})
    else:
        if bench.open:
            terminal.say("cli.try.open_directory", adapter=bench.adapter)
        for each in tried:
            _show(terminal, each)
    stop(exits.OK if all(each["verdict"] in {"translated", "written"} for each in tried) else exits.WRONG)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bench:
    revision: Revision
    adapter: str
    partner: str
    kind: str | None  # the record kind of the mapping that was named
    directory: Directory
    open: bool


class _OpenDirectory:
    """Takes every organisation's code for its id: for trying a mapping before any partner is configured."""

    def organisation(self, partner: str, code: str) -> str | None:
        del partner
        return code

    def code(self, partner: str, organisation_id: str) -> str | None:
        del partner
        return organisation_id


def _bench(revision: Revision, name: str, partner: str | None) -> _Bench:
    adapter, kind = _named(revision, name)
    if partner is not None and partner not in revision.partners:
        raise unknown_partner(partner)
    speaking = [row.partner for row in revision.partners.values() if row.adapter == adapter]
    chosen = partner or (speaking[0] if len(speaking) == 1 else None)
    directory: Directory = revision.directory if chosen else _OpenDirectory()
    return _Bench(
        revision=revision, adapter=adapter, partner=chosen or "try", kind=kind, directory=directory, open=chosen is None
    )


def _named(revision: Revision, name: str) -> tuple[str, str | None]:
    """Return the adapter, and the record kind where a mapping is named. Raises NotFound with what was meant."""
    known = revision.mappings.mappings
    for mapping in known:
        if mapping.name == name:
            return mapping.adapter, mapping.record
    adapters = {mapping.adapter for mapping in known}
    if name in adapters:
        return name, None
    every = sorted({mapping.name for mapping in known} | adapters)
    raise NotFound("cli.try.unknown", name=name[:100], known=nearest(name, every) or ", ".join(sorted(adapters)))


def _read(bench: _Bench, entry: Mapping[str, Any], *, unmasked: bool) -> Tried:
    record = record_of(entry, bench.kind)
    base = {"id": uuid7(), "source": f"/partners/{bench.partner}", "receivedtime": datetime.now(UTC)}
    reading = bench.revision.mappings.read(bench.adapter, bench.partner, record, directory=bench.directory, base=base)
    message = reading.message
    values = message_values(message, unmasked=unmasked) if message else {}
    return {
        "record": record.id,
        "kind": record.kind,
        "mapping": reading.mapping or None,
        "verdict": reading.verdict,
        "message": nested(message.model_dump(mode="json", exclude_none=True), values) if message else None,
        "faults": [_fault(fault) for fault in reading.faults],
        "unmapped": list(reading.unmapped),
        "lost": [],
        "rows": _titled(message, values) if message else [],
    }


def _write(bench: _Bench, entry: Mapping[str, Any], *, unmasked: bool) -> Tried:
    message = message_of(entry)
    tried: Tried = {"record": message.id, "kind": short_type(message), "faults": [], "unmapped": [], "lost": []}
    try:
        writing = bench.revision.mappings.write(bench.adapter, bench.partner, message, directory=bench.directory)
    except Untranslatable as error:
        return {**tried, "mapping": None, "verdict": "refused", "fields": None, "faults": [_error(error)], "rows": []}
    values = record_values(writing.record.fields, message, unmasked=unmasked)
    return {
        **tried,
        "kind": writing.record.kind,
        "mapping": writing.mapping,
        "verdict": "written",
        "fields": nested(writing.record.fields, values),
        "attachments": [_ticket(writing.record, n) for n in range(len(writing.record.attachments))],
        "lost": list(writing.lost),
        "rows": [(path, value) for path, value in values.items()],
    }


def _titled(message: Message, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    kind = short_type(message)
    return [(path, title(kind, general(path)).rpartition(" / ")[2], value) for path, value in values.items()]


def _ticket(record: Record, number: int) -> dict[str, Any]:
    attachment = record.attachments[number]
    return {"kind": attachment.kind, "size": attachment.size, "sha256": attachment.sha256}


def _fault(fault: Fault) -> dict[str, Any]:
    return {
        "code": fault.code,
        "field": fault.partner_path,
        "canonical": fault.canonical_path,
        "title": fault.title,
        "verdict": fault.verdict,
        "texts": {"zh": fault.text("zh"), "en": fault.text("en")},
    }


def _error(error: GatewayError) -> dict[str, Any]:
    texts = {"zh": error.text("zh"), "en": error.text("en")}
    place = {"field": error.facts.get("field"), "canonical": error.facts.get("canonical")}
    return {"code": error.code, **place, "title": error.facts.get("title"), "verdict": "refused", "texts": texts}


def _show(terminal: Terminal, tried: Tried) -> None:
    verdict = terminal.text(f"cli.try.{tried['verdict']}")
    terminal.print(Text(plain(f"{tried['kind']}  {tried['record']}  "), style="bold").append(verdict))
    if tried["mapping"]:
        terminal.say("cli.try.by", mapping=tried["mapping"])
    if tried["rows"]:
        columns = ("field", "value") if tried["verdict"] == "written" else ("field", "title", "value")
        terminal.print(terminal.table(columns, tried["rows"]))
    if tried["faults"]:
        rows = [(each["field"], each["canonical"], each["texts"][terminal.language]) for each in tried["faults"]]
        terminal.print(terminal.table(("partner_field", "field", "reason"), rows))
    _list(terminal, "cli.try.unmapped", tried["unmapped"])
    _list(terminal, "cli.try.lost", tried["lost"])
    terminal.print()


def _list(terminal: Terminal, code: str, paths: Iterable[str]) -> None:
    listed = ", ".join(plain(path) for path in paths)
    if listed:
        terminal.say(code, paths=listed)
