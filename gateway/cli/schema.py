"""``schema``: the JSON Schema of the common language, of mapping files and of code tables; always JSON."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.canonical.messages import PREFIX, TYPES
from gateway.canonical.schema import json_schema
from gateway.cli.terminal import of
from gateway.errors import NotFound
from gateway.mapping import mapping_file_schema, table_file_schema
from gateway.wire.yaml_marks import nearest


def schema(
    context: typer.Context,
    message_type: Annotated[str | None, typer.Argument(help="cli.argument.type", metavar="TYPE")] = None,
    mapping: Annotated[bool, typer.Option("--mapping", help="cli.option.mapping_schema")] = False,
    codes: Annotated[bool, typer.Option("--codes", help="cli.option.codes_schema")] = False,
) -> None:
    """Print a JSON Schema."""
    terminal = of(context)
    if sum((message_type is not None, mapping, codes)) > 1:
        raise typer.BadParameter(terminal.text("cli.schema.which"))
    if mapping:
        terminal.json(mapping_file_schema())
    elif codes:
        terminal.json(table_file_schema())
    elif message_type is None or message_type == "all":
        terminal.json(json_schema())
    else:
        terminal.json(json_schema(_known(message_type)))


def _known(name: str) -> str:
    short = name.removeprefix(PREFIX)
    if short not in TYPES:
        meant = nearest(short, TYPES)
        known = ", ".join([meant] if meant else TYPES)
        raise NotFound("cli.schema.unknown", type=name[:64], known=known)
    return short
