"""Read a YAML file of the configuration so strictly that every mistake in it has a line and a field.

    text ─► nodes (with their lines) ─► plain values, keyed by place ─► a frozen spec   or   ConfigurationFault…

YAML is taken at its least clever: only ``null``, ``true``/``false`` and whole numbers without a leading zero are not
text, so that the code ``0101``, the word ``NO`` and the day ``2022-08-20`` stay what the administrator wrote. A key
that stands twice and an alias are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from gateway.errors import ConfigurationFault, Fact

Place = tuple[str | int, ...]
Value = Any  # what YAML can say: text, whole number, truth value, nothing, lists and mappings of these

_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_NOTHING = ("", "~", "null", "Null", "NULL")
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_DEEPEST = 40
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Spec(BaseModel):
    """A frozen part of a configuration file that knows all its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)


SpecType = TypeVar("SpecType", bound=Spec)


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its values, and the line of every place in it."""

    file: str
    value: Value
    lines: Mapping[Place, int]

    def line(self, place: Place) -> int:
        """Return the line (from 1) of a place, or of the nearest place around it that is in the file."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def fault(self, code: str, place: Place = (), **facts: Fact) -> ConfigurationFault:
        """Describe a mistake at ``place`` by a code of the catalogue."""
        known: Place = ()
        for n, step in enumerate(place):  # pydantic names the members of a union among the steps
            if (*known, step) in self.lines or n == len(place) - 1:
                known = (*known, step)
        line, field = self.line(known), show_place(known)
        return ConfigurationFault(code, file=self.file, line=line, field=field, why=code, **facts)


class Problems:
    """Collect the mistakes of many files, so that an administrator sees them all at once."""

    def __init__(self) -> None:
        self.faults: list[ConfigurationFault] = []

    def add(self, *faults: ConfigurationFault) -> None:
        """Remember mistakes; one that was found before is not remembered again."""
        known = {_identity(fault) for fault in self.faults}
        self.faults.extend(fault for fault in faults if _identity(fault) not in known)


def _identity(fault: ConfigurationFault) -> tuple[Fact, ...]:
    return (fault.code, fault.facts.get("file"), fault.facts.get("line"), fault.facts.get("field"))


def show_place(place: Place) -> str:
    """Return ``rows[3].canonical``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return text.removeprefix(".")


def suggestion(wrong: str, known: Iterable[str]) -> str | None:
    """Return the known name that ``wrong`` was probably meant to be."""
    near = get_close_matches(wrong, list(known), n=1, cutoff=0.55)
    return near[0] if near else None


def parse(file: str, text: str) -> Source:
    """Read YAML text. Raises ConfigurationFault."""
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.AliasEvent):
                raise _broken("mapping.file.alias", file, event.start_mark.line + 1 if event.start_mark else 1)
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _broken("mapping.file.syntax", file, mark.line + 1 if mark else 1) from None
    except (yaml.YAMLError, RecursionError, UnicodeError):
        raise _broken("mapping.file.syntax", file, 1) from None
    reader = _Reader(file)
    value = reader.value(node, ()) if node is not None else None
    return Source(file, value, reader.lines)


def load(source: Source, spec: type[SpecType]) -> SpecType:
    """Make a spec of a file's values. Raises the first ConfigurationFault of ``mistakes``."""
    found, faults = check(source, spec)
    if found is None:
        raise faults[0]
    return found


def check(source: Source, spec: type[SpecType]) -> tuple[SpecType | None, tuple[ConfigurationFault, ...]]:
    """Make a spec of a file's values, or say everything that is wrong with them."""
    if not isinstance(source.value, dict):
        return None, (source.fault("mapping.file.not_a_mapping"),)
    try:
        return spec.model_validate(source.value), ()
    except ValidationError as error:
        problems = Problems()
        for found in error.errors(include_url=False, include_input=False):
            problems.add(_mistake(source, spec, found["type"], tuple(found["loc"]), found.get("ctx", {})))
        return None, tuple(problems.faults)


class _Reader:
    """Turn nodes into values and remember their lines."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Place, int] = {}

    def value(self, node: yaml.Node, place: Place) -> Value:
        self.lines.setdefault(place, node.start_mark.line + 1)
        if len(place) > _DEEPEST:
            raise self._fault("mapping.file.too_deep", node, place)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*place, n)) for n, child in enumerate(node.value)]
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> Value:
        found: dict[str, Value] = {}
        for key_node, child in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._fault("mapping.file.key_not_text", key_node, place)
            key = str(key_node.value)
            if key in found:
                raise self._fault("mapping.file.duplicate_key", key_node, (*place, key))
            self.lines[(*place, key)] = key_node.start_mark.line + 1
            found[key] = self.value(child, (*place, key))
        return found

    def _fault(self, code: str, node: yaml.Node, place: Place) -> ConfigurationFault:
        line = node.start_mark.line + 1
        return ConfigurationFault(code, file=self.file, line=line, field=show_place(place), why=code)


def _scalar(node: yaml.Node) -> Value:
    text = str(node.value)
    if getattr(node, "style", None) in ("'", '"', "|", ">"):
        return text
    if text in _NOTHING:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    return int(text) if _WHOLE.fullmatch(text) else text


def _broken(code: str, file: str, line: int) -> ConfigurationFault:
    return ConfigurationFault(code, file=file, line=line, field="", why=code)


_SHAPES = {
    "string_type": "text", "list_type": "list", "tuple_type": "list", "model_type": "mapping", "dict_type": "mapping",
    "model_attributes_type": "mapping", "int_type": "number", "bool_type": "true/false", "bool_parsing": "true/false",
    "int_parsing": "number",
}  # fmt: skip


def _mistake(source: Source, spec: type[Spec], kind: str, place: Place, ctx: Mapping[str, Any]) -> ConfigurationFault:
    """Say what pydantic found in our own words."""
    if kind == "extra_forbidden":
        meant = suggestion(str(place[-1]), _keys(spec))
        return source.fault("mapping.file.unknown_key", place, name=str(place[-1]), suggestion=meant)
    if kind == "missing":
        return source.fault("mapping.file.missing_key", place, name=str(place[-1]))
    if kind in ("literal_error", "enum"):
        return source.fault("mapping.file.not_one_of", place, expected=str(ctx.get("expected", "")).replace("'", ""))
    if kind in _SHAPES:
        return source.fault("mapping.file.wrong_shape", place, expected=_SHAPES[kind])
    return source.fault("mapping.file.wrong_form", place)


def _keys(spec: type[Spec]) -> set[str]:
    """Return every key that may stand anywhere in a file of this kind."""
    schema = spec.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return {key for part in parts for key in part.get("properties", {})}
