"""Numbers and times as people read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from bunkd_db.status.facts import Alerts, Count, Outcome, Pause, Schedule, Stage

_MOMENT = 5  # seconds that a tick takes to come


def shown(count: Count) -> str:
    """Return a number with how sure it is.

    >>> shown(Count(1204, True)), shown(Count(9_900_000)), shown(Count(10_000, False, True))
    ('1,204', 'about 9,900,000', '>= 10,000')
    >>> shown(Count()), shown(Count(0, False, True))
    ('not known', '0 seen')
    """
    if count.count is None:
        return "not known"
    if count.at_least and not count.count:
        return "0 seen"
    sure = "" if count.exact else ">= " if count.at_least else "about "
    return f"{sure}{count.count:,}"


def jobs(count: Count) -> str:
    """Return a number of jobs.

    >>> jobs(Count(1, True)), jobs(Count(10_000, False, True))
    ('1 job', 'at least 10,000 jobs')
    """
    number = shown(count).replace(">= ", "at least ")
    return f"{number} job{'' if count.count == 1 else 's'}"


def sent_by(worker: str | None) -> str:
    """Return who sends a call, or has sent it, by what its slot or the ledger notes.

    >>> sent_by(None), sent_by("lane:2"), sent_by("lanes"), sent_by("w1")
    ('pg_net', 'lane 2', 'the next lane', 'worker w1')
    """
    match worker:
        case None:
            return "pg_net"
        case "lanes":  # handed over, and not taken yet
            return "the next lane"
    return f"lane {worker[5:]}" if worker.startswith("lane:") else f"worker {worker}"


def about(schedule: Schedule) -> str:
    """Return who calls, how often and for which queue."""
    workers, every = schedule.workers, schedule.every
    how = {
        "pg_net": f"pg_net makes the calls, every {every}",
        "http": f"Lanes make the calls with pgsql-http, every {every}",
        "both": f"pg_net makes a call when it is free, lanes all others, every {every}",
        "worker": f"{workers} worker{' makes' if workers == 1 else 's make'} the calls, every {every}",
        "external": f"An external scheduler must make the calls, every {every}",
    }[schedule.transport]
    parts = [how if schedule.mode else "Not set up yet", f"queue {schedule.queue.table}"]
    if schedule.paused:
        parts.append(paused(schedule.pause))
    if schedule.held_since:
        parts.append(f"held since {schedule.held_since:%Y-%m-%d %H:%M} UTC")
    return "; ".join(parts)


def paused(pause: Pause | None) -> str:
    """Return by whom, until when and why a schedule is paused.

    >>> paused(Pause(by="ann", because="provider is down")), paused(None)
    ('paused by ann: provider is down', 'paused')
    """
    if pause is None:
        return "paused"
    by = f" by {pause.by}" if pause.by else ""
    until = f" until {pause.until:%Y-%m-%d %H:%M} UTC" if pause.until else ""
    return f"paused{by}{until}{f': {pause.because}' if pause.because else ''}"


def rotation(schedule: Schedule) -> str:
    """Return how far the rotation of a credential is, and what to do next; there is one."""
    found = schedule.rotation
    assert found is not None
    when = ago(found.since, schedule.at)
    if found.stage is Stage.STAGED:
        then = "Switch to it, or drop it:" if not found.refused else "To drop it:"
        if found.busy_until:
            then = (
                "A rotate command counts as running until"
                f" {found.busy_until:%H:%M:%S} UTC, even if it was killed; --commit can go on after that. {then}"
            )
        return f"the next credential was staged {when}; calls have the current one. {then}"
    then = "To return to it:" if found.refused else "Watch the calls, or return to the former one:"
    return f"calls got a new credential {when}; if the function rejects it, they get the former one again. {then}"


def rotation_commands(schedule: Schedule) -> tuple[str, ...]:
    """Return what goes on with a rotation, and what takes it back."""
    refused = schedule.rotation is not None and schedule.rotation.refused
    return tuple(
        f"bunkd-db credential rotate {step} --schedule {schedule.name}"
        for step in (("--abort",) if refused else ("--commit", "--abort"))
    )


def told(alerts: Alerts, now: datetime, *, sent: bool = True) -> str:
    """Return where alerts and heartbeats go, at least one of which there is; not `sent`: it is left to workers.

    >>> told(Alerts(webhook="hooks.example.com", heartbeat="beats.example.com"), datetime.max)
    'to hooks.example.com; heartbeat to beats.example.com, none has arrived yet'
    """
    to = [f"to {alerts.webhook}"] if alerts.webhook else []
    if alerts.heartbeat:
        last = max(
            filter(None, (m.told for m in alerts.messages if m.code == "HEARTBEAT")), default=None
        )
        beat = f"last arrived {ago(last, now)}" if last else "none has arrived yet"
        to.append(f"heartbeat to {alerts.heartbeat}, {beat}")
    if not sent:
        to.append("no worker is running, and nobody else sends them")
    return "; ".join(to)


def ago(when: datetime | None, now: datetime) -> str:
    """Return how long ago something was."""
    return "-" if when is None else f"{duration(age(when, now))} ago"


def age(when: datetime | None, now: datetime) -> float | None:
    """Return how many seconds ago something was."""
    return None if when is None else max((now - when).total_seconds(), 0)


def due(schedule: Schedule) -> str:
    """Return when the next tick is to be; empty where that is not known, or where nobody ticks."""
    at = schedule.ticks.next
    if at is None or schedule.transport == "external":
        return ""
    left = (at - schedule.at).total_seconds()
    if schedule.ticks.last is None and left <= _MOMENT:
        return ""  # from when the first one's interval counts is known to pg_cron alone
    late = f"next overdue by {duration(-left)}" if left < -_MOMENT else "next due now"
    return f"next in {duration(left)}" if left > 0 else late


def by_outcome(calls: Iterable[Outcome]) -> dict[str, int]:
    """Return how many calls ended in which way, the commonest first."""
    found: Counter[str] = Counter()
    for each in calls:
        found[each.outcome] += each.calls
    return dict(found.most_common())


def by_reason(calls: Iterable[Outcome]) -> dict[str, int]:
    """Return how many calls were made for which reason, the commonest first."""
    found: Counter[str] = Counter()
    for each in calls:
        found[each.reason] += each.calls
    return dict(found.most_common())


def answered(outcome: str, status_code: int | None, detail: str | None) -> str:
    """Return how a call ended.

    >>> answered("http_error", 503, "busy"), answered("ok", 200, None), answered("timeout", None, "")
    ('http_error (503): busy', 'ok (200)', 'timeout')
    """
    status = f" ({status_code})" if status_code else ""
    return f"{outcome}{status}{f': {detail}' if detail else ''}"


def duration(seconds: float | None) -> str:
    """Return a duration with its unit, two units at most.

    >>> duration(0.0241), duration(1.84), duration(75), duration(7_400), duration(200_000)
    ('24 ms', '1.8 s', '1 min 15 s', '2 h 3 min', '2 d 7 h')
    >>> duration(120), duration(None)
    ('2 min', '-')
    """
    if seconds is None:
        return "-"
    if seconds < 1:
        return f"{max(seconds, 0) * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    if seconds < 60:
        return f"{seconds:.0f} s"
    for unit, size, less, part in (
        ("min", 60, "s", 1),
        ("h", 3600, "min", 60),
        ("d", 86_400, "h", 3600),
    ):
        if seconds < {"min": 3600, "h": 86_400}.get(unit, float("inf")):
            whole, rest = divmod(int(seconds), size)
            return (
                f"{whole:,} {unit} {rest // part} {less}" if rest // part else f"{whole:,} {unit}"
            )
    raise AssertionError(seconds)
