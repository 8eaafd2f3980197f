"""Write many rows with one statement: made once for each database, and the rows go to the driver as they are.

SQLAlchemy's own executemany looks at every value of every row, which costs more than the database does. The columns
written here hold texts, whole numbers, truth values and bytes, which both drivers take as Python has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Executable, Table, insert
from sqlalchemy.sql.compiler import SQLCompiler

Row = Mapping[str, Any]


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows that all have the same keys; keys that begin with ``_`` are no columns."""
    if rows:
        columns = tuple(name for name in rows[0] if not name.startswith("_"))
        _execute(connection, _inserting(table, columns, connection.dialect), rows)


def change_rows(connection: Connection, statement: Executable, rows: Sequence[Row]) -> None:
    """Execute an UPDATE, made at module level, once for each row of its parameters."""
    if rows:
        _execute(connection, _compiled(statement, connection.dialect), rows)


def _execute(connection: Connection, compiled: SQLCompiler, rows: Sequence[Row]) -> None:
    fixed = compiled.params
    constant = {name: value for name, value in fixed.items() if name not in rows[0]}
    values: Any
    if compiled.positional:
        pick = itemgetter(*(compiled.positiontup or ()))
        values = [pick({**constant, **row} if constant else row) for row in rows]
    else:
        values = [{name: row.get(name, value) for name, value in fixed.items()} for row in rows]
    connection.exec_driver_sql(str(compiled), values)


@lru_cache(maxsize=256)
def _inserting(table: Table, columns: tuple[str, ...], dialect: Dialect) -> SQLCompiler:
    compiled = insert(table).compile(dialect=dialect, column_keys=columns)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101  # an INSERT compiles to nothing else
    return compiled


@lru_cache(maxsize=256)
def _compiled(statement: Any, dialect: Dialect) -> SQLCompiler:
    compiled: SQLCompiler = statement.compile(dialect=dialect)
    return compiled
