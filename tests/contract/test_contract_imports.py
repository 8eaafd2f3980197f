"""An adapter knows the wire and nothing else, and its simulator knows neither the gateway nor the adapter."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.contract.dialect import Dialect

# The catalogue of texts, so that an adapter can say in its dialect why a record was not taken.
ALLOWED = ("gateway.contract", "gateway.errors", "gateway.wire", "gateway.canonical.identifiers", "gateway.texts")
# Parts of the standard library that open connections, files or processes, or import what this test cannot see.
NO_PART_OF_A_DIALECT = {
    "aiohttp", "asyncio", "ftplib", "http", "httpx", "imaplib", "importlib", "io", "multiprocessing", "os", "pathlib",
    "pickle", "requests", "shelve", "shutil", "smtplib", "socket", "sqlite3", "ssl", "subprocess", "tempfile",
    "threading", "urllib3",
}  # fmt: skip
ONLY_PARTS = {"urllib": ("urllib.parse",)}  # urllib.request opens connections


def test_an_adapter_imports_only_what_it_may(dialect: Dialect) -> None:
    for module in _adapter_side(dialect):
        for name in _imports(module):
            assert may_import(name, dialect), f"{module} imports {name}"


def test_a_simulator_imports_nothing_of_the_gateway(dialect: Dialect) -> None:
    for module in _simulator_side(dialect):
        for name in _imports(module):
            assert not name.startswith("gateway"), f"{module} imports {name}"
            assert not name.startswith("adapters") or name.startswith(f"{dialect.package}."), f"{module} imports {name}"


def test_a_simulator_shares_no_module_with_its_adapter(dialect: Dialect) -> None:
    assert not _simulator_side(dialect) & _adapter_side(dialect)


def test_every_module_of_the_folder_is_one_or_the_other(dialect: Dialect) -> None:
    places = {dialect.package: dialect.code_folder, dialect.home: dialect.folder}
    modules = {
        f"{package}.{path.stem}"
        for package, folder in places.items()
        for path in folder.glob("*.py")
        if not path.stem.startswith(("__", "test_"))
    }
    found = _simulator_side(dialect) | _adapter_side(dialect)
    assert modules == {module for module in found if module.rpartition(".")[0] in places} - places.keys()


def may_import(name: str, dialect: Dialect) -> bool:
    """Return whether an adapter may import this (``package.module.attribute``)."""
    top = name.partition(".")[0]
    if name.startswith(tuple(f"{each}." for each in (*ALLOWED, dialect.package))):
        return True
    if top in ONLY_PARTS:
        return name.startswith(ONLY_PARTS[top])
    return top in sys.stdlib_module_names and top not in NO_PART_OF_A_DIALECT


def _adapter_side(dialect: Dialect) -> set[str]:
    return _closure(dialect, dialect.adapter.__module__)


def _simulator_side(dialect: Dialect) -> set[str]:
    return _closure(dialect, f"{dialect.home}.simulator")


def _closure(dialect: Dialect, start: str) -> set[str]:
    """Return the modules of the adapter's own package that one of them imports, by itself or through others."""
    found, left = {start}, [start]
    while left:
        own = {_module_of(name) for name in _imports(left.pop()) if name.startswith(f"{dialect.package}.")}
        left += own - found
        found |= own
    return found


def _module_of(name: str) -> str:
    """Return the module that ``package.module.attribute`` or ``package.module`` names."""
    parent = name.rpartition(".")[0]
    try:
        return name if importlib.util.find_spec(name) else parent
    except ModuleNotFoundError:  # the parent is no package, so the name is something in it
        return parent


def _imports(module: str) -> Iterator[str]:
    """Yield what a module imports, wherever in it, as ``package.module.attribute``."""
    found = importlib.util.find_spec(module)
    assert found is not None
    assert found.origin is not None
    tree = ast.parse(Path(found.origin).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            assert not (isinstance(node, ast.Name) and node.id == "__import__")
