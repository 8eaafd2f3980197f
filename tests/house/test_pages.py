"""The pages for people agree with each other and with the code."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from gateway import __version__
from gateway.assembling import examined
from gateway.bootstrap import shipped_adapters
from gateway.cli import application
from gateway.configuration import faults, from_files, shipped_files
from gateway.mapping.files import Spec
from gateway.mapping.rows import MappingFile, Row
from tests.house.tree import ROOT, blocks, headings, pages, read
from tools.generate_docs import outdated

TRANSLATED = [
    ("README.md", "README.zh-CN.md"),
    ("docs/configuration.md", "docs/configuration.zh-CN.md"),
    ("docs/operate.md", "docs/operate.zh-CN.md"),
    ("docs/rulings.md", "docs/rulings.zh-CN.md"),
]
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_readme_names_the_two_commands(page: str) -> None:
    assert "make demo" in read(page)
    assert "make test" in read(page)


@pytest.mark.parametrize(("english", "chinese"), TRANSLATED)
def test_both_languages_have_the_same_sections(english: str, chinese: str) -> None:
    depths = [[depth for depth, _ in headings(read(page))] for page in (english, chinese)]
    assert depths[0] == depths[1]


@pytest.mark.parametrize(("english", "chinese"), TRANSLATED)
def test_both_languages_have_the_same_examples_and_tables(english: str, chinese: str) -> None:
    for language in ("yaml", "console", "mermaid"):
        assert len(blocks(read(english), language)) == len(blocks(read(chinese), language))
    assert _values(english) == _values(chinese)
    rows = [len(re.findall(r"^\|", read(page), flags=re.MULTILINE)) for page in (english, chinese)]
    assert rows[0] == rows[1]


@pytest.mark.parametrize("page", pages(), ids=str)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    broken = [link for link in LINK.findall(_prose(read(page))) if not _leads_somewhere(page, link)]
    assert not broken


def test_the_generated_pages_are_current() -> None:
    assert not outdated(), "run: python -m tools.generate_docs"


@pytest.mark.parametrize("page", ["docs/configuration.md", "docs/configuration.zh-CN.md"])
def test_the_examples_of_the_configuration_guide_are_a_valid_configuration(page: str) -> None:
    examples = {_file_of(block): block for block in blocks(read(page), "yaml")}
    assert len(examples) == len(blocks(read(page), "yaml"))
    everything = {**shipped_files(), **examples}
    assert [str(fault) for fault in faults(everything)] == []
    found = examined(from_files(everything), shipped_adapters(), ROOT)
    # the secrets that the examples name are on no machine
    assert {finding.code for finding in found} == {"configuration.check.secret_missing"}, found


def test_the_readme_example_stands_in_the_guide_too() -> None:
    guide = {_file_of(block): yaml.safe_load(block) for block in blocks(read("docs/configuration.md"), "yaml")}
    for block in blocks(read("README.md"), "yaml"):
        assert yaml.safe_load(block).items() <= guide[_file_of(block)].items()


@pytest.mark.parametrize("model", [Row, MappingFile], ids=lambda model: model.__name__)
def test_the_configuration_guide_has_an_example_of_every_word(model: type[Spec]) -> None:
    examples = "\n".join(blocks(read("docs/configuration.md"), "yaml"))
    words = {field.alias or name for name, field in model.model_fields.items()}
    missing = {word for word in words if not re.search(rf"(?<![\w.]){word}:", examples)}
    assert not missing


@pytest.mark.parametrize("page", pages(), ids=str)
def test_every_command_that_a_page_names_exists_with_its_options(page: Path) -> None:
    for words in _commands_in(read(page)):
        command, rest = _found(words)
        known = {option for parameter in command.params for option in parameter.opts}
        asked = {word.partition("=")[0] for word in rest if word.startswith("--") and len(word) > 2}
        assert asked <= known | {"--help", "--json"}, f"fengqiao {' '.join(words)}"


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_readme_lists_every_command(page: str) -> None:
    listed = set(re.findall(r"^\| `fengqiao ([a-z]+)", read(page), flags=re.MULTILINE))
    assert listed == {name for name, command in _cli().commands.items() if not command.hidden}


def test_every_decision_is_listed_and_has_the_four_headings() -> None:
    index = read("docs/decisions/README.md")
    decisions = [page for page in pages() if page.match("docs/decisions/[0-9]*.md")]
    assert decisions
    for page in decisions:
        assert f"({page.name})" in index
        titles = [title for depth, title in headings(read(page)) if depth == 2]
        assert titles == ["Context", "Decision", "Consequences", "Alternatives"]
        assert headings(read(page))[0][1].startswith(page.name[:4])


def test_the_changelog_knows_this_version() -> None:
    released = re.findall(r"^## \[([^\]]+)\]", read("CHANGELOG.md"), flags=re.MULTILINE)
    assert released[0] == "Unreleased"
    assert released[1:2] in ([], [__version__])


@lru_cache(maxsize=1)
def _cli() -> Any:
    return get_command(application())


def _commands_in(page: str) -> Iterator[list[str]]:
    """Return the words after ``fengqiao`` wherever a page shows a command."""
    shown = re.findall(r"`(?:\.venv/bin/)?fengqiao ([^`]+)`", page)
    for block in blocks(page, "console"):
        shown += re.findall(r"^\s*\$ (?:\S*/)?fengqiao (.+)$", block, flags=re.MULTILINE)
    for line in shown:
        yield shlex.split(re.sub(r"\s#.*$", "", line.replace("\n", " ")))


def _found(words: list[str]) -> tuple[Any, list[str]]:
    """Return the command that words call, and the words after its name."""
    command, rest = _cli(), list(words)
    while rest and rest[0] in getattr(command, "commands", {}):
        command = command.commands[rest.pop(0)]
    assert command is not _cli(), f"there is no command fengqiao {words[0]}"
    return command, rest


def _values(page: str) -> list[object]:
    return [yaml.safe_load(block) for block in blocks(read(page), "yaml")]


def _file_of(block: str) -> str:
    first = block.partition("\n")[0]
    assert first.startswith("# "), f"the example does not say which file it is: {first}"
    return first.removeprefix("# ")


def _prose(page: str) -> str:
    page = re.sub(r"^[ ]*```.*?^[ ]*```$", "", page, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`(?!\])", "", page)


def _leads_somewhere(page: Path, link: str) -> bool:
    if re.match(r"[a-z]+:", link):
        return True
    path, _, anchor = link.partition("#")
    target = (ROOT / page.parent / path) if path else ROOT / page
    if not target.exists() or not target.resolve().is_relative_to(ROOT):
        return False
    return not anchor or anchor in {_slug(title) for _, title in headings(target.read_text(encoding="utf-8"))}


def _slug(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
