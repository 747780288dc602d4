"""The connection: the only module that knows the driver, and the one that words its errors."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, LiteralString, TypeVar

import psycopg
from psycopg import errors as pg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import class_row, dict_row

from bunkd_db.errors import (
    BunkdError,
    ConfigurationError,
    DatabaseUnavailable,
    NotPossible,
    PermissionMissing,
)

if TYPE_CHECKING:
    from bunkd_db.credential import Credential

Error = psycopg.Error
Connection = psycopg.Connection[tuple[object, ...]]
Row = dict[str, object]
Answer = TypeVar("Answer")

_EXAMPLE = "Write it like postgresql://USER:PASSWORD@HOST:5432/DATABASE"


def parse_url(url: str | None) -> dict[str, str]:
    """Return libpq's parameters of a database URL, ready for `connect`.

    Raises:
        ConfigurationError: it is missing, or libpq would read something else than was meant.
            The password is never in the message.
    """
    text = (url or "").strip()
    if not text:
        raise ConfigurationError(
            "no database is named", f"Set DATABASE_URL or --database-url. {_EXAMPLE}."
        )
    scheme, separator, _ = text.partition("://")
    if not separator or scheme not in ("postgres", "postgresql"):
        hint = " (drop the +driver)" if scheme.startswith("postgresql+") else ""
        raise ConfigurationError(
            f"DATABASE_URL does not start with postgresql://{hint}", f"{_EXAMPLE}."
        )
    escape = f"{_EXAMPLE}, with @ : / ? # % and spaces in the password percent-encoded (%40 for @)."
    try:
        parameters = conninfo_to_dict(text)
    except (psycopg.ProgrammingError, UnicodeError):
        # libpq's own message can quote a part of the password
        raise ConfigurationError("DATABASE_URL cannot be read", escape) from None
    host, database = str(parameters.get("host", "")), str(parameters.get("dbname", ""))
    # an unencoded / in the password ends the host early, and the rest would be the database's name
    path = text.partition("://")[2].partition("/")[2].partition("?")[0]
    if "@" in host or "@" in path:
        raise ConfigurationError("DATABASE_URL has more than one @", escape)
    if not host and not database:
        raise ConfigurationError("DATABASE_URL names neither a host nor a database", f"{_EXAMPLE}.")
    ports = str(parameters.get("port", "5432")).split(",")
    if any(not (port.isdecimal() and 0 < int(port) < 65536) for port in ports if port):
        raise ConfigurationError("DATABASE_URL has a port that is not a number up to 65535", escape)
    parameters.setdefault("connect_timeout", "10")
    parameters.setdefault("application_name", os.environ.get("PGAPPNAME") or "bunkd-db")
    return {key: str(value) for key, value in parameters.items() if value is not None}


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
        raise _unreachable(error, parameters) from error
    except psycopg.Error as error:
        raise ConfigurationError(
            "DATABASE_URL has a parameter that cannot be used", "Check what it says after the ?."
        ) from error


def _unreachable(error: psycopg.Error, parameters: Mapping[str, str]) -> DatabaseUnavailable:
    where = f"{parameters.get('host', 'the local socket')}:{parameters.get('port', '5432')}"
    # psycopg puts one attempt on a line and names every address it tried
    reasons = [line.strip(" -") for line in str(error).splitlines() if line.strip()]
    reason = next((line for line in reversed(reasons) if ": " in line), "no answer")
    reason = reason.rsplit("failed: ", 1)[-1].removeprefix("connection failed: ")
    remedy = "Check host, port, user and password in DATABASE_URL, and that the server runs."
    if "password authentication" in reason or "no password supplied" in reason:
        remedy = "Check user and password in DATABASE_URL."
    elif "does not exist" in reason:
        remedy = "Check the name of the database and of the user in DATABASE_URL."
    elif "SSL" in reason or "pg_hba" in reason:
        remedy = "Check sslmode in DATABASE_URL: managed servers want sslmode=require."
    return DatabaseUnavailable(f"cannot connect to {where}: {reason}", remedy)


def rows(
    connection: Connection, query: LiteralString, parameters: Mapping[str, object] | None = None
) -> list[Row]:
    """Run one query and return its rows as dictionaries by column name."""
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        # what strangers have put into public must not be met; local, because a pooler shares sessions
        cursor.execute("set local search_path = pg_catalog, pg_temp")
        return cursor.execute(query, parameters).fetchall()


class Unanswered(Exception):
    """The database declined one question, and can still be asked others.

    Attributes:
        denied: whether a privilege was missing.
    """

    def __init__(self, message: str, *, denied: bool) -> None:
        super().__init__(message)
        self.denied = denied


class Reader:
    """Asks questions in a read-only transaction; one that fails harms no other."""

    def __init__(self, connection: Connection, timeout_ms: int) -> None:
        self._connection = connection
        self._timeout_ms = timeout_ms
        self._begin()

    def _begin(self) -> None:
        # SET LOCAL, because a session's setting leaks to others through a transaction pooler
        self._connection.execute(
            "begin transaction isolation level read committed read only;"
            f" set local statement_timeout = {self._timeout_ms:d};"
            " set local lock_timeout = 200; set local search_path = pg_catalog, pg_temp"
        )

    def hurry(self, timeout_ms: int) -> None:
        """Give every question from here on no longer than this."""
        self._timeout_ms = timeout_ms
        self._connection.execute(f"set local statement_timeout = {timeout_ms:d}")

    def ask(
        self, kind: type[Answer], question: str, parameters: Mapping[str, object] | None = None
    ) -> list[Answer]:
        """Return the rows as `kind`, whose fields are the columns.

        `question` is a file of sql/queries, or a text that the server itself has quoted.

        Raises:
            Unanswered: no privilege, no such object, it took too long, or something is locked.
        """
        try:
            # bound here: a pooler need not know about parameters
            with psycopg.ClientCursor(self._connection, row_factory=class_row(kind)) as cursor:
                return cursor.execute(question, parameters).fetchall()
        except psycopg.Error as error:
            if self._connection.closed:
                raise
            self._connection.execute("rollback")
            self._begin()
            primary = error.diag.message_primary or type(error).__name__
            denied = isinstance(error, pg.InsufficientPrivilege)
            raise Unanswered(primary, denied=denied) from error


@contextmanager
def read_only(connection: Connection, timeout_ms: int) -> Iterator[Reader]:
    """Give a reader whose questions may each take `timeout_ms`. The connection is in autocommit."""
    try:
        yield Reader(connection, timeout_ms)
    finally:
        if not connection.closed:
            connection.execute("rollback")


def store_credential(
    connection: Connection, schedule: str, credential: Credential, origin: LiteralString
) -> None:
    """Hand the credential over through `bunkd.credential_inbox`, the only door.

    Binary COPY, because a bind parameter is in the server's log at `log_statement=all`.
    `origin` is `deploy` or `operator`: a deploy never reverts what an operator has set.
    """
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy bunkd.credential_inbox (schedule, value, origin) from stdin (format binary)"
        ) as copy,
    ):
        copy.set_types(["text", "text", "text"])
        copy.write_row((schedule, credential.reveal(), origin))


def provision(connection: Connection, settings: str, credential: Credential | None) -> Row:
    """Run `bunkd.provision`, hand the credential over where it is wanted, return `bunkd.report`."""
    report = _report(connection, "select bunkd.provision(%(given)s::jsonb) as report", settings)
    if credential and report["mode"] == "native" and not report["fenced"]:
        schedule = str(report["schedule"])
        store_credential(connection, schedule, credential, "deploy")
        report |= _report(connection, "select bunkd.report(%(given)s) as report", schedule)
    return report


def _report(connection: Connection, query: LiteralString, given: str) -> Row:
    return as_object(rows(connection, query, {"given": given})[0]["report"])


def as_object(value: object) -> Row:
    """Check that a jsonb value is an object, which is how it arrives as a dictionary."""
    if not isinstance(value, dict):
        raise TypeError(f"expected a JSON object, got {type(value).__name__}")
    return value


@contextmanager
def worded_errors() -> Iterator[None]:
    """Turn the driver's errors into ours; the driver's stays as the cause, for `-v`."""
    try:
        yield
    except psycopg.Error as error:
        raise worded(error) from error


def worded(error: psycopg.Error) -> BunkdError:
    """Say what a database error means and what to do about it."""
    primary = error.diag.message_primary or next(
        iter(str(error).splitlines()), type(error).__name__
    )
    hint = error.diag.message_hint or ""
    match error:
        case pg.RaiseException() | pg.ObjectNotInPrerequisiteState():
            return NotPossible(primary, hint)
        case pg.InvalidParameterValue():
            return ConfigurationError(primary, hint)
        case pg.LockNotAvailable():
            return NotPossible(
                "another session holds a lock that this needs; nothing was changed",
                "Try again; if it persists, look for long transactions in pg_stat_activity.",
            )
        case pg.InsufficientPrivilege():
            return PermissionMissing(
                primary, hint or "Connect as the role that owns the schema bunkd."
            )
        case pg.UndefinedTable() | pg.UndefinedFunction() | pg.InvalidSchemaName():
            return NotPossible(
                f"bunkd-db is not installed in this database, or not completely ({primary})",
                "Run: bunkd-db upgrade",
            )
        case pg.QueryCanceled():
            return NotPossible(
                f"{primary}; nothing was changed",
                "Raise statement_timeout for this role, or try again.",
            )
        case pg.ReadOnlySqlTransaction():
            return NotPossible(
                "this server or session is read-only; nothing was changed",
                "Use the primary's URL, and check default_transaction_read_only.",
            )
        case psycopg.OperationalError():
            return DatabaseUnavailable(f"the connection was lost: {primary}", "Try again.")
        case _:
            return NotPossible(f"the database refused: {primary}", hint)
