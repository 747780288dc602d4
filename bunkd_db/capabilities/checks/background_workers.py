"""Whether pg_cron's scheduler and pg_net's worker run."""

from __future__ import annotations

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, fail, ok, skip
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.rows.background_worker import BackgroundWorker
from bunkd_db.capabilities.rows.job import Job


@check("pg_cron_worker", order=310)
def pg_cron_worker(context: Context) -> Finding:
    if known := _state(context, "pg_cron", "scheduler"):
        return known
    if any(not job.role_exists for job in context.facts.seen(Job)):
        return fail(
            Code.CRON_DEAD,
            "pg_cron's scheduler does not run: cron jobs of a role that does not exist end it",
            "See the check job_roles: a restart alone does not help.",
        )
    return context.bad("fail", Code.CRON_DEAD, "pg_cron's scheduler does not run", "pg_cron")


@check("pg_net_worker", order=320, of_sender=True)
def pg_net_worker(context: Context) -> Finding:
    if known := _state(context, "pg_net", "worker"):
        return known
    return context.bad("fail", Code.NET_DEAD, "pg_net's worker does not run", "pg_net")


def _state(context: Context, name: str, what: str) -> Finding | None:
    """Return what is known of it, None where it should run and does not."""
    # by application_name: net.check_worker_is_up() says no to a role without pg_read_all_stats
    facts = context.facts
    if not facts.preloaded(name):
        return skip(f"{name} is not preloaded, so it has no {what}")
    if facts.server.in_recovery:
        return skip(f"{name} has no {what} on a standby")
    facts.all(BackgroundWorker)
    if worker := facts.worker(name):
        return ok(f"{name}'s {what} runs ({worker.name})")
    if facts.extensions[name].installed is None:
        return skip(f"{name} is not installed, and its {what} does not run yet")
    return None
