"""Whether an index serves the waiting and the active rows."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, ok, skip, warn
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.row import SECONDS_FOR_DATA, Row
from bunkd_db.capabilities.rows.queue import READABLE, Queue


@dataclass(frozen=True)
class QueueIndex(
    Row,
    query="queue_index",
    what="the queue's indexes",
    needs=(READABLE,),
    limit=SECONDS_FOR_DATA,
):
    """Whether an index serves the waiting and the active rows, or the table needs none."""

    is_small: bool
    waiting: bool
    active: bool


@check("queue_index", order=620)
def queue_index(context: Context) -> Finding | None:
    return _finding(context, "waiting", "every tick scans the whole table")


@check("queue_active_index", order=630)
def queue_active_index(context: Context) -> Finding | None:
    return _finding(context, "active", "a rescue scans the whole table, so it runs rarely")


def _finding(context: Context, state: str, without: str) -> Finding | None:
    queue = context.facts.seen_one(Queue)
    if queue is None or not queue.has_status:
        return None
    index = context.facts.one(QueueIndex)
    if index is None:
        return skip("the queue's indexes were not looked at")
    rows = f"the {state} rows of {queue.table}"
    if index.waiting if state == "waiting" else index.active:
        return ok(f"an index serves {rows}")
    if index.is_small:
        return ok(f"no index serves {rows}; the table is small enough without one")
    create = queue.create_index if state == "waiting" else queue.create_active_index
    return warn(Code.NO_INDEX, f"no index serves {rows}: {without}", "Create one:", create)
