"""Write logs that may be shown to anybody: ids, codes and counts; never what a case is about, or a secret.

    our events ──────────┐                                    drop keys not on the list
    uvicorn, libraries ──┴─► one handler ─► first line only ─► mask long numbers ─► text for people, or JSON
    exceptions ──────────────────────────► type and place; their words may quote a record, so they stay out

An event is a literal name (``delivery.closed``) and its details are keys of ``ALLOWED``; a detail under any other key
is dropped, and its key listed under ``dropped`` so that the omission is seen.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any, Literal, TextIO
from uuid import UUID

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor

from gateway.errors import GatewayError

Level = Literal["debug", "info", "warning", "error"]

IDS = frozenset(
    {"message_id", "case_id", "delivery_id", "receipt_id", "request_id", "trace_id", "span_id", "correlation_id",
     "revision", "digest", "fault_id", "document_id", "other_case_id", "suspicion_id"}
)  # fmt: skip
ALLOWED = IDS | frozenset(
    {"event", "level", "timestamp", "logger", "exception", "frames", "dropped",
     "partner", "sender_partner", "adapter", "lane", "organisation", "type", "kind", "leg",
     "code", "fate", "state", "status", "why", "file", "line", "field",
     "method", "path", "http_status", "host", "port",
     "attempt", "attempts", "count", "accepted", "held", "parked", "refused", "delivered", "dead", "size", "limit",
     "seconds", "milliseconds", "due_at", "retry_after", "version", "worker", "pid", "cipher", "key_id",
     "holder", "chore", "day", "fields", "role", "grounds"}
)  # fmt: skip
MAX_TEXT = 300
_TRUSTED = ("gateway", "adapters", "uvicorn", "alembic")  # arguments are ours, or addresses and revision names
_LONG_NUMBER = re.compile(r"(?<![0-9A-Za-z])[0-9]{6,}[Xx]?(?![0-9A-Za-z])")
_QUERY = re.compile(r"\?\S+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_FRAMES = 8


def configure(*, level: Level = "info", json: bool = False, stream: TextIO | None = None) -> None:
    """Send every log of the process, the standard library's too, through one safe handler to ``stream`` (stderr)."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(json=json, colors=not json and stream.isatty()))
    handler.addFilter(_is_ours_or_matters)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.NOTSET)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *_first(), ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def about(
    *,
    message_id: str | None = None,
    case_id: str | None = None,
    partner: str | None = None,
    trace_id: str | None = None,
) -> AbstractContextManager[None]:
    """Return a context in which every event of this task carries the ids that are given."""
    ids = {"message_id": message_id, "case_id": case_id, "partner": partner, "trace_id": trace_id}
    return _About({name: value for name, value in ids.items() if value is not None})


class _About:
    """What structlog's ``bound_contextvars`` does, without a look at every variable of the context on both ends."""

    __slots__ = ("_ids", "_tokens")

    def __init__(self, ids: dict[str, str]) -> None:
        self._ids = ids

    def __enter__(self) -> None:
        self._tokens = structlog.contextvars.bind_contextvars(**self._ids)

    def __exit__(self, *_: object) -> None:
        structlog.contextvars.reset_contextvars(**self._tokens)


def safe(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """Keep the keys that are allowed, with values that are short, on one line and without long numbers."""
    kept = {key: _shown(key, value) for key, value in event.items() if key in ALLOWED}
    dropped = sorted(key for key in event if key not in ALLOWED)
    return {**kept, "dropped": dropped} if dropped else kept


def _first() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _formatter(*, json: bool, colors: bool) -> logging.Formatter:
    renderer: Processor = structlog.dev.ConsoleRenderer(colors=colors, sort_keys=False)
    if json:
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    return ProcessorFormatter(
        foreign_pre_chain=[*_first(), _foreign],
        processors=[_without_words, ProcessorFormatter.remove_processors_meta, safe, renderer],
        use_get_message=False,
        pass_foreign_args=True,
    )


def _is_ours_or_matters(record: logging.LogRecord) -> bool:
    """Let through our events and, of the libraries, only warnings: below that some of them log what they carry."""
    return hasattr(record, "_logger") or record.levelno >= logging.WARNING or record.name.startswith(_TRUSTED)


def _foreign(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """Reduce a library's record to what it says without its arguments, which may be anything."""
    arguments = event.pop("positional_args", None)
    name = str(event.get("logger", ""))
    template = str(event["event"])
    if name == "uvicorn.access" and isinstance(arguments, tuple) and len(arguments) == 5:
        _, method, path, _, status = arguments
        return {**event, "event": "http.request", "method": method, "path": _pathname(path), "http_status": status}
    if name.startswith(_TRUSTED) and arguments:
        template = _formatted(template, arguments)
    first = template.strip().partition("\n")[0]
    return {**event, "event": _QUERY.sub("", first)}


def _formatted(template: str, arguments: Any) -> str:
    try:
        return str(template % arguments)
    except (TypeError, ValueError, KeyError):
        return template


def _pathname(path: object) -> str:
    return str(path).partition("?")[0]


def _without_words(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """Replace an exception by its type, its causes' types, its code, and where it was raised."""
    error = _exception(event.pop("exc_info", None))
    event.pop("stack_info", None)
    if error is None:
        return event
    event["exception"] = " from ".join(type(link).__name__ for link in _chain(error))
    event["frames"] = [_place(frame) for frame in traceback.extract_tb(error.__traceback__)[-_FRAMES:]]
    if isinstance(error, GatewayError):
        event.setdefault("code", error.code)
    return event


def _exception(given: Any) -> BaseException | None:
    if isinstance(given, tuple):
        given = given[1]
    elif given is True:
        given = sys.exc_info()[1]
    return given if isinstance(given, BaseException) else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def _place(frame: traceback.FrameSummary) -> str:
    return f"{'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}"


def _shown(key: str, value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, date | UUID | Path):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_shown(key, item) for item in list(value)[:20]]
    if not isinstance(value, str) or isinstance(value, Mapping):
        return f"<{type(value).__name__}>"
    line = _CONTROL.sub(" ", value)[:MAX_TEXT]
    return line if key in IDS | {"timestamp"} else _LONG_NUMBER.sub("***", line)
