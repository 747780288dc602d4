"""How well a schedule is, and why: facts in, verdict out.

Healthy: most jobs are completed, few are active for more than a minute, and none waits for more than
two minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bunkd_db.status.causes import causes
from bunkd_db.status.facts import Schedule
from bunkd_db.status.statements import more_slots, recent_calls
from bunkd_db.status.verdict import Code, Health, Line, Verdict, verdict_of
from bunkd_db.status.words import answered, duration, jobs

WAIT_SECONDS = 120  # none should wait for longer
ALERT_SECONDS = 300  # longer than this is an alert
_SLOW_SECONDS = 60  # few should be active for longer
_FEW_FAILURES = 3  # fewer tell nothing
_OFTEN = 10  # one error so many times in an hour is a pattern
_MOST_SLOTS = 1000  # a constraint of bunkd.schedule
_BURST = 10  # times the usual hour
_BURST_JOBS = 100

Rule = Callable[[Schedule], Iterator[Line]]


def judge(schedule: Schedule) -> Verdict:
    """Return how well a schedule is, with the reason and the next thing to do."""
    return verdict_of([line for rule in _RULES for line in rule(schedule)])


def _obstacles(schedule: Schedule) -> Iterator[Line]:
    """The same function as the gate and `check` ask: they never disagree."""
    for each in schedule.obstacles:
        yield Line(each.code, Health.UNHEALTHY, each.detail, each.remedy, each.commands)


def _slots_taken(schedule: Schedule) -> Iterator[Line]:
    slots, queue = schedule.slots, schedule.queue
    if not _all_taken(schedule):
        return
    longest = max(slots.holders, key=lambda each: each.seconds or 0)
    yield Line(
        Code.SLOTS_TAKEN,
        _by_wait(schedule) or Health.DEGRADED,
        f"{_all_slots(slots.total)}, call {longest.call} for {duration(longest.seconds)},"
        f" while {jobs(queue.claimable)} wait{_s(queue.claimable.count)}",
        "Read in the function's log what it is busy with; or allow more calls at once, if the"
        " function and its providers can take them:",
        (more_slots(schedule.name, min(2 * slots.total, _MOST_SLOTS)),),
    )


def _all_taken(schedule: Schedule) -> bool:
    """Whether jobs wait for slots that slow ones hold."""
    held = [each.seconds for each in schedule.slots.holders if each.seconds is not None]
    full = schedule.slots.limited_by == "NO_SLOT"
    return full and bool(schedule.queue.claimable) and max(held, default=0) >= _SLOW_SECONDS


def _waits(schedule: Schedule) -> Iterator[Line]:
    level, queue = _by_wait(schedule), schedule.queue
    if level is None:
        return
    alert = level is Health.UNHEALTHY
    most = ALERT_SECONDS if alert else WAIT_SECONDS
    limit = max(most, 2 * schedule.seconds_between_ticks)
    remedy = "See the first line, which says why and what to do."
    commands: tuple[str, ...] = ()
    if not schedule.obstacles and not _all_taken(schedule):
        remedy = "Look at the lines about slots and jobs here, and see how the last calls ended:"
        commands = (recent_calls(schedule.name),)
    yield Line(
        Code.WAIT_TOO_LONG if alert else Code.WAIT_LONG,
        level,
        f"{jobs(queue.claimable)} wait{_s(queue.claimable.count)}, the oldest for"
        f" {duration(queue.oldest_wait_seconds)}; none should wait for more than {duration(limit)}",
        remedy,
        commands,
    )


def _by_wait(schedule: Schedule) -> Health | None:
    """What the oldest wait alone says; a schedule that ticks rarely is given two ticks."""
    wait, patience = schedule.queue.oldest_wait_seconds, 2 * schedule.seconds_between_ticks
    if wait is None or wait <= max(WAIT_SECONDS, patience):
        return None
    return Health.UNHEALTHY if wait > max(ALERT_SECONDS, patience) else Health.DEGRADED


def _failing_jobs(schedule: Schedule) -> Iterator[Line]:
    hour = schedule.queue.last_hour
    if hour is None:
        return
    failed, completed = hour.failed.count or 0, hour.completed.count or 0
    error, times, cause = _commonest(schedule)
    why = f", most often with: {error}" if error else ""
    one = error and times >= 0.8 * failed
    if failed >= _FEW_FAILURES and not completed:
        found = f"all {failed} jobs that ended in the last hour failed{why}"
        if one:
            found = f"all {failed} jobs that ended in the last hour failed for one reason: {error}"
        yield _failing(Code.ALL_JOBS_FAIL, Health.UNHEALTHY, found, cause, schedule)
    elif failed >= _FEW_FAILURES and failed > completed:
        found = f"{failed} jobs failed in the last hour and only {completed}"
        found += f" {'was' if completed == 1 else 'were'} completed{why}"
        yield _failing(Code.MANY_JOBS_FAIL, Health.DEGRADED, found, cause, schedule)
    elif error and times >= _OFTEN:
        found = f"{times} jobs failed in the last hour with one error: {error}"
        yield _failing(Code.ONE_ERROR, Health.DEGRADED, found, cause, schedule)


def _commonest(schedule: Schedule) -> tuple[str, int, str | None]:
    """The commonest error of the last hour's jobs: of the queue's own column, else of the answers."""
    found = [
        (e.text, e.count_last_hour, e.cause) for e in schedule.queue.errors if e.count_last_hour
    ] or [
        (a.detail or "", a.calls, a.cause)
        for a in schedule.calls.answers
        if a.outcome == "job_failed"
    ]
    return max(found, key=lambda each: each[1], default=("", 0, None))


def _failing(code: Code, level: Health, found: str, cause: str | None, schedule: Schedule) -> Line:
    if cause:
        known = causes()[cause]
        return Line(code, level, f"{found} (usual cause: {known.means})", known.remedy)
    return Line(
        code,
        level,
        found,
        "Look for that text in the function's log. To see what the function answered:",
        (recent_calls(schedule.name),),
    )


def _failing_calls(schedule: Schedule) -> Iterator[Line]:
    by = schedule.calls.by
    ended = sum(each.calls for each in by if each.outcome != "open")
    failed = sum(each.calls for each in by if each.failed)
    if schedule.obstacles or failed < _FEW_FAILURES or failed * 2 < ended:
        return
    worst = next((a for a in schedule.calls.answers if a.outcome != "job_failed"), None)
    says = (
        f", most often {answered(worst.outcome, worst.status_code, worst.detail)}" if worst else ""
    )
    yield Line(
        Code.CALLS_FAIL,
        Health.DEGRADED,
        f"{failed} of the last hour's {ended} calls failed{says}",
        "Read the function's log, and what it answered:",
        (recent_calls(schedule.name),),
    )


def _stuck(schedule: Schedule) -> Iterator[Line]:
    queue, limit = schedule.queue, schedule.rescue_after_seconds
    if queue.stuck and limit:
        yield Line(
            Code.STUCK,
            Health.DEGRADED,
            f"{jobs(queue.stuck)} {_have(queue.stuck.count)} been active for longer than"
            f" {duration(limit)}, and no tick has rescued {_them(queue.stuck.count)}",
            "See the check queue_rescue, which says what keeps ticks from it:",
            (f"bunkd-db check -v --schedule {schedule.name}",),
        )
    elif (queue.slow.count or 0) > max(1, schedule.slots.total // 2) and not _all_taken(schedule):
        yield Line(
            Code.MANY_SLOW,
            Health.DEGRADED,
            f"{jobs(queue.slow)} {_have(queue.slow.count)} been active for more than a minute, one for"
            f" {duration(queue.oldest_active_seconds)}",
            "Read in the function's log what it is busy with."
            if limit
            else "Read the function's log; BUNKD_RESCUE_AFTER is 0, so stuck jobs stay as they are.",
        )


def _never_claimable(schedule: Schedule) -> Iterator[Line]:
    queue = schedule.queue
    if queue.never_claimable:
        yield Line(
            Code.NEVER_CLAIMABLE,
            Health.DEGRADED,
            f"{jobs(queue.never_claimable)} wait{_s(queue.never_claimable.count)} and cannot be"
            " claimed: claimed three times before, or kept out by BUNKD_QUEUE_WHERE",
            "Ask bunkd-db explain JOB_ID about one of them. Where it was claimed too often, set its"
            f" status to failed, or reset attempts in {queue.table}.",
        )


def _slowed_down(schedule: Schedule) -> Iterator[Line]:
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


# the obstacles that find_brake's sentence is about
_BRAKES = ("BACKING_OFF", "EMPTY_ANSWERS", "REJECTED", "NOT_DEPLOYED")


def _burst(schedule: Schedule) -> Iterator[Line]:
    created, usual = schedule.queue.created_last_hour, schedule.queue.usual_per_hour
    if created.count and usual and created.count >= max(_BURST_JOBS, _BURST * usual):
        yield Line(
            Code.BURST,
            Health.DEGRADED,
            f"{jobs(created)} were created in the last hour, {created.count / usual:,.0f} times the"
            " usual number",
            "Find out who creates them; if that is meant, more slots work them off sooner"
            " (BUNKD_MAX_IN_FLIGHT).",
        )


def _unknown(schedule: Schedule) -> Iterator[Line]:
    queue = schedule.queue
    strange = [each for each in queue.statuses if each.kind == "unknown" and each.count]
    if strange and not any(each.code == "STATUS_UNKNOWN" for each in schedule.obstacles):
        named = ", ".join(f"{each.value} ({jobs(each.count)})" for each in strange[:5])
        yield Line(
            Code.UNKNOWN_STATUS_VALUES,
            Health.DEGRADED,
            f"rows of {queue.table} have status values that no setting names: {named}",
            "Name them in BUNKD_STATUS_WAITING, _ACTIVE, _DONE or _FAILED, and upgrade:",
            ("bunkd-db upgrade",),
        )
    if queue.problem is None and queue.claimable.count is None:
        yield Line(
            Code.WAITING_UNKNOWN,
            Health.DEGRADED,
            f"how many jobs wait is not known: no index serves the status of {queue.table}",
            "Create the index that the check queue_index names:",
            (f"bunkd-db check -v --schedule {schedule.name}",),
        )
    elif queue.problem and not schedule.obstacles:
        yield Line(
            Code.WAITING_UNKNOWN,
            Health.DEGRADED,
            f"how many jobs wait is not known: {queue.problem}",
            "Ask again in a moment; if it stays, fix what the message names.",
        )


_RULES: tuple[Rule, ...] = (
    _obstacles,
    _slots_taken,
    _failing_jobs,
    _failing_calls,
    _waits,
    _stuck,
    _never_claimable,
    _slowed_down,
    _burst,
    _unknown,
)


def _s(count: int | None) -> str:
    return "s" if count == 1 else ""


def _have(count: int | None) -> str:
    return "has" if count == 1 else "have"


def _all_slots(total: int) -> str:
    if total == 1:
        return "a slow job holds the only slot"
    return f"slow jobs hold {'both' if total == 2 else f'all {total}'} slots"


def _them(count: int | None) -> str:
    return "it" if count == 1 else "them"
