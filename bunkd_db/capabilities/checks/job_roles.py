"""Whether every cron job belongs to a role that exists."""

from __future__ import annotations

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, fail, ok, skip
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.rows.cron_grants import CronGrants
from bunkd_db.capabilities.rows.job import Job


@check("job_roles", order=550)
def job_roles(context: Context) -> Finding:
    facts = context.facts
    if facts.extensions["pg_cron"].installed is None:
        return skip("pg_cron is not installed yet")
    gone = [job for job in facts.all(Job) if not job.role_exists]
    if gone:
        names = ", ".join(f"{job.title} of {job.role}" for job in gone)
        return fail(
            Code.JOB_ROLE_GONE,
            f"cron jobs of roles that do not exist: {names}; with the next change of any job, and at"
            " the next restart, they end pg_cron's scheduler for everybody",
            "As a superuser:",
            *(job.unschedule for job in gone),
        )
    grants = facts.one(CronGrants)
    seen = "every cron job" if grants and grants.sees_all else "every cron job that this role sees"
    return ok(f"{seen} belongs to a role that exists")
