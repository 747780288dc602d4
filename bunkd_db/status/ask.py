"""Ask the database, read-only, and never more of a strange schema than one may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bunkd_db import database, sql
from bunkd_db.errors import (
    DatabaseUnavailable,
    NotInstalled,
    NotPossible,
    PermissionMissing,
    UnknownSchedule,
)
from bunkd_db.status.judge import judge
from bunkd_db.status.parse import parse
from bunkd_db.status.report import FORMAT, Judged, Report

_SECONDS = 5  # for all schedules together


@dataclass(frozen=True)
class _Door:
    """Whether the question can be asked here, by this role."""

    installed: bool
    trusted: bool
    known: bool
    permitted: bool
    role: str
    owner: str | None


@dataclass(frozen=True)
class _Row:
    schedule: str
    status: dict[str, Any]


def read(url: str | None, schedule: str | None) -> Report:
    """Return the state of a schedule, or of all.

    Raises:
        NotPossible: bunkd-db is not installed, is of another version, or has no schedule.
        ConfigurationError: there is no such schedule.
        DatabaseUnavailable, PermissionMissing: it could not be asked.
    """
    with (
        database.worded_errors(),
        database.connect(url, autocommit=True) as connection,
        database.read_only(connection, _SECONDS * 1000) as reader,
    ):
        try:
            [door] = reader.ask(_Door, sql.read("queries/status_door"))
            _pass(door)
            rows = reader.ask(_Row, sql.read("queries/status"), {"schedule": schedule})
        except database.Unanswered as why:
            raise DatabaseUnavailable(
                f"the status could not be read: {why}",
                "Try again; if it persists, look for long transactions in pg_stat_activity.",
            ) from why
    if not rows and schedule:
        raise UnknownSchedule(schedule)
    if not rows:
        raise NotPossible("there is no schedule in this database", "Run:", "bunkd-db upgrade")
    for row in rows:
        if row.status["format"] != FORMAT:
            raise NotInstalled(
                "this database was upgraded by a newer bunkd-db than this one",
                "Install that version here: bunkd-db --version says which one this is.",
            )
    found = (parse(row.schedule, row.status) for row in rows)
    return Report(tuple(Judged(facts, judge(facts)) for facts in found))


def _pass(door: _Door) -> None:
    if not door.installed:
        raise NotInstalled("bunkd-db is not installed in this database", "Run:", "bunkd-db upgrade")
    if not door.trusted:
        raise PermissionMissing(
            f"schema bunkd belongs to role {door.owner}, whose code would run as role {door.role}",
            f"Connect as {door.owner}, or as BUNKD_READER_ROLE.",
        )
    if not door.known:
        raise NotInstalled(
            "the bunkd-db in this database is older than this command", "Run:", "bunkd-db upgrade"
        )
    if not door.permitted:
        raise PermissionMissing(
            f"role {door.role} cannot read the status",
            f"Connect as {door.owner}, or as BUNKD_READER_ROLE.",
        )
