"""Jobs that are active for too long, and ticks that do less than they would."""

from __future__ import annotations

from collections.abc import Iterator

from bunkd_db.sql.statements import recent_calls
from bunkd_db.status.facts import Schedule
from bunkd_db.status.rules.limits import all_taken
from bunkd_db.status.rules.numbers import have, them
from bunkd_db.status.verdict import Code, Health, Line
from bunkd_db.status.words import duration, jobs

# the obstacles that find_brake's sentence is about
_BRAKES = ("BACKING_OFF", "EMPTY_ANSWERS", "REJECTED", "NOT_DEPLOYED")


def stuck(schedule: Schedule) -> Iterator[Line]:
    queue, limit = schedule.queue, schedule.rescue_after_seconds
    if queue.stuck and limit:
        yield Line(
            Code.STUCK,
            Health.DEGRADED,
            f"{jobs(queue.stuck)} {have(queue.stuck.count)} been active for longer than"
            f" {duration(limit)}, and no tick has rescued {them(queue.stuck.count)}",
            "See the check queue_rescue, which says what keeps ticks from it:",
            (f"bunkd-db check -v --schedule {schedule.name}",),
        )
    elif (queue.slow.count or 0) > max(1, schedule.slots.total // 2) and not all_taken(schedule):
        yield Line(
            Code.MANY_SLOW,
            Health.DEGRADED,
            f"{jobs(queue.slow)} {have(queue.slow.count)} been active for more than a minute, one for"
            f" {duration(queue.oldest_active_seconds)}",
            "Read in the function's log what it is busy with."
            if limit
            else "Read the function's log; BUNKD_RESCUE_AFTER is 0, so stuck jobs stay as they are.",
        )


def slowed_down(schedule: Schedule) -> Iterator[Line]:
    said = [each.detail for each in schedule.obstacles]
    back_off, problem = schedule.ticks.back_off, schedule.ticks.problem
    if back_off and not any(each.code in _BRAKES for each in schedule.obstacles):
        yield Line(
            Code.SLOWED_DOWN,
            Health.DEGRADED,
            back_off,
            "Read what the function answered:",
            (recent_calls(schedule.name),),
        )
    if problem and not any(problem in each or each in problem for each in said):
        yield Line(
            Code.TICK_PROBLEM,
            Health.DEGRADED,
            f"the last tick met a problem: {problem}",
            "Fix what the message names. The next tick retries.",
        )
