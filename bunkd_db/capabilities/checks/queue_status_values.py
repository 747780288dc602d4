"""Whether every status value in the queue is one that a setting names."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, ok, skip, warn
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.row import SECONDS_FOR_DATA
from bunkd_db.capabilities.rows.queue import READABLE, Queue, QueueRow


@dataclass(frozen=True)
class UnknownStatus(
    QueueRow,
    what="the queue's status values",
    needs=(READABLE,),
    limit=SECONDS_FOR_DATA,
):
    """A status value that no setting names; NULL is one."""

    value: str

    @staticmethod
    def question(queue: Queue) -> str | None:
        return queue.unknown_status


@check("queue_status_values", order=640)
def queue_status_values(context: Context) -> Finding | None:
    queue = context.facts.seen_one(Queue)
    if queue is None or not queue.has_status:
        return None
    unknown = context.facts.all(UnknownStatus)
    if UnknownStatus not in context.facts.found:
        return skip("the queue's status values were not looked at")
    if unknown:
        return warn(
            Code.UNKNOWN_STATUS_VALUES,
            f"unknown status values: {', '.join(each.value for each in unknown)}",
            "Name them in BUNKD_STATUS_WAITING, _ACTIVE, _DONE or _FAILED, and upgrade:",
            context.facts.schedule.upgrade if context.facts.schedule else "bunkd-db upgrade",
        )
    return ok("every status value is known")
