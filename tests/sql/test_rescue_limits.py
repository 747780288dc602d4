"""Which stuck jobs are rescued how often, in tables that are not Bunkd's."""

import pytest

from tests.support.database import Database
from tests.support.held import Held, held
from tests.support.queue import add_jobs, count_by_status
from tests.support.scalar import scalar
from tests.support.server import Connection

STUCK = "update public.analysis_jobs set status = 'running', started_at = now() - interval '1 hour'"


def own_table(one: Held, columns: str) -> None:
    one.connection.execute("drop table public.analysis_jobs")
    one.connection.execute(
        f"create table public.analysis_jobs (id int primary key, {columns})".encode()
    )


def status(one: Held) -> object:
    return scalar(one.connection, object, "select status from public.analysis_jobs")


@pytest.mark.parametrize("attempts", [0, None])
def test_three_times_even_where_nobody_raises_attempts(one: Held, attempts: int | None) -> None:
    own_table(one, "status text, started_at timestamptz, attempts int")
    one.connection.execute(
        "insert into public.analysis_jobs values (1, 'queued', null, %s)", [attempts]
    )
    for _ in range(3):
        one.connection.execute(STUCK)
        one.tick()
        assert status(one) == "queued"
    one.connection.execute(STUCK)
    one.tick()
    assert status(one) == "failed"


def test_a_count_of_somebody_elses_meaning_is_not_ours(one: Held) -> None:
    own_table(one, "status text, started_at timestamptz, attempts int")
    one.connection.execute("insert into public.analysis_jobs values (1, 'queued', null, 25)")
    one.connection.execute(STUCK)
    one.tick()
    assert status(one) == "queued"


def rescued(one: Held, times: int) -> None:
    """It is stuck so often, and put back each time."""
    for _ in range(times):
        one.connection.execute(STUCK)
        one.tick()
        assert status(one) == "queued"


def test_an_id_that_is_used_again_is_another_job(one: Held) -> None:
    """The count of the one that was deleted is not its own: it has its three times."""
    own_table(one, "status text, started_at timestamptz, created_at timestamptz default now()")
    again = "insert into public.analysis_jobs values (1, 'queued')"
    one.connection.execute(again)
    rescued(one, 2)
    one.connection.execute("delete from public.analysis_jobs")
    one.connection.execute(again)
    rescued(one, 3)
    one.connection.execute(STUCK)
    one.tick()
    assert status(one) == "failed"


def test_a_job_that_was_made_in_the_future_is_rescued_three_times_too(one: Held) -> None:
    """Its time of creation is after every rescue, but it is not another job each time."""
    own_table(one, "status text, started_at timestamptz, created_at timestamptz")
    one.connection.execute(
        "insert into public.analysis_jobs values (1, 'queued', null, now() + interval '1 year')"
    )
    rescued(one, 3)
    one.connection.execute(STUCK)
    one.tick()
    assert status(one) == "failed"


def test_a_queue_in_another_ones_place_has_other_jobs(one: Held) -> None:
    """No time of creation tells them apart: the tables do."""
    for _ in range(2):
        own_table(one, "status text, started_at timestamptz")
        one.connection.execute("insert into public.analysis_jobs values (1, 'queued')")
        rescued(one, 3)
    one.connection.execute(STUCK)
    one.tick()
    assert status(one) == "failed"


def test_no_word_to_give_up_with_leaves_the_job_and_says_so(one: Held) -> None:
    one.connection.execute("drop table public.analysis_jobs")
    one.connection.execute(
        "create type public.state as enum ('queued', 'running', 'completed', 'error');"
        "create table public.analysis_jobs (id int primary key, status public.state, started_at timestamptz);"
        "insert into public.analysis_jobs values (1, 'running', now() - interval '1 hour')"
    )
    for _ in range(3):
        one.connection.execute(STUCK)
        one.tick()
        assert status(one) == "queued"
    for _ in range(2):
        one.connection.execute(STUCK)
        one.tick()
        assert status(one) == "running"
        assert "none of the failed status values (failed) is a value of type public.state" in str(
            one.status("problem")
        )


def test_a_time_without_a_zone_is_not_guessed_at(one: Held) -> None:
    own_table(one, "status text, started_at timestamp")
    one.connection.execute("set timezone = 'Europe/Berlin'")
    one.connection.execute(
        "insert into public.analysis_jobs values (1, 'running', now() at time zone 'utc')"
    )
    one.tick()
    assert status(one) == "running"
    assert "no rescue: started_at of public.analysis_jobs has no time zone" in str(
        one.status("problem")
    )


def test_the_column_with_a_zone_is_taken(one: Held) -> None:
    own_table(one, "status text, started_at timestamp, claimed_at timestamptz")
    one.connection.execute(
        "insert into public.analysis_jobs values (1, 'running', now() at time zone 'utc', now() - interval '1 hour')"
    )
    one.tick()
    assert status(one) == "queued"


def test_a_view_is_never_written_to(one: Held) -> None:
    own_table(one, "status text, started_at timestamptz")
    one.connection.execute(
        "insert into public.analysis_jobs values (1, 'running', now() - interval '1 hour');"
        "alter table public.analysis_jobs rename to hidden;"
        "create view public.analysis_jobs as select id, status, started_at from public.hidden"
    )
    one.tick()
    assert status(one) == "running"


def test_the_second_generation_counts_both_ways(database: Database, connection: Connection) -> None:
    with held(database, connection, 2) as schedule:
        add_jobs(connection, 1, status="running", attempts=3)
        connection.execute("update public.analysis_jobs set claimed_at = now() - interval '1 hour'")
        schedule.tick()
        assert count_by_status(connection) == {"failed": 1}
