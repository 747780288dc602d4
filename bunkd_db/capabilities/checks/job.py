"""Our cron job: registered once, active, undrifted."""

from __future__ import annotations

from collections.abc import Iterator

from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.facts import Facts
from bunkd_db.models import Check

UPGRADE = "Run: bunkd-db upgrade"


def checks(context: Context) -> Iterator[Check]:
    """Yield the state of the schedule's cron job."""
    yield _job(context)
    yield _active(context)
    yield _drift(context)


def is_drifted(facts: Facts) -> bool:
    """Whether the cron job is not what the schedule says."""
    schedule = facts.schedule
    if schedule is None:
        return False
    return any(
        job.cron != schedule.cron_schedule
        or not schedule.cron_is_current
        or not job.command_is_ours
        or not job.here
        for job in facts.our_jobs
    )


def is_active(facts: Facts) -> bool:
    """Whether the database calls by itself: one active, undrifted job and both workers alive."""
    jobs = facts.our_jobs
    return (
        len(jobs) == 1
        and jobs[0].active
        and not is_drifted(facts)
        and facts.schedule is not None
        and not facts.schedule.fence
        and facts.worker("pg_cron") is not None
        and facts.worker("pg_net") is not None
    )


def _unseen(context: Context, name: str) -> Check | None:
    """Return why nothing can be said about our job, None where it can."""
    facts = context.facts
    if facts.extensions["pg_cron"].installed is None:
        return Check(name, "skip", "pg_cron is not installed yet")
    if declined := context.declined("jobs", name, "pg_cron's jobs"):
        return declined
    if facts.cron_grants is None or not facts.cron_grants.may_read:
        role = facts.server.role
        return Check(
            name,
            "skip",
            f"role {role} may not read pg_cron's jobs",
            f"Ask again as role {facts.server.installer}."
            if role != facts.server.installer
            else context.remedy("NO_SCHEMA_USAGE", "pg_cron"),
            "UNANSWERED",
        )
    return None


def _job(context: Context) -> Check:
    facts = context.facts
    if unseen := _unseen(context, "job"):
        return unseen
    jobs, schedule = facts.our_jobs, facts.schedule
    name = f"bunkd:{facts.schedule_name}"
    if not jobs:
        blind = facts.cron_grants is not None and not facts.cron_grants.sees_all
        if not facts.server.installed or (schedule and schedule.mode != "native"):
            return Check("job", "pass", f"cron job {name} is not registered, as it should be")
        if blind and facts.server.role != facts.server.installer:
            detail = f"role {facts.server.role} sees only its own cron jobs"
            remedy = f"Ask again as role {facts.server.installer}."
            return Check("job", "skip", detail, remedy, "UNANSWERED")
        return Check("job", "fail", f"cron job {name} is not registered", UPGRADE, "JOB_MISSING")
    owners = sorted({job.role for job in jobs})
    if len(jobs) > 1:
        return Check(
            "job",
            "fail",
            f"cron job {name} is registered {len(jobs)} times, by {' and '.join(owners)}:"
            " every tick happens more than once",
            "As the role that should not have it: " + _unschedule(facts),
            "JOB_DOUBLED",
        )
    if facts.server.installed and owners != [facts.server.installer]:
        return Check(
            "job",
            "fail",
            f"cron job {name} belongs to role {owners[0]}, the schedule to {facts.server.installer}",
            f"As role {owners[0]}: {_unschedule(facts)} then run bunkd-db upgrade as"
            f" {facts.server.installer}.",
            "JOB_OF_ANOTHER",
        )
    return Check("job", "pass", f"cron job {name} is registered once (id {jobs[0].id})")


def _unschedule(facts: Facts) -> str:
    other = next((j for j in facts.our_jobs if j.role != facts.server.installer), facts.our_jobs[0])
    return f"select cron.unschedule({other.id});"


def _active(context: Context) -> Check:
    jobs = context.facts.our_jobs
    if not jobs:
        return Check("job_active", "skip", "there is no cron job of ours")
    off = [job for job in jobs if not job.active]
    if off:
        return Check(
            "job_active",
            "fail",
            "the cron job was switched off; an upgrade leaves it so",
            f"To switch it on: select cron.alter_job({off[0].id}, active := true);",
            "JOB_INACTIVE",
        )
    return Check("job_active", "pass", "the cron job is active")


def _drift(context: Context) -> Check:
    facts = context.facts
    if not facts.our_jobs or facts.schedule is None:
        return Check("job_drift", "skip", "there is nothing to compare")
    if not is_drifted(facts):
        return Check("job_drift", "pass", "the cron job is what the schedule says")
    job, schedule = facts.our_jobs[0], facts.schedule
    differences = [
        text
        for text, differs in (
            (
                f"its schedule is '{job.cron}' where {schedule.every} is meant",
                job.cron != schedule.cron_schedule or not schedule.cron_is_current,
            ),
            ("its command is not ours", not job.command_is_ours),
            ("it runs in another database", not job.here),
        )
        if differs
    ]
    detail = f"the cron job was changed: {', '.join(differences)}"
    return Check("job_drift", "fail", detail, UPGRADE, "JOB_DRIFTED")
