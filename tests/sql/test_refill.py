"""Guarantee 4: a slot whose job has left the active state goes straight to the next."""

from collections.abc import Iterator

import pytest

from tests.support.database import Database
from tests.support.endpoint import Jobs
from tests.support.held import Held, held
from tests.support.queue import add_jobs
from tests.support.server import Connection


@pytest.fixture
def one(database: Database, connection: Connection) -> Iterator[Held]:
    with held(database, connection, BUNKD_MAX_IN_FLIGHT="2") as schedule:
        yield schedule


@pytest.mark.parametrize("generation", [1, 2])
@pytest.mark.parametrize("error", [None, "no key"])
def test_a_finished_job_hands_its_slot_to_the_next(
    database: Database,
    connection: Connection,
    jobs: Jobs,
    generation: int,
    error: str | None,
) -> None:
    with held(
        database, connection, 1 if generation == 1 else 2, BUNKD_MAX_IN_FLIGHT="2"
    ) as schedule:
        add_jobs(connection, 5)
        assert schedule.calls() == ["wake"] * 2
        schedule.take()
        first = jobs.claim_one()
        jobs.claim_one()
        jobs.finish(first, error)
        assert schedule.calls() == ["wake", "wake", "refill"]
        assert schedule.slots() == 2


def test_a_deleted_job_hands_its_slot_over_too(one: Held, jobs: Jobs) -> None:
    add_jobs(one.connection, 4)
    one.take()
    job = jobs.claim_one()
    one.connection.execute("delete from public.analysis_jobs where id = %s", [job])
    assert one.calls() == ["wake", "wake", "refill"]
    one.connection.execute("delete from public.analysis_jobs where status = 'queued'")
    assert one.calls() == ["wake", "wake", "refill"], "those had no slot"


def test_one_statement_that_ends_a_job_and_makes_another_wait_is_both(
    one: Held, jobs: Jobs
) -> None:
    add_jobs(one.connection, 2)
    one.connection.execute(
        "insert into public.analysis_jobs (fingerprint, input_data, status) values ('x', '{}', 'failed')"
    )
    one.take()
    jobs.claim_one(), jobs.claim_one()
    one.connection.execute(
        "update public.analysis_jobs set status = case status when 'failed' then 'queued' else 'completed' end"
    )
    assert one.calls() == ["wake", "wake", "refill"]


def test_one_completion_frees_one_sent_call_whoever_completed_the_job(
    one: Held, jobs: Jobs
) -> None:
    add_jobs(one.connection, 6)
    one.take()
    foreign = jobs.claim_one()  # a worker of somebody else's, without a call of ours
    jobs.claim_one()
    jobs.claim_one()
    jobs.finish(foreign)
    assert one.calls() == ["wake", "wake", "refill"]
    assert one.slots() == 2


def test_an_unsent_call_is_never_given_away(one: Held, jobs: Jobs) -> None:
    add_jobs(one.connection, 4)
    foreign = jobs.claim_one()
    jobs.finish(foreign)
    assert one.calls() == ["wake"] * 2
    assert one.requests() == [1, 2]


def test_a_bulk_completion_frees_as_many_as_it_finished(one: Held, jobs: Jobs) -> None:
    add_jobs(one.connection, 6)
    one.take()
    jobs.claim_one(), jobs.claim_one()
    one.connection.execute(
        "update public.analysis_jobs set status = 'completed' where status = 'processing'"
    )
    assert one.calls() == ["wake", "wake", "refill", "refill"]
    assert one.slots() == 2


def test_a_completion_that_is_rolled_back_frees_nothing(one: Held, jobs: Jobs) -> None:
    add_jobs(one.connection, 4)
    one.take()
    jobs.claim_one(), jobs.claim_one()
    finish = "update public.analysis_jobs set status = 'completed' where status = 'processing'"
    with one.connection.transaction(force_rollback=True):
        one.connection.execute(finish)
    with one.connection.transaction(), one.connection.transaction(force_rollback=True):
        one.connection.execute(finish)
    assert one.calls() == ["wake"] * 2


def test_no_refill_where_nothing_waits(one: Held, jobs: Jobs) -> None:
    add_jobs(one.connection, 1)
    one.take()
    jobs.finish(jobs.claim_one())
    assert one.calls() == ["wake"]
    assert one.slots() == 0


def test_a_call_without_its_slot_is_still_settled_by_its_own_answer(one: Held, jobs: Jobs) -> None:
    add_jobs(one.connection, 1)
    batch = one.take()
    job = jobs.claim_one()
    jobs.finish(job)
    batch.end(content=f'{{"success": true, "job_id": "{job}"}}')
    one.tick()
    row = one.connection.execute("select outcome, job_id from bunkd.call").fetchone()
    assert row == ("ok", job)


def test_a_job_put_back_to_waiting_is_called_for_again(one: Held, jobs: Jobs) -> None:
    add_jobs(one.connection, 1)
    one.take()
    job = jobs.claim_one()
    one.connection.execute(
        "update public.analysis_jobs set status = 'queued', started_at = null where id = %s", [job]
    )
    assert one.calls() == ["wake", "refill"]


def test_a_completion_beside_an_insert_loses_neither(
    one: Held, jobs: Jobs, database: Database
) -> None:
    """The insert finds no slot and commits while the completion that gives one back is open."""
    one.set(max_in_flight=1)
    add_jobs(one.connection, 1)
    one.take()
    job = jobs.claim_one()
    with database.connect() as finisher, finisher.transaction():
        finisher.execute(
            "update public.analysis_jobs set status = 'completed' where id = %s", [job]
        )
        add_jobs(one.connection, 1)
        assert one.calls() == ["wake"]
    assert one.calls() == ["wake", "refill"]


@pytest.mark.parametrize("goes_on", [True, False], ids=["its slot went on", "it has its slot"])
def test_of_answers_that_one_tick_settles_the_last_call_s_counts(
    one: Held, jobs: Jobs, goes_on: bool
) -> None:
    add_jobs(one.connection, 5)
    first, second = one.take(1), one.take(1)
    done = jobs.claim_one()
    if goes_on:  # the oldest call's
        jobs.finish(done)
        still_open = [first, second]
    else:  # and the last call gets the first slot
        first.end()
        one.tick()
        still_open = [second]
    last = one.take()
    for each in still_open:
        each.end()
    last.end(401, "Invalid JWT")
    one.set(paused=True)
    one.tick()
    assert one.outcomes() == ["ok", "ok", "rejected"]
    told = one.connection.execute(
        "select o.code from bunkd.schedule s, bunkd.find_call_obstacles(s) as o"
    ).fetchall()
    assert told == [("REJECTED",)]
