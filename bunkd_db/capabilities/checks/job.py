"""Our cron job: registered once, active, undrifted."""

from __future__ import annotations

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.drift import differences, is_drifted
from bunkd_db.capabilities.finding import Finding, fail, ok, skip, unanswered, warn
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.rows.cron_grants import CronGrants
from bunkd_db.capabilities.rows.job import Job
from bunkd_db.capabilities.rows.schedule import Schedule

_UPGRADE = "bunkd-db upgrade"


@check("job", order=510)
def job(context: Context) -> Finding:
    facts = context.facts
    if facts.extensions["pg_cron"].installed is None:
        return skip("pg_cron is not installed yet")
    facts.all(Job)
    if Job not in facts.found:
        return _unreadable(context)
    orphans = [str(job.name) for job in facts.seen(Job) if job.any_tick and job.here]
    if orphans and not facts.server.installed:
        return warn(
            Code.JOB_ORPHANED,
            f"schema bunkd is gone, but its cron jobs are still there, and fail at every run: {', '.join(orphans)}",
            "To install bunkd-db again, run the first command; to remove what was left of it, the second:",
            _UPGRADE,
            "bunkd-db downgrade base",
        )
    jobs, schedule = facts.our_jobs, facts.schedule
    name = f"bunkd:{facts.asked.schedule_name}"
    if not jobs:
        return _missing(context, name)
    if schedule and schedule.is_external:
        return warn(
            Code.JOB_IDLE,
            f"the schedule is external, but cron job {name} is still there: its runs succeed and"
            " call nobody",
            f"{_who(jobs[0])}:",
            *(job.unschedule for job in jobs),
        )
    installer = facts.server.installer
    owners = sorted({job.role for job in jobs})
    other = next((job for job in jobs if job.role != installer), jobs[0])
    if len(jobs) > 1:
        return fail(
            Code.JOB_DOUBLED,
            f"cron job {name} is registered {len(jobs)} times, by {' and '.join(owners)}:"
            " every tick happens more than once",
            f"{_who(other)}:",
            other.unschedule,
        )
    if facts.server.installed and owners != [installer]:
        return fail(
            Code.JOB_OF_ANOTHER,
            f"cron job {name} belongs to role {owners[0]}, the schedule to {installer}",
            f"{_who(other)}, remove it; then, as role {installer}, upgrade:",
            other.unschedule,
            _UPGRADE,
        )
    return ok(f"cron job {name} is registered once (id {jobs[0].id})")


def _unreadable(context: Context) -> Finding:
    detail = f"role {context.facts.server.role} cannot read pg_cron's jobs"
    if context.ask_again:
        return unanswered(detail, context.ask_again)
    remedy = context.remedy(Code.NO_SCHEMA_USAGE, "pg_cron")
    return unanswered(detail, remedy.text, *remedy.commands)


def _missing(context: Context, name: str) -> Finding:
    facts = context.facts
    # one that could not be read may be why there is no job
    schedule, grants = facts.one(Schedule), facts.seen_one(CronGrants)
    if not facts.server.installed or (schedule and schedule.mode != "native"):
        return ok(f"cron job {name} is correctly not registered")
    if grants and not grants.sees_all and context.ask_again:
        detail = f"role {facts.server.role} sees only its own cron jobs"
        return unanswered(detail, context.ask_again)
    if schedule and schedule.retired:
        return ok(f"cron job {name} is correctly not registered: the schedule is retired")
    if schedule and schedule.lacks:
        lacks = " and no ".join(schedule.lacks)
        return skip(f"cron job {name} is not registered yet: the schedule has no {lacks}")
    refused = next((o for o in facts.obstacles or () if o.code == Code.JOB_REFUSED), None)
    if refused:
        return fail(Code.JOB_REFUSED, refused.detail, refused.remedy, *refused.commands)
    return fail(Code.JOB_MISSING, f"cron job {name} is not registered", "Run:", _UPGRADE)


def _who(job: Job) -> str:
    """Return who can change it: nobody can connect as a role that is gone or cannot log in."""
    return f"As role {job.role} or a superuser" if job.role_logs_in else "As a superuser"


@check("job_active", order=520)
def job_active(context: Context) -> Finding:
    jobs = context.facts.our_jobs
    if not jobs:
        return skip("no cron job of ours can be seen")
    off = next((job for job in jobs if not job.active), None)
    if off is None:
        return ok("the cron job is active")
    return fail(
        Code.JOB_INACTIVE,
        "the cron job was switched off, and upgrades leave it off: no ticks; new jobs are still"
        " called for",
        "Switch it on with the first command, or stop every call with the second:",
        f"select cron.alter_job({off.id}, active := true);",
        f"bunkd-db schedule pause --schedule {context.facts.asked.schedule_name}",
    )


@check("job_drift", order=530)
def job_drift(context: Context) -> Finding:
    facts = context.facts
    if not facts.our_jobs or facts.schedule is None:
        return skip("there is nothing to compare")
    if not is_drifted(facts):
        return ok("the cron job is what the schedule says")
    found = [text for job in facts.our_jobs for text in differences(job, facts.schedule)]
    detail = f"the cron job was changed: {', '.join(dict.fromkeys(found))}"
    return fail(Code.JOB_DRIFTED, detail, "Run:", _UPGRADE)
