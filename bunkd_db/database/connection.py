"""The connection that the command line and the migrations use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import LiteralString, TypeVar

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import RowFactory, class_row, dict_row

from bunkd_db.database.url import parse_url
from bunkd_db.database.words import unreachable
from bunkd_db.errors import ConfigurationError

Error = psycopg.Error
Connection = psycopg.Connection[tuple[object, ...]]
Row = dict[str, object]
Kind = TypeVar("Kind")


def connect(url: str | None, *, autocommit: bool = False) -> Connection:
    """Open a connection that also works through a transaction pooler.

    Raises:
        ConfigurationError: see `parse_url`.
        DatabaseUnavailable: nobody answers, or the role is turned away.
    """
    parameters = parse_url(url)
    try:
        return psycopg.connect(
            make_conninfo("", **parameters), autocommit=autocommit, prepare_threshold=None
        )
    except psycopg.OperationalError as error:
        raise unreachable(error, parameters) from error
    except psycopg.Error as error:
        raise ConfigurationError(
            "DATABASE_URL has a parameter that cannot be used", "Check the parameters after the ?."
        ) from error


def connect_to_write(url: str | None) -> Connection:
    """Open a connection for short transactions that see what others commit, whatever the role's default is.

    Raises:
        ConfigurationError, DatabaseUnavailable: as `connect`.
    """
    connection = connect(url, autocommit=True)
    connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    return connection


def rows(
    connection: Connection, query: LiteralString, parameters: Mapping[str, object] | None = None
) -> list[Row]:
    """Run one query and return its rows as dictionaries by column name."""
    return _fetch(connection, query, parameters, dict_row)


def rows_of(
    kind: type[Kind],
    connection: Connection,
    query: LiteralString,
    parameters: Mapping[str, object] | None = None,
) -> list[Kind]:
    """Run one query and return its rows as objects of a class with a field a column."""
    return _fetch(connection, query, parameters, class_row(kind))


def _fetch(
    connection: Connection,
    query: LiteralString,
    parameters: Mapping[str, object] | None,
    factory: RowFactory[Kind],
) -> list[Kind]:
    with connection.transaction(), connection.cursor(row_factory=factory) as cursor:
        # what strangers have put into public must not be met; local, because a pooler shares sessions
        cursor.execute("set local search_path = pg_catalog, pg_temp")
        return cursor.execute(query, parameters).fetchall()


def as_object(value: object) -> Row:
    """Check that a jsonb value is an object, which is how it arrives as a dictionary."""
    if not isinstance(value, dict):
        raise TypeError(f"expected a JSON object, got {type(value).__name__}")
    return value
