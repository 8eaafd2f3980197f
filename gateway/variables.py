"""The environment variables that are settings, described: for the documentation, and to name one that is mistyped."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ByteSize

from gateway.settings import PREFIX, Settings
from gateway.wire.yaml_marks import nearest

_READ_ELSEWHERE = frozenset({"FENGQIAO_LANGUAGE"})  # gateway.texts: the language of the command line


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One environment variable, for the documentation."""

    name: str
    default: str
    description: str


def unknown_variables(environment: Mapping[str, str] | None = None) -> dict[str, str | None]:
    """Return variables that look like settings but are none, each with the one that was probably meant."""
    known = {variable.name for variable in variables()} | _READ_ELSEWHERE
    environment = os.environ if environment is None else environment
    strange = sorted(name for name in environment if name.upper().startswith(PREFIX) and name.upper() not in known)
    return {name: nearest(name.upper(), known) for name in strange}


def variables() -> tuple[Variable, ...]:
    """Return every variable with its default and description, in the order of the fields."""
    return tuple(
        Variable(name=PREFIX + name.upper(), default=_shown(field.default), description=field.description or "")
        for name, field in Settings.model_fields.items()
    )


def _shown(default: object) -> str:
    if isinstance(default, ByteSize):
        return default.human_readable()
    return "" if default is None else str(default).lower() if isinstance(default, bool) else str(default)
