"""Write Python source line by line, with names for the values it needs; nothing of a mapping file gets in unquoted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Code:
    """One function being written."""

    def __init__(self, head: str, names: dict[str, Any]) -> None:
        self.names = names
        self._lines: list[str] = [head]
        self._depth = 1
        self._counts: dict[str, int] = {}
        self._known: dict[int, str] = {}

    def add(self, *lines: str) -> None:
        """Add lines at the present depth."""
        self._lines.extend("    " * self._depth + line for line in lines)

    @contextmanager
    def block(self, head: str | None) -> Iterator[None]:
        """Add a head and indent what follows; without a head nothing is indented, and an empty block is none."""
        if head is None:
            yield
            return
        self.add(head)
        before = len(self._lines)
        self._depth += 1
        yield
        self._depth -= 1
        if len(self._lines) == before:
            self._lines.pop()

    def local(self, prefix: str) -> str:
        """Return a name that no other line has."""
        self._counts[prefix] = number = self._counts.get(prefix, 0) + 1
        return f"{prefix}{number}"

    def value(self, prefix: str, value: object) -> str:
        """Return the name by which the function knows a value."""
        if id(value) not in self._known:
            name = self.local(prefix)
            self.names[name] = value
            self._known[id(value)] = name
        return self._known[id(value)]

    @property
    def source(self) -> str:
        """Return what has been written."""
        return "\n".join(self._lines) + "\n"

    def compiled(self, name: str, file: str) -> Callable[..., Any]:
        """Return the function ``name`` that has been written."""
        scope = dict(self.names)
        exec(compile(self.source, f"<{file}>", "exec"), scope)  # noqa: S102  # source of our own making, see Code
        found: Callable[..., Any] = scope[name]
        return found


def indices(names: tuple[str, ...]) -> str:
    """Return the expression of a tuple of indices."""
    return f"({', '.join(names)},)" if names else "()"
