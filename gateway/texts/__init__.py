"""Texts for people, in Chinese and English: one catalogue of codes, one file of it per subject.

Each ``*.yaml`` beside this file maps a code to ``zh`` and ``en`` sentences with ``{facts}`` and, where somebody has
to do something, ``who`` must act: ``sender``, ``administrator``, ``operator`` or ``nobody``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal, get_args

import yaml

Language = Literal["zh", "en"]
Actor = Literal["sender", "administrator", "operator", "nobody"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One entry of the catalogue."""

    code: str
    zh: str
    en: str
    who: Actor


class _Absent(dict[str, object]):
    """Show a fact that was not given as an ellipsis instead of failing while reporting a failure."""

    def __missing__(self, key: str) -> str:
        return "…"


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Text]:
    """Return every text by its code. Raises ValueError when two files hold the same code or an entry is incomplete."""
    entries: dict[str, Text] = {}
    for file in sorted(files(__package__).iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".yaml"):
            continue
        for code, entry in (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).items():
            if code in entries:
                raise ValueError(f"{file.name}: {code} stands in the catalogue twice")
            who = entry.get("who", "nobody")
            if who not in get_args(Actor):
                raise ValueError(f"{file.name}: {code}: nobody is called {who}")
            entries[code] = Text(code=code, zh=entry["zh"], en=entry["en"], who=who)
    return entries


def text(code: str, language: Language = "en", /, **facts: object) -> str:
    """Return the sentence of ``code`` with its facts filled in; the bare code where the catalogue has none."""
    entry = catalogue().get(code)
    if entry is None:
        return code
    sentence = entry.zh if language == "zh" else entry.en
    return sentence.format_map(_Absent({name: "—" if value is None else value for name, value in facts.items()}))


def both(code: str, /, **facts: object) -> dict[Language, str]:
    """Return the sentence of ``code`` in every language."""
    return {language: text(code, language, **facts) for language in ("zh", "en")}


def actor(code: str) -> Actor:
    """Return who must act on ``code``."""
    entry = catalogue().get(code)
    return entry.who if entry else "operator"


def preferred(accept_language: str | None) -> Language:
    """Choose a language from an ``Accept-Language`` header (RFC 9110 §12.5.4); Chinese where nothing is said."""
    ranked: list[tuple[float, str]] = []
    for part in _parts(accept_language or ""):
        name, _, quality = part.partition(";q=")
        try:
            ranked.append((-float(quality or 1), name.strip().lower()))
        except ValueError:
            continue
    for _, name in sorted(ranked, key=lambda pair: pair[0]):
        if name.startswith("zh") or name == "*":
            return "zh"
        if name.startswith("en"):
            return "en"
    return "zh"


def from_locale(environment: Mapping[str, str] | None = None) -> Language:
    """Choose a language for the command line from LC_ALL, LC_MESSAGES or LANG."""
    environment = os.environ if environment is None else environment
    for name in ("FENGQIAO_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def _parts(header: str) -> Iterator[str]:
    for part in header.split(","):
        if part.strip():
            yield part.strip()
