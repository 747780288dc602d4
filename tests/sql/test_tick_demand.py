"""How many calls a tick sends: as many as the jobs want, never more than the slots."""

import threading

import pytest

from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import Generation, add_jobs, count_by_status, create_queue
from tests.support.server import Connection
from tests.support.ticks import BUSY, answered, outcomes, settle, tick, try_tick
from tests.support.upgrade import SCHEDULE, install_by_script, upgrade
from tests.support.wait import wait_until


@pytest.fixture
def queue(connection: Connection, endpoint: Endpoint) -> Connection:
    """The second generation's queue, five slots, and ticks alone."""
    create_queue(connection)
    install_by_script(connection, cron=False, BUNKD_CALL_URL=endpoint.url, BUNKD_WAKE="off")
    return connection


def sent(connection: Connection) -> int:
    return len(outcomes(connection))


def test_an_empty_queue_sends_nothing_and_writes_no_call(queue: Connection) -> None:
    assert tick(queue).startswith("0 sent")
    add_jobs(queue, 3, status="done")
    assert tick(queue).startswith("0 sent")
    assert sent(queue) == 0


@pytest.mark.parametrize(
    ("jobs", "per_call", "slots", "calls"),
    [
        (1, 1, 5, 1),
        (3, 1, 5, 3),
        (5, 1, 5, 5),
        (9, 1, 5, 5),
        (9, 4, 5, 3),
        (8, 4, 5, 2),
        (1, 4, 5, 1),
        (99, 1, 20, 20),
        (3, 1, 1, 1),
    ],
)
def test_a_tick_sends_what_the_jobs_want(
    queue: Connection,
    endpoint: Endpoint,
    database: Database,
    jobs: int,
    per_call: int,
    slots: int,
    calls: int,
) -> None:
    endpoint.fail_with = "hang"
    upgrade(database, BUNKD_JOBS_PER_CALL=str(per_call), BUNKD_MAX_IN_FLIGHT=str(slots))
    add_jobs(queue, jobs)
    assert tick(queue) == f"{calls} sent, 0 settled"
    wait_until(lambda: len(endpoint.received) == calls)
    assert tick(queue).startswith("0 sent"), "every job has its call, or every slot is taken"
    assert sent(queue) == calls


def test_a_second_tick_does_not_call_again_for_the_same_jobs(
    queue: Connection, endpoint: Endpoint
) -> None:
    endpoint.work = 1.0
    add_jobs(queue, 2)
    tick(queue)
    wait_until(lambda: len(endpoint.received) == 2)
    for _ in range(5):
        assert tick(queue).startswith("0 sent")
    answered(queue)
    assert settle(queue) == ["ok", "ok"]


@pytest.mark.parametrize("generation", [1, 2])
def test_a_backlog_is_worked_off(
    queue: Connection, endpoint: Endpoint, generation: Generation
) -> None:
    create_queue(queue, generation)
    add_jobs(queue, 23)
    word = "completed" if generation == 1 else "done"

    def finished() -> bool:
        tick(queue)
        return count_by_status(queue) == {word: 23}

    wait_until(finished, 25)
    settle(queue)
    assert set(outcomes(queue)) <= {"ok", "empty"}
    assert endpoint.peak <= 5


def test_ticks_side_by_side_keep_the_bound(
    database: Database, queue: Connection, endpoint: Endpoint
) -> None:
    endpoint.work = 0.05
    add_jobs(queue, 60)
    stop = threading.Event()
    problems: list[str] = []

    def ticking() -> None:
        with database.connect() as mine:
            while not stop.is_set():
                try:
                    tick(mine)
                except Exception as error:  # noqa: BLE001 -- any kind fails the test
                    problems.append(str(error))

    threads = [threading.Thread(target=ticking) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: count_by_status(queue) == {"done": 60}, 60)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert problems == []
    assert endpoint.peak <= 5


def test_two_ticks_at_once_are_one(database: Database, queue: Connection) -> None:
    add_jobs(queue, 2)
    with database.connect() as first, first.transaction():
        assert tick(first).startswith("2 sent")
        assert try_tick(queue) == BUSY


def test_a_pause_sends_nothing_but_settles(queue: Connection, endpoint: Endpoint) -> None:
    add_jobs(queue, 2)
    tick(queue)
    wait_until(lambda: len(endpoint.received) == 2)
    answered(queue)
    add_jobs(queue, 2)
    queue.execute("update bunkd.schedule set paused = true")
    assert tick(queue) == "0 sent, 2 settled"
    queue.execute("update bunkd.schedule set paused = false")
    assert tick(queue) == "2 sent, 0 settled"


def test_fewer_slots_take_effect_as_calls_end(
    queue: Connection, endpoint: Endpoint, database: Database
) -> None:
    endpoint.fail_with = "hang"
    add_jobs(queue, 20)
    tick(queue)
    wait_until(lambda: len(endpoint.received) == 5)
    upgrade(database, BUNKD_MAX_IN_FLIGHT="2")
    assert tick(queue).startswith("0 sent")
    endpoint.fail_with = None
    endpoint.work = 0.2
    endpoint.release()
    answered(queue)
    endpoint.forget()
    settle(queue)
    assert endpoint.peak <= 2


def test_what_can_never_be_claimed_is_not_called_for(queue: Connection) -> None:
    add_jobs(queue, 4, attempts=3)
    assert tick(queue).startswith("0 sent")
    add_jobs(queue, 1, attempts=2)
    assert tick(queue).startswith("1 sent")
    found = queue.execute("select waiting, never_claimable from bunkd.status").fetchone()
    assert found is not None
    assert found[1] == 4


def test_a_tick_in_another_isolation_level_is_refused(queue: Connection) -> None:
    queue.execute("set default_transaction_isolation = 'repeatable read'")
    with pytest.raises(Exception, match="a tick needs READ COMMITTED"):
        tick(queue)


def test_an_unknown_schedule_is_refused(queue: Connection) -> None:
    with pytest.raises(Exception, match="there is no schedule nonsense"):
        queue.execute("select bunkd.tick('nonsense')")


def test_the_settings_of_a_tick_are_its_own(queue: Connection) -> None:
    """A tick leaves no setting behind in the session that ran it."""
    names = ("search_path", "enable_seqscan", "jit", "lock_timeout", "statement_timeout")
    ask = "select name, setting from pg_settings where name = any (%s) order by 1"
    before = queue.execute(ask, [list(names)]).fetchall()
    add_jobs(queue)
    queue.execute("select bunkd.tick(%s)", [SCHEDULE])
    assert queue.execute(ask, [list(names)]).fetchall() == before
