"""All checks, in the order in which they are shown: pure functions of the facts."""

from __future__ import annotations

from bunkd_db.capabilities.checks import (
    backlog,
    calls,
    credential,
    exposure,
    extension,
    job,
    leftovers,
    our_workers,
    queue,
    queue_owner,
    schedule,
    server,
    worker,
)
from bunkd_db.capabilities.context import Context
from bunkd_db.models import Check

FAMILIES = (
    server.checks,
    extension.checks,
    worker.checks,
    schedule.checks,
    our_workers.checks,
    job.checks,
    queue.checks,
    queue_owner.checks,
    backlog.checks,
    leftovers.checks,
    credential.checks,
    exposure.checks,
    calls.checks,
)


def run(context: Context) -> list[Check]:
    """Return every check's answer."""
    return [check for family in FAMILIES for check in family(context)]
