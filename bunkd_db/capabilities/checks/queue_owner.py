"""Whose code runs with the installing role's privileges: the queue's owner's, and who else could put some there."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, fail, ok
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.row import Row, need
from bunkd_db.capabilities.rows.queue import Queue
from bunkd_db.capabilities.wording import some_of


@dataclass(frozen=True)
class Referrer(
    Row, query="queue_referrers", what="who can refer to the queue", needs=(need(Queue),)
):
    """Another login role that can make a foreign key that refers to the queue.

    Attributes:
        revoke: the statement that takes the right from it.
    """

    name: str
    revoke: str


@check("queue_owner", order=660)
def queue_owner(context: Context) -> Finding | None:
    queue, ours = context.facts.seen_one(Queue), context.facts.server.installer
    if queue is None:
        return None
    referrers = context.facts.all(Referrer)
    if queue.owner_is_us and referrers:
        return fail(
            Code.CODE_WRITABLE,
            f"these login roles can refer to {queue.table} by a foreign key, and PostgreSQL checks"
            f" one as role {queue.owner}, with the code of the other table's types:"
            f" {some_of([each.name for each in referrers])}",
            f"As role {queue.owner}, for each of them that you do not trust:",
            *(each.revoke for each in referrers[:5]),
        )
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
