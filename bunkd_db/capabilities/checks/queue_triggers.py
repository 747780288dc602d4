"""Whether a write to the queue causes a call at once."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, ok, skip, warn
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.row import SECONDS_FOR_DATA, Row, need
from bunkd_db.capabilities.rows.queue import READABLE, Queue
from bunkd_db.capabilities.rows.schedule import Schedule


@dataclass(frozen=True)
class WakeTrigger(
    Row,
    query="triggers",
    what="the queue's triggers",
    needs=(need(Schedule), READABLE),
    limit=SECONDS_FOR_DATA,
):
    """A kind of write to the queue, `insert` or `update`, that wakes the schedule."""

    name: str


@check("queue_triggers", order=650)
def queue_triggers(context: Context) -> Finding | None:
    facts = context.facts
    queue = facts.seen_one(Queue)
    if queue is None or not queue.has_status:
        return None
    schedule = facts.one(Schedule)
    if schedule is None:
        return skip("bunkd-db is not installed yet")
    if schedule.is_external:
        return ok("no wake is needed: the calls come from outside")
    if schedule.retired:
        return ok("the schedule is retired: nothing is attached to the queue")
    if schedule.lacks:  # neither a tick nor an upgrade attaches them before it can call
        return skip("nothing is attached to the queue before the schedule can call")
    if not schedule.wake:
        return ok("the wake is off: only ticks call")
    if schedule.by_lanes:
        return ok("lanes look for new jobs: nothing is attached to the queue")
    missing = {"insert", "update"} - {trigger.name for trigger in facts.all(WakeTrigger)}
    if missing:
        events = " and ".join(sorted(missing))
        return warn(
            Code.NO_TRIGGERS,
            f"our triggers for {events} are missing on {facts.queue.table}: new jobs wait for a tick",
            "The next tick attaches them if its role owns the table. To do it now:",
            "bunkd-db upgrade",
        )
    return ok("a new job is called for at commit")
