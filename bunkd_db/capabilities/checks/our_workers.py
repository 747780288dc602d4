"""The workers that make the calls where the database cannot."""

from __future__ import annotations

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, ok, skip, warn
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.rows.workers import Workers
from bunkd_db.capabilities.wording import ago


@check("our_workers", order=450)
def our_workers(context: Context) -> Finding:
    schedule = context.facts.schedule
    if schedule is None or not schedule.is_external:
        return skip("not needed: the database makes the calls")
    found = context.facts.one(Workers)
    if found is None or found.last_seen is None:
        return skip("no worker: whether an external scheduler calls cannot be seen from here")
    if not found.alive:
        return warn(
            Code.WORKERS_GONE,
            f"no worker is running; the last one was seen {ago(found.last_seen)} ago",
            "Start it again:",
            f"bunkd-db worker --schedule {schedule.name}",
        )
    count = "1 worker makes" if found.alive == 1 else f"{found.alive} workers make"
    if not found.listening:
        return ok(f"{count} the calls, polling every second: no notification reaches it")
    return ok(f"{count} the calls")
