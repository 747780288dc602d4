"""The same server in external mode: three workers make the calls."""

import math
import time
from contextlib import ExitStack

from benchmarks.drain import seconds_of
from benchmarks.pickup import pick_up
from benchmarks.place import SLOTS, Place
from benchmarks.progress import at, say
from benchmarks.result import Results, Row
from benchmarks.steady import steady
from benchmarks.timing import percentile
from tests.support.queue import create_queue
from tests.support.worker import worker

WORKERS = 3
GAP = 0.5
WORK = 0.5
TARGET = 90.0


def measure(place: Place, results: Results) -> None:
    """Pickup on an idle queue, and the drain of many short jobs."""
    jobs, pickups = place.sizes.short_jobs, place.sizes.idle_pickups
    create_queue(place.link, 1)
    place.install(mode="external")
    say(f"workers: {WORKERS} of them start")
    with ExitStack() as stack:
        for _ in range(WORKERS):
            one = stack.enter_context(worker(DATABASE_URL=place.server.url))
            one.said("worker ready")
        place.endpoint.work = 0.0
        place.endpoint.forget()
        waited = []
        for done in range(pickups):
            time.sleep(GAP)
            waited.append(steady("workers", lambda: pick_up(place)[0]))
            at(done + 1, pickups, "workers, pickup:")
        say(f"workers: drain of {jobs} jobs of {WORK:g} s")
        took = steady("workers", lambda: seconds_of(place, jobs, WORK, "external"))
    calls, peak = place.endpoint.received, place.endpoint.peak
    allowed = math.ceil(jobs / SLOTS) * WORK
    what = f"{WORKERS} workers: drain of {jobs} jobs of {WORK:g} s"
    results.add(
        *(
            Row(
                f"worker_pickup_p{percent}",
                f"{WORKERS} workers: pickup, every {GAP:g} s, p{percent}",
                percentile(waited, percent),
            )
            for percent in (50, 99)
        ),
        Row("worker_drain", what, took),
        Row(
            "worker_drain_share",
            f"{what}, of {SLOTS} per {WORK:g} s",
            100 * allowed / took,
            "percent",
            target=TARGET,
            at_least=True,
        ),
        Row("worker_drain_calls", f"{what}, calls a job", len(calls) / jobs, "calls", target=1),
    )
    results.notes.append(
        f"Workers (BUNKD_MODE=external, no pg_net): {len(calls)} calls for {jobs} jobs,"
        f" {sum(1 for call in calls if not call.job_id)} of them without a job, {peak} open at once at most."
    )
    place.install(mode="auto")
