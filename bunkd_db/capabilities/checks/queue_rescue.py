"""Whether a job whose function died is put back, and why not."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, ok, skip, warn
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.row import SECONDS_FOR_DATA, Row, need
from bunkd_db.capabilities.rows.queue import Queue
from bunkd_db.capabilities.rows.schedule import Schedule
from bunkd_db.capabilities.rows.server import ON_PRIMARY
from bunkd_db.capabilities.rows.workers import Workers

_STUCK = "a job whose function dies stays active forever"


@dataclass(frozen=True)
class Rescue(
    Row,
    query="rescue",
    what="whether stuck jobs are rescued",
    needs=(need(Schedule), ON_PRIMARY),
    limit=SECONDS_FOR_DATA,
):
    """Why the last tick rescued no stuck job; None where it did, or there was none."""

    problem: str | None


@check("queue_rescue", order=670)
def queue_rescue(context: Context) -> Finding:
    facts = context.facts
    rescue, schedule, queue = facts.one(Rescue), facts.one(Schedule), facts.seen_one(Queue)
    if queue is None or not queue.is_table:
        return skip("there is no table whose jobs could be rescued")
    if schedule is None and facts.server.installed:
        return skip("whether stuck jobs are rescued is not known to this role")
    if schedule and not schedule.rescues:
        return warn(
            Code.RESCUE_OFF,
            f"the rescue is off: {_STUCK}",
            "Set BUNKD_RESCUE_AFTER, for example to 10m, and run:",
            "bunkd-db upgrade",
        )
    if not queue.has_start:
        return _no_start(queue.table, queue.start_without_zone)
    if not queue.has_key:
        return warn(
            Code.RESCUE_NO_KEY,
            f"{queue.table} has no primary key of one column: {_STUCK}",
            "Give it one: it tells the job that is rescued from all others.",
        )
    workers = facts.seen_one(Workers)
    if schedule and schedule.is_external and not (workers and workers.alive):
        return skip("only ticks rescue, and no worker is there to make one")
    if rescue and rescue.problem:
        return warn(
            Code.RESCUE_REFUSED,
            f"the last tick did not rescue the stuck jobs: {rescue.problem}",
            "Remove what is named there; the next tick tries again.",
        )
    if schedule is None:
        return ok("a job that is active for too long will be put back")
    if facts.server.in_recovery:
        return skip("this is a standby: only its primary knows the last rescue")
    return ok("a job that is active for too long is put back")


def _no_start(table: str, column: str | None) -> Finding:
    if column is None:
        return warn(
            Code.RESCUE_NO_START,
            f"no column of {table} says when a job began: {_STUCK}",
            "Add a column started_at timestamptz, and let the function set it when it claims a job.",
        )
    return warn(
        Code.RESCUE_NO_START,
        f"{column} of {table} has no time zone, so nobody knows how long a job has been active:"
        f" {_STUCK}",
        "If it holds UTC:",
        f"alter table {table} alter column {column} type timestamptz"
        f" using {column} at time zone 'UTC';",
    )
