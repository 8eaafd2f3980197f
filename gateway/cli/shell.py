"""The outermost ring of every command: chooses the language, turns whatever goes wrong into a text and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, get_args

import typer
from typer.core import TyperGroup

from gateway import logs
from gateway.cli import exits
from gateway.cli.fault import write_down
from gateway.cli.terminal import Terminal
from gateway.errors import GatewayError
from gateway.texts import Language, catalogue, from_locale, text

OPTION = "--language"


class Shell(TyperGroup):
    """Run a command so that no traceback ever reaches the user."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command that ``args`` name and leave the process with its exit code."""
        language, given = language_of(sys.argv[1:] if args is None else args)
        translate(self, language)
        terminal = Terminal.of_process(language)
        logs.configure(level="error")
        try:
            return super().main(
                given, prog_name, complete_var, standalone_mode, windows_expand_args, obj=terminal, **extra
            )
        except GatewayError as error:
            terminal.complain(error)
            sys.exit(exits.code_of(error))
        except OSError as error:
            terminal.complain(_no_access(error))
            sys.exit(exits.STORE)
        except Exception as error:
            terminal.complain(write_down(error, terminal))
            sys.exit(exits.FAULT)


def language_of(args: Sequence[str]) -> tuple[Language, list[str]]:
    """Take ``--language`` out of the arguments, wherever it stands; without it, the locale's language.

    A language that there is not is put where the root command refuses it.
    """
    rest, chosen = list(args), None
    end = rest.index("--") if "--" in rest else len(rest)
    for place, argument in enumerate(rest[:end]):
        if argument.startswith(f"{OPTION}="):
            chosen = argument.removeprefix(f"{OPTION}=")
            del rest[place]
            break
        if argument == OPTION and place + 1 < end:
            chosen = rest[place + 1]
            del rest[place : place + 2]
            break
    for language in get_args(Language):
        if language == chosen:
            return language, rest
    return from_locale(os.environ), rest if chosen is None else [OPTION, chosen, *rest]


def translate(command: Any, language: Language) -> None:
    """Put the catalogue's texts where the commands and their parameters have codes."""
    known = catalogue()
    for one in (command, *command.params):
        for name in ("help", "short_help", "epilog", "rich_help_panel"):
            code = getattr(one, name, None)
            if isinstance(code, str) and code in known:
                setattr(one, name, text(code, language))
    for inner in getattr(command, "commands", {}).values():
        translate(inner, language)


def _no_access(error: OSError) -> GatewayError:
    where = error.filename if isinstance(error.filename, str) else None
    return GatewayError("cli.no_access", file=where, why=error.strerror or type(error).__name__)


def stop(code: int) -> None:
    """End the command with an exit code; nothing happens for 0."""
    if code:
        raise typer.Exit(code)
