"""Where the two halves touch the world: every call in their modules that writes, sends, moves or commits something.

    inbound, outbound ─► whatever they import, directly or not ─► calls by the names below ─► sites

A site is named by module, function and call, ``store.outbox.close:change_rows``, with a number where a function makes
the same call twice. It is found in the source alone; the tracer finds it again while the code runs.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import gateway

ROOT = Path(gateway.__file__).parent
HALVES = ("gateway.inbound", "gateway.outbound")
# What stands around the halves: who answers, who wakes whom, who carries out the operator's replay.
AROUND = ("gateway.api.doors", "gateway.queue", "gateway.rq_lanes", "gateway.worker", "gateway.store.mending")
# Shorthands for one statement: their callers are the sites.
TRANSPARENT = frozenset({"gateway.store.bulk", "gateway.store.upsert"})
BY_ANY_NAME = frozenset({"insert_rows", "change_rows", "insert_missing"})
METHODS = frozenset({
    "begin", "execute", "exec_driver_sql", "executemany",
    "fdopen", "write", "writelines", "fsync", "utime", "rename", "mkdir", "unlink", "rmdir", "touch", "symlink_to",
    "write_text", "write_bytes", "handle_async_request", "request", "ws_connect", "create_connection",
    "open_connection", "sendall", "sendto", "urlopen", "hit", "delete", "enqueue", "enqueue_many", "ping", "work",
})  # fmt: skip
_WRITING = frozenset("wax+")
Position = tuple[int | None, int | None]  # line, column
Place = tuple[str, str, str, Position]  # module, function, ``call`` and its end or ``with`` and its beginning


@dataclass(frozen=True, slots=True)
class Sites:
    """The sites of all modules: their names, and the way from a place in the source to one."""

    modules: frozenset[str]
    names: frozenset[str]
    _at: Mapping[Place, str] = field(repr=False)

    def at(self, module: str, function: str, begins: Position, ends: Position) -> str:
        """Return the site of the call or ``with`` that stands there, or a name that no site has."""
        plain = function.partition(".<locals>")[0]
        found = self._at.get((module, plain, "with", begins)) or self._at.get((module, plain, "call", ends))
        return found or f"{short(module)}.{plain}:?"


def short(module: str) -> str:
    """Return a module's name without the package."""
    return module.removeprefix("gateway.")


@cache
def sites() -> Sites:
    """Return every site, by reading the source."""
    at: dict[Place, str] = {}
    modules = frozenset(reachable()) - TRANSPARENT
    for module in sorted(modules):
        counted: dict[str, list[tuple[str, ast.Call]]] = defaultdict(list)
        tree = ast.parse(_file(module).read_text(encoding="utf-8"))
        for function, call, name in calls(tree):
            counted[f"{short(module)}.{function}:{name}"].append((function, call))
        for key, found in counted.items():
            for number, (function, call) in enumerate(found, 1):
                name = key if len(found) == 1 else f"{key}#{number}"
                at[module, function, "call", (call.end_lineno, call.end_col_offset)] = name
        for function, opened in _opened(tree):
            for item in opened.items:  # what is opened is committed, or closed, where the whole statement stands
                ends = item.context_expr.end_lineno, item.context_expr.end_col_offset
                if name := at.get((module, function, "call", ends)):
                    at[module, function, "with", (opened.lineno, opened.col_offset)] = name
    return Sites(modules, frozenset(at.values()), at)


def reachable() -> set[str]:
    """Return the modules of the gateway that the halves import, directly or not, and those around them."""
    found: set[str] = set()
    waiting = list(HALVES)
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += _imports(module)
    return found | set(AROUND)


def _imports(module: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(_file(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "gateway":
            for name in (str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)):
                if name != "gateway" and _file(name).exists():
                    yield name
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("gateway."))


def _file(module: str) -> Path:
    place = ROOT.joinpath(*module.split(".")[1:])
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call, str]]:
    """Yield the calls of interest: the outermost function they stand in, the call, and what is called."""
    for function, body in _functions(tree):
        places = Counter[Position]()
        found = [node for node in ast.walk(body) if isinstance(node, ast.Call)]
        for call in sorted(found, key=lambda each: (each.lineno, each.col_offset)):
            name = _effect(call)
            if name is not None and not places[call.end_lineno, call.end_col_offset]:
                places[call.end_lineno, call.end_col_offset] += 1
                yield function, call, name


def _opened(tree: ast.Module) -> Iterator[tuple[str, ast.With]]:
    for function, body in _functions(tree):
        yield from ((function, node) for node in ast.walk(body) if isinstance(node, ast.With))


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield f"{node.name}.{inner.name}", inner


def _effect(call: ast.Call) -> str | None:
    """Return the name of a call that may touch the world."""
    called = call.func
    if isinstance(called, ast.Name):
        return called.id if called.id in BY_ANY_NAME or (called.id == "send" and _says(call)) else None
    if not isinstance(called, ast.Attribute):
        return None
    name, of = called.attr, called.value
    if name in METHODS:
        return name
    if name == "open" and (_is_os(of) or (call.args and _writes(call.args[0]))):
        return "open"
    if name in {"set", "send"} and _says(call):
        return name
    return "replace" if name == "replace" and len(call.args) == 1 and not call.keywords else None


def _says(call: ast.Call) -> bool:
    """Say whether something is handed over: an ASGI message to ``send``, a name and a value to Redis' ``set``."""
    return (len(call.args) == 1 and isinstance(call.args[0], ast.Dict)) or len(call.args) > 1


def _is_os(of: ast.expr) -> bool:
    return isinstance(of, ast.Name) and of.id == "os"


def _writes(mode: ast.expr) -> bool:
    return isinstance(mode, ast.Constant) and isinstance(mode.value, str) and bool(_WRITING & set(mode.value))
