"""What waits in the queue: how much, for how long, and what can never be claimed."""

from __future__ import annotations

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, ok, skip, warn
from bunkd_db.capabilities.moving import is_moving
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.rows.queue import Queue, Waiting
from bunkd_db.capabilities.wording import ago
from bunkd_db.sql.statements import recent_calls


@check("queue_never", order=680)
def queue_never(context: Context) -> Finding | None:
    if not _has_status(context):
        return None
    waiting = context.facts.one(Waiting)
    if waiting is None:
        return skip("what waits in the queue could not be counted")
    if waiting.never_claimable:
        return warn(
            Code.NEVER_CLAIMABLE,
            f"{_rows(waiting.never_claimable)} can never be claimed: they used all three attempts",
            "Set their status to failed, or their attempts back to 0.",
        )
    return ok("every row that waits can be claimed")


@check("queue_backlog", order=690)
def queue_backlog(context: Context) -> Finding | None:
    if not _has_status(context):
        return None
    facts = context.facts
    waiting = facts.one(Waiting)
    if waiting is None:
        return skip("what waits in the queue could not be counted")
    if not waiting.claimable:
        return ok("nothing waits")
    oldest = f", the oldest for {ago(waiting.oldest)}" if waiting.oldest is not None else ""
    if not facts.server.installed:
        return warn(
            Code.BACKLOG,
            f"{_rows(waiting.claimable)} waiting{oldest}: the first upgrade will call for them at once",
            "Before upgrading, set jobs you no longer want to failed.",
        )
    if is_moving(facts) is not False:
        return ok(f"{_rows(waiting.claimable)} waiting{oldest}")
    return warn(
        Code.BACKLOG,
        f"{_rows(waiting.claimable)} waiting{oldest}: the queue is not being drained in time",
        "If the function fails, this shows what it answered; if not, raise BUNKD_MAX_IN_FLIGHT.",
        recent_calls(facts.asked.schedule_name),
    )


def _has_status(context: Context) -> bool:
    return any(queue.has_status for queue in context.facts.seen(Queue))


def _rows(number: int) -> str:
    count = "10,000 or more" if number >= 10_000 else str(number)
    return f"{count} row{'' if number == 1 else 's'}"
