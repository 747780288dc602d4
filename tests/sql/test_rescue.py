"""Guarantee 8: a job active for longer than rescue_after goes back to waiting."""

import pytest

from tests.support.database import Database
from tests.support.endpoint import Jobs
from tests.support.held import Held, held
from tests.support.queue import add_jobs, count_by_status, create_queue
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE, upgrade

STARTED = {1: "started_at", 2: "claimed_at"}
MESSAGE = {1: "error_message", 2: "last_error_message"}
LONG_AGO = "update public.analysis_jobs set {} = now() - interval '11 minutes'"


def age(one: Held, generation: int = 1) -> None:
    """Every job was claimed eleven minutes ago."""
    one.connection.execute(LONG_AGO.format(STARTED[generation]))


def values(one: Held, *columns: str) -> tuple[object, ...]:
    row = one.connection.execute(
        f"select {', '.join(columns)} from public.analysis_jobs"  # noqa: S608
    ).fetchone()
    assert row is not None
    return row


def test_a_stuck_job_goes_back_to_waiting_and_is_called_for(one: Held, jobs: Jobs) -> None:
    add_jobs(one.connection, 1)
    batch = one.take()
    jobs.claim()
    batch.time_out()
    assert one.tick() == "0 sent, 1 settled"
    age(one)
    assert one.tick() == "1 sent, 0 settled"
    assert values(one, "status", "started_at") == ("queued", None)


def test_a_job_that_is_young_is_left_alone(one: Held, jobs: Jobs) -> None:
    add_jobs(one.connection, 1)
    jobs.claim()
    one.connection.execute(
        "update public.analysis_jobs set started_at = now() - interval '9 minutes 50 seconds'"
    )
    one.tick()
    assert count_by_status(one.connection) == {"processing": 1}


@pytest.mark.parametrize(("generation", "rescues"), [(1, 3), (2, 2)])
def test_three_times_at_most_and_then_failed_with_a_message(
    database: Database, connection: Connection, jobs: Jobs, generation: int, rescues: int
) -> None:
    """The second generation counts its claims itself, and claims no row a fourth time."""
    with held(database, connection, 1 if generation == 1 else 2) as schedule:
        add_jobs(connection, 1)
        for _ in range(rescues):
            assert jobs.claim()
            age(schedule, generation)
            schedule.tick()
            assert count_by_status(connection) == {"queued": 1}
        assert jobs.claim()
        age(schedule, generation)
        schedule.tick()
        status, message = values(schedule, "status", MESSAGE[generation])
        assert status == "failed"
        assert "given up by bunkd-db" in str(message)
        assert "active for more than 00:10:00" in str(message)
        assert jobs.claim() is None


def test_the_applications_own_count_of_attempts_is_not_changed(
    database: Database, connection: Connection, jobs: Jobs
) -> None:
    with held(database, connection, 2) as schedule:
        add_jobs(connection, 1)
        jobs.claim()
        age(schedule, 2)
        schedule.tick()
        assert values(schedule, "attempts", "status") == (1, "queued")
        assert connection.execute("select times from bunkd.rescued_job").fetchall() == [(1,)]


def test_zero_turns_it_off(one: Held, jobs: Jobs, database: Database) -> None:
    upgrade(database, BUNKD_RESCUE_AFTER="0")
    add_jobs(one.connection, 1)
    jobs.claim()
    age(one)
    one.tick()
    assert count_by_status(one.connection) == {"processing": 1}


def test_rescue_after_is_the_schedules_own(one: Held, jobs: Jobs) -> None:
    one.set(rescue_after="20 minutes")
    add_jobs(one.connection, 1)
    jobs.claim()
    age(one)
    one.tick()
    assert count_by_status(one.connection) == {"processing": 1}


def states(held: Held) -> dict[object, object]:
    rows = held.connection.execute("select id::text, status from public.analysis_jobs")
    return {job: status for job, status in rows}  # noqa: C416 -- dict() loses the types


def test_never_a_job_that_finished_meanwhile(one: Held, jobs: Jobs, database: Database) -> None:
    add_jobs(one.connection, 2)
    first, second = str(jobs.claim()), str(jobs.claim())
    age(one)
    with database.connect() as function, function.transaction():
        function.execute(
            "update public.analysis_jobs set status = 'completed' where id = %s", [first]
        )
        one.tick()
        assert states(one) == {first: "processing", second: "queued"}
    one.tick()
    assert states(one) == {first: "completed", second: "queued"}


def test_a_rescue_frees_no_slot_of_another_call(one: Held, jobs: Jobs) -> None:
    one.set(max_in_flight=1)
    add_jobs(one.connection, 3)
    jobs.claim()  # a foreign worker's, which died
    age(one)
    one.take()
    assert one.tick() == "0 sent, 0 settled"
    assert (count_by_status(one.connection), one.slots()) == ({"queued": 3}, 1)


def test_a_trigger_of_the_application_that_raises_stops_only_its_own_job(
    one: Held, jobs: Jobs
) -> None:
    add_jobs(one.connection, 3)
    first = str(jobs.claim())
    jobs.claim(), jobs.claim()
    age(one)
    one.connection.execute(
        f"""
        create function public.refuse() returns trigger language plpgsql as $$
        begin
          if new.id = '{first}' and new.status = 'queued' then raise exception 'no way back'; end if;
          return new;
        end $$;
        create trigger refuse before update on public.analysis_jobs
          for each row execute function public.refuse();
        """
    )
    one.tick()
    assert count_by_status(one.connection) == {"processing": 1, "queued": 2}
    assert "no way back" in str(one.status("problem"))
    counted = one.connection.execute(
        "select from bunkd.rescued_job where job_id = %s", [first]
    ).fetchall()
    assert counted == [], "what was refused was no rescue"
    one.connection.execute("drop trigger refuse on public.analysis_jobs")
    one.tick()
    assert count_by_status(one.connection) == {"queued": 3}
    assert one.status("problem") is None


def test_a_queue_without_a_primary_key_is_said(one: Held, jobs: Jobs) -> None:
    one.connection.execute("alter table public.analysis_jobs drop constraint analysis_jobs_pkey")
    add_jobs(one.connection, 2)
    jobs.claim()
    age(one)
    assert one.tick() == "0 sent, 0 settled"
    assert "no primary key" in str(one.status("problem"))
    assert count_by_status(one.connection) == {"processing": 1, "queued": 1}


def test_a_queue_without_a_started_column_is_left_alone(one: Held) -> None:
    one.connection.execute("alter table public.analysis_jobs drop column started_at")
    add_jobs(one.connection, 1, status="processing")
    one.tick()
    assert count_by_status(one.connection) == {"processing": 1}


@pytest.mark.parametrize("key", ["bigint", "text", "integer"])
def test_keys_of_any_type_are_found(one: Held, key: str) -> None:
    one.connection.execute(
        """
        drop table public.analysis_jobs;
        create table public.analysis_jobs (
          id %s primary key, status text not null default 'queued', started_at timestamptz);
        insert into public.analysis_jobs values (7, 'running', now() - interval '1 hour');
        """.replace("%s", key)
    )
    one.tick()
    assert count_by_status(one.connection) == {"queued": 1}


def test_an_enum_status_takes_its_own_word(one: Held) -> None:
    one.connection.execute(
        """
        drop table public.analysis_jobs;
        create type public.job_status as enum ('queued', 'running', 'done', 'failed');
        create table public.analysis_jobs (
          id bigint primary key, status public.job_status not null, started_at timestamptz not null);
        insert into public.analysis_jobs values (7, 'running', now() - interval '1 hour');
        """
    )
    assert one.tick() == "1 sent, 0 settled"
    assert values(one, "status") == ("queued",)


def test_many_stuck_jobs_are_a_hundred_a_tick(one: Held) -> None:
    add_jobs(one.connection, 150, status="processing")
    age(one)
    one.set(paused=True)
    one.tick()
    assert count_by_status(one.connection) == {"processing": 50, "queued": 100}
    one.tick()
    assert count_by_status(one.connection) == {"queued": 150}


# The second generation has no index that serves its active jobs


def searched(one: Held) -> object:
    row = one.connection.execute("select stuck_searched_at from bunkd.last_tick").fetchone()
    return row and row[0]


def test_without_an_index_the_search_is_rare_and_comes_when_calls_were_lost(
    database: Database, connection: Connection
) -> None:
    with held(database, connection, 2) as schedule:
        add_jobs(connection, 10_000, status="done")
        schedule.tick()
        first = searched(schedule)
        assert first is not None, "a table of more than 1 MB, and no index on running"
        add_jobs(connection, 1, status="running", attempts=1)
        age(schedule, 2)
        schedule.tick()
        assert searched(schedule) == first
        assert count_by_status(connection)["running"] == 1

        connection.execute(
            "insert into bunkd.call (schedule, reason, settled, outcome) values (%s, 'tick', clock_timestamp(), 'lost')",
            [SCHEDULE],
        )
        schedule.tick()
        second = searched(schedule)
        assert second != first
        assert count_by_status(connection)["queued"] == 1
        schedule.tick()
        assert searched(schedule) == second, "once for each lost call"

        connection.execute(
            "update bunkd.last_tick set stuck_searched_at = stuck_searched_at - interval '10 minutes'"
        )
        schedule.tick()
        assert searched(schedule) != second


def test_with_an_index_it_looks_at_every_tick(database: Database, connection: Connection) -> None:
    with held(database, connection, 2) as schedule:
        connection.execute("create index on public.analysis_jobs (status)")
        add_jobs(connection, 10_000, status="done")
        schedule.tick()
        add_jobs(connection, 1, status="running", attempts=1)
        age(schedule, 2)
        schedule.tick()
        assert searched(schedule) is None
        assert count_by_status(connection)["queued"] == 1


def test_a_recreated_table_of_the_other_generation_is_rescued_too(one: Held, jobs: Jobs) -> None:
    create_queue(one.connection, 2)
    add_jobs(one.connection, 1)
    jobs.claim()
    age(one, 2)
    one.tick()
    assert count_by_status(one.connection) == {"queued": 1}
