"""What the driver's errors mean, and what to do about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg
from psycopg import errors as pg

from bunkd_db.errors import (
    BunkdError,
    ConfigurationError,
    DatabaseUnavailable,
    NotPossible,
    PermissionMissing,
)


def unreachable(error: psycopg.Error, parameters: Mapping[str, str]) -> DatabaseUnavailable:
    """Say why nobody answered; `parameters` are those of `parse_url`."""
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
