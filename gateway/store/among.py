"""Lists in a query whose text never changes, whatever their length: one array on PostgreSQL, one JSON text on SQLite.

SQLAlchemy's ``in_`` writes a text for every length: for each, this process renders it anew at every execution, and
PostgreSQL parses and plans it anew. A text that stays is prepared once for a connection.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Boolean,
    ColumnElement,
    Connection,
    Dialect,
    Select,
    Text,
    bindparam,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine


class _Texts(TypeDecorator[list[Any]]):
    """A list of texts (or whole numbers) as one parameter."""

    impl = Text
    cache_ok = True
    item: type[TypeEngine[Any]] = Text

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return an array where there are arrays."""
        return dialect.type_descriptor(ARRAY(self.item()) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Iterable[Any] | None, dialect: Dialect) -> Any:
        """Return what the driver takes."""
        values = list(value or ())
        return values if dialect.name == "postgresql" else orjson.dumps(values).decode()


class _Numbers(_Texts):
    cache_ok = True
    item = BigInteger


class among(FunctionElement[bool]):  # noqa: N801  # read as a word of a query: where(among(delivery.c.id, "ids"))
    """Say whether ``column`` is one of the values of the parameter ``name``; ``numbers``: these are whole numbers."""

    type = Boolean()
    inherit_cache = True
    name = "among"

    def __init__(self, column: ColumnElement[Any], name: str, *, numbers: bool = False) -> None:
        super().__init__(column, several(name, numbers=numbers))

    def self_group(self, against: OperatorType | None = None) -> Any:
        """Stand as it is in a condition: SQLite would else be asked whether it equals 1, and pass over every index."""
        del against
        return self


def several(name: str, *, numbers: bool = False) -> BindParameter[Any]:
    """Return the parameter of a list."""
    return bindparam(name, type_=_Numbers() if numbers else _Texts())


@compiles(among)
def _in_json(element: Any, compiler: SQLCompiler, **how: Any) -> str:
    column, values = element.clauses
    given = f"SELECT value FROM json_each({compiler.process(values, **how)})"  # noqa: S608  # the place of a parameter
    return f"{compiler.process(column, **how)} IN ({given})"


@compiles(among, "postgresql")
def _in_array(element: Any, compiler: SQLCompiler, **how: Any) -> str:
    column, values = element.clauses
    return f"{compiler.process(column, **how)} = ANY ({compiler.process(values, **how)})"


class LookUp:
    """Rows of a table by one of its columns, for a list of values: ``connection.execute(look_up.on(connection), …)``.

    PostgreSQL is made to look each value up by itself. Left alone it reads everything of a partner wherever it knows
    nothing of a table yet, and in a prepared statement goes on doing so while the table grows.
    """

    def __init__(self, query: Select[Any], column: ColumnElement[Any], name: str, *, locks: bool = False) -> None:
        """``query`` without its condition on ``column``; ``locks``: FOR UPDATE, in the order of the values.

        A value that is named twice is found twice on PostgreSQL: name each once.
        """
        asked = func.unnest(several(name)).table_valued("value", name="asked").render_derived()
        one = query.where(column == asked.c.value).offset(literal_column("0"))  # a fence: not to be turned into a join
        found = (one.with_for_update() if locks else one).lateral("found")
        self._each = select(*found.c).select_from(asked.join(found, true()))
        self._all = query.where(among(column, name))

    def on(self, connection: Connection) -> Select[Any]:
        """Return the query for a database."""
        return self._each if connection.dialect.name == "postgresql" else self._all
