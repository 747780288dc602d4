"""What waits in the queue: how much, for how long, and what will never be claimed."""

from __future__ import annotations

from collections.abc import Iterator

from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.facts import Facts
from bunkd_db.interval import seconds_between
from bunkd_db.models import Check

# waiting for longer than this is an alert
ALERT_SECONDS = 300


def checks(context: Context) -> Iterator[Check]:
    """Yield what is true of the waiting rows."""
    queue = context.facts.queue
    if queue is not None and queue.has_status:
        yield _never(context)
        yield _backlog(context)


def is_moving(facts: Facts) -> bool | None:
    """Whether what waits is worked off, whoever calls; None where the queue cannot be read."""
    if facts.waiting is None:
        return None
    patience = max(ALERT_SECONDS, 2 * (seconds_between(facts.wanted) or 60))
    oldest = facts.waiting.oldest
    return not facts.waiting.claimable or oldest is None or oldest < patience


def _never(context: Context) -> Check:
    waiting = context.facts.waiting
    if waiting and waiting.never_claimable:
        return Check(
            "queue_never",
            "warn",
            f"{_rows(waiting.never_claimable)} will never be claimed: three attempts are over",
            "Set their status to failed, or their attempts back to 0.",
            "NEVER_CLAIMABLE",
        )
    return Check("queue_never", "pass", "no row waits that can never be claimed")


def _backlog(context: Context) -> Check:
    facts = context.facts
    waiting = facts.waiting
    if declined := context.declined("count_waiting", "queue_backlog", "what waits in the queue"):
        return declined
    if waiting is None:
        return Check("queue_backlog", "skip", "what waits in the queue could not be counted")
    if not waiting.claimable:
        return Check("queue_backlog", "pass", "nothing waits")
    oldest = f", the oldest for {ago(waiting.oldest)}" if waiting.oldest is not None else ""
    if not facts.server.installed:
        return Check(
            "queue_backlog",
            "warn",
            f"{_rows(waiting.claimable)} waiting{oldest}: the first upgrade will call for them at once",
            "Set the status of those that nobody wants any more to failed before it.",
            "BACKLOG",
        )
    if is_moving(facts):
        return Check("queue_backlog", "pass", f"{_rows(waiting.claimable)} waiting{oldest}")
    return Check(
        "queue_backlog",
        "warn",
        f"{_rows(waiting.claimable)} waiting{oldest}: the queue is not worked off in time",
        "Look at bunkd.recent_calls for what the function answers; else raise BUNKD_MAX_IN_FLIGHT.",
        "BACKLOG",
    )


def _rows(number: int) -> str:
    count = "10,000 or more" if number >= 10_000 else str(number)
    return f"{count} row{'' if number == 1 else 's'}"


def ago(seconds: float) -> str:
    """Return an age in its largest whole unit.

    >>> ago(42), ago(90), ago(90 * 60), ago(3 * 86400)
    ('42 s', '1 min', '1 h', '3 days')
    """
    seconds = max(0, int(seconds))
    for size, unit in ((2 * 86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // (86400 if unit == 'days' else size)} {unit}"
    return f"{seconds} s"
