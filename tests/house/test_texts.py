"""The catalogue of texts is complete: in both languages, with the same facts, and for every code that can be raised."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from string import Formatter

from gateway.texts import Text, catalogue
from tests.house.tree import parsed, sources

CODE = re.compile(r"[a-z][a-z0-9_]*(\.[A-Za-z0-9_]+)+")
# The fact that is a clause in English, for logs and programs.
CLAUSE = "why"
# Besides the constructors of errors: calls whose argument `code=…`, or whose first text of that form, is a code.
CARRIERS = {"Objection", "Fault", "Finding", "GiveUp", "Judgement", "KeyMade", "PydanticCustomError", "problem"}
CARRIERS |= {"problem_response", "fault", "_fault"}


def test_every_text_stands_in_both_languages() -> None:
    for text in catalogue().values():
        assert CODE.fullmatch(text.code), text.code
        assert text.en.strip(), text.code
        words = re.sub(r"\{[^}]*\}", "", text.zh)  # one that consists of facts only needs no word of its own
        assert re.search(r"[\u4e00-\u9fff]|^\W*$", words), f"{text.code}: the Chinese text has no Chinese in it"


def test_both_languages_name_the_same_facts() -> None:
    differing = [text.code for text in catalogue().values() if not _same_facts(text)]
    assert differing == []


def test_every_code_in_the_sources_is_in_the_catalogue() -> None:
    unknown = sorted(
        f"{path}:{line} {code}"
        for path in sources("gateway", "adapters")
        if not path.stem.startswith(("simulator", "pretend"))  # they have words of their own
        for line, code in {*_codes(path), *_own_codes(path)}
        if code not in catalogue()
    )
    assert unknown == []


def _same_facts(text: Text) -> bool:
    chinese, english = _facts(text.zh), _facts(text.en)
    # The clause says in English what the Chinese sentence says with the facts themselves.
    return english - {CLAUSE} <= chinese if CLAUSE in english else chinese == english


def _facts(sentence: str) -> set[str]:
    named = {name for _, name, _, _ in Formatter().parse(sentence) if name}
    # `state_zh` and `state_en` are one fact, said in the language of the sentence.
    return {re.sub(r"_(zh|en)$", "", name) for name in named}


@lru_cache(maxsize=1)
def _errors() -> frozenset[str]:
    """Return the names of all classes that come from GatewayError."""
    bases: dict[str, set[str]] = {}
    for path in sources("gateway", "adapters"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = {_name(base) for base in node.bases}
    found = {"GatewayError", "IdentifierFault"}
    while more := {name for name, above in bases.items() if above & found} - found:
        found |= more
    return frozenset(found)


def _own_codes(path: Path) -> Iterator[tuple[int, str]]:
    """Return every text in a source that looks like a code of its own room: ``cli.…`` in ``gateway/cli/``."""
    room = path.parts[1]
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.expr):
            found = ((line, code) for line, code in _said(node) if _room(code) == room)
            yield from (each for each in found if not _begins_codes(each[1]))


def _begins_codes(text: str) -> bool:
    """Say whether codes are put together from a text: ``cli.fate`` and a fate, ``demo.count_`` and what is counted."""
    return any(code.startswith(text if text.endswith("_") else f"{text}.") for code in catalogue())


def _codes(path: Path) -> Iterator[tuple[int, str]]:
    """Return every code that a source gives to an error or to what carries one, with its line."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call):
            yield from _codes_of_call(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            yield from _default_code(node)


def _codes_of_call(call: ast.Call) -> Iterator[tuple[int, str]]:
    called = _name(call.func)
    if called in _errors() and call.args:
        yield from _said(call.args[0])
    if called in _errors() | CARRIERS:
        yield from (found for keyword in call.keywords if keyword.arg == "code" for found in _said(keyword.value))
    if called in CARRIERS:
        yield from (found for argument in call.args for found in _said(argument) if _room(found[1]) in _rooms())


def _default_code(node: ast.Assign | ast.AnnAssign) -> Iterator[tuple[int, str]]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if node.value is not None and any(_name(target) == "default_code" for target in targets):
        yield from _said(node.value)


def _said(node: ast.expr) -> Iterator[tuple[int, str]]:
    """Return the texts that an expression can be, where they have the form of a code."""
    if isinstance(node, ast.IfExp):
        yield from _said(node.body)
        yield from _said(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from _said(value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
        yield node.lineno, node.value


def _rooms() -> set[str]:
    return {_room(code) for code in catalogue()}


def _room(code: str) -> str:
    return code.partition(".")[0]


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        return _name(node.value)
    return node.id if isinstance(node, ast.Name) else ""
