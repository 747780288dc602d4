"""What the driver's errors mean, and what to do about them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg
from psycopg import errors as pg

from bunkd_db.errors import (
    BunkdError,
    ConfigurationError,
    DatabaseUnavailable,
    NotInstalled,
    NotPossible,
    PermissionMissing,
    TurnedAway,
)

# libpq looks at these itself, before it connects to anybody
_BAD_VALUE = re.compile(
    r"invalid (?:integer value .* for connection option \"(\w+)\"|(\w+) value:)"
)
# libpq has no code for a failed connection: a server in another language is retried instead
_TURNED_AWAY = re.compile(
    r"password authentication failed|no password supplied|pg_hba\.conf|does not exist|not permitted to log in"
)
# what every command asks for first
_ABSENT = re.compile(r'"bunkd(\.schedule)?"')
# an error of a function has no field for commands: a hint of ours ends with the one that it asks for
_COMMAND = re.compile(
    r"(.*?:) ((?:bunkd-db|select|alter|create|drop|grant|revoke|set|update) .*)", re.DOTALL
)
_VALUES = {"sslmode": "Use one of disable, allow, prefer, require, verify-ca, verify-full."}


def unreachable(
    error: psycopg.Error, parameters: Mapping[str, str]
) -> ConfigurationError | DatabaseUnavailable:
    """Say why nobody answered; `parameters` are those of `parse_url`."""
    if bad := _BAD_VALUE.search(str(error)):
        name = bad[1] or bad[2]
        return ConfigurationError(
            f"DATABASE_URL has a value for {name} that libpq does not know",
            _VALUES.get(name, f"Correct {name}, or leave it out."),
        )
    # psycopg puts one attempt on a line and names every address it tried
    reasons = [line.strip(" -") for line in str(error).splitlines() if line.strip()]
    reason = next((line for line in reversed(reasons) if ": " in line), "no answer")
    reason = reason.rsplit("failed: ", 1)[-1].removeprefix("connection failed: ")
    host, user = parameters.get("host", ""), parameters.get("user", "")
    from bunkd_db import providers  # a large import, of a connection that failed

    remedy = providers.connection_remedy(host, user, str(error)) or _remedy(reason)
    kind = TurnedAway if _TURNED_AWAY.search(reason) else DatabaseUnavailable
    return kind(f"cannot connect to {_where(parameters)}: {reason}", remedy)


def _where(parameters: Mapping[str, str]) -> str:
    if "service" in parameters and not parameters.get("host"):
        return f"service {parameters['service']}"
    hosts = (parameters.get("host") or parameters.get("hostaddr") or "the local socket").split(",")
    ports = parameters.get("port", "5432").split(",")
    if len(ports) != len(hosts):
        ports = ports[:1] * len(hosts)  # one port is for all of them
    return ", ".join(f"{host}:{port or 5432}" for host, port in zip(hosts, ports, strict=True))


def _remedy(reason: str) -> str:
    if "password authentication" in reason or "no password supplied" in reason:
        return "Check user and password in DATABASE_URL."
    if "does not exist" in reason and "certificate" not in reason:
        return "Check the name of the database and of the user in DATABASE_URL."
    if "does not support SSL" in reason:
        return (
            "Leave sslmode out of DATABASE_URL if the network up to the server is your own;"
            " otherwise switch TLS on at the server (ssl = on)."
        )
    if "certificate" in reason:
        return (
            "Name the certificate authority in DATABASE_URL (sslrootcert=FILE or sslrootcert=system),"
            " and the host that the server's certificate is for."
        )
    if "pg_hba" in reason and "no encryption" not in reason and "SSL off" not in reason:
        return "Let this host and this user in, in the server's pg_hba.conf."
    if "SSL" in reason or "pg_hba" in reason:
        return "Check sslmode in DATABASE_URL: managed servers want sslmode=require."
    if "too many" in reason or "remaining connection slots" in reason:
        return "End connections that nobody needs, or raise the limit, and try again."
    if "starting up" in reason or "shutting down" in reason or "recovery mode" in reason:
        return "Wait and try again; check and upgrade have --wait 30s."
    return "Check host, port, user and password in DATABASE_URL, and that the server runs."


@contextmanager
def worded_errors(*, undone: bool = True) -> Iterator[None]:
    """Turn the driver's errors into ours; the driver's stays as the cause, for `-v`."""
    try:
        yield
    except psycopg.Error as error:
        raise worded(error, undone=undone) from error


def waited_in_vain(error: psycopg.Error) -> bool:
    """Whether a lock was not to be had, and nobody knows who has it: an error of ours says so in its hint."""
    return isinstance(error, pg.LockNotAvailable) and not error.diag.message_hint


def worded(error: psycopg.Error, *, undone: bool = True) -> BunkdError:
    """Say what a database error means and what to do about it; `undone`: that nothing was changed."""
    end = "; nothing was changed" if undone else ""
    primary = error.diag.message_primary or next(
        iter(str(error).splitlines()), type(error).__name__
    )
    hint = error.diag.message_hint or ""
    asked = _COMMAND.fullmatch(hint)
    help_ = asked.groups() if asked else (hint,)
    match error:
        case pg.RaiseException() | pg.ObjectNotInPrerequisiteState():
            return NotPossible(primary, *help_)
        case pg.InvalidParameterValue():
            return ConfigurationError(primary, *help_)
        case pg.LockNotAvailable() if hint:  # one of ours, which knows who it is
            return DatabaseUnavailable(f"{primary}{end}", *help_)
        case pg.ObjectInUse():
            return NotPossible(
                f"the database refused: {primary}",
                "Do it in a transaction of its own.",
            )
        case pg.LockNotAvailable() | pg.DeadlockDetected() | pg.SerializationFailure():
            return DatabaseUnavailable(
                f"another session holds a lock that this needs{end}",
                "Try again; if it persists, look for long transactions in pg_stat_activity.",
            )
        case pg.InsufficientPrivilege() if hint:
            return PermissionMissing(primary, *help_)
        case pg.InsufficientPrivilege():
            return PermissionMissing(primary, "Connect as the role that owns the schema bunkd.")
        case pg.UndefinedTable() | pg.UndefinedFunction() | pg.InvalidSchemaName():
            return _absent(primary)
        case pg.UndefinedColumn() if (
            not error.diag.context
        ):  # of a question of ours, at another revision
            return _absent(primary)
        case pg.QueryCanceled():
            return DatabaseUnavailable(
                f"{primary}{end}",
                "Try again; if statement_timeout of this role is what ends it, raise that.",
            )
        case pg.ReadOnlySqlTransaction():
            return NotPossible(
                f"this server or session is read-only{end}",
                "Use the primary's URL, and check default_transaction_read_only.",
            )
        case psycopg.OperationalError() if (error.sqlstate or "")[:2] in ("53", "58"):
            return DatabaseUnavailable(
                f"the server failed: {primary}", "Read the server's log, and try again."
            )
        case pg.ProtocolViolation() if "statement pooling" in primary:  # pgbouncer's, in any locale
            return DatabaseUnavailable(
                f"the pooler refused: {primary}",
                "Name the server itself in DATABASE_URL, or a pool in session or transaction mode.",
            )
        case psycopg.OperationalError():
            return DatabaseUnavailable(f"the connection was lost: {primary}", "Try again.")
        case _:
            return NotPossible(f"the database refused: {primary}{end}", *help_)


def _absent(primary: str) -> NotInstalled:
    partly = "" if _ABSENT.search(primary) else f", or not completely ({primary})"
    return NotInstalled(
        f"bunkd-db is not installed in this database{partly}", "Run:", "bunkd-db upgrade"
    )
