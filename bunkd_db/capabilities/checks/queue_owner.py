"""Whose code runs with our owner's privileges: the queue's owner's."""

from __future__ import annotations

from collections.abc import Iterator

from bunkd_db.capabilities.context import Context
from bunkd_db.models import Check


def checks(context: Context) -> Iterator[Check]:
    """Yield whether the queue belongs to who may do all that we may anyway."""
    queue, ours = context.facts.queue, context.facts.server.installer
    if queue is None:
        return
    if queue.owner_is_us:
        yield Check("queue_owner", "pass", f"the owner of {queue.table} may act as {ours} anyway")
        return
    yield Check(
        "queue_owner",
        "warn",
        f"{queue.table} belongs to role {queue.owner}: code in its triggers, index expressions and views runs as {ours}",
        f"Install bunkd-db as role {queue.owner}, or trust that role as you trust {ours}.",
        "FOREIGN_QUEUE",
    )
