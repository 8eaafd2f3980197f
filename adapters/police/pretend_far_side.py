"""The pretend police end of a ferry: it takes packages in by their number, answers them, and asks for what is missing.

to-police/ ══ gate ══► police/in/ ─► status: what the gateway misses goes again, what it has is forgotten
                                  ─► package: the next one? taken, and answered │ later: waits │ known: removed
from-police/ ◄══ gate ══ police/out/ ◄─ records, answers, a status whenever something has changed
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.police.pretend_book import Book
from adapters.police.pretend_gate import Failures, Gate
from adapters.police.pretend_package import Letter, Post, read_status, write_status
from adapters.police.pretend_station import Station, read_answer, read_call, write_answer, write_call, write_document

TO_POLICE, FROM_POLICE = "to-police", "from-police"  # the gateway's outgoing folder, and its incoming one
Told = tuple[int, tuple[int, ...], int]


@dataclass(kw_only=True)
class FarSide:
    """One end; everything lies below ``folder``.

    ``delay``: seconds before a gate lets a file through; ``settle``: seconds after which a spoilt file is no longer
    being written; ``again``: seconds after which what is missing is asked for again.
    """

    folder: Path
    key: str
    ours: str = "PCS"
    theirs: str = "GW"
    delay: float = 0.0
    settle: float = 2.0
    again: float = 5.0
    now: Callable[[], float] = time.time
    refuse: dict[str, Any] = field(default_factory=dict)  # {"code", "message", "times"?}: what records are answered
    _told: Told = (1, (), 0)
    _told_at: float = 0.0
    _repeated: bool = False

    def __post_init__(self) -> None:
        self.post = Post(ours=self.ours, theirs=self.theirs, key=self.key)
        self.book = Book(self.folder / "police" / "book.db")
        self.station = Station()
        self.station.held, self.station.acts = self.book.records()
        self.failures = Failures()
        self._in, self._out = self.folder / "police" / "in", self.folder / "police" / "out"
        for folder in (self._in, self._out, self.folder / TO_POLICE, self.folder / FROM_POLICE):
            folder.mkdir(parents=True, exist_ok=True)
        self._gates = (
            Gate("to_police", self.folder / TO_POLICE, self._in, self.failures, self.delay),
            Gate("from_police", self._out, self.folder / FROM_POLICE, self.failures, self.delay),
        )

    def push(self, record: Mapping[str, Any]) -> int:
        """Send a record of the samples' form; return its number."""
        contents = write_call(record["kind"], write_document(record))
        with self.book.at_once():
            letter = self.book.load("record", record["id"], contents)
        self._write(self.post.name(letter.number), letter)
        return letter.number

    def look(self) -> int:
        """Let the gates work, take in what is next, and say how it stands; return how many packages were taken in."""
        to_police, from_police = self._gates
        to_police.open(self.now())
        names = sorted(path.name for path in self._in.iterdir() if path.is_file())
        self._listen([name for name in names if self.post.is_status(name)])
        waiting = {number: name for name in names if (number := self.post.number_of(name)) is not None}
        taken = self._take_in(waiting)
        self._tell(waiting)
        from_police.open(self.now())
        return taken

    def state(self) -> dict[str, Any]:
        """Return how far both ways have come."""
        numbers = {"sent": self.book.reached("sent"), "expects": self.book.reached("expects", 1)}
        return {**numbers, "unconfirmed": [letter.number for letter in self.book.kept()], "missing": self._told[1]}

    def forget(self) -> None:
        """Forget records, answers and faults; the numbers go on."""
        with self.book.at_once():
            self.book.forget_records()
        self.station.forget()
        self.failures.order({})
        self.refuse = {}

    def _listen(self, names: list[str]) -> None:
        for name in names:
            letter = self._opened(name)
            if letter is None:
                continue
            (self._in / name).unlink()
            expects, missing, sent = read_status(letter.contents)
            with self.book.at_once():
                self.book.forget_before(expects)
                self.book.note("theirs", max(sent, self.book.reached("theirs")))
                self.book.note("sent", max(expects - 1, self.book.reached("sent")))
            for kept in self.book.kept():
                if kept.number in missing:
                    self._write(self.post.name(kept.number), kept)

    def _take_in(self, waiting: dict[int, str]) -> int:
        expects, taken = self.book.reached("expects", 1), 0
        for number in [each for each in waiting if each < expects]:
            (self._in / waiting.pop(number)).unlink()
            self._repeated = True
        while (name := waiting.get(expects)) is not None:
            letter = self._opened(name)
            if letter is None:
                break
            self._take(letter)
            (self._in / waiting.pop(expects)).unlink()
            expects, taken = expects + 1, taken + 1
        return taken

    def _take(self, letter: Letter) -> None:
        answer = None
        with self.book.at_once():
            self.book.note("expects", letter.number + 1)
            if letter.kind == "answer":
                self.book.keep_answer(letter.about, read_answer(letter.contents))
            elif letter.kind == "record":
                answer = self.book.load("answer", letter.about, self._answer(letter.contents))
        if answer is not None:
            self._write(self.post.name(answer.number), answer)

    def _answer(self, call: bytes) -> bytes:
        if self.refuse and self.refuse.get("times") != 0:
            if self.refuse.get("times") is not None:
                self.refuse["times"] -= 1
            return write_answer(self.refuse["code"], self.refuse["message"])
        try:
            kept, known = self.station.take(*read_call(call))
        except ValueError as error:
            return write_answer("-3", str(error))
        self.book.keep_record(kept, acted=not known)
        said = {"bwbh": kept["id"], "hzbh": f"HZ{kept['id'][-8:]}", "ajbh": kept["case"]}
        return write_answer("3" if known else "1", "报文已接收" if known else "成功", **said)

    def _tell(self, waiting: Mapping[int, str]) -> None:
        expects, now = self.book.reached("expects", 1), self.now()
        last = max(self.book.reached("theirs"), max(waiting, default=0))
        here = {number for number, name in waiting.items() if (self._in / name).exists()}
        missing = [number for number in range(expects, last + 1) if number not in here][:500]
        told: Told = (expects, tuple(missing), self.book.reached("sent"))
        overdue = now - self._told_at >= self.again and bool(missing or self.book.kept())
        if told == self._told and not overdue and not self._repeated:
            return
        contents = write_status(expects, missing, told[2])
        self._write(self.post.status_name(int(now * 1000)), Letter(number=0, kind="status", contents=contents))
        self._told, self._told_at, self._repeated = told, now, False

    def _opened(self, name: str) -> Letter | None:
        """Return the letter in a file; None for one that is spoilt, which is set aside once nobody writes to it."""
        path = self._in / name
        try:
            return self.post.read(path.read_bytes())
        except ValueError:
            if self.now() - path.stat().st_mtime >= self.settle:
                (self._in / "damaged").mkdir(exist_ok=True)
                path.replace(self._in / "damaged" / name)
        return None

    def _write(self, name: str, letter: Letter) -> None:
        beside = self._out / f".{secrets.token_hex(8)}.tmp"
        with beside.open("wb") as file:
            file.write(self.post.write(letter))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._out / name)
