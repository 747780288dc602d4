"""Read the history of changes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from bunkd_db import sql
from bunkd_db.status.changes import Change, parse_changes
from bunkd_db.status.door import asking, require_answers
from bunkd_db.status.report import timed

FORMAT = 1


@dataclass(frozen=True)
class _Row:
    answer: dict[str, Any]


def read(url: str | None, schedule: str | None, limit: int) -> tuple[Change, ...]:
    """Return the newest changes of a schedule, or of all, and those of the installation.

    Raises:
        NotPossible: bunkd-db is not installed, or is of another version.
        ConfigurationError: there is no such schedule.
        DatabaseUnavailable, PermissionMissing: it could not be asked.
    """
    with asking(url, "read_history", 1, "the history") as reader:
        [row] = reader.ask(_Row, sql.read("queries/history"), {"schedule": schedule})
    known = [row.answer] if row.answer["known"] else []
    require_answers(known, FORMAT, schedule)
    return parse_changes(row.answer["changes"])[:limit]


def as_json(changes: tuple[Change, ...]) -> dict[str, Any]:
    """Return what `--json` prints: keys are never renamed within a format."""
    return {"format": FORMAT, "changes": [timed(asdict(each)) for each in changes]}
