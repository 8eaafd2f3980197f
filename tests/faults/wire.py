"""What crosses a detour, read as HTTP: which message was under way to a receiver, when, and what was answered."""

from __future__ import annotations

import json
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httptools

from tests.faults.cast import plain
from tests.faults.checker import MARK

_NUMBER = re.compile(r'"(?:xxbh|recordId)"\s*:\s*"([^"]+)"')  # how the main dialects call a record's id


@dataclass(slots=True, kw_only=True)
class Crossing:
    """One request that reached a receiver. ``ended``: its answer was through, or its connection was gone."""

    receiver: str
    mark: str
    id: str
    began: float
    ended: float | None = None
    answer: Any = None  # the JSON that the receiver answered, whether or not it got through

    def shown(self) -> dict[str, Any]:
        """Return the crossing for the record."""
        ended = time.monotonic() if self.ended is None else self.ended
        return {"receiver": self.receiver, "mark": self.mark, "id": self.id, "began": self.began, "ended": ended}


@dataclass(slots=True, kw_only=True)
class Watch:
    """Everything that crossed the detours of one campaign."""

    crossings: list[Crossing] = field(default_factory=list)
    answered: Callable[[Crossing], None] = lambda crossing: None

    def connection(
        self, receiver: str, number: re.Pattern[str] = _NUMBER, text: Callable[[bytes], str] = plain
    ) -> Connection:
        """Return an observer of one connection to a receiver. ``number``: finds the id in the ``text`` of a request."""
        return Connection(self, receiver, number, text)

    def collecting(self, receiver: str) -> Collecting:
        """Return an observer of one connection from a receiver that collects what is due to it."""
        return Collecting(self, receiver)


class Connection:
    """One connection, both ways. What is not HTTP is passed over: the observer never disturbs."""

    def __init__(
        self, watch: Watch, receiver: str, number: re.Pattern[str], text: Callable[[bytes], str]
    ) -> None:  # fmt: skip
        self._watch = watch
        self._receiver = receiver
        self._number = number
        self._text = text
        self._requests = httptools.HttpRequestParser(_Side(self._request))
        self._responses = httptools.HttpResponseParser(_Side(self._response))
        self._under_way: deque[Crossing | None] = deque()

    def sent(self, data: bytes) -> None:
        """See what the gateway sent."""
        _feed(self._requests, data)

    def answered(self, data: bytes) -> None:
        """See what the receiver answered."""
        _feed(self._responses, data)

    def closed(self) -> None:
        """See the connection go."""
        for crossing in self._under_way:
            if crossing is not None:
                crossing.ended = time.monotonic()
        self._under_way.clear()

    def _request(self, body: bytes) -> None:
        text = self._text(body)
        mark, number = MARK.search(text), self._number.search(text)
        crossing = None
        if mark and number:
            crossing = Crossing(receiver=self._receiver, mark=mark[0], id=number[1], began=time.monotonic())
            self._watch.crossings.append(crossing)
        self._under_way.append(crossing)

    def _response(self, body: bytes) -> None:
        crossing = self._under_way.popleft() if self._under_way else None
        if crossing is None:
            return
        crossing.ended = time.monotonic()
        try:
            crossing.answer = json.loads(body)
        except ValueError:
            return
        self._watch.answered(crossing)


class Collecting:
    """One connection of a partner that collects: what it is handed has crossed as soon as it is answered."""

    def __init__(self, watch: Watch, receiver: str) -> None:
        self._watch = watch
        self._receiver = receiver
        self._responses = httptools.HttpResponseParser(_Side(self._handed))

    def sent(self, data: bytes) -> None:
        """See what the partner asked: nothing of a message is in it."""

    def answered(self, data: bytes) -> None:
        """See what the gateway answered."""
        _feed(self._responses, data)

    def closed(self) -> None:
        """See the connection go."""

    def _handed(self, body: bytes) -> None:
        try:
            messages = json.loads(body)["messages"]
        except (ValueError, TypeError, KeyError):
            return  # a document, a receipt's answer, or an error
        for each in messages:
            if mark := MARK.search(json.dumps(each, ensure_ascii=False)):
                now = time.monotonic()
                self._watch.crossings.append(
                    Crossing(receiver=self._receiver, mark=mark[0], id=each["id"], began=now, ended=now, answer=each)
                )


def _feed(parser: Any, data: bytes) -> None:
    try:
        parser.feed_data(data)
    except httptools.HttpParserError:
        return


class _Side:
    """Collects the body of one message after the other for httptools' parser."""

    def __init__(self, whole: Callable[[bytes], None]) -> None:
        self._whole = whole
        self._parts: list[bytes] = []

    def on_message_begin(self) -> None:
        self._parts = []

    def on_body(self, part: bytes) -> None:
        self._parts.append(part)

    def on_message_complete(self) -> None:
        self._whole(b"".join(self._parts))
