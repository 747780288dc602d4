"""The cron job of a hand-made recipe that calls the same function."""

from __future__ import annotations

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, ok, warn
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.rows.job import Job


@check("legacy_job", order=710)
def legacy_job(context: Context) -> Finding:
    found = [job for job in context.facts.all(Job) if job.legacy and job.active]
    if not found:
        return ok("no legacy job is active")
    what = (
        "a legacy job is active and calls"
        if len(found) == 1
        else f"{len(found)} legacy jobs are active and call"
    )
    return warn(
        Code.LEGACY_JOB,
        f"{what} the same function: {', '.join(job.title for job in found)}",
        "An upgrade switches off those of its own role. Else, as the job's owner or a superuser:",
        *(f"select cron.alter_job({job.id}, active := false);" for job in found),
    )
