"""Options that several commands have, so that they are called and explained the same everywhere."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="cli.option.json")]
OfPartner: TypeAlias = Annotated[str | None, typer.Option("--partner", help="cli.option.partner", metavar="NAME")]
Limit: TypeAlias = Annotated[int, typer.Option("--limit", help="cli.option.limit", min=1, max=100_000)]
