"""The sources keep the habits that a program can see."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.house.tree import files, parsed, read, sources

FORBIDDEN = {"utils", "util", "helpers", "helper", "manager", "service", "handler", "processor", "data", "info", "misc"}
PRODUCT = ("gateway", "adapters")
# Written so that this file does not contain what it looks for.
LEFT_OVERS = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error")))
THIS_MACHINE = re.compile("/(" + "|".join(("work", "farm")) + ")/(main|shared|in|steering)")


def test_no_module_has_a_name_that_says_nothing() -> None:
    names = {path: path.parent.name if path.stem == "__init__" else path.stem for path in sources(*PRODUCT, "tools")}
    assert not [str(path) for path, name in names.items() if set(name.split("_")) == {name} and name in FORBIDDEN]


@pytest.mark.parametrize("path", sources(*PRODUCT, "tools", "benchmarks"), ids=str)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    tree = parsed(path)
    assert not tree.body or ast.get_docstring(tree), "it has no docstring"


@pytest.mark.parametrize("path", sources(*PRODUCT), ids=str)
def test_nothing_is_left_over_in_the_product(path: Path) -> None:
    assert not LEFT_OVERS.findall(read(path))


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    kinds = {".py", ".md", ".yaml", ".yml", ".toml", ".sh", ".json", ".lock", ".mako", ""}
    texts = (path for path in files() if path.suffix in kinds and not path.name.startswith(".coverage"))
    assert not [str(path) for path in texts if THIS_MACHINE.search(read(path))]


@pytest.mark.parametrize(
    "path", [path for path in sources("adapters") if path.stem.startswith(("simulator", "pretend"))], ids=str
)
def test_a_simulator_imports_nothing_of_the_gateway(path: Path) -> None:
    assert not {name for name in _imported(path) if name.partition(".")[0] == "gateway"}


@pytest.mark.parametrize("path", [path for path in sources("adapters") if len(path.parts) > 2], ids=str)
def test_an_adapter_imports_only_what_it_may(path: Path) -> None:
    allowed = ("gateway.contract", "gateway.errors", "gateway.wire", "gateway.canonical.identifiers")
    own = f"adapters.{path.parts[1]}"
    for name in _imported(path):
        if name.startswith("gateway"):
            assert name.startswith(allowed), name
        if name.startswith("adapters"):
            assert name.startswith(own), name


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names
