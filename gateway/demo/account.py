"""The account of the demonstration: each case's timeline with its holder, every hop, the warning, the closing count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from gateway import texts
from gateway.canonical.identifiers import BEIJING
from gateway.canonical.messages import TYPES
from gateway.demo.acts import Ruled
from gateway.demo.everybody import EVERYBODY
from gateway.demo.play import Played
from gateway.texts import Language

STATES = ["SETTLED", "FILED", "SETTLED", "SETTLED"]  # of the cases, in the order of the acts
FORGED = "rulings.binding.other_case_number"  # the right seal, and another case's number
LEDGER = {"accepted": 2, "refused": 1}  # of the ledger's lines: in one, Excel has damaged a number


def tell_account(console: Console, played: Played, language: Language) -> None:
    """Print the whole account."""
    for case in played.cases:
        console.print()
        console.print(_timeline(case, language))
        for review in case["confirmations"]:
            console.print(_review(review, language), soft_wrap=True)
    console.print()
    console.print(_warning(played, language), soft_wrap=True)
    if played.taken_in.fates:
        console.print(_ledger(played.taken_in.fates, language), soft_wrap=True)
    console.print()
    console.print(_closing_count(played, language))


def passed(played: Played) -> bool:
    """Say whether the story ended as it should: everything delivered, nothing dead, held or doubled in effect."""
    deliveries, records = played.counts["deliveries"], played.counts["records"]
    kept = [record for each in played.received.values() for record in each]
    once = len({(record["id"], record["kind"]) for record in kept}) == len(kept)
    told = [trace["case"]["state"] for trace in played.cases] == STATES and played.repeated == 1
    reviews = [review["state"] for trace in played.cases for review in trace["confirmations"]] == ["SERVED"]
    ruled = played.ruled == Ruled(forged=FORGED, states=("SUPERSEDED", "SERVED"), same=True)
    warned = set(played.warned.acknowledged) == set(played.warned.recipients)
    ledger = played.taken_in.fates in (LEDGER, None)
    refused = LEDGER["refused"] if played.taken_in.fates else 0
    at_rest = not played.counts["waiting"] and not _undelivered(deliveries) and _refused(records) == refused
    return told and once and reviews and ruled and warned and ledger and at_rest


def _timeline(trace: dict[str, Any], language: Language) -> Table:
    case = trace["case"]
    state = texts.text(f"lifecycle.state.{case['state']}", language)
    name = next((each["value"] for each in trace["references"]), case["id"])
    table = Table(
        title=texts.text("demo.case_title", language, case=name, state=state, holder=_who(case["holder"], language)),
        title_justify="left",
        title_style="bold",
        show_lines=False,
        expand=False,
    )
    for column in ("step", "time", "what", "who", "holder"):
        table.add_column(texts.text(f"demo.column_{column}", language), overflow="fold")
    for step in trace["steps"]:
        table.add_row(
            str(step["step"]),
            _moment(step["time"]),
            _title(step, language),
            _who(step["sender"], language),
            _who(step["holder"], language),
            style="bold",
        )
        for hop in _hops(step["deliveries"], language):
            table.add_row("", "", *hop, style="dim")
    return table


def _hops(deliveries: Iterable[dict[str, Any]], language: Language) -> Iterator[tuple[str, str, str]]:
    for delivery in deliveries:
        for attempt in delivery["tries"]:
            outcome = texts.text(f"demo.outcome_{attempt['outcome']}", language)
            status = f"HTTP {attempt['http_status']}" if attempt["http_status"] else "—"
            yield (
                texts.text("demo.attempt", language, number=attempt["number"], outcome=outcome),
                "→ " + _partner(delivery["partner"], language),
                f"{_clock(attempt['started_at'])}  {attempt['duration_ms']} ms  {status}",
            )


def _closing_count(played: Played, language: Language) -> Table:
    deliveries, records = played.counts["deliveries"], played.counts["records"]
    delivered = deliveries.get("delivered", 0)
    lines = {
        "accepted": records.get("accepted", 0),
        "delivered": delivered,
        "duplicates": played.repeated,
        "retried": played.counts["attempts"] - delivered,
        "refused": records.get("refused", 0),
        "held": records.get("held", 0) + records.get("parked", 0),
        "dead": deliveries.get("dead", 0),
    }
    table = Table(title=texts.text("demo.count_title", language), title_justify="left", title_style="bold")
    table.add_column(texts.text("demo.column_count", language))
    table.add_column("", justify="right")
    for name, number in lines.items():
        table.add_row(texts.text(f"demo.count_{name}", language), str(number))
    return table


def _undelivered(deliveries: dict[str, int]) -> int:
    return sum(count for status, count in deliveries.items() if status != "delivered")


def _refused(records: dict[str, int]) -> int:
    """Return how many records were not accepted: of the story, only the line of the ledger that Excel has damaged."""
    return sum(count for fate, count in records.items() if fate != "accepted")


def _review(review: dict[str, Any], language: Language) -> str:
    state = texts.text(f"lifecycle.review.{review['state']}", language)
    return texts.text("demo.review", language, number=review["court_number"] or "—", state=state)


def _warning(played: Played, language: Language) -> str:
    names = "、".join(_who(each, "zh") for each in played.warned.acknowledged)
    if language != "zh":
        names = ", ".join(_who(each, language) for each in played.warned.acknowledged)
    told, seen = len(played.warned.recipients), len(set(played.warned.acknowledged))
    return texts.text("demo.warned", language, told=told, seen=seen, names=names)


def _ledger(fates: dict[str, int], language: Language) -> str:
    return texts.text(
        "demo.ledger", language, accepted=fates.get("accepted", 0), refused=fates.get("refused", 0)
    )  # fmt: skip


def _who(organisation: str | None, language: Language) -> str:
    for actor in EVERYBODY:
        if actor.organisation == organisation:
            return actor.organisation_name if language == "zh" else actor.organisation_name_en
    return organisation or "—"


def _partner(name: str, language: Language) -> str:
    actor = next((each for each in EVERYBODY if each.name == name), None)
    return name if actor is None else actor.title if language == "zh" else actor.title_en


def _title(step: dict[str, Any], language: Language) -> str:
    if (step["type"], step["state"]) == ("litigation", "FILED"):
        return texts.text("lifecycle.step.litigation.filed", language).capitalize()
    field = TYPES[step["type"]].model_fields["type"]
    return str(field.title if language == "zh" else field.description)


def _moment(value: str) -> str:
    return datetime.fromisoformat(value).astimezone(BEIJING).strftime("%m-%d %H:%M")


def _clock(value: str) -> str:
    return datetime.fromisoformat(value).astimezone(BEIJING).strftime("%H:%M:%S.%f")[:-3]
