"""What cannot be told, or has no name in the settings."""

from __future__ import annotations

from collections.abc import Iterator

from bunkd_db.status.facts import Schedule
from bunkd_db.status.verdict import Code, Health, Line
from bunkd_db.status.words import jobs


def unknown(schedule: Schedule) -> Iterator[Line]:
    queue = schedule.queue
    strange = [each for each in queue.statuses if each.kind == "unknown" and each.count]
    if strange and not any(each.code == "STATUS_UNKNOWN" for each in schedule.obstacles):
        named = ", ".join(f"{each.value} ({jobs(each.count)})" for each in strange[:5])
        yield Line(
            Code.UNKNOWN_STATUS_VALUES,
            Health.DEGRADED,
            f"rows of {queue.table} have status values that no setting names: {named}",
            "Name them in BUNKD_STATUS_WAITING, _ACTIVE, _DONE or _FAILED, and upgrade:",
            ("bunkd-db upgrade",),
        )
    if queue.problem is None and queue.claimable.count is None:
        yield Line(
            Code.WAITING_UNKNOWN,
            Health.DEGRADED,
            f"how many jobs wait is not known: no index serves the status of {queue.table}",
            "Create the index that the check queue_index names:",
            (f"bunkd-db check -v --schedule {schedule.name}",),
        )
    elif queue.problem and not schedule.obstacles:
        yield Line(
            Code.WAITING_UNKNOWN,
            Health.DEGRADED,
            f"how many jobs wait is not known: {queue.problem}",
            "Ask again in a moment; if it stays, fix what the message names.",
        )
