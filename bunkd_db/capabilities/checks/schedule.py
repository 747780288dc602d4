"""The schedule: installed, complete, in its own database, not paused."""

from __future__ import annotations

from collections.abc import Iterator

from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.verdict import decide
from bunkd_db.models import Check


def checks(context: Context) -> Iterator[Check]:
    """Yield the state of the schedule."""
    yield _schedule(context)
    yield _others(context)


def _schedule(context: Context) -> Check:
    facts = context.facts
    schedule, server = facts.schedule, facts.server
    if not server.installed:
        return Check("schedule", "skip", "bunkd-db is not installed yet")
    if not server.may_read_ours:
        return Check(
            "schedule",
            "skip",
            f"role {server.role} may not read what role {server.installer} installed",
            f"Ask again as role {server.installer}.",
            "UNANSWERED",
        )
    if declined := context.declined("schedule", "schedule", "the schedule"):
        return declined
    if schedule is None:
        return Check(
            "schedule", "fail", "nothing is scheduled", "Run: bunkd-db upgrade", "NOT_SCHEDULED"
        )
    if schedule.fence:
        return Check("schedule", "fail", schedule.fence, _FENCE, "COPY")
    lacks = [
        word
        for word, there in (("url", schedule.url), ("credential", schedule.credential))
        if not there
    ]
    if schedule.mode == "native" and lacks:
        remedy = "Set SUPABASE_URL or BUNKD_CALL_URL and run: bunkd-db upgrade"
        if "url" not in lacks:
            remedy = "Run: bunkd-db credential set"
        return Check(
            "schedule",
            "fail",
            f"the schedule has no {' and no '.join(lacks)}",
            remedy,
            "NOT_SCHEDULED",
        )
    if schedule.mode == "external":
        return _external(context, schedule.mode_reason or "of what the last upgrade found")
    if schedule.paused:
        return Check(
            "schedule",
            "warn",
            "the schedule is paused: it ticks and sends nothing",
            _RESUME,
            "PAUSED",
        )
    return Check("schedule", "pass", f"{schedule.name} is installed, every {schedule.every}")


_FENCE = (
    "To let it make calls, set BUNKD_CALL_URL and BUNKD_CREDENTIAL for it and run: bunkd-db upgrade"
)
_RESUME = "To resume: update bunkd.schedule set paused = false;"


def _external(context: Context, reason: str) -> Check:
    chosen = reason == "BUNKD_MODE is external"
    detail = f"the schedule is external, because {reason}"
    verdict, _ = decide(context.facts, context.admin_roles)
    if verdict == "external" or chosen:
        return Check("schedule", "pass", detail)
    detail = f"the schedule is external from when this held: {reason}"
    return Check("schedule", "warn", detail, "Run: bunkd-db upgrade", "STILL_EXTERNAL")


def _others(context: Context) -> Check:
    others = context.facts.other_schedules
    if declined := context.declined("other_schedules", "other_schedules", "the other schedules"):
        return declined
    bad = [
        f"{other.name} ({'no job' if not other.jobs else f'{other.jobs} jobs' if other.jobs > 1 else 'switched off or changed'})"
        for other in others
        if other.jobs != 1 or not other.as_meant
    ]
    if bad:
        detail = f"other schedules without exactly one cron job as it is meant: {', '.join(bad)}"
        remedy = (
            "Run: bunkd-db upgrade; it leaves alone what was switched off or is another role's."
        )
        return Check("other_schedules", "warn", detail, remedy, "OTHER_SCHEDULES")
    detail = f"{len(others)} other schedules have their cron job" if others else "there is no other"
    return Check("other_schedules", "pass", detail)
