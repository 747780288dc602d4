"""The screens of `schedule list` and `schedule show`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from bunkd_db.cli import output
from bunkd_db.printable import printable
from bunkd_db.status.words import duration, paused

if TYPE_CHECKING:
    from bunkd_db.schedules import Schedule

_FIRST = (
    "every",
    "max_in_flight",
    "jobs_per_call",
    "timeout_ms",
    "on_timeout",
    "rescue_after",
    "transport",
    "wake",
    "on_restore",
    "url",
    "headers",
    "credential_header",
    "queue_table",
    "queue_where",
    "queue_owner",
    "status_column",
    "status_waiting",
    "status_active",
    "status_done",
    "status_failed",
)


def table(schedules: Sequence[Schedule]) -> Iterator[str]:
    """Return a line for each schedule."""
    rows = [("schedule", "state", "every", "at once", "queue")]
    rows += [
        (
            each.schedule,
            _state(each),
            each.pace,
            str(each.settings["max_in_flight"]),
            str(each.settings["queue_table"]),
        )
        for each in schedules
    ]
    wide = [max(len(printable(row[n])) for row in rows) for n in range(len(rows[0]))]
    for row in rows:
        cells = (f"{printable(text):<{width}}" for text, width in zip(row, wide, strict=True))
        yield "  ".join(cells).rstrip()


def one(schedule: Schedule) -> Iterator[str]:
    """Return all settings of a schedule."""
    yield f"{schedule.schedule}: {_state(schedule)}"
    if schedule.paused:
        yield output.paragraph(printable(paused(schedule.pause)), "  ", "  ")
    if schedule.fence:
        yield output.paragraph(printable(schedule.fence), "  ", "  ")
    if schedule.settings["mode_reason"]:
        yield output.paragraph(
            printable(f"external, because {schedule.settings['mode_reason']}"), "  ", "  "
        )
    if schedule.pace != schedule.settings["every"]:
        yield f"  ticks come every {schedule.pace}: pg_cron before 1.5 cannot schedule in seconds"
    width = max(map(len, _FIRST))
    for name in _FIRST:
        origin = "  (set by the last deploy)" if name in schedule.deployed else ""
        value = printable(_shown(name, schedule.settings[name]))
        if name == "transport":
            value += _in_use(schedule)
        label = name.removesuffix("_ms")  # the value has its unit
        yield f"  {label:<{width}}  {value}{origin}"


def _state(schedule: Schedule) -> str:
    if schedule.settings["mode"] is None:
        return "not set up"
    if schedule.fence:
        return "held" if schedule.settings["held"] else "a copy"
    if schedule.retired:
        return "retired"
    if schedule.paused:
        return "paused"
    return str(schedule.settings["mode"])


def _in_use(schedule: Schedule) -> str:
    """Say what the setting has come to, where the database makes the calls."""
    if schedule.settings["mode"] != "native" or schedule.transport_used is None:
        return ""
    by = {"http": "", "both": "pg_net and "}.get(schedule.transport_used)
    if by is None:
        return ", now pg_net"
    return f", now {by}{schedule.lanes} lane{'s' * (schedule.lanes != 1)} of pgsql-http"


def _shown(name: str, value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "on" if value else "off"
        case list():
            return ", ".join(map(str, value)) or "-"
    if name == "timeout_ms":
        return duration(value / 1000)
    if name == "rescue_after" and (clock := re.fullmatch(r"(\d+):(\d\d):(\d\d)", str(value))):
        hours, minutes, seconds = map(int, clock.groups())
        after = 3600 * hours + 60 * minutes + seconds
        return duration(after) if after else "never"
    return str(value)
