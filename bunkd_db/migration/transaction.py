"""Everything that happens in the one transaction of an upgrade or a downgrade."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import LiteralString, cast

from alembic import context
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from bunkd_db import database, sql
from bunkd_db.credential import Credential
from bunkd_db.errors import NotPossible
from bunkd_db.settings import Settings
from bunkd_db.sql.literal import literal
from bunkd_db.stamp import stamp
from bunkd_db.summary import summarize

NOTHING_LEFT = "Removed everything of bunkd-db. Other cron jobs, the queue and the extensions are as they were."
"""The last line of a downgrade to base."""

NO_CREDENTIAL = "This SQL contains no credential. After it has run: bunkd-db credential set"
"""The last line of a script that upgrades to the newest revision."""

_INSTALLED = "select from pg_catalog.pg_class where oid = pg_catalog.to_regclass('bunkd.schedule')"
_NOTHING = "Nothing was removed: bunkd-db is not installed in this database."
_REMAINS = (
    "select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
    " where n.nspname = 'bunkd' and c.relname not like 'alembic\\_version%%'"
)
_LEFT = (
    "select pg_catalog.concat_ws(', ', nullif(pg_catalog.current_setting('bunkd.removed_jobs', true), ''),"
    " nullif(pg_catalog.current_setting('bunkd.taken_off', true), ''))"
)
_NOTED = (
    "select pg_catalog.concat_ws(E'\\n', pg_catalog.current_setting('bunkd.kept_off', true),"
    " pg_catalog.current_setting('bunkd.endless_pauses', true))"
)


def migrate(
    migration: MigrationContext,
    settings: Settings,
    connection: Connection | None,
    applied: list[set[str]],
) -> list[str]:
    """Do everything that happens in the transaction; return the lines to say after its commit.

    Without a connection the SQL is printed, and `applied` gets the heads after each revision.
    """
    name = command_of(migration)
    head = set(context.script.get_heads())
    emit(migration, sql.read("prologue"))
    start = set(migration.get_current_heads())
    found = []
    if connection and not start and name in ("upgrade", "downgrade") and _installed(connection):
        emit(migration, stamp())
        start = set(migration.get_current_heads())
        found.append(
            "Schema bunkd had no revision, as after the restore of a schema-only dump:"
            f" its objects are those of revision {', '.join(start)}."
        )
    if connection is None:
        emit(migration, sql.guard(",".join(sorted(start)) or None))
    elif unknown := start - {script.revision for script in context.script.walk_revisions()}:
        raise NotPossible(
            f"the database is at revision {', '.join(unknown)}, which this bunkd-db does not know:"
            f" it ends at {', '.join(head)}",
            "Install the newer bunkd-db that upgraded this database.",
        )
    elif start and name in ("upgrade", "downgrade") and not _installed(connection):
        at = f"this database is stamped with revision {', '.join(sorted(start))}, but"
        if connection.exec_driver_sql(_REMAINS).rowcount:
            raise NotPossible(
                f"{at} bunkd.schedule, which names all that is installed, is gone",
                "Remove the rest, the credentials too, then upgrade:",
                "drop schema bunkd cascade;",
            )
        raise NotPossible(
            f"{at} nothing is installed in it",
            "Remove the stamp, then upgrade:",
            "drop table bunkd.alembic_version;",
        )
    if name == "downgrade" and start:
        emit(migration, sql.switched_off(for_good=migration.opts["destination_rev"] == "base"))
        emit(migration, sql.read("note_pauses"))
    elif name == "upgrade" and start not in (set(), head):
        emit(migration, sql.dropped_views())
    context.run_migrations()
    end = set(migration.get_current_heads()) if connection else (applied or [start])[-1]
    if connection and end == start == head:
        _require_way(migration, name, start)
    if name == "upgrade" and end == head:
        emit(migration, sql.restated())
        return [*found, *_provision(migration, settings, connection)]
    if name == "downgrade" and not end:
        noted = _noted(connection)  # before the queue is locked
        emit(migration, sql.taken_off() + sql.read("remove_schema"))
        return [*found, *noted, NOTHING_LEFT if start else _without_schema(migration, connection)]
    if name in ("upgrade", "downgrade"):
        emit(migration, sql.switched_off())
        if name == "downgrade" and start:
            emit(migration, sql.read("note_pauses"))
        noted = _noted(connection)  # before the queue is locked
        emit(migration, sql.taken_off())
        return [*found, *noted, "The scheduler is off until the next upgrade to head."]
    return []


def _require_way(migration: MigrationContext, name: str, start: set[str]) -> None:
    """Refuse what goes nowhere from the newest revision: a downgrade would switch it off all the same."""
    at = f"the database is at revision {', '.join(start)}; nothing was changed"
    target = str(migration.opts["destination_rev"])
    if name == "downgrade":
        raise NotPossible(at, "To go back, name an older one, or base, which removes bunkd-db.")
    if name == "upgrade" and target not in {*start, "head", "heads"}:
        raise NotPossible(at, "To go back:", f"bunkd-db downgrade {target}")


def _installed(connection: Connection) -> bool:
    return connection.exec_driver_sql(_INSTALLED).rowcount > 0


def _without_schema(migration: MigrationContext, connection: Connection | None) -> str:
    """Remove what is left where schema bunkd was dropped by hand, and say it."""
    if connection is None:
        return _NOTHING
    emit(migration, sql.read("remove_jobs"))
    removed = connection.exec_driver_sql(_LEFT).scalar_one()
    if connection.exec_driver_sql(_REMAINS).rowcount:
        outside = f"Removed what was left elsewhere: {removed}. " if removed else ""
        return (
            f"{outside}Schema bunkd stays: it says no revision, but holds tables, which can be yours or"
            " have credentials in them. To remove it: drop schema bunkd cascade;"
        )
    if not removed:
        return _NOTHING
    return f"Schema bunkd was gone already. Removed what was left of it: {removed}."


def _noted(connection: Connection | None) -> list[str]:
    """Return what `sql/retract.sql` has to say of legacy jobs, and `sql/note_pauses.sql` of pauses."""
    if connection is None:
        return []
    said = connection.exec_driver_sql(_NOTED).scalar_one()
    return [line for line in str(said).splitlines() if line]


def _provision(
    migration: MigrationContext, settings: Settings, connection: Connection | None
) -> list[str]:
    grants = sql.read("grants")
    if connection is None:
        left_out: list[str] = []
        if settings.is_left_out:
            left_out = list(_left_out(settings))
            settings = settings.without_own()
        for other in settings.others:
            emit(
                migration,
                performed(f"bunkd.provision({literal(json.dumps(other.as_json(more=True)))})"),
            )
        # a script brings no credential, so it must not lift the fence of a copy as if it did
        given = literal(json.dumps(settings.as_json() | {"credential_given": False}))
        emit(migration, performed(f"bunkd.provision({given})"))
        emit(migration, grants)
        emit(migration, performed(f"bunkd.attach_wakes({literal(settings.schedule_name)})"))
        named = [each.schedule_name for each in (*settings.others, settings)]
        return [
            *left_out,
            *(
                f"For {name}: bunkd-db credential set --schedule {name}"
                for name in named
                if settings.declared
            ),
            NO_CREDENTIAL,
        ]
    driver = cast("database.Connection", connection.connection.driver_connection)
    database.say_who(driver, "deploy")
    said: list[str] = []
    if settings.is_left_out:
        settings = _without_own(driver, settings, said)
    others = settings.others
    for other in others:
        with _named(other):
            first = database.provision(driver, other.as_json(more=True), None)
        said += _not_the_files(other, first)
    urls: dict[LiteralString, Credential | None] = {
        "alert": settings.alert_webhook,
        "heartbeat": settings.heartbeat_url,
    }
    with _named(settings) if settings.is_declared else nullcontext():
        done = database.provision(driver, settings.as_json(), settings.credential, urls)
    said += _not_the_files(settings, done)
    emit(migration, grants)
    # a rehearsal says it of all schedules
    if "rehearsal" not in context.config.attributes:
        for each in (*others, settings):
            said += _changed(driver, each.schedule_name)
    report = database.attach_wakes(driver, settings.schedule_name)
    for other in others:
        last = summarize(database.report_schedule(driver, other.schedule_name))[-1]
        said.append(f"Schedule {other.schedule_name}: {last}")
    report["was_native"], report["closed_net"] = done["was_native"], done["closed_net"]
    report["stored_urls"] = done["stored_urls"]
    report["remedy"], report["commands"] = done["remedy"], done["commands"]
    return [*said, *summarize(report)]


def _without_own(driver: database.Connection, settings: Settings, said: list[str]) -> Settings:
    """Leave a schedule alone that nobody has named, and that is the file's alone to declare, or not there."""
    name = settings.schedule_name
    if database.is_others(driver, name):
        return settings
    said += _left_out(settings)
    return settings.without_own()


def _left_out(settings: Settings) -> Iterator[str]:
    """Say that the variables are about a schedule that nobody has named, nor declared."""
    given = settings.schedule.as_json().keys() - ({"url"} if settings.url_of_project else set())
    secrets = (settings.credential, settings.alert_webhook, settings.heartbeat_url)
    if settings.declared and (any(secrets) or given):
        yield (
            f"The variables of this run were not applied: {settings.declared.file} does not declare"
            f" schedule {settings.schedule_name}. To say which one they are about: --schedule NAME"
        )


@contextmanager
def _named(settings: Settings) -> Iterator[None]:
    """Say of which schedule the file declares what cannot be."""
    try:
        yield
    except database.Error as error:
        found = database.worded(error)
        where = f"{settings.declared.file}, schedule" if settings.declared else "schedule"
        raise type(found)(
            f"{where} {settings.schedule_name}: {found}", found.remedy, *found.commands
        ) from error


def _not_the_files(settings: Settings, done: database.Done) -> Iterator[str]:
    """Say what the file could not have, what it has from now on, and what it no longer has."""
    file = settings.declared.file if settings.declared else ""
    if differs := done["differs"]:
        yield (
            f"Schedule {settings.schedule_name} was not made by {file}, which sets {', '.join(differs)}"
            " otherwise: the file changed nothing of it. To let the file have it, write it down as it"
            " is, upgrade, and change it then: bunkd-db schedule export"
        )
    if done["taken"]:
        yield f"Schedule {settings.schedule_name} is declared in {file} from now on."
    if done["revived"]:
        yield f"Schedule {settings.schedule_name} is in use again."
    for name in done["retired"] or ():
        yield (
            f"Schedule {name} is not declared in {file} any more: it makes no more calls."
            " Its settings, its record of calls and its credential stay. To delete them:"
            f" bunkd-db schedule remove --schedule {name}"
        )


def _changed(driver: database.Connection, schedule: str) -> list[str]:
    """Say what this run has set anew; a schedule that is new has no settings of before."""
    found = database.rows(driver, sql.read("queries/changed_settings"), {"schedule": schedule})
    return [
        f"Schedule {schedule}: {each['setting']} changed from {each['was'] or 'nothing'} to {each['now'] or 'nothing'}."
        for each in found
    ]


def performed(call: str) -> str:
    """Write a call whose answer, a wide line of JSON, psql does not print."""
    tag = "$call$"
    while tag in call:
        tag = f"$x{tag[1:]}"
    return f"do {tag} begin perform {call}; end {tag};\n"


def emit(migration: MigrationContext, text: str) -> None:
    """Run SQL, or print it where there is no connection."""
    # byte for byte: anything that looks for parameters corrupts PL/pgSQL
    if migration.as_sql:
        migration.impl.static_output(text)
    else:
        assert migration.connection is not None
        migration.connection.exec_driver_sql(text, execution_options={"no_parameters": True})


def command_of(migration: MigrationContext) -> str:
    """Return which of Alembic's commands runs, by the name of its function."""
    return cast("Callable[..., object]", migration.opts["fn"]).__name__
