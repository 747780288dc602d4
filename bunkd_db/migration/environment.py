"""What `env.py` runs: settings, a connection or a script, one transaction, and the lines after its commit."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any, cast

from alembic import context
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, CursorResult, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from bunkd_db import database, sql
from bunkd_db.errors import BunkdError, ConfigurationError, DatabaseUnavailable, NotPossible
from bunkd_db.migration import given
from bunkd_db.migration.rehearsal import Rehearsal
from bunkd_db.migration.transaction import (
    NO_CREDENTIAL,
    NOTHING_LEFT,
    command_of,
    emit,
    migrate,
    performed,
)
from bunkd_db.migration.worded import worded_errors
from bunkd_db.printable import printable_line
from bunkd_db.settings import Settings

_WRITERS = {"upgrade", "downgrade", "do_stamp", "do_ensure_version"}
_FIRST = "0001"
_OWN_PATH = "set local search_path = pg_catalog, pg_temp"
_NOTIFY = "bunkd.notify_cron()"
_NEWEST = "select pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text"
_CAN_NOTIFY = "select from pg_catalog.pg_proc where oid = pg_catalog.to_regprocedure('bunkd.notify_cron(xid8)')"
_SCHEMA_STAYS = (
    "select exists (select from pg_catalog.pg_depend d where d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass"
    " and d.refobjid = n.oid) from pg_catalog.pg_namespace n where n.nspname = 'bunkd'"
)


def run() -> None:
    """Do what `env.py` is for. Under Alembic's command errors end in one line and their exit code.

    Raises:
        BunkdError: in-process, where the caller words it.
        SystemExit: under Alembic's own command.
    """
    in_process = context.config.cmd_opts is None
    try:
        with worded_errors():
            # what a section of alembic.ini lacks, Alembic takes from pyproject.toml
            if context.script.get_bases() != [_FIRST]:
                raise ConfigurationError(
                    "Alembic was given other revisions than bunkd-db's: version_locations is set,"
                    " perhaps in pyproject.toml",
                    "Use the command that reads no such file:",
                    "bunkd-db upgrade",
                )
            settings = context.config.attributes.get("settings") or _load()
            if context.is_offline_mode():
                _run_offline(settings)
            else:
                _run_online(settings)
    except BunkdError as error:
        if in_process:
            raise
        for line in f"bunkd-db: {error}".split("\n"):
            sys.stderr.write(f"{printable_line(line)}\n")
        raise SystemExit(error.exit_code) from None


def _load() -> Settings:
    # as Alembic's own templates have it: -x url=…, else the option, in a file or set by a program
    named = context.get_x_argument(as_dictionary=True).get("url")
    url = named or context.config.get_main_option("sqlalchemy.url")
    # of a connection nobody knows whether a .env names its database
    own = context.config.attributes.get("connection") is None
    # of a command that works on no schedule no bunkd.toml matters, nor of another program's
    command = getattr(context.config.cmd_opts, "cmd", None)
    config = own and command is not None and command[0].__name__ == "upgrade"
    settings = Settings.load(os.environ, database_url=url, read_env_file=own, config=config)
    for warning in settings.warnings:
        sys.stderr.write(f"Warning: {warning}\n")
    return settings


def _run_online(settings: Settings) -> None:
    with _connection(settings) as connection:
        context.configure(connection=connection, version_table_schema="bunkd")
        migration = context.get_context()
        theirs = connection.in_transaction()
        with given.kept(connection) if theirs else nullcontext():
            if command_of(migration) not in _WRITERS:
                migration.opts["dont_mutate"] = True
                with context.begin_transaction():
                    emit(migration, _OWN_PATH)
                    context.run_migrations()
                return
            if rehearsal := context.config.attributes.get("rehearsal"):
                _rehearse(migration, connection, rehearsal)
                return
            notifies = not theirs and command_of(migration) == "upgrade"
            since = _newest(connection) if notifies else None
            with (
                nullcontext() if theirs else _naming_holders(connection),
                context.begin_transaction(),
            ):
                lines = migrate(migration, settings, connection, [])
            if connection.in_transaction() and not theirs:
                raise NotPossible("the migration was not committed; nothing was changed")
            if notifies:
                _notify_cron(connection, since)
            if NOTHING_LEFT in lines:
                lines[-1:-1] = [
                    "Schema bunkd stays: it holds objects that are not bunkd-db's."
                    if holds
                    else "Schema bunkd stays, empty, because a session holds it. To remove it: drop schema bunkd;"
                    for (holds,) in _ask(connection, _SCHEMA_STAYS)
                ]
            if command_of(migration) == "downgrade":
                lines[-1:-1] = [
                    f"{name} stays, because it could not be dropped now; it does nothing. To remove it:"
                    f" drop function {name} cascade;"
                    for (name,) in _ask(connection, sql.read("queries/copies"))
                ]
            if not theirs:
                connection.rollback()  # the question began another transaction
    say = context.config.attributes.get("say") or _say
    for line in lines:
        say(line)


def _ask(connection: Connection, question: str) -> CursorResult[*tuple[Any, ...]]:
    """Ask outside the migration's transaction, where its search_path is not set: no function of a stranger's answers."""
    connection.exec_driver_sql(_OWN_PATH)
    return connection.exec_driver_sql(question)


@contextmanager
def _naming_holders(connection: Connection) -> Iterator[None]:
    """Where a lock was waited for in vain, name the sessions that hold objects of ours."""
    try:
        yield
    except DBAPIError as error:
        if not isinstance(error.orig, database.Error) or not database.waited_in_vain(error.orig):
            raise
        held = _ask(connection, sql.read("queries/holders")).all()
        connection.rollback()
        if not held:
            raise
        raise DatabaseUnavailable(
            "another session holds a lock that this needs; nothing was changed. Objects of bunkd-db are held by"
            f" {'; '.join(who for who, _ in held)}",
            "Let it end, or end it:",
            *(ending for _, ending in held),
        ) from error


@contextmanager
def _connection(settings: Settings) -> Iterator[Connection]:
    """Give the connection that a program hands over, as Alembic's cookbook has it, or one of ours."""
    theirs = context.config.attributes.get("connection")
    if theirs is not None:
        given.require_usable(theirs)
        yield theirs
        return
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: database.connect(settings.database_url),
        poolclass=NullPool,
        hide_parameters=True,
        use_native_hstore=False,  # it would look up a type on the search_path of before our transaction
        isolation_level="READ COMMITTED",  # a role's default of repeatable read defeats the lock
    )
    with engine.connect() as connection:
        yield connection


def _newest(connection: Connection) -> str:
    """The transaction id that comes next: what has it, or a later one, was written after this."""
    with connection.begin():
        return str(_ask(connection, _NEWEST).scalar_one())


def _notify_cron(connection: Connection, since: str | None) -> None:
    """In a transaction of its own, which is what pg_cron hears of; below the newest revision it is not there."""
    with suppress(DBAPIError):  # the upgrade has been committed: it must not be called a failure
        if _ask(connection, _CAN_NOTIFY).rowcount:
            connection.exec_driver_sql("select bunkd.notify_cron(%s::xid8)", (since,))
        connection.commit()


def _say(line: str) -> None:
    sys.stdout.write(f"{printable_line(line)}\n")


class _RolledBack(Exception):
    """The way out of a transaction that must not commit."""


def _rehearse(migration: MigrationContext, connection: Connection, rehearsal: Rehearsal) -> None:
    """Do everything, look at it, and roll it back."""
    driver = cast("database.Connection", connection.connection.driver_connection)
    with suppress(_RolledBack), context.begin_transaction():
        emit(migration, _OWN_PATH)  # it begins the driver's transaction
        lines = migrate(migration, rehearsal.begin(driver), connection, [])
        rehearsal.end(driver, lines)
        raise _RolledBack
    if connection.in_transaction():
        connection.rollback()


def _run_offline(settings: Settings) -> None:
    buffer = io.StringIO()
    applied: list[set[str]] = []

    def remember(
        ctx: object,  # noqa: ARG001 -- Alembic passes all four by name
        step: object,  # noqa: ARG001
        heads: Collection[str],
        run_args: object,  # noqa: ARG001
    ) -> None:
        applied.append(set(heads))

    context.configure(
        dialect_name="postgresql",
        version_table_schema="bunkd",
        output_buffer=buffer,
        on_version_apply=remember,
    )
    with context.begin_transaction():
        lines = migrate(context.get_context(), settings, None, applied)
    sys.stdout.write(buffer.getvalue())
    if NO_CREDENTIAL in lines:
        sys.stdout.write(f"\n{performed(_NOTIFY)}")
    for line in lines:
        sys.stderr.write(f"{printable_line(line)}\n")
