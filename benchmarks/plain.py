"""The plain recipe: pg_cron every minute, one POST whatever the queue holds."""

import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from psycopg import sql

from benchmarks.place import Place
from benchmarks.progress import say
from tests.support.endpoint import Received
from tests.support.queue import add_jobs, count_by_status, create_queue
from tests.support.wait import wait_until

RECIPE = Path(__file__).with_name("plain_recipe.sql")
MINUTE = 60.0
WAITS = (15.0, 45.0, 30.0)


@dataclass
class Plain:
    """What was measured; the rest of its column is arithmetic from it, or from a minute."""

    arrivals: list[float] = field(default_factory=list)
    pickups: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    empty_calls: int = 0
    overload: tuple[int, int] | None = None

    @property
    def gap(self) -> float:
        """Seconds between two calls."""
        gaps = [later - earlier for earlier, later in pairwise(self.arrivals)]
        return sum(gaps) / len(gaps) if gaps else MINUTE

    def pickup(self, percent: float) -> float:
        """Seconds a job waits at this percentile: uniform over the minute, then the firing."""
        late = sum(self.late) / len(self.late) if self.late else 0.0
        return MINUTE * percent / 100 + late

    def drain(self, jobs: int) -> float:
        """Seconds until this many jobs are called for, one a firing."""
        return jobs * MINUTE

    def notes(self) -> list[str]:
        """What of the plain recipe's column is measured, and what is arithmetic."""
        if not self.arrivals:
            return [
                "The plain recipe was not run: its column is arithmetic from one call a minute."
            ]
        said = [
            f"Plain recipe, measured: {len(self.arrivals)} calls {self.gap:.2f} s apart,"
            f" {self.empty_calls} of them on an empty queue;"
            f" jobs waited {', '.join(f'{seconds:.1f}' for seconds in self.pickups)} s;"
            f" calls arrived {1000 * max(self.late):.0f} ms or less after the full minute."
            " Its percentiles (a wait uniform over the minute), drains (one job a minute) and calls"
            " an hour are arithmetic from that."
        ]
        if self.overload:
            added, waiting = self.overload
            said.append(
                f"Plain recipe at two inserts a second, measured: of {added} jobs of one minute"
                f" {waiting} were still waiting after its call: the backlog grows for ever."
            )
        return said


def measure(place: Place, found: Plain) -> None:
    """Watch it for some minutes: an empty queue, single jobs, then two jobs a second."""
    say("plain recipe: waits for full minutes")
    create_queue(place.link, 1)
    place.endpoint.work = 0.0
    place.endpoint.forget()
    recipe = sql.SQL(RECIPE.read_text())
    place.link.execute(recipe.format(url=place.endpoint.url))
    try:
        if place.sizes.plain_pickups > 1:
            _next_call(place, found)
        for wait in WAITS[: place.sizes.plain_pickups]:
            time.sleep(wait if found.arrivals else 0.0)
            inserted = time.time()
            add_jobs(place.link)
            found.pickups.append(_next_call(place, found).at - inserted)
            say(f"plain recipe: a job waited {found.pickups[-1]:.1f} s")
        if place.sizes.plain_overload:
            found.overload = _overload(place, found)
    finally:
        place.link.execute("select cron.unschedule('process-analysis-jobs')")
        place.link.execute("drop function public.trigger_job_processing()")


def _next_call(place: Place, found: Plain) -> Received:
    seen = len(found.arrivals)
    wait_until(
        lambda: [r for r in place.endpoint.received[seen:] if r.status],
        timeout=2 * MINUTE,
        message="a call of the plain recipe",
    )
    call = place.endpoint.received[seen]
    found.arrivals.append(call.at)
    found.late.append(call.at % MINUTE)
    found.empty_calls += call.job_id is None
    return call


def _overload(place: Place, found: Plain) -> tuple[int, int]:
    """Two jobs a second for a minute: how many came and how many still wait."""
    began = time.monotonic()
    for n in range(place.sizes.plain_overload):
        time.sleep(max(0.0, began + n / 2 - time.monotonic()))
        add_jobs(place.link)
    _next_call(place, found)
    waiting = count_by_status(place.link).get("queued", 0)
    return place.sizes.plain_overload, waiting
