"""Write many rows with one statement: made once for each database, and the rows go to the driver as they are.

SQLAlchemy's own executemany looks at every value of every row, which costs more than the database does. The columns
written here hold texts, whole numbers, truth values and bytes, which both drivers take as Python has them.

PostgreSQL gets one array for each column: one statement for all the rows, at half the cost of one for each; an UPDATE
joins what it changes with such arrays. SQLite has
no arrays and no way over a wire that one statement would save.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import BigInteger, Boolean, Connection, Dialect, Executable, Integer, LargeBinary, Table, Update, insert
from sqlalchemy.sql.compiler import SQLCompiler

Row = Mapping[str, Any]


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows that all have the same keys; keys that begin with ``_`` are no columns."""
    if not rows:
        return
    columns = tuple(name for name in rows[0] if not name.startswith("_"))
    if connection.dialect.name == "postgresql":
        arrays = tuple([row[name] for row in rows] for name in columns)
        connection.exec_driver_sql(_unnesting(table, columns), arrays)
    else:
        _execute(connection, _inserting(table, columns, connection.dialect), rows)


def change_rows(connection: Connection, statement: Executable, rows: Sequence[Row]) -> None:
    """Execute a statement, made at module level, for each row of its parameters.

    Of an UPDATE no two rows may mean the same row of the table, and no value may be a query of its own.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql" and len(rows) > 1 and isinstance(statement, Update):
        text, names, constant = _from_arrays(statement, connection.dialect)
        arrays = tuple([row.get(name, constant.get(name)) for row in rows] for name in names)
        connection.exec_driver_sql(text, arrays)
    else:
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
def _unnesting(table: Table, columns: tuple[str, ...]) -> str:
    """Return the INSERT that takes an array for each column, in psycopg's binary form.

    Texts stay ``text`` until they are assigned: a cast to their column's length would cut them in silence.
    """
    arrays = ", ".join(f"%b::{_array_type(table.c[name].type)}[]" for name in columns)
    quoted = ", ".join(f'"{name}"' for name in columns)
    return f'INSERT INTO "{table.name}" ({quoted}) SELECT * FROM unnest({arrays})'  # noqa: S608  # our names


@lru_cache(maxsize=256)
def _from_arrays(statement: Any, dialect: Dialect) -> tuple[str, tuple[str, ...], Mapping[str, Any]]:
    """Return an UPDATE that takes its parameters as arrays, their names in order, and those that never change."""
    compiled = _compiled(statement, dialect)
    names = tuple(compiled.params)
    text = _PARAMETER.sub(lambda found: f'given."{found[1]}"', str(compiled))
    arrays = ", ".join(f"%b::{_array_type(compiled.binds[name].type)}[]" for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    changes, _, where = text.partition(" WHERE ")
    return f"{changes} FROM unnest({arrays}) AS given({columns}) WHERE {where}", names, compiled.params


def _array_type(kind: Any) -> str:
    for known, called in _ARRAY_TYPES:
        if isinstance(kind, known):
            return called
    return "text"


_PARAMETER = re.compile(r"%\((\w+)\)s(?:::\w+)?")
_ARRAY_TYPES: tuple[tuple[type[Any], str], ...] = (
    (BigInteger, "bigint"), (Integer, "integer"), (Boolean, "boolean"), (LargeBinary, "bytea"),
)  # fmt: skip


@lru_cache(maxsize=256)
def _compiled(statement: Any, dialect: Dialect) -> SQLCompiler:
    compiled: SQLCompiler = statement.compile(dialect=dialect)
    return compiled
