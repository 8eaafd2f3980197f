"""``trace``: the story of one case, step by step: who said what, who held it afterwards, and how each hop went."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.padding import Padding
from rich.text import Text

from gateway.canonical.messages import PREFIX, TYPES
from gateway.cli.duplicates import grounds, verdict_of
from gateway.cli.naming import Names, names
from gateway.cli.options import AsJson
from gateway.cli.reading import reading
from gateway.cli.terminal import Terminal, clock, of, plain
from gateway.errors import NotFound
from gateway.store import shown

Row = dict[str, Any]


def trace(
    context: typer.Context,
    case: Annotated[str, typer.Argument(help="cli.argument.case", metavar="CASE")],
    as_json: AsJson = False,
) -> None:
    """Print the timeline of a case, found by any of its names."""
    terminal = of(context)
    settings = terminal.settings()
    with reading(settings) as connection:
        case_id = shown.find_case(connection, case)
        if case_id is None:
            raise NotFound("case.unknown")
        story = shown.trace(connection, case_id)
    if as_json:
        terminal.json(story)
        return
    tell(terminal, story, names(settings))


def tell(terminal: Terminal, story: Row, known: Names) -> None:
    """Print a trace, as ``store.shown`` returns it, for a person."""
    terminal.print(_head(terminal, story, known))
    if story["legs"]:
        _heading(terminal, "cli.trace.legs")
        terminal.print(_legs(terminal, story["legs"], known))
    _heading(terminal, "cli.trace.steps")
    papers = _papers(story["documents"])
    for step in story["steps"]:
        _step(terminal, step, known, papers.get(step["id"], []))
    if story["other_records"]:
        _heading(terminal, "cli.trace.others")
        for record in story["other_records"]:
            _other(terminal, record)


def type_title(terminal: Terminal, name: str) -> str:
    """Return what people call a message type: the Chinese title, or its name in English."""
    short = name.removeprefix(PREFIX)
    if terminal.language == "en" or short not in TYPES:
        return short.replace("_", " ")
    return TYPES[short].model_fields["type"].title or short


def reason(terminal: Terminal, row: Row) -> str:
    """Return why a row is as it is: the text of its code with its facts, and the field; "" when it has no code."""
    if not row.get("code"):
        return ""
    said = terminal.text(row["code"], **(row.get("facts") or {}))
    field = row.get("field")
    return plain(f"{field}: {said}" if field and field not in said else said)


def _head(terminal: Terminal, story: Row, known: Names) -> Any:
    case = story["case"]
    held = known.organisation(case["holder"])
    if held and case["holder_since"]:
        held = terminal.text("cli.trace.since", holder=held, since=clock(case["holder_since"]))
    references = [
        f"{ref['value']} ({ref['partner']})" if ref["partner"] else ref["value"] for ref in story["references"]
    ]
    return terminal.facts(
        {
            "case": case["id"],
            "references": _lines(references) if references else None,
            "state": terminal.word("lifecycle.state", case["state"]),
            "holder": held,
            "origin": known.organisation(case["origin"]),
            "profile": case["profile"],
            "opened": case["opened_at"],
            "closed": case["closed_at"],
            "hold": _lines([f"{each['placed_by']}: {each['reason']}" for each in _in_force(story)]) or None,
            "duplicates": _lines(_duplicates(terminal, story)) or None,
            "flags": _lines([str(terminal.word("lifecycle.flag", flag)) for flag in case["flags"]]) or None,
        }
    )


def _duplicates(terminal: Terminal, story: Row) -> list[str]:
    suspected = [each for each in story["duplicates"] if each["verdict"] != "dismissed"]
    others = [next(case["id"] for case in each["cases"] if case["id"] != story["case"]["id"]) for each in suspected]
    said = (f"{grounds(terminal, each)}; {verdict_of(terminal, each)}" for each in suspected)
    return [f"{other} ({what})" for other, what in zip(others, said, strict=True)]


def _in_force(story: Row) -> list[Row]:
    return [each for each in story["holds"] if each["released_at"] is None]


def _heading(terminal: Terminal, code: str) -> None:
    terminal.print()
    terminal.print(Text(terminal.text(code), style="bold"))


def _lines(values: list[str]) -> Text:
    return Text("\n".join(plain(value) for value in values))


def _legs(terminal: Terminal, legs: list[Row], known: Names) -> Any:
    columns = ("number", "unit", "level", "state", "dispatched", "accepted", "due_on")
    rows = (
        (leg["number"], known.organisation(leg["unit"]), terminal.word("cli.level", leg["level"]),
         terminal.word("lifecycle.state", leg["state"]), leg["dispatched_at"], leg["accepted_at"], leg["due_on"])
        for leg in legs
    )  # fmt: skip
    return terminal.table(columns, rows)


def _step(terminal: Terminal, step: Row, known: Names, papers: list[Row]) -> None:
    title = Text.assemble(
        (f"{step['step']:>3}  ", "bold"),
        (clock(step["time"]), ""),
        "  ",
        (type_title(terminal, step["type"]), "bold cyan"),
    )
    title.append(f"  {_way(step, known)}")
    terminal.print(title)
    after = terminal.text(
        "cli.trace.after",
        state=str(terminal.word("lifecycle.state", step["state"])) or "—",
        holder=known.organisation(step["holder"]) or "—",
        partner=step["partner"],
        received=clock(step["received_at"]),
    )
    terminal.print(_under(plain(after), 5, "dim"))
    if step["emptied_at"]:
        terminal.print(_under(terminal.text("cli.trace.emptied", at=clock(step["emptied_at"])), 5, "yellow"))
    if step["unmapped"]:
        terminal.print(_under(terminal.text("cli.trace.unmapped", count=step["unmapped"]), 5, "yellow"))
    for paper in papers:
        if paper["state"] != "kept":
            said = terminal.text(
                f"cli.trace.document_{paper['state']}", document=paper["id"], why=reason(terminal, paper)
            )
            terminal.print(_under(said, 5, "yellow"))
    for delivery in step["deliveries"]:
        for line in _delivery(terminal, delivery):
            terminal.print(line)


def _way(step: Row, known: Names) -> str:
    sender, addressee = known.organisation(step["sender"]) or step["partner"], known.organisation(step["addressee"])
    return plain(f"{sender} → {addressee}" if addressee else sender)


def _delivery(terminal: Terminal, delivery: Row) -> Iterator[Any]:
    line = Text("└ ", style="dim")
    line.append(f"→ {plain(delivery['partner'])}  ", style="bold")
    line.append_text(terminal.word("cli.status", "blocked" if is_blocked(delivery) else delivery["status"]))
    line.append(f"  {terminal.text('cli.why.' + delivery['why'])}  {delivery['id']}", style="dim")
    yield Padding(line, (0, 0, 0, 5))
    for attempt in delivery["tries"]:
        yield Padding(_attempt(terminal, attempt), (0, 0, 0, 9))
    if said := lost(terminal, delivery):
        yield _under(said, 7, "yellow")
    if why := reason(terminal, delivery):
        yield _under(why, 7, "yellow")
    if delivery["due_at"] and not delivery["blocked"] and delivery["status"] in {"pending", "in_doubt"}:
        yield _under(terminal.text("cli.trace.due", due=clock(delivery["due_at"])), 7, "dim")


def lost(terminal: Terminal, delivery: Row) -> str:
    """Return which fields of a message had no place at the partner; of old deliveries how many; "" for none."""
    names = [
        f"{each['title']} ({each['path']})" if terminal.language == "zh" else each["path"]
        for each in delivery["lost_names"]
    ]
    if names:
        return terminal.text("cli.trace.lost_named", count=len(names), names=plain("; ".join(names)))
    return terminal.text("cli.trace.lost", count=delivery["lost_fields"]) if delivery["lost_fields"] else ""


def _attempt(terminal: Terminal, attempt: Row) -> Text:
    said = Text(
        f"{attempt['number']:>2}. {clock(attempt['started_at'])}  {attempt['duration_ms']:>5} ms  ", style="dim"
    )
    said.append(f"HTTP {attempt['http_status']}  " if attempt["http_status"] else "", style="dim")
    said.append_text(terminal.word("cli.outcome", attempt["outcome"]))
    why = reason(terminal, attempt)
    return said.append(f"  {why}" if why else "")


def is_blocked(delivery: Row) -> bool:
    """Say whether a delivery waits behind a dead one; ``shown`` says it of closed ones too."""
    return bool(delivery["blocked"]) and delivery["status"] in {"pending", "in_doubt"}


def _other(terminal: Terminal, record: Row) -> None:
    line = Text(f"     {clock(record['received_at'])}  ")
    line.append_text(terminal.word("cli.fate", record["fate"]))
    line.append(plain(f"  {record['partner']}  {record['kind']}  {record['record_id']}"))
    terminal.print(line)
    terminal.print(_under(f"{record['id']}  {waits(terminal, record)}", 7, "dim"))


def waits(terminal: Terminal, record: Row) -> str:
    """Return why a record is where it is, and of a parked one what it waits for and until when."""
    if record["fate"] != "parked":
        return reason(terminal, record)
    wanted = ", ".join(type_title(terminal, each) for each in (record["waits_for"] or "").split(",") if each)
    until = clock(record["deadline_at"]) if record["deadline_at"] else "—"
    return terminal.text("cli.trace.waits_for", wanted=wanted or "—", until=until)


def _papers(documents: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for paper in documents:
        found.setdefault(paper["message_id"], []).append(paper)
    return found


def _under(said: str, indent: int, style: str) -> Padding:
    return Padding(Text(said, style=style), (0, 0, 0, indent))
