"""Jobs that wait: for slots that slow ones hold, for too long, in a burst, or for ever."""

from __future__ import annotations

from collections.abc import Iterator

from bunkd_db.sql.statements import more_slots, recent_calls
from bunkd_db.status.facts import Schedule
from bunkd_db.status.rules.limits import ALERT_SECONDS, WAIT_SECONDS, all_taken, by_wait
from bunkd_db.status.rules.numbers import all_slots, verb_s
from bunkd_db.status.verdict import Code, Health, Line
from bunkd_db.status.words import duration, jobs

_MOST_SLOTS = 1000  # a constraint of bunkd.schedule
_BURST = 10  # times the usual hour
_BURST_JOBS = 100


def slots_taken(schedule: Schedule) -> Iterator[Line]:
    slots, queue = schedule.slots, schedule.queue
    if not all_taken(schedule):
        return
    longest = max(slots.holders, key=lambda each: each.seconds or 0)
    yield Line(
        Code.SLOTS_TAKEN,
        by_wait(schedule) or Health.DEGRADED,
        f"{all_slots(slots.total)}, call {longest.call} for {duration(longest.seconds)},"
        f" while {jobs(queue.claimable)} wait{verb_s(queue.claimable.count)}",
        "Read in the function's log what it is busy with; or allow more calls at once, if the"
        " function and its providers can take them:",
        (more_slots(schedule.name, min(2 * slots.total, _MOST_SLOTS)),),
    )


def waits(schedule: Schedule) -> Iterator[Line]:
    level, queue = by_wait(schedule), schedule.queue
    if level is None:
        return
    alert = level is Health.UNHEALTHY
    most = ALERT_SECONDS if alert else WAIT_SECONDS
    limit = max(most, 2 * schedule.seconds_between_ticks)
    remedy = "See the first line, which says why and what to do."
    commands: tuple[str, ...] = ()
    if not schedule.obstacles and not all_taken(schedule):
        remedy = "Look at the lines about slots and jobs here, and see how the last calls ended:"
        commands = (recent_calls(schedule.name),)
    yield Line(
        Code.WAIT_TOO_LONG if alert else Code.WAIT_LONG,
        level,
        f"{jobs(queue.claimable)} wait{verb_s(queue.claimable.count)}, the oldest for"
        f" {duration(queue.oldest_wait_seconds)}; none should wait for more than {duration(limit)}",
        remedy,
        commands,
    )


def never_claimable(schedule: Schedule) -> Iterator[Line]:
    queue = schedule.queue
    if queue.never_claimable:
        yield Line(
            Code.NEVER_CLAIMABLE,
            Health.DEGRADED,
            f"{jobs(queue.never_claimable)} wait{verb_s(queue.never_claimable.count)} and cannot be"
            " claimed: claimed three times before, or kept out by BUNKD_QUEUE_WHERE",
            "Ask bunkd-db explain JOB_ID about one of them. Where it was claimed too often, set its"
            f" status to failed, or reset attempts in {queue.table}.",
        )


def burst(schedule: Schedule) -> Iterator[Line]:
    created, usual = schedule.queue.created_last_hour, schedule.queue.usual_per_hour
    if created.count and usual and created.count >= max(_BURST_JOBS, _BURST * usual):
        yield Line(
            Code.BURST,
            Health.DEGRADED,
            f"{jobs(created)} were created in the last hour, {created.count / usual:,.0f} times the"
            " usual number",
            "Find out who creates them; if that is intended, more slots get through them sooner"
            " (BUNKD_MAX_IN_FLIGHT).",
        )
