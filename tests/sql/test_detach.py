"""Guarantee 6: release and detach, what a timed out call means under each."""

from collections.abc import Iterator

import pytest

from tests.support.database import Database
from tests.support.endpoint import Jobs
from tests.support.held import EMPTY, Held, held
from tests.support.queue import add_jobs
from tests.support.scalar import scalar
from tests.support.server import Connection


@pytest.fixture
def one(database: Database, connection: Connection) -> Iterator[Held]:
    with held(database, connection, BUNKD_MAX_IN_FLIGHT="2", BUNKD_ON_TIMEOUT="detach") as schedule:
        yield schedule


def claimed(jobs: Jobs, n: int) -> list[str]:
    return [str(jobs.claim()) for _ in range(n)]


def detached(one: Held) -> int:
    return scalar(one.connection, int, "select count(*) from bunkd.slot where detached")


def later(one: Held, interval: str) -> None:
    """Let this much time go by, for what the slots remember."""
    one.connection.execute(
        "update bunkd.slot set taken = taken - %(t)s::interval, expires = expires - %(t)s::interval",
        {"t": interval},
    )


def test_release_frees_the_slot_of_a_timed_out_call(one: Held, jobs: Jobs) -> None:
    one.set(on_timeout="release")
    add_jobs(one.connection, 4)
    batch = one.take()
    claimed(jobs, 2)
    batch.time_out()
    assert one.tick() == "2 sent, 2 settled"
    assert one.outcomes() == ["timeout", "timeout", None, None]
    assert detached(one) == 0


def test_detach_keeps_the_slot_for_the_function_that_goes_on(one: Held, jobs: Jobs) -> None:
    add_jobs(one.connection, 4)
    batch = one.take()
    claimed(jobs, 2)
    batch.time_out()
    for _ in range(3):
        one.tick()
    assert one.outcomes() == ["timeout", "timeout"]
    assert (detached(one), one.slots()) == (2, 2)


def test_a_detached_slot_is_free_when_its_job_ends(one: Held, jobs: Jobs) -> None:
    add_jobs(one.connection, 5)
    batch = one.take()
    first, _ = claimed(jobs, 2)
    batch.time_out()
    one.tick()
    jobs.finish(first)
    assert one.calls() == ["wake", "wake", "refill"]
    assert (detached(one), one.slots()) == (1, 2)


def test_one_job_frees_one_detached_slot(one: Held, jobs: Jobs) -> None:
    add_jobs(one.connection, 2)
    batch = one.take()
    first, second = claimed(jobs, 2)
    batch.time_out()
    one.tick()
    jobs.finish(first)
    assert detached(one) == 1
    jobs.finish(second, "no key")
    assert (detached(one), one.slots()) == (0, 0)


def test_a_detached_slot_expires_after_rescue_after_at_the_latest(one: Held, jobs: Jobs) -> None:
    add_jobs(one.connection, 3)
    batch = one.take()
    claimed(jobs, 2)
    batch.time_out()
    one.tick()
    later(one, "9 minutes 50 seconds")
    one.tick()
    assert detached(one) == 2
    later(one, "11 seconds")
    one.connection.execute(
        "update public.analysis_jobs set started_at = started_at - interval '10 minutes'"
        " where status = 'processing'"
    )
    one.tick()
    assert detached(one) == 0
    assert one.calls() == ["wake", "wake", "tick", "tick"]


def test_without_rescue_it_expires_after_ten_minutes(one: Held, jobs: Jobs) -> None:
    one.set(rescue_after="0")
    add_jobs(one.connection, 1)
    batch = one.take()
    claimed(jobs, 1)
    batch.time_out()
    one.tick()
    later(one, "10 minutes 1 second")
    one.tick()
    assert (detached(one), one.slots()) == (0, 0)


def test_foreign_active_jobs_count_against_the_functions_that_may_run(
    one: Held, jobs: Jobs
) -> None:
    """Never more than max_in_flight running functions, even where a slot was lost track of."""
    one.set(paused=True)
    add_jobs(one.connection, 5)
    claimed(jobs, 2)
    one.set(paused=False)
    assert one.tick() == "0 sent, 0 settled"


def test_an_answer_before_the_timeout_frees_the_slot_at_once(one: Held, jobs: Jobs) -> None:
    add_jobs(one.connection, 1)
    batch = one.take()
    jobs.finish(claimed(jobs, 1)[0])
    batch.end(content=EMPTY)
    one.tick()
    assert (detached(one), one.slots(), one.outcomes()) == (0, 0, ["empty"])


def test_a_function_that_never_began_holds_its_slot_until_it_expires(one: Held) -> None:
    """Nobody can tell it from one that works; the jobs beside it go on."""
    add_jobs(one.connection, 1)
    one.take().time_out()
    assert one.tick() == "1 sent, 1 settled"
    assert (detached(one), one.slots()) == (1, 2)


def test_a_switch_to_release_still_lets_detached_slots_go_with_their_jobs(
    one: Held, jobs: Jobs
) -> None:
    add_jobs(one.connection, 2)
    batch = one.take()
    ids = claimed(jobs, 2)
    batch.time_out()
    one.tick()
    one.set(on_timeout="release")
    for job in ids:
        jobs.finish(job)
    one.tick()
    assert one.slots() == 0


@pytest.mark.parametrize("timed_out", [True, None])
def test_a_timeout_is_known_with_and_without_pg_nets_own_mark(
    one: Held, timed_out: bool | None
) -> None:
    """pg_net before 0.19.6 leaves timed_out null."""
    add_jobs(one.connection, 1)
    batch = one.take()
    batch.time_out()
    with one.database.admin() as admin:
        admin.execute("update net._http_response set timed_out = %s", [timed_out])
    one.tick()
    assert one.outcomes()[0] == "timeout"
