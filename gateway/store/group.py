"""One group of entries inside one transaction: each in a savepoint, so that a failing one harms no other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from gateway.errors import StoreUnavailable
from gateway.store.entries import Entry

T = TypeVar("T")
Batch = Callable[[Connection, list[Any]], Sequence[Any]]

_TRIES = 3
# What another process's writer does to ours on PostgreSQL: serialization failure, deadlock, the same unique key.
_COLLISIONS = frozenset({"40001", "40P01", "23505"})
_PASSING = frozenset({"40001", "40P01", "55P03"})  # nothing is wrong with the write: the way was not free in time

_log = logging.getLogger(__name__)


class GroupLost(Exception):
    """The transaction or its connection is gone, and with it everything the group wrote."""


def write_group(connection: Connection, entries: list[Entry], batch: Batch) -> None:
    """Write entries in their order, neighbouring items together, and note each one's outcome. Raises GroupLost."""
    for _, stretch in groupby(entries, key=lambda entry: entry.work is None):
        same = list(stretch)
        if same[0].work is None:
            _decide(connection, same, batch)
        else:
            for entry in same:
                _work(connection, entry)


def _decide(connection: Connection, entries: list[Entry], batch: Batch) -> None:
    """Decide items together; where that fails, half by half, until the one to blame stands alone."""
    try:
        results = _insist(connection, lambda connection: _together(connection, entries, batch))
    except GroupLost:
        raise
    except Exception as error:
        if len(entries) == 1:
            return entries[0].fail(_translate(error))
        _log.warning("%d items could not be decided together: %s", len(entries), _reason(error))
        _decide(connection, entries[: len(entries) // 2], batch)
        return _decide(connection, entries[len(entries) // 2 :], batch)
    for entry, result in zip(entries, results, strict=True):
        entry.succeed(result)
    return None


def _together(connection: Connection, entries: list[Entry], batch: Batch) -> Sequence[Any]:
    results = batch(connection, [entry.item for entry in entries])
    if len(results) != len(entries):
        raise ValueError(f"{len(results)} results for {len(entries)} items")
    return results


def _work(connection: Connection, entry: Entry) -> None:
    assert entry.work is not None  # noqa: S101  # what is no item has work
    try:
        entry.succeed(_insist(connection, entry.work))
    except GroupLost:
        raise
    except Exception as error:
        entry.fail(_translate(error))


def _insist(connection: Connection, work: Callable[[Connection], T]) -> T:
    """Do ``work`` in a savepoint; again, a few times, when another process came in its way."""
    for _ in range(_TRIES - 1):
        try:
            return _in_savepoint(connection, work)
        except DBAPIError as error:
            if _sqlstate(error) not in _COLLISIONS:
                raise
    return _in_savepoint(connection, work)


def _in_savepoint(connection: Connection, work: Callable[[Connection], T]) -> T:
    try:
        savepoint = connection.begin_nested()
    except SQLAlchemyError as error:
        raise GroupLost from error
    try:
        result = work(connection)
        savepoint.commit()
    except BaseException as error:
        _roll_back(savepoint, error)
        raise
    return result


def _roll_back(savepoint: Any, error: BaseException) -> None:
    """Undo to the savepoint. Raises GroupLost when there is nothing to return to (SQLite drops all on a full disk)."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        raise GroupLost from error
    try:
        savepoint.rollback()
    except SQLAlchemyError:
        raise GroupLost from error


def _translate(error: Exception) -> Exception:
    """Return what the caller is told: of a database error its kind, never its text, which may show a row."""
    if not isinstance(error, SQLAlchemyError):
        return error
    _log.error("the database refused a write: %s", _reason(error))
    if _sqlstate(error) in _PASSING:
        return StoreUnavailable()
    return StoreUnavailable("store.rejected", why=_reason(error))


def _reason(error: Exception) -> str:
    """Return class, SQLSTATE and constraint of a database error."""
    constraint = getattr(getattr(getattr(error, "orig", None), "diag", None), "constraint_name", None)
    return " ".join(filter(None, (type(error).__name__, _sqlstate(error), constraint)))


def _sqlstate(error: Exception) -> str | None:
    state: str | None = getattr(getattr(error, "orig", None), "sqlstate", None)
    return state
