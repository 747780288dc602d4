"""How pg_cron's last runs ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, fail, ok, skip, unanswered
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.row import Row, need
from bunkd_db.capabilities.rows.cron_grants import CronGrants

# the next tick makes up for one that is left out now and then
_FEW = 5


@dataclass(frozen=True)
class Run(
    Row,
    query="runs",
    what="pg_cron's runs",
    needs=(need(CronGrants, lambda g: g.may_read and g.may_read_runs),),
):
    """One run of a cron job.

    Attributes:
        never_began: why pg_cron did not even start it: it could not log in, or had no worker.
    """

    ours: bool | None
    status: str | None
    message: str | None
    never_began: Literal["no_login", "no_worker"] | None


@check("pg_cron_runs", order=360)
def pg_cron_runs(context: Context) -> Finding:
    facts = context.facts
    if facts.setting("cron.launch_active_jobs") == "off":
        detail = "pg_cron is set to run no jobs (cron.launch_active_jobs is off)"
        return context.bad("fail", Code.JOBS_OFF, detail, "pg_cron")
    runs = facts.all(Run)
    if Run not in facts.found:
        if facts.seen_one(CronGrants) and context.ask_again:
            detail = f"role {facts.server.role} cannot read pg_cron's runs"
            return unanswered(detail, context.ask_again)
        return skip("there are no runs of pg_cron to read")
    ours = [run for run in runs if run.ours]
    last = next(iter(ours or runs), None)
    if last is None:
        return ok("no job has run yet")
    if last.never_began == "no_login":
        detail = "pg_cron's last run failed: connection failed"
        return context.bad("fail", Code.HBA, detail, "pg_cron")
    few = ours[:_FEW]
    full = [run for run in few if run.never_began == "no_worker"]
    if full and any(run.status == "succeeded" for run in few):
        detail = f"{len(full)} of the last {len(few)} ticks found no free background worker"
        return ok(f"{detail}; the next tick makes up for it")
    if full:
        detail = "the last ticks found no free background worker (job startup timeout)"
        return context.bad("fail", Code.CRON_FULL, detail, "pg_cron")
    if ours and last.status == "failed":
        return fail(
            Code.TICK_FAILED,
            f"the last tick failed: {(last.message or '').strip().partition(chr(10))[0] or 'no message'}",
            "Fix what the message names. The next tick retries.",
        )
    return ok("the last run did not fail")
