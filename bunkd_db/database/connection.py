"""The connection that the command line and the migrations use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic, sleep
from typing import LiteralString, TypeVar

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import RowFactory, class_row, dict_row

from bunkd_db.database.url import parse_url
from bunkd_db.database.words import unreachable
from bunkd_db.errors import ConfigurationError, DatabaseUnavailable, TurnedAway

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


def wait_for(url: str | None, seconds: float, say: Callable[[str], None]) -> None:
    """Wait until a server that starts answers, twice a second; `say` gets a line if it does not at once.

    Raises:
        ConfigurationError: see `parse_url`.
        DatabaseUnavailable: nobody answers in time, or, without waiting, the role is turned away.
    """
    until = monotonic() + seconds
    said = False
    while True:
        try:
            return connect(url).close()
        except TurnedAway:
            raise
        except DatabaseUnavailable as error:
            if monotonic() >= until:
                raise
            if not said:
                say(f"Waiting up to {seconds:g} s: {error.args[0]}")
                said = True
            sleep(0.5)


def connect_to_write(url: str | None) -> Connection:
    """Open a connection for short transactions that see what others commit, whatever the role's default is.

    Raises:
        ConfigurationError, DatabaseUnavailable: as `connect`.
    """
    connection = connect(url, autocommit=True)
    connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    return connection


def require_usable(driver: object) -> None:
    """Refuse a program's connection that no upgrade could be made on.

    Raises:
        ConfigurationError: it is another driver's, it commits every statement, or it does not speak UTF-8.
    """
    if isinstance(driver, psycopg.AsyncConnection):
        raise ConfigurationError(
            "the connection given is asynchronous",
            "Give one of an engine by create_engine, or the URL instead.",
        )
    if not isinstance(driver, psycopg.Connection):
        raise ConfigurationError(
            f"the connection given is by the driver {type(driver).__module__.partition('.')[0]};"
            " it must be by psycopg (3)",
            "Create its engine with a URL like postgresql+psycopg://, or give the URL instead.",
        )
    if driver.autocommit:
        raise ConfigurationError(
            "the connection given commits each statement by itself, and an upgrade is one transaction",
            "Give one whose isolation_level is not AUTOCOMMIT.",
        )
    if driver.info.encoding != "utf-8":
        raise ConfigurationError(
            f"the connection given has client_encoding {driver.info.parameter_status('client_encoding')}",
            'Create its engine with client_encoding="utf8".',
        )


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
