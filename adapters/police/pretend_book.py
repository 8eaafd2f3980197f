"""What the pretend police end of a ferry must not forget: numbers, packages not yet confirmed, records and answers.

A file of SQLite: what was taken in, that it came, and its answer are one commit, as in a real system.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from adapters.police.pretend_package import Letter

TABLES = """
CREATE TABLE IF NOT EXISTS reached (name TEXT PRIMARY KEY, number INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS package (number INTEGER PRIMARY KEY, kind TEXT, about TEXT, contents BLOB);
CREATE TABLE IF NOT EXISTS record (id TEXT PRIMARY KEY, said TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS act (place INTEGER PRIMARY KEY, id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS answer (place INTEGER PRIMARY KEY, about TEXT NOT NULL, said TEXT NOT NULL);
"""


class Book:
    """The book of one end, in one file."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(file, check_same_thread=False)
        self._connection.executescript(TABLES)

    def at_once(self) -> AbstractContextManager[Any]:
        """Commit what is done inside, or nothing of it."""
        return self._connection

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def reached(self, name: str, otherwise: int = 0) -> int:
        """Return a number that was noted: ``sent``, ``expects`` or ``theirs``."""
        row = self._connection.execute("SELECT number FROM reached WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else otherwise

    def note(self, name: str, number: int) -> None:
        """Note a number."""
        self._connection.execute("INSERT OR REPLACE INTO reached VALUES (?, ?)", (name, number))

    def load(self, kind: str, about: str, contents: bytes) -> Letter:
        """Give contents the next number, and keep them until the other end has them."""
        letter = Letter(number=self.reached("sent") + 1, kind=kind, about=about, contents=contents)
        self.note("sent", letter.number)
        self._connection.execute("INSERT INTO package VALUES (?, ?, ?, ?)", (letter.number, kind, about, contents))
        return letter

    def kept(self) -> list[Letter]:
        """Return the packages that the other end has not confirmed, in their order."""
        rows = self._connection.execute("SELECT number, kind, about, contents FROM package ORDER BY number")
        return [Letter(number=row[0], kind=row[1], about=row[2], contents=row[3]) for row in rows]

    def forget_before(self, number: int) -> None:
        """Forget the packages before a number."""
        self._connection.execute("DELETE FROM package WHERE number < ?", (number,))

    def keep_record(self, record: Mapping[str, Any], *, acted: bool) -> None:
        """Keep what is held of a record, and whether it was acted on."""
        said = json.dumps(record, ensure_ascii=False)
        self._connection.execute("INSERT OR REPLACE INTO record VALUES (?, ?)", (record["id"], said))
        if acted:
            self._connection.execute("INSERT INTO act (id) VALUES (?)", (record["id"],))

    def records(self) -> tuple[dict[str, dict[str, Any]], list[str]]:
        """Return the records that are held by id, and the ids that were acted on, each time."""
        held = self._connection.execute("SELECT id, said FROM record ORDER BY rowid")
        acts = self._connection.execute("SELECT id FROM act ORDER BY place")
        return {row[0]: json.loads(row[1]) for row in held}, [row[0] for row in acts]

    def keep_answer(self, about: str, said: Mapping[str, Any]) -> None:
        """Keep an answer to a record of ours."""
        written = json.dumps(said, ensure_ascii=False)
        self._connection.execute("INSERT INTO answer (about, said) VALUES (?, ?)", (about, written))

    def answers(self) -> Iterable[dict[str, Any]]:
        """Return the answers that came, in their order."""
        rows = self._connection.execute("SELECT about, said FROM answer ORDER BY place")
        return [{"about": row[0], **json.loads(row[1])} for row in rows]

    def forget_records(self) -> None:
        """Forget records and answers; the numbers stay, for the other end has them too."""
        for table in ("record", "act", "answer"):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608  # three words of ours
