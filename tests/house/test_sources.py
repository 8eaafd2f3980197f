"""The sources keep the habits that a program can see."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.house.tree import ROOT, files, parsed, read, sources

FORBIDDEN = {"utils", "util", "helpers", "helper", "manager", "service", "handler", "processor", "data", "info", "misc"}
PRODUCT = ("gateway", "adapters")
# What an adapter may know of the gateway; the catalogue of texts, to say in its dialect why a record was not taken.
ALLOWED = ("gateway.contract", "gateway.errors", "gateway.wire", "gateway.canonical.identifiers", "gateway.texts")
PRETENDING = ("simulator", "pretend")  # how the modules of a simulator begin
# Written so that this file does not contain what it looks for.
LEFT_OVERS = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error")))
THIS_MACHINE = re.compile("/(" + "|".join(("work", "farm")) + ")/(main|shared|in|steering)")


def test_no_module_has_a_name_that_says_nothing() -> None:
    names = {path: path.parent.name if path.stem == "__init__" else path.stem for path in sources(*PRODUCT, "tools")}
    assert not [str(path) for path, name in names.items() if name in FORBIDDEN]


def test_every_module_says_what_it_is_for() -> None:
    modules = [path for path in sources(*PRODUCT, "tools", "benchmarks") if parsed(path).body]
    assert not [str(path) for path in modules if not ast.get_docstring(parsed(path))]


def test_the_way_of_a_message_is_drawn_and_leads_through_files_that_exist() -> None:
    way = ast.get_docstring(parsed(Path("gateway/__init__.py"))) or ""
    named = re.findall(r"[a-z_/]+(?:\.py|/)(?=\W|$)", way)
    assert {"inbound.py", "routing.py", "outbound.py", "store/journal.py"} <= set(named)
    assert not [name for name in named if not (ROOT / "gateway" / name).exists()]
    rooms = {path.parts[1] for path in sources("gateway") if len(path.parts) == 3 and path.name == "__init__.py"}
    assert not [room for room in rooms if f"{room}/" not in way]


def test_nothing_is_left_over_in_the_product() -> None:
    assert not [str(path) for path in sources(*PRODUCT) if LEFT_OVERS.search(read(path))]


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    kinds = {".py", ".md", ".yaml", ".yml", ".toml", ".sh", ".json", ".lock", ".mako", ""}
    texts = (path for path in files() if path.suffix in kinds)
    assert not [str(path) for path in texts if THIS_MACHINE.search(read(path))]


def test_a_simulator_imports_nothing_of_the_gateway_and_nothing_of_its_adapter() -> None:
    for path in filter(_pretends, sources("adapters")):
        for name in _imported(path):
            assert not name.startswith("gateway"), f"{path}: {name}"
            own = name.split(".")[2:] if name.startswith(f"adapters.{path.parts[1]}.") else []
            pretends = any(each.startswith(PRETENDING) for each in own)
            assert not name.startswith("adapters") or pretends, f"{path}: {name}"


def test_an_adapter_imports_only_what_it_may() -> None:
    for path in (path for path in sources("adapters") if len(path.parts) > 2):
        allowed = (*ALLOWED, f"adapters.{path.parts[1]}.")
        for name in _imported(path):
            assert not name.startswith(PRODUCT) or name.startswith(allowed), f"{path}: {name}"


def _pretends(path: Path) -> bool:
    return path.stem.startswith(PRETENDING)


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names
