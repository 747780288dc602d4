"""What is in the database at one moment of an upgrade's transaction, so that two can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bunkd_db import database, sql

_REVISIONS = "select version_num from bunkd.alembic_version order by 1"


@dataclass(frozen=True, order=True)
class Object:
    """Something that has a definition: of schema bunkd, a trigger of ours, a cron job, an extension."""

    kind: str
    name: str


@dataclass(frozen=True)
class Due:
    """How many calls the next tick would make for a schedule, and what limits them."""

    calls: int
    limited_by: str
    in_flight: int


@dataclass(frozen=True)
class Snapshot:
    """One moment.

    Attributes:
        objects: a digest of the definition by object.
        schedules: the settings by schedule, as they are in the table.
        due: by schedule; without those that make no calls.
        reports: `bunkd.report_schedule` by schedule.
        copies: the schedules that make no calls here because this is a copy; whether they have URLs for messages.
    """

    revision: str | None
    objects: Mapping[Object, str]
    schedules: Mapping[str, Mapping[str, Any]]
    due: Mapping[str, Due]
    reports: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    copies: Mapping[str, bool] = field(default_factory=dict)


def take(connection: database.Connection) -> Snapshot:
    """Look at everything; what an older version does not have is left out."""
    rows = database.rows(connection, sql.read("queries/snapshot"))
    rows += _if_there(connection, "cron.job", "queries/snapshot_jobs")
    schedules = _if_there(connection, "bunkd.schedule", "queries/snapshot_schedules")
    due = _tried(connection, "queries/snapshot_due") if schedules else []
    return Snapshot(
        _revision(connection),
        {Object(str(row["kind"]), str(row["name"])): str(row["definition"]) for row in rows},
        {str(row["name"]): database.as_object(row["settings"]) for row in schedules},
        {
            str(row["name"]): Due(
                _number(row["calls"]), str(row["limited_by"]), _number(row["in_flight"])
            )
            for row in due
        },
        {str(row["name"]): database.as_object(row["report"]) for row in _reports(connection)},
        {
            str(row["name"]): bool(row["has_urls"])
            for row in _tried(connection, "queries/snapshot_fenced")
        },
    )


def _reports(connection: database.Connection) -> list[database.Row]:
    return _tried(connection, "queries/snapshot_reports")


def _revision(connection: database.Connection) -> str | None:
    if not _is_there(connection, "bunkd.alembic_version"):
        return None
    return (
        ",".join(str(row["version_num"]) for row in database.rows(connection, _REVISIONS)) or None
    )


def _if_there(connection: database.Connection, table: str, query: str) -> list[database.Row]:
    return _tried(connection, query) if _is_there(connection, table) else []


def _is_there(connection: database.Connection, table: str) -> bool:
    # by the catalog: to_regclass raises where the role cannot use the schema
    [row] = database.rows(
        connection,
        "select exists (select from pg_class c where c.relname = split_part(%(table)s, '.', 2)"
        " and c.relnamespace = (select n.oid from pg_namespace n"
        " where n.nspname = split_part(%(table)s, '.', 1))) as there",
        {"table": table},
    )
    return bool(row["there"])


def _tried(connection: database.Connection, query: str) -> list[database.Row]:
    """Ask in a savepoint: another version of ours, or a privilege that is missing, is no error here."""
    try:
        return database.rows(connection, sql.read(query))
    except database.Error:
        return []


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value
