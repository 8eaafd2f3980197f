"""What the tests of the house look at: the files of this project, without what tools have made beside them."""

from __future__ import annotations

import ast
import os
import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_MADE = {"node_modules", "dist", "build", "__pycache__", "fengqiao-data"}


@lru_cache(maxsize=1)
def files() -> tuple[Path, ...]:
    """Return every file of the project by its path from the root."""
    return tuple(sorted(_walk()))


def _walk() -> Iterator[Path]:
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in _MADE and (not name.startswith(".") or name == ".ci")]
        kept = [name for name in names if name != ".git"]  # a work tree's: it says where the repository is
        yield from ((Path(folder) / name).relative_to(ROOT) for name in kept)


def read(path: Path | str) -> str:
    """Return the text of a file of the project."""
    return (ROOT / path).read_text(encoding="utf-8")


def sources(*rooms: str) -> list[Path]:
    """Return the Python files below ``rooms``."""
    return [path for path in files() if path.suffix == ".py" and path.parts[0] in rooms]


@lru_cache(maxsize=1000)
def parsed(path: Path) -> ast.Module:
    """Return a source as its syntax tree."""
    return ast.parse(read(path), filename=str(path))


@lru_cache(maxsize=1)
def project() -> dict[str, Any]:
    """Return pyproject.toml."""
    return tomllib.loads(read("pyproject.toml"))


def pages() -> list[Path]:
    """Return every Markdown file."""
    return [path for path in files() if path.suffix == ".md"]


def blocks(page: str, language: str) -> list[str]:
    """Return the fenced blocks of one language in a Markdown text."""
    return re.findall(rf"^[ ]*```{language}\n(.*?)^[ ]*```$", page, flags=re.MULTILINE | re.DOTALL)


def headings(page: str) -> list[tuple[int, str]]:
    """Return the depth and text of every heading in a Markdown text."""
    bare = re.sub(r"^[ ]*```.*?^[ ]*```$", "", page, flags=re.MULTILINE | re.DOTALL)
    return [(len(marks), title) for marks, title in re.findall(r"^(#{1,6}) (.+)$", bare, flags=re.MULTILINE)]
