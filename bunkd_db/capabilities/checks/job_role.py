"""Whether pg_cron can run jobs of the installing role."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, fail, ok, warn
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.row import Row


@dataclass(frozen=True)
class JobObstacle(Row, query="job_obstacles", what="whether jobs can run"):
    """Why pg_cron could not run a job of the installing role here."""

    detail: str
    remedy: str
    commands: list[str]


@check("job_role", order=540)
def job_role(context: Context) -> Finding:
    facts = context.facts
    obstacle = facts.one(JobObstacle)
    if obstacle is None:
        return ok(f"nothing keeps pg_cron from running jobs of role {facts.server.installer}")
    external = facts.schedule is not None and facts.schedule.is_external
    finding = warn if external else fail
    return finding(Code.JOB_ROLE, obstacle.detail, obstacle.remedy, *obstacle.commands)
