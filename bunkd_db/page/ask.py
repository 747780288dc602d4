"""Ask for what a page shows: the only module of it that knows a database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from bunkd_db import capabilities, database, sql
from bunkd_db.errors import BunkdError
from bunkd_db.models import Check
from bunkd_db.page.facts import Call, Found, Unknown
from bunkd_db.settings import Settings
from bunkd_db.status.ask import read
from bunkd_db.status.report import Report
from bunkd_db.status.verdict import WORST_FIRST

Checked = tuple[Check, ...] | Unknown
_MOST_CHECKED = 4  # schedules: most of what is checked is the same for all of them
_CALLS_MS = 2000


def check(settings: Settings, schedule: str) -> Checked:
    """Return what the checks of one schedule found."""
    try:
        return tuple(capabilities.examine(settings.about(schedule)).checks)
    except BunkdError as error:
        return Unknown.of(error)


def ask(
    settings: Settings,
    schedule: str | None,
    checks: Callable[[Settings, str], Checked] = check,
) -> Found:
    """Return the state of a schedule, or of all; what cannot be asked says why not.

    `checks`: who is asked for the checks of a schedule; nobody, where the status cannot be asked.

    Raises:
        BunkdError: the status could not be asked.
    """
    report = read(settings.database_url, schedule)
    order = sorted(report.schedules, key=lambda each: WORST_FIRST.index(each.verdict.health))
    names = [each.facts.name for each in order[:_MOST_CHECKED]]
    return Found(
        at=datetime.now(UTC),
        report=Report(tuple(order)),
        calls=_calls(settings.database_url, schedule),
        checks={name: checks(settings, name) for name in names},
    )


def _calls(url: str | None, schedule: str | None) -> tuple[Call, ...] | Unknown:
    try:
        with (
            database.worded_errors(),
            database.connect(url, autocommit=True) as connection,
            database.read_only(connection, _CALLS_MS) as reader,
        ):
            found = reader.ask(Call, sql.read("queries/recent_calls"), {"schedule": schedule})
    except database.Unanswered as why:
        return Unknown(f"the last calls could not be read: {why}")
    except BunkdError as error:
        return Unknown.of(error)
    return tuple(found)
