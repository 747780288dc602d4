"""Watch the plain recipe's firings for some minutes."""

import time
from collections.abc import Callable
from itertools import pairwise

from benchmarks.place import Place
from benchmarks.plain import Plain
from benchmarks.progress import say
from benchmarks.recipe import OVERDUE, WHY, Firing, deployed, fire, next_firing, since, start_anew
from benchmarks.sizes import Sizes
from benchmarks.steady import TRIES, Watch
from tests.support.queue import add_jobs

MINUTE = 60.0
PACE = 0.5
"""Seconds between two inserts of a backlog."""

Phase = Callable[[Place, Firing], tuple[Plain, list[Firing]]]
"""Takes the firing before it; what it found, and its own firings."""


def measure(place: Place, found: Plain) -> None:
    """An empty queue, jobs alone, jobs behind a long one, two jobs a second."""
    say("plain recipe: waits for full minutes")
    before: Firing = []
    with deployed(place):
        for phase in phases(place.sizes):
            before = _steadily(place, found, phase, before)


def phases(sizes: Sizes) -> list[Phase]:
    """What to watch for, one after the other."""
    return [
        *[_empty] * sizes.plain_empty,
        *[_alone] * sizes.plain_rounds,
        *[_behind] * sizes.plain_behind,
        *[_backlog] * min(1, sizes.plain_backlog),
    ]


def _steadily(place: Place, found: Plain, phase: Phase, before: Firing) -> Firing:
    """One phase, from a time in which the clock was not set and pg_cron did not rest; its last firing."""
    why = ""
    for attempt in range(TRIES):
        if attempt:
            say(f"plain recipe: {why}; again, on a restarted scheduler")
            found.again += 1
        watch = Watch()
        fresh = bool(attempt) or not before
        try:
            before = start_anew(place) if fresh else before
            trial, firings = phase(place, before)
        except AssertionError as error:
            why = f"the clock was set by {watch.step:+.1f} s" if watch.step else str(error)
            continue
        if not watch.step:
            trial.gaps = [b[0].heard - a[0].heard for a, b in pairwise([before, *firings])]
            trial.late = [firing[0].at % MINUTE for firing in firings]
            trial.empty += fresh  # the first of a fresh scheduler, which gave the time
            trial.firings = len(firings) + fresh
            found.add(trial)
            return firings[-1]
        why = f"the clock was set by {watch.step:+.1f} s"
    raise RuntimeError(f"the plain recipe was disturbed {TRIES} times: {why}")


def _empty(place: Place, before: Firing) -> tuple[Plain, list[Firing]]:
    """An empty queue."""
    firing = next_firing(place, before)
    assert [call.job_id for call in firing] == [None]
    return Plain(empty=1), [firing]


def _alone(place: Place, before: Firing) -> tuple[Plain, list[Firing]]:
    """Jobs all along the minute, and a call for each, so that none waits for another."""
    jobs = place.sizes.plain_jobs
    fire(place, jobs)
    inserted = _insert(place, before[0].heard + MINUTE / jobs / 2, jobs, MINUTE / jobs)
    firing = next_firing(place, before, jobs)
    waited = _waited(firing, inserted)
    say(f"plain recipe: {jobs} jobs waited {min(waited):.1f} to {max(waited):.1f} s")
    return Plain(idle=waited), [firing]


def _behind(place: Place, before: Firing) -> tuple[Plain, list[Firing]]:
    """Jobs all along the time of a long one that the firing before them took."""
    jobs, long = place.sizes.plain_jobs, place.sizes.long_work
    fire(place, 1)
    place.endpoint.work = long
    _insert(place, time.monotonic(), 1, 0)
    first = next_firing(place, before)
    place.endpoint.work = 0.0
    fire(place, jobs)
    inserted = _insert(place, first[0].heard + long / jobs / 2, jobs, long / jobs)
    second = next_firing(place, first, jobs)
    waited = _waited(second, inserted)
    say(f"plain recipe: {jobs} jobs behind one waited {min(waited):.1f} to {max(waited):.1f} s")
    return Plain(behind=waited), [first, second]


def _backlog(place: Place, before: Firing) -> tuple[Plain, list[Firing]]:
    """Two jobs a second."""
    fire(place, 1)
    began, last, inserted = before[0].heard, before, 0
    firings: list[Firing] = []
    while len(firings) < place.sizes.plain_backlog:
        inserted += len(_insert(place, began + inserted * PACE, 1, 0))
        came = since(place, last)
        assert came or time.monotonic() - last[0].heard < OVERDUE, WHY
        if came:
            last = came
            firings.append(came)
    calls = [call for firing in firings for call in firing]
    called = len([call for call in calls if call.job_id])
    say(f"plain recipe: of {inserted} jobs {called} were called for")
    span = last[0].heard - began
    return Plain(came=inserted, called=called, calls=len(calls), span=span), firings


def _insert(place: Place, start: float, jobs: int, gap: float) -> dict[str, float]:
    """The jobs' ids, each with when it was inserted; times by the monotonic clock, in seconds."""
    inserted = {}
    for n in range(jobs):
        time.sleep(max(0.0, start + n * gap - time.monotonic()))
        (job,) = add_jobs(place.link)
        inserted[job] = time.monotonic()
    return inserted


def _waited(firing: Firing, inserted: dict[str, float]) -> list[float]:
    """Seconds from each insert to the call that took the job; all were called at that firing."""
    calls = {call.job_id: call.heard for call in firing}
    assert calls.keys() == inserted.keys(), "a call of the firing did not take its job"
    return [calls[job] - at for job, at in inserted.items()]
