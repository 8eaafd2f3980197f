"""``partners``: who is configured and what waits for them; ``partners test``: whether each could be reached now."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer
from rich.text import Text

from gateway import bootstrap
from gateway.assembling import load_revision
from gateway.cli import findings
from gateway.cli.ferries import folders_found
from gateway.cli.findings import Found
from gateway.cli.options import AsJson
from gateway.cli.probing import Probe, probe
from gateway.cli.reading import exists, reading
from gateway.cli.shell import stop
from gateway.cli.terminal import Terminal, clock, of
from gateway.configuration import PartnerRow, Revision, resolve
from gateway.contract import is_collected
from gateway.errors import ConfigurationFault
from gateway.posts import unknown_partner
from gateway.settings import Settings
from gateway.store import shown


def commands() -> typer.Typer:
    """Return the group of commands; without one it lists."""
    app = typer.Typer(help="cli.help.partners", invoke_without_command=True, rich_markup_mode="rich")
    app.callback()(partners)
    app.command("test", help="cli.help.partners_test")(connect)
    return app


def partners(context: typer.Context, as_json: AsJson = False) -> None:
    """List the configured partners."""
    if context.invoked_subcommand is not None:
        return
    terminal = of(context)
    settings = terminal.settings()
    revision = load_revision(settings, bootstrap.shipped_adapters())
    waiting, breakers = _standing(settings)
    rows = [
        _row(terminal, row, waiting.get(row.partner, {}), breakers.get(row.partner))
        for row in revision.partners.values()
    ]
    if as_json:
        terminal.json({"partners": rows, "revision": revision.id})
        return
    if not rows:
        terminal.say("cli.partners.none", folder=settings.config_folder.absolute())
        return
    columns = ("partner", "base_url", "waiting", "oldest", "answers")
    terminal.print(terminal.table(columns, [_cells(terminal, row) for row in rows]))


def connect(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="cli.argument.partner", metavar="NAME")] = None,
    as_json: AsJson = False,
) -> None:
    """Resolve a partner's secrets and connect to it; no record is sent."""
    terminal = of(context)
    settings = terminal.settings()
    revision = load_revision(settings, bootstrap.shipped_adapters())
    with terminal.busy("cli.partners.busy"):
        found = asyncio.run(tested(settings, chosen(revision, name)))
    if as_json:
        terminal.json(findings.as_document(found))
    else:
        findings.show(terminal, found)
    stop(findings.exit_code(found))


def chosen(revision: Revision, name: str | None) -> list[PartnerRow]:
    """Return one partner's row, or every one. Raises NotFound."""
    if name is None:
        return list(revision.partners.values())
    if name not in revision.partners:
        raise unknown_partner(name)
    return [revision.partners[name]]


async def tested(settings: Settings, rows: list[PartnerRow]) -> list[Found]:
    """Test partners, all at the same time."""
    found = await asyncio.gather(*[_tested(settings, row) for row in rows])
    return [finding for each in found for finding in each]


def secrets_found(settings: Settings, row: PartnerRow) -> list[Found]:
    """Say of every secret of a row whether it is there; never what it is."""
    found = []
    for name, reference in row.secrets.items():
        try:
            resolve(
                reference, base=settings.config_folder, file=f"partners/{row.partner}.yaml", field=f"secrets.{name}"
            )
        except ConfigurationFault as fault:
            found.append(findings.of_error(fault))
    if not found:
        found.append(findings.ok("cli.partners.secrets", partner=row.partner, count=len(row.secrets)))
    return found


def reached(settings: Settings, row: PartnerRow, probed: Probe) -> list[Found]:
    """Say what a probe showed; a pretend partner is an error where real cases are handled."""
    facts = {"partner": row.partner, "milliseconds": probed.milliseconds}
    if not probed.reached:
        why = findings.Found(level="error", code=probed.code or "transport.failed", facts=probed.facts)
        texts = {"zh": why.text("zh"), "en": why.text("en")}
        return [findings.error("cli.partners.not_reached", **facts, why_zh=texts["zh"], why_en=texts["en"])]
    found = [findings.ok("cli.partners.reached", **facts, status=probed.status)]
    if probed.pretends:
        level = findings.error if settings.production else findings.warning
        found.append(level("cli.partners.pretends", partner=row.partner))
    return found


async def _tested(settings: Settings, row: PartnerRow) -> list[Found]:
    found = secrets_found(settings, row)
    if is_collected(bootstrap.shipped_adapters()[row.adapter]):
        return [*found, findings.ok("cli.partners.mailbox", partner=row.partner)]
    if row.ferry is not None:
        return [*found, *await folders_found(settings, row, row.ferry)]
    if row.base_url is None:
        return [*found, findings.warning("cli.partners.no_address", partner=row.partner)]
    return [*found, *reached(settings, row, await probe(row))]


def _standing(settings: Settings) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what waits for each partner, and the breaker of each that has failed since it last answered."""
    if not exists(settings):
        return {}, {}
    with reading(settings) as connection:
        waiting = {each["partner"]: each for each in shown.counts(connection)["waiting"]}
        return waiting, {each.pop("partner"): each for each in shown.breakers(connection)}


def _cells(terminal: Terminal, row: dict[str, Any]) -> list[object]:
    name = Text(row["partner"], style="bold").append(f"\n{row['title'] or row['adapter']}", style="not bold")
    answers = _answers(terminal, row["breaker"])
    return [name, row["base_url"], row["waiting"], row["oldest"], answers]


def _answers(terminal: Terminal, breaker: dict[str, Any] | None) -> Text:
    """Say whether deliveries are let through to a partner, and where they are not, since when and why."""
    if breaker is None:
        return Text(terminal.text("cli.partners.let_through"), style="green")
    times = {name: clock(breaker[name]) for name in ("opened_at", "probe_at") if breaker[name] is not None}
    facts = {**breaker, **times}
    if breaker["state"] == "closed":
        return Text(terminal.text("cli.partners.failing", **facts), style="yellow")
    return Text(terminal.text(f"cli.partners.{breaker['state']}", **facts), style="red")


def _row(
    terminal: Terminal, row: PartnerRow, waiting: dict[str, Any], breaker: dict[str, Any] | None
) -> dict[str, Any]:
    return {
        "partner": row.partner,
        "title": row.called(terminal.language) if row.title else None,
        "adapter": row.adapter,
        "base_url": row.base_url,
        "organisations": list(row.organisations),
        "waiting": waiting.get("deliveries", 0),
        "oldest": waiting.get("oldest"),
        "breaker": breaker,
    }
