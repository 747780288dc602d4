"""Ask how schedules are set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bunkd_db import sql
from bunkd_db.status.door import asking, require_answers
from bunkd_db.status.facts import Pause
from bunkd_db.status.parse import parse_pause
from bunkd_db.status.report import timed

FORMAT = 1


@dataclass(frozen=True)
class Schedule:
    """One schedule.

    Attributes:
        retired: bunkd.toml no longer declares it.
        pace: how often ticks really come: before pg_cron 1.5 no more often than every minute.
        fence: why this database must not call, None where it is no copy.
        cron_schedule: what pg_cron was told; None where it has no job.
        transport_used: what sends the calls from the database, None where nothing does or did.
        lanes: how many lanes it has, none where pg_net sends them all.
        settings: by column, without what may be secret: of the headers the names, of the url no query.
        deployed: the columns that are as the last deploy set them; the others are defaults, or changed live.
    """

    schedule: str
    pace: str
    paused: bool
    retired: bool
    pause: Pause | None
    fence: str | None
    cron_schedule: str | None
    transport_used: str | None
    lanes: int
    settings: Mapping[str, Any]
    deployed: tuple[str, ...]


@dataclass(frozen=True)
class _Row:
    answer: dict[str, Any]


def read(url: str | None, schedule: str | None) -> tuple[Schedule, ...]:
    """Return how a schedule is set, or all, by name.

    Raises:
        NotPossible: bunkd-db is not installed, is of another version, or has no schedule.
        ConfigurationError: there is no such schedule.
        DatabaseUnavailable, PermissionMissing: it could not be asked.
    """
    with asking(url, "read_schedules", 1, "the schedules") as reader:
        [row] = reader.ask(_Row, sql.read("queries/schedules"), {"schedule": schedule})
    found = row.answer["schedules"]
    require_answers([row.answer] if found else [], FORMAT, schedule)
    return tuple(
        Schedule(
            **{
                **each,
                "pause": parse_pause(each["pause"]),
                "deployed": tuple(each["deployed"]),
            }
        )
        for each in found
    )


def as_json(schedules: tuple[Schedule, ...]) -> dict[str, Any]:
    """Return what `--json` prints: keys are never renamed within a format."""
    return {"format": FORMAT, "schedules": [timed(asdict(each)) for each in schedules]}
