"""The plain recipe at work: deployed, told how often to call, its firings waited for."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg import sql

from benchmarks.place import Place
from tests.support.endpoint import Received
from tests.support.queue import create_queue
from tests.support.wait import wait_until

RECIPE = Path(__file__).with_name("plain_recipe.sql")
NAME = "process-analysis-jobs"
OVERDUE = 75.0
"""Seconds without a firing after which pg_cron rests: it does until a clock set back has caught up."""
WHY = f"no firing of pg_cron in {OVERDUE:g} s"

Firing = list[Received]
"""The calls that came together."""


@contextmanager
def deployed(place: Place) -> Iterator[None]:
    """With a queue of its own, and gone afterwards."""
    create_queue(place.link, 1)
    place.link.execute(sql.SQL(RECIPE.read_text()).format(url=place.endpoint.url))
    try:
        yield
    finally:
        place.endpoint.work = 0.0
        place.link.execute("select cron.unschedule(%s)", [NAME])
        place.link.execute("drop function public.trigger_job_processing()")


def fire(place: Place, calls: int) -> None:
    """So many calls at each firing, in one transaction: pg_net sends them together."""
    command = "SELECT trigger_job_processing()"
    if calls != 1:
        command += f" FROM generate_series(1, {calls})"
    place.link.execute("select cron.schedule(%s, '* * * * *', %s)", [NAME, command])


def next_firing(place: Place, before: Firing, calls: int = 1) -> Firing:
    """The next firing's calls, each with the job that it took, if there was one."""
    overdue = before[0].heard + OVERDUE - time.monotonic()
    wait_until(lambda: len(since(place, before)) >= calls, overdue, WHY)
    return since(place, before)


def since(place: Place, before: Firing) -> Firing:
    """What came after that firing and knows whether there was a job for it."""
    later = place.endpoint.received[place.endpoint.received.index(before[-1]) + 1 :]
    return [call for call in later if call.job_id or call.status]


def start_anew(place: Place) -> Firing:
    """The first firing, on an empty queue, of a pg_cron without a memory of a later time."""
    place.endpoint.work = 0.0
    place.link.execute("truncate public.analysis_jobs")
    fire(place, 1)
    place.restart()
    place.endpoint.forget()

    def firing() -> Firing:
        return [call for call in place.endpoint.received if call.status]

    return wait_until(firing, OVERDUE, WHY)
