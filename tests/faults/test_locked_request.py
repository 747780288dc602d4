"""Somebody's open transaction keeps the row of a request from pg_net: the tick says whose it is."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.support.checked import let_workers_restart
from tests.support.database import Database
from tests.support.endpoint import Jobs
from tests.support.held import Held, held
from tests.support.queue import add_jobs
from tests.support.server import Connection

LONG = timedelta(minutes=30)
LOCKS = {
    "deleted": "delete from net.http_request_queue",
    "locked": "select from net.http_request_queue for update",
    "in a subtransaction": "savepoint s; delete from net.http_request_queue; release savepoint s",
}


@pytest.fixture
def one(database: Database, connection: Connection) -> Iterator[Held]:
    with held(database, connection) as schedule:
        with database.admin() as admin:
            admin.execute("create role meddler login password 'postgres'")
            admin.execute("grant all on all tables in schema net to meddler")
            # past the rule that keeps pg_net from taking requests here
            admin.execute("alter role meddler set session_replication_role = replica")
        yield schedule


def obstacles(one: Held) -> list[str]:
    """The codes of what is about pg_net: no tick of pg_cron is waited for."""
    let_workers_restart(one.connection)
    query = "select o.code from bunkd.schedule s, bunkd.find_net_obstacles(s) as o"
    return [str(row[0]) for row in one.connection.execute(query)]


@pytest.mark.parametrize("how", LOCKS)
def test_who_keeps_the_row_of_a_request_is_named(one: Held, how: str) -> None:
    add_jobs(one.connection, 2)
    with one.database.connect("meddler") as meddler:
        pid = meddler.info.backend_pid
        meddler.execute("begin")
        meddler.execute(LOCKS[how].encode())
        one.tick()
        assert one.status("problem") is None, "it may be about to commit"
        one.move(LONG)
        one.tick()
        said = str(one.status("problem"))
        assert f"pid {pid} of role meddler" in said
        assert "2 requests" in said
        assert f"select pg_terminate_backend({pid});" in said
        assert obstacles(one) == ["REQUEST_LOCKED"]
        assert f"pid {pid} of role meddler" in str(one.status("obstacles"))
        assert one.status("calls_made") is False
        meddler.execute("rollback")
    assert "REQUEST_LOCKED" not in obstacles(one)
    one.tick()
    assert "meddler" not in str(one.status("problem"))


@pytest.mark.parametrize("jobs_per_call", [1, 2])
@pytest.mark.parametrize("how", LOCKS)
def test_a_request_that_somebody_has_locked_keeps_its_slot(
    one: Held, jobs: Jobs, how: str, jobs_per_call: int
) -> None:
    """It is sent once the lock is gone: its slot must not be another call's by then."""
    one.set(max_in_flight=2, jobs_per_call=jobs_per_call)
    add_jobs(one.connection, 6)
    locked, sent = one.requests()
    slot = "select count(*) from bunkd.slot where request = %s"
    with one.database.connect("meddler") as meddler:
        meddler.execute("begin")
        meddler.execute(LOCKS[how].replace("_queue", f"_queue where id = {locked}").encode())
        foreign = jobs.claim_one()  # by a worker of somebody else's
        jobs.finish(foreign)
        assert one.connection.execute(slot, [locked]).fetchone() == (1,)
        one.take(1)
        job = jobs.claim_one()
        jobs.finish(job)
        assert one.connection.execute(slot, [locked]).fetchone() == (1,)
        assert one.connection.execute(slot, [sent]).fetchone() == (0,)
        meddler.execute("rollback")
    assert one.slots() == 2


def test_an_application_name_excuses_nobody(one: Held) -> None:
    add_jobs(one.connection, 1)
    with one.database.connect("meddler") as meddler:
        meddler.execute("set application_name = 'pg_net 0.20.4'")
        meddler.execute("begin; delete from net.http_request_queue")
        one.move(LONG)
        one.tick()
        assert f"pid {meddler.info.backend_pid} of role meddler" in str(one.status("problem"))
        meddler.execute("rollback")


def test_pg_net_at_work_is_not_named(one: Held) -> None:
    """A batch lasts as long as its slowest request, which may be somebody else's."""
    add_jobs(one.connection, 1)
    batch = one.take()
    one.move(LONG)
    one.tick()
    assert one.status("problem") is None
    batch.end()
    assert one.tick() == "0 sent, 1 settled"


def test_a_request_that_waits_for_pg_net_is_not_locked(one: Held) -> None:
    add_jobs(one.connection, 1)
    with one.database.connect("meddler") as meddler:
        meddler.execute("begin")
        meddler.execute("select from net.http_request_queue for update")
        meddler.execute("rollback")
    one.move(LONG)
    one.tick()
    assert "lock" not in str(one.status("problem"))


def test_a_tick_says_that_the_queue_of_pg_net_is_locked(one: Held) -> None:
    add_jobs(one.connection, 1)
    with one.database.connect("meddler") as meddler:
        meddler.execute("begin")
        meddler.execute("lock table net.http_request_queue in access exclusive mode")
        add_jobs(one.connection, 1)
        for move in (timedelta(0), LONG):
            one.move(move)
            assert "locked" in one.tick()
            assert f"pid {meddler.info.backend_pid} of role meddler" in str(one.status("problem"))
        meddler.execute("rollback")
    one.tick()
    assert "lock" not in str(one.status("problem"))


def test_the_gate_knows_of_a_queue_of_pg_net_that_is_locked(one: Held) -> None:
    with one.database.connect("meddler") as meddler:
        meddler.execute("begin")
        meddler.execute("lock table net.http_request_queue in access exclusive mode")
        add_jobs(one.connection, 1)
        one.tick()
        assert obstacles(one) == ["NOT_SENT"]
        meddler.execute("rollback")
    one.tick()
    assert obstacles(one) == []


def test_the_gate_knows_of_responses_that_are_locked(one: Held) -> None:
    """pg_net's worker waits for them with the request taken up: nothing has ended, nothing is late."""
    add_jobs(one.connection, 1)
    batch = one.take()
    with one.database.connect("meddler") as meddler:
        meddler.execute("begin")
        meddler.execute("lock table net._http_response in access exclusive mode")
        one.tick()
        assert obstacles(one) == ["NOT_SENT"]
        assert f"pid {meddler.info.backend_pid} of role meddler" in str(one.status("problem"))
        meddler.execute("rollback")
    one.tick()
    assert obstacles(one) == []
    assert one.status("problem") is None
    batch.end()


def test_a_worker_of_pg_net_that_is_busy_with_something_else(one: Held) -> None:
    add_jobs(one.connection, 2)
    one.set(timeout_ms=600_000)
    one.move(timedelta(minutes=5))
    one.tick()
    assert obstacles(one) == [], "a call of our own may last that long"
    one.set(timeout_ms=35_000)
    one.tick()
    assert "pg_net has not picked up 2 calls for 00:05:0" in str(one.status("problem"))
    assert obstacles(one) == ["NET_BUSY"]
    assert one.status("calls_made") is False
    batch = one.take()
    one.tick()
    assert one.status("problem") is None
    assert obstacles(one) == []
    batch.end()


def test_an_answer_under_a_lock_is_read_when_that_is_gone(one: Held) -> None:
    add_jobs(one.connection, 1)
    one.take().end()
    with one.database.connect("meddler") as meddler:
        meddler.execute("begin")
        meddler.execute("lock table net._http_response in access exclusive mode")
        assert "locked" in one.tick()
        assert one.outcomes() == [None]
        assert "locked" in str(one.status("problem"))
        meddler.execute("rollback")
    one.tick()
    assert one.outcomes()[0] == "ok"
    assert one.status("problem") is None
