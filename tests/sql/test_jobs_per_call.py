"""Guarantee 4 with several jobs a call: calls follow each other without waiting for a tick."""

from collections.abc import Iterator

import pytest

from tests.support.database import Database
from tests.support.endpoint import Jobs
from tests.support.held import Held, held
from tests.support.queue import add_jobs
from tests.support.server import Connection


@pytest.fixture
def one(database: Database, connection: Connection) -> Iterator[Held]:
    """One slot, three jobs a call."""
    with held(database, connection, BUNKD_MAX_IN_FLIGHT="1", BUNKD_JOBS_PER_CALL="3") as schedule:
        yield schedule


def test_a_call_that_claims_all_at_once_hands_over_with_its_last_job(one: Held, jobs: Jobs) -> None:
    add_jobs(one.connection, 9)
    one.take()
    claimed = [jobs.claim_one() for _ in range(4)]  # one of them is somebody else's
    jobs.finish(claimed[0])
    jobs.finish(claimed[1])
    assert one.calls() == ["wake"]
    jobs.finish(claimed[2])
    assert one.calls() == ["wake", "refill"]
    jobs.finish(claimed[3])
    assert one.calls() == ["wake", "refill"], "the next one is not sent yet"
    assert one.slots() == 1


def test_a_call_that_worked_off_fewer_hands_over_too(one: Held, jobs: Jobs) -> None:
    add_jobs(one.connection, 2)
    one.take()
    claimed = [jobs.claim_one(), jobs.claim_one()]
    add_jobs(one.connection, 4)
    jobs.finish(claimed[0])
    assert one.calls() == ["wake"]
    jobs.finish(claimed[1])
    assert one.calls() == ["wake", "refill"]


def test_the_end_of_the_last_job_leaves_a_free_slot(one: Held, jobs: Jobs) -> None:
    """Nobody tells when the call itself ends: what comes then must not wait for the tick."""
    add_jobs(one.connection, 1)
    batch = one.take()
    jobs.finish(jobs.claim_one())
    batch.end()
    assert one.slots() == 0
    add_jobs(one.connection, 1)
    assert one.calls() == ["wake", "wake"]


def test_several_slots_are_filled_up_one_after_the_other(one: Held, jobs: Jobs) -> None:
    one.set(max_in_flight=2)
    one.tick()
    add_jobs(one.connection, 20)
    one.take()
    claimed = [jobs.claim_one() for _ in range(7)]
    for job in claimed[:5]:
        jobs.finish(job)
    assert one.calls() == ["wake"] * 2 + ["refill"]
    jobs.finish(claimed[5])
    assert one.calls() == ["wake"] * 2 + ["refill"] * 2
    assert one.slots() == 2


def test_a_slot_that_is_taken_anew_counts_from_nothing(one: Held, jobs: Jobs) -> None:
    add_jobs(one.connection, 20)
    batch = one.take()
    claimed = [jobs.claim_one() for _ in range(5)]
    jobs.finish(claimed[0])
    jobs.finish(claimed[1])
    batch.end()
    one.tick()
    assert one.calls() == ["wake", "tick"]
    one.take()
    jobs.finish(claimed[2])
    assert one.calls() == ["wake", "tick"]
