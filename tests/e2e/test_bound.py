"""Guarantees 2 to 4: the bound, the wake and the refill under load."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import add_jobs, count_by_status, create_queue
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE, install
from tests.support.wait import wait_until

WRITERS = 50
SECONDS = 4.0


@dataclass(frozen=True)
class Load:
    max_in_flight: int = 5
    on_timeout: str = "release"
    timeout: str = "35s"
    work: float = 0.05
    foreign: int = 0
    backlog: int = 0


def _write(session: Connection, dice: random.Random) -> None:
    """One transaction of an application that is not always tidy."""
    kind = dice.choice(["one", "one", "one", "bulk", "rollback", "idle", "savepoint"])
    if kind == "one":
        add_jobs(session, 1)
        return
    with session.transaction(force_rollback=kind == "rollback"):
        add_jobs(session, 4 if kind == "bulk" else 1)
        if kind == "idle":
            time.sleep(dice.uniform(0.2, 0.8))
        if kind == "savepoint":
            with session.transaction(force_rollback=True):
                add_jobs(session, 2)


def _writers(database: Database, shortest: float, longest: float) -> list[object]:
    """Fifty sessions, each with so many seconds between two of its transactions."""

    def writer(seed: int) -> object:
        def run(stop: threading.Event) -> None:
            dice = random.Random(seed)
            with database.connect() as session:
                while not stop.wait(dice.uniform(shortest, longest)):
                    _write(session, dice)

        return run

    return [writer(seed) for seed in range(WRITERS)]


def _tell(database: Database, connection: Connection, endpoint: Endpoint) -> str:
    """What a queue that does not drain is in the middle of."""
    calls = "select outcome, detail, count(*) from bunkd.call group by 1, 2 order by 1, 2"
    state = "select problem, back_off, slots_in_use, calls_made, obstacles from bunkd.status"
    errors = [line for line in database.log().splitlines() if "ERROR" in line or "FATAL" in line]
    return (
        f"{count_by_status(connection)}, open {endpoint.open},"
        f" {Counter(request.status for request in endpoint.received)};"
        f" {connection.execute(calls).fetchall()}; {connection.execute(state).fetchall()};"
        f" {errors[-5:]}"
    )


@contextmanager
def _threads(*targets: object) -> Iterator[threading.Event]:
    """Run the targets until the block ends; an error in one of them fails the test."""
    stop, errors = threading.Event(), list[BaseException]()

    def guarded(target: object) -> None:
        try:
            assert callable(target)
            target(stop)
        except BaseException as error:  # noqa: BLE001 -- raised again in the test's own thread
            errors.append(error)

    running = [threading.Thread(target=guarded, args=(target,)) for target in targets]
    for thread in running:
        thread.start()
    try:
        yield stop
    except BaseException as failure:
        for error in errors:  # what made the test fail, perhaps
            failure.add_note(repr(error))
        raise
    finally:
        stop.set()
        for thread in running:
            thread.join(20)
    assert not errors, errors


@pytest.mark.parametrize(
    "load",
    [
        pytest.param(Load(), id="release-5"),
        pytest.param(Load(max_in_flight=20, backlog=150), id="release-20"),
        pytest.param(Load(foreign=3, backlog=40), id="foreign-workers"),
        pytest.param(Load(on_timeout="detach", timeout="200ms", work=0.6), id="detach"),
    ],
)
def test_never_more_than_max_in_flight_functions(
    database: Database, endpoint: Endpoint, connection: Connection, load: Load
) -> None:
    create_queue(connection, 1)
    endpoint.work = load.work
    install(
        database,
        BUNKD_CALL_URL=endpoint.url,
        BUNKD_MAX_IN_FLIGHT=str(load.max_in_flight),
        BUNKD_ON_TIMEOUT=load.on_timeout,
        BUNKD_CALL_TIMEOUT=load.timeout,
    )
    connection.execute("select cron.alter_job(jobid, active := false) from cron.job")

    add_jobs(connection, load.backlog)

    def ticker(stop: threading.Event) -> None:
        with database.connect() as session:
            while not stop.wait(1.0):
                session.execute("select bunkd.tick(%s)", [SCHEDULE])

    def foreign_worker(stop: threading.Event) -> None:
        assert endpoint.jobs
        while not stop.wait(0.2):
            if job := endpoint.jobs.claim():
                time.sleep(0.2)
                endpoint.jobs.finish(job)

    with _threads(ticker):
        with _threads(*_writers(database, 1.5, 6), *[foreign_worker] * load.foreign):
            time.sleep(SECONDS)
        wait_until(
            lambda: count_by_status(connection).keys() == {"completed"} or None,
            timeout=60,
            message="a drained queue",
            tell=lambda: _tell(database, connection, endpoint),
        )
    answered = [request for request in endpoint.received if request.ended]
    empty = [request for request in answered if request.status == 200 and not request.job_id]
    assert endpoint.peak <= load.max_in_flight
    assert len(empty) <= max(2, 0.02 * len(answered)), f"{len(empty)} of {len(answered)} empty"
    assert [line for line in database.log().splitlines() if "LOG:  bunkd: a wake" in line] == []


def test_no_job_waits_for_a_tick(
    database: Database, endpoint: Endpoint, connection: Connection
) -> None:
    """Wakes and refills alone: of a thousand jobs they may leave one."""
    create_queue(connection, 1)
    endpoint.work = 0.05
    install(database, BUNKD_CALL_URL=endpoint.url, BUNKD_MAX_IN_FLIGHT="40")
    connection.execute("select cron.alter_job(jobid, active := false) from cron.job")
    with _threads(*_writers(database, 0.1, 1)):
        time.sleep(SECONDS)
    jobs = sum(count_by_status(connection).values())

    def left() -> int:
        return jobs - count_by_status(connection).get("completed", 0)

    wait_until(lambda: 1000 * left() <= jobs, 60, f"{jobs} completed jobs")
    assert {call.reason for call in endpoint.received} <= {"wake", "refill"}
    assert endpoint.peak <= 40
