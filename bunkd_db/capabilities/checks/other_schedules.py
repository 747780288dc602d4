"""The further schedules: whether they can call from here, and their cron jobs."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, fail, ok, warn
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.row import Row, need
from bunkd_db.capabilities.rows.cron_grants import CronGrants
from bunkd_db.capabilities.rows.schedule import Schedule


@dataclass(frozen=True)
class OtherSchedule(
    Row,
    query="other_schedules",
    what="the other schedules",
    needs=(need(Schedule), need(CronGrants, lambda g: g.may_read)),
):
    """A further schedule's cron jobs; `as_meant`: all are active and what the schedule says.

    `incomplete`: it has no URL or no credential, and no job before it has both.
    """

    name: str
    jobs: int
    incomplete: bool
    as_meant: bool

    @property
    def state(self) -> str:
        if not self.jobs:
            return "no job"
        return f"{self.jobs} jobs" if self.jobs > 1 else "switched off or changed"


@dataclass(frozen=True)
class FencedSchedule(
    Row,
    query="fenced_schedules",
    what="whether the other schedules can call from here",
    needs=(need(Schedule),),
):
    """A further schedule that takes this database for a copy; `opening`: what lets it call."""

    name: str
    why: str
    opening: list[str]


@check("other_schedules", order=430)
def other_schedules(context: Context) -> Finding:
    if fenced := context.facts.all(FencedSchedule):
        return fail(
            Code.OTHER_FENCED,
            "other schedules make no calls: " + ", ".join(f"{s.name} ({s.why})" for s in fenced),
            "Let each call that is to call from here, with its own credential, and its own URL in place of URL."
            " Pause or delete the others:",
            *dict.fromkeys(command for s in fenced for command in s.opening),
        )
    others = context.facts.all(OtherSchedule)
    if incomplete := [o.name for o in others if o.incomplete]:
        return warn(
            Code.OTHER_SCHEDULES,
            f"other schedules make no calls, because they lack a URL or a credential: {', '.join(incomplete)}",
            "To see how to set it:",
            *(f"bunkd-db check --schedule {name}" for name in incomplete),
        )
    bad = [f"{o.name} ({o.state})" for o in others if o.jobs != 1 or not o.as_meant]
    if bad:
        return warn(
            Code.OTHER_SCHEDULES,
            f"other schedules do not have exactly one correct cron job: {', '.join(bad)}",
            "An upgrade registers them, but leaves jobs alone that are switched off or belong to another role:",
            "bunkd-db upgrade",
        )
    if not others:
        return ok("no other schedules")
    return ok(f"{len(others)} other schedule{'s have' if len(others) > 1 else ' has'} a cron job")
