"""Read a YAML file of the configuration so that every error can name its file, line and field.

Plain YAML surprises the people who write tables of codes: ``0101`` becomes 65, ``no`` becomes false, ``12:30`` becomes
750, a key given twice silently wins. Here a plain word becomes a number only when the number is written back the same
way, keys are always text as written, and whatever could hide a meaning (duplicate keys, anchors, tags) is refused.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import yaml

from gateway.errors import ConfigurationFault, Fact

Step = str | int
Path = tuple[Step, ...]

MAX_DEPTH = 32
_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")
_FRACTION = re.compile(r"-?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,15}")
_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # LibYAML where PyYAML was built with it: ten times as fast


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """What a YAML file says (``value``: dict, list, str, int, float, bool, None), and the line of each field."""

    file: str
    value: Any
    lines: Mapping[Path, int]

    def line(self, path: Iterable[Step]) -> int:
        """Return the line of a field, counted from 1; that of the nearest thing around it when it is not there."""
        steps = tuple(path)
        while steps and steps not in self.lines:
            steps = steps[:-1]
        return self.lines.get(steps, 1)

    def line_of(self, name: str) -> int:
        """Return the line of a field by its written name (``settings.in[2].path``), as ``line`` does by its path."""
        named = {field_name(path): line for path, line in self.lines.items()}
        while name and name not in named:
            name = name[: max(name.rfind("."), name.rfind("["), 0)]
        return named.get(name, 1)

    def fault(self, path: Iterable[Step], why: str, code: str | None = None, **facts: Fact) -> ConfigurationFault:
        """Return the error to raise about the field at ``path``; ``why`` is an English clause without the place."""
        steps = tuple(path)
        return ConfigurationFault(
            code, file=self.file, line=self.line(steps), field=field_name(steps), why=why, **facts
        )


def read(text: str, *, file: str) -> Marked:
    """Read one YAML document. Raises ConfigurationFault naming ``file``, line and field."""
    return _Reader(text.removeprefix(_BOM), file).read()


def field_name(path: Iterable[Step]) -> str:
    """Write a path as people do: ``organisations[2].codes``; a key with a dot in it is quoted."""
    name = ""
    for step in path:
        if isinstance(step, int):
            name += f"[{step}]"
        elif "." in step:
            name += f'["{step}"]'
        else:
            name += f".{step}" if name else step
    return name


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant, or None."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


class _Reader:
    """Build values from LibYAML's events in one pass, keeping the line of each."""

    def __init__(self, text: str, file: str) -> None:
        self._file = file
        self._lines: dict[Path, int] = {}
        self._events: Iterator[Any] = iter(yaml.parse(text, Loader=_Loader))

    def read(self) -> Marked:
        value = None
        try:
            next(self._events)  # the start of the stream
            if not isinstance(next(self._events), yaml.StreamEndEvent):  # the start of a document
                value = self._value(next(self._events), ())
                next(self._events)  # its end
                self._refuse_a_second_document(next(self._events))
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else None
            raise self._fault("configuration.not_yaml", line, (), str(error.problem or error.context)) from None
        except yaml.YAMLError:
            raise self._fault("configuration.not_yaml", None, (), "there is a character that YAML forbids") from None
        return Marked(file=self._file, value=value, lines=MappingProxyType(self._lines))

    def _value(self, event: Any, path: Path) -> Any:
        line = event.start_mark.line + 1
        self._lines.setdefault(path, line)
        self._refuse_what_hides_a_meaning(event, line, path)
        if isinstance(event, yaml.ScalarEvent):
            return _plain(event.value) if event.implicit[0] else event.value
        if len(path) >= MAX_DEPTH:
            raise self._fault("configuration.too_deep", line, path[:3], f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        return self._mapping(path)

    def _sequence(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*path, len(items))))
        return items

    def _mapping(self, path: Path) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key, line = self._key(event, path), event.start_mark.line + 1
            if key in entries:
                first = self._lines[(*path, key)]
                why = f"the key stands twice, first in line {first}"
                raise self._fault("configuration.duplicate_key", line, (*path, key), why, first=first)
            self._lines[(*path, key)] = line
            entries[key] = self._value(next(self._events), (*path, key))
        return entries

    def _key(self, event: Any, path: Path) -> str:
        self._refuse_what_hides_a_meaning(event, event.start_mark.line + 1, path)
        if not isinstance(event, yaml.ScalarEvent):
            raise self._fault("configuration.key", event.start_mark.line + 1, path, "a key must be one word or text")
        return str(event.value)

    def _refuse_what_hides_a_meaning(self, event: Any, line: int, path: Path) -> None:
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            why = "anchors and aliases (& and *) are not used here; a text that begins with one needs quotes"
            raise self._fault("configuration.alias", line, path, why)
        if event.tag is not None:
            raise self._fault("configuration.tag", line, path, "tags (!) are not used here")

    def _refuse_a_second_document(self, event: Any) -> None:
        if not isinstance(event, yaml.StreamEndEvent):
            line = event.start_mark.line + 1
            raise self._fault("configuration.second_document", line, (), "a second document (---) begins here")

    def _fault(self, code: str, line: int | None, path: Path, why: str, **facts: Fact) -> ConfigurationFault:
        return ConfigurationFault(code, file=self._file, line=line, field=field_name(path), why=why, **facts)


def _plain(word: str) -> Any:
    if word in _NOTHING:
        return None
    if word in _WORDS:
        return _WORDS[word]
    if _WHOLE.fullmatch(word):
        return int(word)
    if _FRACTION.fullmatch(word) and repr(float(word)) == word:
        return float(word)
    return word
