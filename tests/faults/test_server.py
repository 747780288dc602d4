"""What must be true after the server, pg_net or its worker went away under our calls."""

import os
import signal

import pytest

from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.held import Held, running
from tests.support.queue import add_jobs, count_by_status
from tests.support.server import Connection
from tests.support.upgrade import JOB, upgrade
from tests.support.wait import wait_until

WORKER = "select pid from pg_stat_activity where application_name like 'pg_net %'"


def begun(schedule: Held, endpoint: Endpoint, jobs: int) -> None:
    """As many jobs wait as there are slots, and every one of them is being worked on."""
    add_jobs(schedule.connection, jobs)
    wait_until(lambda: endpoint.open == jobs, message=f"{jobs} calls under way")
    wait_until(
        lambda: count_by_status(schedule.connection).get("processing") == jobs,
        message="their jobs are claimed",
    )


def rescued(schedule: Held) -> None:
    """Ten minutes later."""
    schedule.connection.execute(
        "update public.analysis_jobs set started_at = now() - interval '11 minutes'"
        " where status = 'processing'"
    )


def drained(schedule: Held) -> None:
    wait_until(
        lambda: schedule.tick() and set(count_by_status(schedule.connection)) == {"completed"},
        timeout=40,
        message="all jobs completed",
    )
    wait_until(
        lambda: schedule.tick() and schedule.slots() == 0 and None not in schedule.outcomes(),
        message="all slots free, all calls settled",
    )


def crash(database: Database, how: str) -> None:
    if how == "immediate":
        database.server.restart("immediate")
        return
    if database.server.kind != "cluster":
        pytest.skip("processes of a container are not ours to kill")
    with database.admin() as admin:
        row = admin.execute(WORKER).fetchone()
        assert row is not None
    os.kill(int(str(row[0])), signal.SIGKILL)

    def recovered() -> bool:
        try:
            with database.admin() as again:
                return again.execute(
                    "select pg_postmaster_start_time() is not null, count(*) = 0 from bunkd.slot"
                ).fetchone() == (True, True)
        except Exception:  # noqa: BLE001 -- not yet
            return False

    wait_until(recovered, 30, "the server recovers")


@pytest.mark.parametrize("how", ["immediate", "kill-the-worker"])
def test_a_crash_in_the_middle_of_a_batch_loses_no_job(
    database: Database, connection: Connection, endpoint: Endpoint, how: str
) -> None:
    """Slots and pg_net's queue are gone together; the calls are recorded lost, never false ok."""
    schedule = running(database, connection, endpoint.url)
    endpoint.work = 0.7
    begun(schedule, endpoint, 5)
    crash(database, how)
    wait_until(lambda: endpoint.open == 0, message="the functions have ended")
    endpoint.work = 0
    endpoint.forget()
    with database.connect() as session:
        schedule = Held(database, session)
        add_jobs(session, 3)
        rescued(schedule)
        drained(schedule)
        assert schedule.outcomes()[:5] == ["lost"] * 5
        assert endpoint.peak <= 5
        lost = schedule.status("calls_last_hour")
        assert isinstance(lost, dict)
        assert lost["lost"] == 5
        assert schedule.status("problem") is None


def test_a_clean_restart_keeps_the_calls(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    schedule = running(database, connection, endpoint.url)
    endpoint.work = 0.3
    begun(schedule, endpoint, 2)
    database.server.restart("fast")
    with database.connect() as session:
        schedule = Held(database, session)
        rescued(schedule)
        drained(schedule)
        assert endpoint.peak <= 5


def test_a_terminated_worker_sends_its_batch_again_and_no_slot_is_left(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    """pg_net puts the batch back and sends it anew: at least once, so the function must claim."""
    schedule = running(database, connection, endpoint.url)
    endpoint.work = 0.5
    begun(schedule, endpoint, 2)
    with database.admin() as admin:
        admin.execute(f"select pg_terminate_backend(pid) from ({WORKER}) as w")  # noqa: S608
    drained(schedule)
    assert set(schedule.outcomes()) <= {"ok", "empty", "lost"}
    assert schedule.status("problem") is None


def test_a_pg_net_that_an_admin_drops_and_creates_anew_goes_on(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    schedule = running(database, connection, endpoint.url)
    with database.admin() as admin:
        admin.execute("drop extension pg_net cascade")
        add_jobs(connection, 2)
        assert "pg_net is gone" in schedule.tick()
        assert "pg_net is gone" in str(schedule.status("problem"))
        admin.execute("create extension pg_net with schema extensions")
    drained(schedule)
    assert schedule.status("problem") is None
    add_jobs(connection, 1)
    assert schedule.calls()[-1] == "wake"


def test_a_pg_cron_that_is_gone_leaves_the_wake_at_work(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    running(database, connection, endpoint.url)
    with database.admin() as admin:
        admin.execute("drop extension pg_cron")
        add_jobs(connection, 1)
        wait_until(lambda: count_by_status(connection) == {"completed": 1}, message="a done job")
        admin.execute("create extension pg_cron")
    add_jobs(connection, 1)
    wait_until(lambda: count_by_status(connection) == {"completed": 2}, message="another done job")


def test_a_pg_cron_that_an_admin_drops_and_creates_anew_ticks_after_the_next_deploy(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    running(database, connection, endpoint.url)
    with database.admin() as admin:
        admin.execute("drop extension pg_cron")
        admin.execute("create extension pg_cron")
        admin.execute("grant usage on schema cron to postgres")
    assert connection.execute("select from cron.job").fetchall() == []
    assert upgrade(database)[-1].startswith(f"native: this database calls {endpoint.url} ")
    jobs = connection.execute("select jobname, active from cron.job").fetchall()
    assert jobs == [(JOB, True)]
