"""Whether a copy of this database would be known as one."""

from __future__ import annotations

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, ok, skip, warn
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.rows.schedule import Schedule


@check("copies", order=420)
def copies(context: Context) -> Finding:
    schedule = context.facts.one(Schedule)
    if schedule is None:
        return skip("nothing is scheduled")
    if schedule.knows_cluster and schedule.knows_timeline:
        return ok("a copy of this database would call nobody")
    kinds = []
    if not schedule.knows_cluster:
        kinds.append("one in another cluster, because pg_control_system() does not answer")
    if not schedule.knows_timeline:
        kinds.append("one restored from a backup, because the timeline cannot be read")
    return warn(
        Code.COPIES_UNKNOWN,
        f"a copy of this database would call as well: {', and '.join(kinds)}",
        "Keep copies from reaching the function, or remove bunkd-db from each copy first:",
        "bunkd-db downgrade base",
    )
