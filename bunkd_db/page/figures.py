"""The numbers in a page's tiles, and its tables' words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bunkd_db.models import Check
from bunkd_db.page.facts import Call
from bunkd_db.status.facts import Calls, Queue, Schedule, StatusCount
from bunkd_db.status.report import Judged
from bunkd_db.status.verdict import WORST_FIRST
from bunkd_db.status.words import ago, due, duration, shown

_WORST_FIRST = ("fail", "warn", "skip")
_DEGREES = {"fail": "unhealthy", "warn": "degraded", "skip": "unknown"}
SAID = {"fail": "failed", "warn": "warning", "skip": "skipped"}


@dataclass(frozen=True)
class Figure:
    """A tile: what it is, the number, and what goes with it."""

    name: str
    value: str
    more: str = ""


def summary(schedules: Sequence[Judged]) -> str:
    """Return the verdict as a sentence."""
    count = Counter(each.verdict.health for each in schedules)
    if len(schedules) == 1:
        lines = len(schedules[0].verdict.lines)
        things = {0: "Nothing needs", 1: "One thing needs"}.get(lines, f"{lines} things need")
        return f"{things} your attention."
    parts = [f"{count[health]} {health}" for health in WORST_FIRST if count[health]]
    return f"{len(schedules)} schedules: {', '.join(parts)}."


def counts(statuses: Sequence[StatusCount]) -> dict[str, int | None]:
    """Return how many jobs have which status value."""
    return {each.value: each.count.count for each in statuses}


def all_seen(queue: Queue) -> bool:
    """Whether the times of the status values are those of all rows."""
    return all(each.latest_exact for each in queue.statuses)


def tiles(found: Schedule) -> Iterator[Figure]:
    """Return the numbers that on-call people look at first."""
    queue, hour, slots = found.queue, found.queue.last_hour, found.slots
    wait, active = queue.oldest_wait_seconds, queue.oldest_active_seconds
    least = "" if queue.oldest_wait_exact else "at least "
    yield Figure(
        "Claimable",
        shown(queue.claimable),
        f"oldest {least}{duration(wait)}" if wait is not None else "",
    )
    yield Figure(
        "Active", shown(queue.active), f"oldest {duration(active)}" if active is not None else ""
    )
    yield Figure(
        "Slots in use", "not known" if slots.in_use is None else f"{slots.in_use} of {slots.total}"
    )
    yield Figure(
        "Completed, last hour",
        shown(hour.completed) if hour else "not known",
        f"{shown(hour.failed)} failed" if hour else "",
    )
    yield Figure("Calls, last hour", shown(found.calls.count), _failed(found.calls))
    if found.unknown:
        yield Figure("Last tick", "not known")
    else:
        ticks = found.ticks
        last = ago(ticks.last, found.at) if ticks.last else "none yet"
        yield Figure("Last tick", last, due(found))


def _failed(calls: Calls) -> str:
    failed = sum(each.calls for each in calls.by if each.failed)
    return f"{failed:,} failed" if calls.count else ""


def failing(calls: Calls) -> set[str]:
    """Return the outcomes that count as failures."""
    return {each.outcome for each in calls.by if each.failed}


def reasons(calls: Calls, outcome: str) -> str:
    """Return why the calls were made that ended in one way."""
    found = [each for each in calls.by if each.outcome == outcome]
    return ", ".join(f"{each.calls:,} {each.reason}" for each in found)


def not_well(checks: Sequence[Check]) -> list[Check]:
    """Return the checks that somebody has to look at, the worst first.

    Without `calls_made`, which says the verdict's obstacles again.
    """
    found = [each for each in checks if each.matters and each.name != "calls_made"]
    return sorted(found, key=lambda check: _WORST_FIRST.index(check.status))


def degree(check: Check) -> str:
    """Return how bad a check is, in the words of a schedule's health."""
    return _DEGREES[check.status]


def took(call: Call) -> str:
    """Return how long a call took; of an open one, nothing."""
    return duration((call.settled - call.sent).total_seconds()) if call.settled else ""


def settings(found: Schedule) -> Iterator[tuple[str, str]]:
    """Return the settings by their variables' names; those that are not set are left out."""
    own = found.settings
    if own is None:
        return
    rescue = found.rescue_after_seconds
    values = {
        "BUNKD_CALL_URL": own.call_url,
        "BUNKD_HEADERS": ", ".join(own.header_names),
        "BUNKD_CREDENTIAL": own.credential and f"{own.credential} (not shown)",
        "BUNKD_EVERY": found.every,
        "Cron schedule": own.cron_schedule,
        "BUNKD_WAKE": "on" if own.wake else "off",
        "BUNKD_MAX_IN_FLIGHT": str(found.slots.total),
        "BUNKD_JOBS_PER_CALL": str(own.jobs_per_call),
        "BUNKD_CALL_TIMEOUT": duration(own.timeout_seconds),
        "BUNKD_ON_TIMEOUT": own.on_timeout,
        "BUNKD_RESCUE_AFTER": duration(rescue) if rescue else "0 (never)",
        "BUNKD_QUEUE_TABLE": found.queue.table,
        "BUNKD_QUEUE_WHERE": own.queue_where,
        "BUNKD_STATUS_COLUMN": own.status_column,
        "BUNKD_STATUS_WAITING": ", ".join(own.status_waiting),
        "BUNKD_STATUS_ACTIVE": ", ".join(own.status_active),
        "BUNKD_STATUS_DONE": ", ".join(own.status_done),
        "BUNKD_STATUS_FAILED": ", ".join(own.status_failed),
    }
    yield from ((name, value) for name, value in values.items() if value)
