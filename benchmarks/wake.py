"""What the wake costs the application's inserts."""

import time

from psycopg import sql

from benchmarks import job
from benchmarks.place import SLOTS, Place
from benchmarks.progress import at, say
from benchmarks.result import Results, Row
from benchmarks.timing import median, server_side
from tests.support.queue import TABLE, create_queue
from tests.support.wait import wait_until

BARE = "public.bare_jobs"
"""The same table without the wake's triggers."""

DEFAULT_SLOTS = 5
TURNS = 10
BULK = "insert into {} (fingerprint, input_data) select 'a product', '{{}}' from generate_series(1, {})"


def measure(place: Place, results: Results) -> None:
    """Single inserts with their commit, then one statement with many rows."""
    create_queue(place.link, 1)
    create_queue(place.link, 1, BARE)
    place.endpoint.work = 0.0
    single(place, results)
    bulk(place, results)
    place.endpoint.fail_with = None
    place.link.execute("drop table public.bare_jobs")


def single(place: Place, results: Results) -> None:
    """Without the wake; with it and a free slot; with it and none."""
    rounds = place.sizes.inserts
    say(f"wake: {rounds} single inserts without and with it")
    place.install()
    bare: list[float] = []
    taking: list[float] = []
    full: list[float] = []
    for done in range(place.sizes.taking_rounds):
        time.sleep(3.0)
        taking += _inserts(place, TABLE, SLOTS)
        wait_until(lambda: _none_is_open(place), 30, "all jobs done")
        at(done + 1, place.sizes.taking_rounds, "wake, takes a slot:")
    place.install(slots=1)
    place.endpoint.next_with("hang")
    job.insert(place.link)
    wait_until(lambda: place.endpoint.open, 10, "a call that holds the slot")
    for _ in range(TURNS):  # by turns, so that another load of the machine is in both
        bare += _inserts(place, BARE, rounds // TURNS)
        full += _inserts(place, TABLE, rounds // TURNS)
    place.link.execute("truncate public.analysis_jobs")
    place.endpoint.release()
    without = median(bare)
    results.add(
        Row("insert_bare", "insert with its commit, no wake", without, samples=bare),
        Row(
            "wake_full",
            "+ wake that finds no free slot",
            median(full) - without,
            target=0.00025,
            samples=full,
        ),
        Row(
            "wake_takes",
            "+ wake that takes a slot",
            median(taking) - without,
            target=0.004,
            samples=taking,
        ),
    )


def bulk(place: Place, results: Results) -> None:
    """By turns without and with the wake, slots free, after a checkpoint each."""
    rows = place.sizes.bulk_rows
    say(f"wake: {rows:,} rows in one INSERT, {place.sizes.bulk_rounds} times without and with it")
    place.install(slots=DEFAULT_SLOTS)
    place.endpoint.fail_with = "empty"  # so that no function works on the rows meanwhile
    took: dict[str, list[float]] = {BARE: [], TABLE: []}
    for done in range(place.sizes.bulk_rounds):
        for table, seconds in took.items():
            name = sql.Identifier(*table.split("."))
            place.link.execute(sql.SQL("truncate {}").format(name))
            with place.server.admin() as admin:
                admin.execute("checkpoint")
            statement = sql.SQL(BULK).format(name, rows)
            seconds += server_side(place.link, statement, 1, with_commit=True)
            place.link.execute(sql.SQL("truncate {}").format(name))
            wait_until(lambda: not place.endpoint.open, 10, "all calls answered")
        at(done + 1, place.sizes.bulk_rounds, "wake, bulk:")
    results.notes.append(
        f"The bulk INSERT takes {DEFAULT_SLOTS} slots, the default of max_in_flight; times are those of"
        " the server, from the INSERT to the end of its commit, medians; costs are differences."
    )
    bare, woken = median(took[BARE]), median(took[TABLE])
    results.add(
        Row(
            "wake_bulk",
            f"+ wake, {rows:,} rows in one INSERT, of {1000 * bare:.0f} ms",
            100 * (woken / bare - 1),
            "percent",
            target=5.0,
            samples=took[TABLE],
        ),
    )


def _inserts(place: Place, table: str, rounds: int) -> list[float]:
    return server_side(place.link, job.statement(table), rounds, with_commit=True)


def _none_is_open(place: Place) -> bool:
    found = place.link.execute(
        "select not exists (select from public.analysis_jobs where status in ('queued', 'processing'))"
    ).fetchone()
    return found == (True,) and not place.endpoint.open
