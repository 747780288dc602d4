"""Jobs and calls that fail."""

from __future__ import annotations

from collections.abc import Iterator

from bunkd_db.sql.statements import recent_calls
from bunkd_db.status.causes import causes
from bunkd_db.status.facts import Schedule
from bunkd_db.status.verdict import Code, Health, Line
from bunkd_db.status.words import answered

_FEW_FAILURES = 3  # fewer tell nothing
_OFTEN = 10  # one error so many times in an hour is a pattern


def failing_jobs(schedule: Schedule) -> Iterator[Line]:
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
        yield _failing(Code.ALL_JOBS_FAIL, Health.UNHEALTHY, found, error, cause, schedule)
    elif failed >= _FEW_FAILURES and failed > completed:
        found = f"{failed} jobs failed in the last hour and only {completed}"
        found += f" {'was' if completed == 1 else 'were'} completed{why}"
        yield _failing(Code.MANY_JOBS_FAIL, Health.DEGRADED, found, error, cause, schedule)
    elif error and times >= _OFTEN:
        found = f"{times} jobs failed in the last hour with one error: {error}"
        yield _failing(Code.ONE_ERROR, Health.DEGRADED, found, error, cause, schedule)


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


def _failing(
    code: Code, level: Health, found: str, error: str, cause: str | None, schedule: Schedule
) -> Line:
    if cause:
        known = causes()[cause]
        return Line(code, level, f"{found} (usual cause: {known.means})", known.remedy)
    look = "Look for that text in the function's log" if error else "Read the function's log"
    return Line(
        code,
        level,
        found,
        f"{look}. To see what the function answered:",
        (recent_calls(schedule.name),),
    )


def failing_calls(schedule: Schedule) -> Iterator[Line]:
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
        "Read the function's log, and what the function answered:",
        (recent_calls(schedule.name),),
    )
