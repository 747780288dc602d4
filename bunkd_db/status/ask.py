"""Ask the database, read-only, and never more of a strange schema than one may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bunkd_db import sql
from bunkd_db.status.door import asking, require_answers
from bunkd_db.status.judge import judge
from bunkd_db.status.parse import parse
from bunkd_db.status.report import FORMAT, Judged, Report


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
    with asking(url, "read_status", 1, "the status") as reader:
        rows = reader.ask(_Row, sql.read("queries/status"), {"schedule": schedule})
    require_answers([row.status for row in rows], FORMAT, schedule)
    found = (parse(row.schedule, row.status) for row in rows)
    return Report(tuple(Judged(facts, judge(facts)) for facts in found))
