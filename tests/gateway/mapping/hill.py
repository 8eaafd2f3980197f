"""The Hill dialect: invented, small, and using every word of the mapping vocabulary; and tools to try it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from gateway.canonical.identifiers import BEIJING
from gateway.canonical.messages import Message
from gateway.contract import Record
from gateway.mapping import MappingSet, Reading, compile_set

HERE = Path(__file__).parent / "dialect"
ID = "01980000-0000-7000-8000-000000000001"
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=BEIJING)
BASE = {"id": ID, "source": "/partners/hill", "receivedtime": NOW}


class Codes:
    """A directory in which every partner calls an organisation by its id with a letter before it."""

    known = ("org-tribunal", "org-village", "org-township", "org-industry")

    def organisation(self, partner: str, code: str) -> str | None:
        return next((name for name in self.known if self.code(partner, name) == code), None)

    def code(self, partner: str, organisation_id: str) -> str | None:
        return f"J-{organisation_id}" if organisation_id in self.known else None


@lru_cache(maxsize=1)
def files() -> Mapping[str, str]:
    """Return the dialect's files by their relative path."""
    return {path.relative_to(HERE).as_posix(): path.read_text(encoding="utf-8") for path in HERE.rglob("*.yaml")}


@lru_cache(maxsize=1)
def hill() -> MappingSet:
    """Return the dialect, compiled."""
    return compile_set(files())


def read(kind: str, fields: Mapping[str, Any], mappings: MappingSet | None = None, **record: Any) -> Reading:
    """Read a record of the dialect."""
    made = Record(kind=kind, id="R-1", fields=fields, **record)
    return (mappings or hill()).read("hill", "hill-1", made, directory=Codes(), base=BASE)


def one(rows: str, codes: str = "", message: str = "progress", head: str = "") -> MappingSet:
    """Return a set of one mapping with the given rows, and the code table ``hill.t``."""
    written = f"mapping: hill/one\nrecord: k\nmessage: {message}\n{head}\nrows:\n{rows}"
    made = {"mappings/hill/one.yaml": written}
    if codes:
        made["codes/hill.t.yaml"] = f"table: hill.t\nentries:\n{codes}"
    return compile_set(made)


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str, Any]]:
    """Yield place, path and value of every value that is not empty in a message: data.x[0].y, data.x[].y, value."""
    yield from _leaves(value, path, path)


def _leaves(value: Any, place: str, path: str) -> Iterator[tuple[str, str, Any]]:
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            dot = "." if path else ""
            yield from _leaves(getattr(value, name), f"{place}{dot}{name}", f"{path}{dot}{name}")
    elif isinstance(value, tuple):
        for n, item in enumerate(value):
            yield from _leaves(item, f"{place}[{n}]", f"{path}[]")
    elif value is not None and value != "":
        yield place, path, value


def within(path: str, others: Mapping[str, Any] | tuple[str, ...]) -> bool:
    """Return whether a path is one of others, or below one of them."""
    return any(path == other or path.startswith((f"{other}.", f"{other}[]")) for other in others)


def carried(message: Message, lost: tuple[str, ...]) -> dict[str, Any]:
    """Return what a record should have carried: every value of a message that is not reported as lost."""
    own = ("specversion", "type", "subject", "receivedtime", "correlationid", "causationid", "data.case.gateway_id")
    return {place: value for place, path, value in leaves(message) if not within(path, (*own, *lost))}
