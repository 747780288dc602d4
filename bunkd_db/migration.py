"""What Alembic runs: the same code for `alembic upgrade head` and `bunkd-db upgrade`.

The only module besides `migrations/` that knows Alembic and SQLAlchemy.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from alembic import command, context
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from bunkd_db import database, sql
from bunkd_db.errors import BunkdError, ConfigurationError, NotPossible
from bunkd_db.printable import printable_line
from bunkd_db.settings import Settings
from bunkd_db.sql.literal import literal
from bunkd_db.stamp import stamp
from bunkd_db.summary import summarize

_WRITERS = {"upgrade", "downgrade", "do_stamp", "do_ensure_version"}
_OWN_PATH = "set local search_path = pg_catalog, pg_temp"
_INSTALLED = "select from pg_catalog.pg_class where oid = pg_catalog.to_regclass('bunkd.schedule')"
_REMOVED = "Removed everything of bunkd-db. Other cron jobs, the queue and the extensions are as they were."
_NOTHING = "Nothing was removed: bunkd-db is not installed in this database."
_KEPT_OFF = "select coalesce(pg_catalog.current_setting('bunkd.kept_off', true), '')"
_SCHEMA_STAYS = "select from pg_catalog.pg_namespace where nspname = 'bunkd'"


def upgrade(settings: Settings, target: str, *, offline: bool) -> None:
    """Upgrade to a revision, or print the SQL that would."""
    with _worded_errors():
        command.upgrade(_config(settings), target, sql=offline)


def downgrade(settings: Settings, target: str, *, offline: bool) -> None:
    """Downgrade to a revision, or print the SQL that would."""
    with _worded_errors():
        command.downgrade(_config(settings), target, sql=offline)


def _config(settings: Settings) -> Config:
    # no ini file: a foreign alembic.ini in the current directory must not be met
    config = Config(attributes={"settings": settings})
    here = Path(__file__).resolve().parent
    scripts = next(
        path for path in (here / "migrations", here.parent / "migrations") if path.is_dir()
    )
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    return config


def run() -> None:
    """Do what `env.py` is for. Errors end in one line and their exit code, never in a traceback.

    Raises:
        BunkdError: only in-process, where the command line words it.
        SystemExit: under Alembic's own command.
    """
    given = context.config.attributes.get("settings")
    try:
        with _worded_errors():
            settings = given or _load()
            if context.is_offline_mode():
                _run_offline(settings)
            else:
                _run_online(settings)
    except BunkdError as error:
        if given:
            raise
        for line in f"bunkd-db: {error}".split("\n"):
            sys.stderr.write(f"{printable_line(line)}\n")
        raise SystemExit(error.exit_code) from None


def _load() -> Settings:
    settings = Settings.load(os.environ)
    for warning in settings.warnings:
        sys.stderr.write(f"Warning: {warning}\n")
    return settings


@contextmanager
def _worded_errors() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, database.Error):
            raise database.worded(error.orig) from error
        raise
    except database.Error as error:
        raise database.worded(error) from error
    except CommandError as error:
        raise ConfigurationError(f"Alembic: {error}") from error


def _run_online(settings: Settings) -> None:
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: database.connect(settings.database_url),
        poolclass=NullPool,
        hide_parameters=True,
        use_native_hstore=False,  # it would look up a type on the search_path of before our transaction
        isolation_level="READ COMMITTED",  # a role's default of repeatable read defeats the lock
    )
    with engine.connect() as connection:
        context.configure(connection=connection, version_table_schema="bunkd")
        migration = context.get_context()
        if _command(migration) not in _WRITERS:
            migration.opts["dont_mutate"] = True
            with context.begin_transaction():
                _emit(migration, _OWN_PATH)
                context.run_migrations()
            return
        with context.begin_transaction():
            lines = _migrate(migration, settings, connection, [])
        if connection.in_transaction():
            raise NotPossible("the migration was not committed; nothing was changed")
        if _REMOVED in lines and connection.exec_driver_sql(_SCHEMA_STAYS).rowcount:
            lines.insert(-1, "Schema bunkd stays: it holds objects that are not bunkd-db's.")
    for line in lines:
        sys.stdout.write(f"{printable_line(line)}\n")


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
        lines = _migrate(context.get_context(), settings, None, applied)
    sys.stdout.write(buffer.getvalue())
    for line in lines:
        sys.stderr.write(f"{printable_line(line)}\n")


def _migrate(
    migration: MigrationContext,
    settings: Settings,
    connection: Connection | None,
    applied: list[set[str]],
) -> list[str]:
    """Do everything that happens in the transaction; return the lines to say after its commit.

    Without a connection the SQL is printed, and `applied` gets the heads after each revision.
    """
    name = _command(migration)
    head = set(context.script.get_heads())
    _emit(migration, sql.read("prologue"))
    start = set(migration.get_current_heads())
    found = []
    if connection and not start and name in ("upgrade", "downgrade") and _installed(connection):
        _emit(migration, stamp())
        start = set(migration.get_current_heads())
        found.append(
            "Schema bunkd had no revision, as after the restore of a schema-only dump:"
            f" its objects are those of revision {', '.join(start)}."
        )
    if connection is None:
        _emit(migration, sql.guard(",".join(sorted(start)) or None))
    elif unknown := start - {script.revision for script in context.script.walk_revisions()}:
        raise NotPossible(
            f"the database is at revision {', '.join(unknown)}, which this bunkd-db does not know:"
            f" it ends at {', '.join(head)}",
            "Install the newer bunkd-db that upgraded this database.",
        )
    elif start and name in ("upgrade", "downgrade") and not _installed(connection):
        raise NotPossible(
            f"this database is stamped with revision {', '.join(sorted(start))}, but nothing is installed in it",
            "Remove the stamp, then upgrade: drop table bunkd.alembic_version;",
        )
    if name == "downgrade" and start:
        _emit(migration, sql.switched_off(for_good=migration.opts["destination_rev"] == "base"))
    elif name == "upgrade" and start not in (set(), head):
        _emit(migration, sql.dropped_views())
    context.run_migrations()
    end = set(migration.get_current_heads()) if connection else (applied or [start])[-1]
    if name == "upgrade" and end == head:
        _emit(migration, sql.restated())
        return [*found, *_provision(migration, settings, connection)]
    if name == "downgrade" and not end:
        kept_off = _kept_off(connection)  # before the queue is locked
        _emit(migration, sql.taken_off() + sql.read("remove_schema"))
        return [*found, *kept_off, _REMOVED if start else _NOTHING]
    if name in ("upgrade", "downgrade"):
        _emit(migration, sql.switched_off())
        kept_off = _kept_off(connection)  # before the queue is locked
        _emit(migration, sql.taken_off())
        return [*found, *kept_off, "The scheduler is off until the next upgrade to head."]
    return []


def _installed(connection: Connection) -> bool:
    return connection.exec_driver_sql(_INSTALLED).rowcount > 0


def _kept_off(connection: Connection | None) -> list[str]:
    """Return what `sql/retract.sql` has to say of legacy jobs."""
    if connection is None:
        return []
    said = connection.exec_driver_sql(_KEPT_OFF).scalar_one()
    return str(said).splitlines()


def _provision(
    migration: MigrationContext, settings: Settings, connection: Connection | None
) -> list[str]:
    asked = settings.as_json()
    grants = sql.read("grants")
    if connection is None:
        # a script brings no credential, so it must not lift the fence of a copy as if it did
        given = literal(json.dumps(asked | {"credential_given": False}))
        _emit(migration, _performed(f"bunkd.provision({given})"))
        _emit(migration, grants)
        _emit(migration, _performed(f"bunkd.attach_wakes({literal(settings.schedule_name)})"))
        return ["This SQL contains no credential. After it has run: bunkd-db credential set"]
    driver = cast("database.Connection", connection.connection.driver_connection)
    done = database.provision(driver, asked, settings.credential)
    _emit(migration, grants)
    report = database.attach_wakes(driver, settings.schedule_name)
    report["was_native"], report["closed_net"] = done["was_native"], done["closed_net"]
    report["remedy"], report["commands"] = done["remedy"], done["commands"]
    return summarize(report)


def _performed(call: str) -> str:
    """Write a call whose answer, a wide line of JSON, psql does not print."""
    tag = "$call$"
    while tag in call:
        tag = f"$x{tag[1:]}"
    return f"do {tag} begin perform {call}; end {tag};\n"


def _emit(migration: MigrationContext, text: str) -> None:
    # byte for byte: anything that looks for parameters corrupts PL/pgSQL
    if migration.as_sql:
        migration.impl.static_output(text)
    else:
        assert migration.connection is not None
        migration.connection.exec_driver_sql(text, execution_options={"no_parameters": True})


def _command(migration: MigrationContext) -> str:
    return cast("Callable[..., object]", migration.opts["fn"]).__name__
