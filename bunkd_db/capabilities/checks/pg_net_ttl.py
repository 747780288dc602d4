"""Whether pg_net keeps an answer until a tick has read it."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, ok, skip, warn
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.row import Row
from bunkd_db.capabilities.rows.schedule import Schedule
from bunkd_db.interval import longest_gap


@dataclass(frozen=True)
class AnswersKept(Row, query="net_ttl", what="for how long pg_net keeps an answer"):
    """For how many seconds pg_net keeps an answer; None where it is not preloaded."""

    seconds: float | None


@check("pg_net_ttl", order=350)
def pg_net_ttl(context: Context) -> Finding:
    facts = context.facts
    if facts.schedule and facts.schedule.by_lanes:
        return skip("not needed: lanes record an answer when it comes")
    kept = facts.one(AnswersKept)
    if kept is None or kept.seconds is None or facts.extensions["pg_net"].installed is None:
        return skip("pg_net is not there yet")
    schedule = facts.one(Schedule)
    if schedule is None or schedule.mode != "native":
        return skip("the database does not make the calls")
    gap, timeout = longest_gap(schedule.pace), schedule.timeout_ms / 1000
    detail = f"pg_net keeps an answer for {kept.seconds:g} s, and ticks are up to {gap:g} s apart"
    if kept.seconds > gap + timeout:
        return ok(detail)
    return warn(
        Code.ANSWERS_LOST,
        f"{detail}: if it is gone before a tick reads it, the call counts as lost and back-off"
        " does not see a failure",
        f"Set pg_net.ttl to more than {gap + timeout:g} s (a tick and BUNKD_CALL_TIMEOUT) and reload"
        " the server's configuration, or tick more often: BUNKD_EVERY.",
    )
