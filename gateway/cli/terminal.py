"""What a command says and to whom: tables and sentences for people, one JSON document for programs, errors aside.

stdout   the answer: a table, sentences, or with --json one document and nothing else
stderr   errors, logs and, on a terminal only, progress
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TextIO, TypeVar

import orjson
import typer
from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import Console, RenderableType
from rich.progress import track
from rich.table import Table
from rich.text import Text

from gateway import texts
from gateway.canonical.identifiers import BEIJING
from gateway.errors import GatewayError
from gateway.settings import Settings, load_settings
from gateway.texts import Language

WIDTH = 100  # columns, where there is no terminal that says
Item = TypeVar("Item")
_CONTROL = dict.fromkeys([*range(32), *range(127, 160), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_FIXED = {"received": 19, "created": 19, "oldest": 19, "receipt": 36, "delivery": 36, "receipt_or_delivery": 36,
          "suspicion": 48, "cases": 36}  # fmt: skip
_STYLES = {
    "accepted": "green", "delivered": "green", "ok": "green", "parked": "cyan", "handed": "cyan", "pending": "cyan",
    "held": "yellow", "warning": "yellow", "blocked": "yellow", "in_doubt": "yellow", "withdrawn": "dim",
    "refused": "red", "dead": "red", "error": "red", "passed": "green", "failed": "red", "not_possible": "yellow",
    "not_applicable": "dim",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """Where one command speaks, in which language, and the settings its options gave."""

    language: Language
    out: Console
    err: Console
    given: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of_process(cls, language: Language) -> Terminal:
        """Return the terminal on this process's own streams."""
        return cls(language=language, out=_console(sys.stdout), err=_console(sys.stderr))

    def settings(self, **given: Any) -> Settings:
        """Return the settings: environment, then options. Raises ConfigurationFault."""
        return load_settings(**self.given, **{name: value for name, value in given.items() if value is not None})

    def text(self, code: str, /, **facts: object) -> str:
        """Return a sentence of the catalogue in the user's language."""
        return texts.text(code, self.language, **facts)

    def say(self, code: str, /, **facts: object) -> None:
        """Print a sentence of the catalogue."""
        self.print(self.text(code, **facts))

    def print(self, *what: RenderableType) -> None:
        """Print text as it is, or anything that rich draws."""
        self.out.print(*what, soft_wrap=all(isinstance(each, str | Text) for each in what))

    def json(self, document: object) -> None:
        """Print one JSON document, UTF-8 whatever the locale; times in UTC+8."""
        shown = orjson.dumps(in_beijing(document), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE, default=str)
        self.out.file.flush()
        sys.stdout.buffer.write(shown)
        sys.stdout.buffer.flush()

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
        """Return a table; a column is a code below ``cli.column``, a cell a value, a word of a state or rich text."""
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
        for column in columns:
            table.add_column(self.text(f"cli.column.{column}"), overflow="fold", width=_FIXED.get(column))
        for row in rows:
            table.add_row(*[self.cell(value) for value in row])
        return table

    def facts(self, rows: Mapping[str, object]) -> Text:
        """Return what is known of one thing, a line each, never broken: a code below ``cli.column`` and its value."""
        named = {self.text(f"cli.column.{name}"): value for name, value in rows.items() if value not in (None, "")}
        width = max(map(cell_len, named), default=0) + 2
        lines = []
        for name, value in named.items():
            for number, line in enumerate(self.cell(value).split("\n")):
                label = Text.assemble((set_cell_size("" if number else name, width), "bold"))
                lines.append(label.append_text(line))
        return Text("\n").join(lines)

    def cell(self, value: object) -> Text:
        """Return a value as it is shown: times in UTC+8, nothing that could steer a terminal."""
        if isinstance(value, Text):
            return value
        if isinstance(value, datetime):
            return Text(clock(value))
        return Text("" if value is None else plain(str(value)))

    def word(self, kind: str, name: str | None) -> Text:
        """Return a state, fate, status or level in words, coloured; the bare name where there is no word for it."""
        if not name:
            return Text("")
        code = f"{kind}.{name}"
        said = self.text(code)
        return Text(name if said == code else said, style=_STYLES.get(name, ""))

    def complain(self, error: GatewayError) -> None:
        """Say an error on stderr: the text, the code, and who must act."""
        who = self.text(f"cli.who.{texts.actor(error.code)}")
        said = plain(error.text(self.language))
        self.err.print(Text(self.text("cli.error"), style="bold red"), said, soft_wrap=True)
        self.err.print(Text(self.text("cli.error_code", code=error.code, who=who), style="dim"), soft_wrap=True)

    def progress(self, code: str, items: Sequence[Item]) -> Iterable[Item]:
        """Yield ``items`` with a bar on stderr, if that is a terminal."""
        return track(items, self.text(code), console=self.err, disable=not self.err.is_terminal, transient=True)

    @contextmanager
    def busy(self, code: str, /, **facts: object) -> Iterator[None]:
        """Show on stderr, if that is a terminal, that something takes a while."""
        if not self.err.is_terminal:
            yield
            return
        with self.err.status(self.text(code, **facts)):
            yield


def of(context: typer.Context) -> Terminal:
    """Return the terminal of a command."""
    terminal: Terminal = context.obj
    return terminal


def clock(at: datetime) -> str:
    """Return a point in time as people here read it, in UTC+8, to the second."""
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def plain(value: str) -> str:
    """Return a text without line breaks or anything that a terminal would take for a command."""
    return value.translate({**_CONTROL, 10: " ", 9: " "})


def in_beijing(value: Any) -> Any:
    """Return a JSON value with every point in time in UTC+8."""
    if isinstance(value, datetime):
        return value.astimezone(BEIJING)
    if isinstance(value, Mapping):
        return {str(name): in_beijing(each) for name, each in value.items()}
    return [in_beijing(each) for each in value] if isinstance(value, list | tuple) else value


def _console(stream: TextIO) -> Console:
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")  # a locale without Chinese must not stop a command
    width = None if stream.isatty() else WIDTH
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)
