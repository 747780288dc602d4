"""The one value that a query is asked for."""

from collections.abc import Mapping, Sequence
from typing import LiteralString, TypeVar

from psycopg import sql

from tests.support.server import Connection

Value = TypeVar("Value")


def scalar(
    connection: Connection,
    kind: type[Value],
    query: LiteralString | bytes | sql.SQL | sql.Composed,
    parameters: Sequence[object] | Mapping[str, object] | None = None,
) -> Value:
    """The query's one row has this one value; `object` takes any."""
    [[value]] = connection.execute(query, parameters).fetchall()
    assert isinstance(value, kind), value
    return value
