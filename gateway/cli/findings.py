"""What a command that looks for trouble has found: how bad, what, where, and who must act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway import configuration, texts
from gateway.cli import exits
from gateway.cli.terminal import Terminal, plain
from gateway.errors import ConfigurationFault, GatewayError
from gateway.texts import Language

Level = Literal["ok", "warning", "error"]
_ORDER = ("error", "warning", "ok")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One finding; its code and facts make its text."""

    level: Level
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def text(self, language: Language) -> str:
        """Say in ``language`` what was found."""
        return texts.text(self.code, language, **self.facts)

    @property
    def who(self) -> texts.Actor:
        """Return who must act; nobody on what is in order."""
        return "nobody" if self.level == "ok" else texts.actor(self.code)

    def to_dict(self) -> dict[str, Any]:
        """Return the finding for a program."""
        said = {"zh": self.text("zh"), "en": self.text("en")}
        return {"level": self.level, "code": self.code, "who": self.who, "facts": dict(self.facts), "texts": said}


def ok(code: str, /, **facts: object) -> Found:
    """Return a finding that something is as it should be."""
    return Found(level="ok", code=code, facts=facts)


def warning(code: str, /, **facts: object) -> Found:
    """Return a finding that may be intended."""
    return Found(level="warning", code=code, facts=facts)


def error(code: str, /, **facts: object) -> Found:
    """Return a finding that must be mended."""
    return Found(level="error", code=code, facts=facts)


def of_error(failure: GatewayError) -> Found:
    """Return an error as a finding."""
    return Found(level="error", code=failure.code, facts=failure.facts)


def of_check(finding: configuration.Finding) -> Found:
    """Return a finding of the configuration's own check."""
    facts = {"file": finding.file, "field": finding.field, **finding.facts}
    return Found(level=finding.level, code=finding.code, facts=facts)


def of_faults(faults: Sequence[ConfigurationFault]) -> list[Found]:
    """Return faults of files as findings, each once."""
    found = {(fault.code, *map(str, fault.facts.values())): of_error(fault) for fault in faults}
    return list(found.values())


def exit_code(found: Sequence[Found]) -> int:
    """Return 1 where there is an error, else 0."""
    return exits.WRONG if any(each.level == "error" for each in found) else exits.OK


def as_document(found: Sequence[Found], **more: object) -> dict[str, Any]:
    """Return findings for a program, with how many there are of each level."""
    counts = {level: sum(each.level == level for each in found) for level in _ORDER}
    return {**more, "findings": [each.to_dict() for each in found], "counts": counts}


def show(terminal: Terminal, found: Sequence[Found]) -> None:
    """Print findings, errors first, and how many there are of each level."""
    rows = [
        (terminal.word("cli.level_of", each.level), plain(each.text(terminal.language)), _who(terminal, each))
        for each in sorted(found, key=lambda each: _ORDER.index(each.level))
    ]
    if rows:
        terminal.print(terminal.table(("level_of", "finding", "who"), rows))
    counts = {level: sum(each.level == level for each in found) for level in _ORDER}
    terminal.say("cli.findings", **counts)


def _who(terminal: Terminal, found: Found) -> str:
    return "" if found.who == "nobody" else terminal.text(f"cli.who.{found.who}")
