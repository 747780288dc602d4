"""How long a backlog takes, and how many calls."""

import math
import time

from benchmarks.place import SLOTS, Place
from benchmarks.plain import Plain
from benchmarks.progress import at, say
from benchmarks.result import Results, Row
from benchmarks.steady import steady
from tests.support.endpoint import Received
from tests.support.queue import add_jobs, create_queue
from tests.support.wait import wait_until

PAUSE = 1.0
"""Seconds that pg_net rests after a batch; a batch ends with its slowest call."""


def measure(place: Place, plain: Plain, results: Results) -> None:
    """Many short jobs, then some slow ones."""
    place.install()
    drain(place, plain, results, place.sizes.short_jobs, 0.5, 90.0)
    drain(place, plain, results, place.sizes.slow_jobs, place.sizes.slow_work, None)
    results.notes.append(
        f"What pg_net allows: batches of {SLOTS} calls (max_in_flight), {PAUSE:g} s of rest between two."
    )


def drain(
    place: Place, plain: Plain, results: Results, jobs: int, work: float, target: float | None
) -> None:
    """All jobs in one INSERT, and nobody but the refill to keep it going."""
    say(f"drain: {jobs} jobs of {work:g} s")
    took = steady("drain", lambda: seconds_of(place, jobs, work))
    batches = math.ceil(jobs / SLOTS)
    allowed = batches * work + (batches - 1) * PAUSE
    calls = place.endpoint.received
    name = f"drain_{'short' if target else 'slow'}"
    what = f"drain of {jobs} jobs of {work:g} s"
    results.add(
        Row(name, what, took, plain=plain.drain(jobs), plain_how="extrapolated"),
        Row(
            f"{name}_share",
            f"{what}, of what pg_net allows",
            100 * allowed / took,
            "percent",
            target=target,
            at_least=True,
        ),
        Row(
            f"{name}_calls",
            f"{what}, calls a job",
            len(calls) / jobs,
            "calls",
            plain=plain.calls_a_job,
            plain_how="measured",
        ),
    )
    results.notes.append(
        f"{what.capitalize()}: {len(calls)} calls,"
        f" {sum(1 for call in calls if not call.job_id)} of them without a job,"
        f" {place.endpoint.peak} open at once at most; pg_net allows {allowed:.1f} s."
    )


def seconds_of(place: Place, jobs: int, work: float, mode: str = "auto") -> float:
    """From the commit of the INSERT to the end of the last job."""
    create_queue(place.link, 1)
    place.install(mode=mode)  # the wake, on the new table
    time.sleep(3 * PAUSE)
    place.endpoint.work = work
    place.endpoint.forget()
    add_jobs(place.link, jobs)
    committed = time.time()

    def done() -> list[Received]:
        finished = [r for r in place.endpoint.received if r.job_id and r.ended]
        at(len(finished), jobs, "drain:")
        return finished if len(finished) == jobs else []

    patience = 60 + 10 * math.ceil(jobs / SLOTS) * (work + PAUSE)
    finished = wait_until(done, patience, f"{jobs} finished jobs")
    time.sleep(2 * PAUSE)  # a call too many would come now
    return max(call.ended or 0.0 for call in finished) - committed
