"""Whose code runs with the installing role's privileges: the queue's owner's."""

from __future__ import annotations

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, fail, ok
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.rows.queue import Queue


@check("queue_owner", order=660)
def queue_owner(context: Context) -> Finding | None:
    queue, ours = context.facts.seen_one(Queue), context.facts.server.installer
    if queue is None:
        return None
    if queue.owner_is_us:
        trusted = "or BUNKD_QUEUE_OWNER says to trust it"
        return ok(f"the owner of {queue.table} can already act as role {ours}, {trusted}")
    return fail(
        Code.FOREIGN_QUEUE,
        f"{queue.table} belongs to role {queue.owner}, whose code would run as role {ours}:"
        " bunkd-db does not read it, and makes no calls for it",
        f"If you trust that role as you trust {ours}, set BUNKD_QUEUE_OWNER={queue.owner} and"
        " upgrade; else install bunkd-db as that role.",
    )
