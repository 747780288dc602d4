"""How the cron job differs from what the schedule says."""

from __future__ import annotations

from collections.abc import Iterator

from bunkd_db.capabilities.facts import Facts
from bunkd_db.capabilities.rows.job import Job
from bunkd_db.capabilities.rows.schedule import Schedule


def is_drifted(facts: Facts) -> bool:
    """Whether any of our jobs is not what the schedule says."""
    schedule = facts.schedule
    return schedule is not None and any(any(differences(j, schedule)) for j in facts.our_jobs)


def differences(job: Job, schedule: Schedule) -> Iterator[str]:
    """Yield what is different, in words."""
    if job.cron != schedule.cron_schedule or not schedule.cron_is_current:
        yield f"its schedule is '{job.cron}' where {schedule.every} is meant"
    if not job.command_is_ours:
        yield "its command is not ours"
    if not job.here:
        yield "it runs in another database"
    if job.host_is_meant is False:
        yield "it runs on another host"
    if not job.port_is_meant:
        yield "it runs at another port"
