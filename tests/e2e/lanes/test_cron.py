"""Lanes as pg_cron runs them: nobody helps."""

import time

import pytest

from tests.e2e.lanes.place import AT_WORK, END, start_with_http
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import add_jobs, count_by_status, create_queue
from tests.support.scalar import scalar
from tests.support.server import Connection, Kind
from tests.support.ticks import outcomes
from tests.support.upgrade import SCHEDULE, downgrade, install, upgrade
from tests.support.wait import wait_until

RUNS = "select distinct status from cron.job_run_details"


@pytest.mark.usefixtures("scheduler")
def test_a_backlog_calls_all_lanes_and_they_rest_again(six: Connection, endpoint: Endpoint) -> None:
    endpoint.work = 0.5
    began = time.monotonic()
    add_jobs(six, 60)
    wait_until(lambda: endpoint.open == 6, 10, "all lanes call")
    started = time.monotonic() - began
    wait_until(lambda: count_by_status(six) == {"done": 60}, 60)
    assert started < 5  # 0.9 s on an idle machine
    assert endpoint.peak == 6
    assert len(endpoint.received) == 60  # nobody was called in vain
    wait_until(lambda: scalar(six, int, AT_WORK) == 2, 40, "the others rest")
    assert {status for (status,) in six.execute(RUNS)} <= {
        "succeeded",
        "running",
        "starting",
        "connecting",
    }


@pytest.mark.usefixtures("scheduler")
def test_a_job_behind_a_long_one_does_not_wait(six: Connection, endpoint: Endpoint) -> None:
    endpoint.work = 20.0
    add_jobs(six)
    wait_until(lambda: endpoint.open == 1)
    endpoint.work = 0.0
    began = time.monotonic()
    add_jobs(six)
    wait_until(lambda: len(endpoint.received) == 2, 5)
    assert time.monotonic() - began < 2  # 20 ms on an idle machine
    wait_until(lambda: endpoint.open == 1, 5, "the short one is answered, the long one is not")


@pytest.mark.usefixtures("scheduler")
def test_a_downgrade_ends_the_lanes(six: Connection, database: Database) -> None:
    downgrade(database)
    assert scalar(six, int, "select count(*) from cron.job") == 0
    wait_until(lambda: scalar(six, int, AT_WORK) == 0, 10, "no lane is left")


@pytest.mark.usefixtures("scheduler")
def test_no_free_connection(six: Connection, database: Database, endpoint: Endpoint) -> None:
    """A lane that cannot begin is tried again every second; what waits is called for then."""
    failed = "select return_message from cron.job_run_details where status = 'failed'"
    with database.admin() as admin:
        admin.execute("alter role postgres connection limit 1")
        admin.execute(END)
        wait_until(lambda: "connection failed" in str(admin.execute(failed).fetchall()), 15)
        assert scalar(admin, int, AT_WORK) == 0
        add_jobs(six, 5)
        assert endpoint.received == []
        admin.execute("alter role postgres connection limit -1")
    wait_until(lambda: count_by_status(six) == {"done": 5}, 20)
    assert len(endpoint.received) == 5


@pytest.mark.usefixtures("scheduler")
def test_lanes_that_cannot_run_are_said(six: Connection, database: Database) -> None:
    codes = "select code, detail from bunkd.find_obstacles(%s)"
    assert six.execute(codes, [SCHEDULE]).fetchall() == []
    with database.admin() as admin:
        admin.execute("revoke execute on function bunkd.look_for_work from public, postgres")
        admin.execute(END)
        [(code, detail)] = wait_until(lambda: six.execute(codes, [SCHEDULE]).fetchall(), 15)
        assert code == "LANES_FAILED"
        assert str(detail).startswith("no lane can run: ERROR:  permission denied for function")
        admin.execute("grant execute on function bunkd.look_for_work to postgres")
    wait_until(lambda: six.execute(codes, [SCHEDULE]).fetchall() == [], 15)


@pytest.mark.usefixtures("scheduler")
def test_lanes_that_do_not_look_are_said(six: Connection, database: Database) -> None:
    """With none of the first two at work nobody would notice a job."""
    six.execute(
        "select cron.alter_job(jobid, schedule := '0 5 1 1 *') from cron.job where jobname like '%:2'"
    )
    codes = "select code from bunkd.find_obstacles(%s)"
    assert six.execute(codes, [SCHEDULE]).fetchall() == [("LANES_OFF",)]
    upgrade(database)
    assert six.execute(codes, [SCHEDULE]).fetchall() == []


def test_a_pause_under_load(six: Connection, endpoint: Endpoint) -> None:
    """What has begun ends; nothing else begins until it goes on."""
    endpoint.work = 0.5
    add_jobs(six, 20)
    wait_until(lambda: endpoint.open == 6, 10, "all lanes call")
    six.execute("select bunkd.pause_schedule(%s, null, null)", [SCHEDULE])
    sent = len(endpoint.received)
    wait_until(lambda: endpoint.open == 0, message="what has begun ends")
    wait_until(lambda: None not in outcomes(six), message="and is recorded")
    assert len(endpoint.received) <= sent + 1, "one could be between its commit and its request"
    assert count_by_status(six)["queued"] == 20 - len(endpoint.received)
    six.execute("select bunkd.resume_schedule(%s)", [SCHEDULE])
    wait_until(lambda: count_by_status(six) == {"done": 20}, 30)
    assert endpoint.peak == 6
    wait_until(lambda: set(outcomes(six)) == {"ok"})


@pytest.mark.usefixtures("scheduler")
@pytest.mark.parametrize("way", ["upgrade", "0004"])
def test_another_revision_under_load(
    six: Connection, database: Database, endpoint: Endpoint, way: str
) -> None:
    """Every lane of before ends, no job is called for twice, and the bound is kept all the while."""
    six.execute("update bunkd.schedule set timeout_ms = 5000")
    endpoint.work = 0.3
    add_jobs(six, 60)
    wait_until(lambda: endpoint.open == 6, 10, "all lanes call")
    env = {"BUNKD_TRANSPORT": "http", "BUNKD_MAX_IN_FLIGHT": "6", "BUNKD_CALL_URL": endpoint.url}
    if way != "upgrade":
        downgrade(database, way)
        assert scalar(six, int, "select count(*) from cron.job where command ~ 'run_lane'") == 0
        wait_until(lambda: scalar(six, int, AT_WORK) == 0, 10, "no lane is left")
        wait_until(lambda: endpoint.open == 0)
    install(database, **env)
    wait_until(lambda: count_by_status(six) == {"done": 60}, 60)
    assert endpoint.peak == 6
    assert len({each.job_id for each in endpoint.received}) == 60
    assert len(endpoint.received) == 60


def test_a_lane_never_takes_the_last_running_job(server_kind: Kind) -> None:
    """auto, where there is no pg_net: http, unless pg_cron runs one job at a time."""
    with start_with_http(server_kind, {"cron.max_running_jobs": "1"}, net=False) as server:
        with server.admin() as connection:
            said = install(server.admin_url, BUNKD_TRANSPORT="http")[-1]
            code = "select mode, mode_code, transport_used from bunkd.schedule"
            assert connection.execute(code).fetchone() == ("external", "TOO_FEW_JOBS", None)
            assert "a lane would take it for itself" in said
            install(server.admin_url, BUNKD_TRANSPORT="auto")
            assert connection.execute(code).fetchone() == ("external", "NO_FILES", None)
        with server.admin() as admin:
            admin.execute("alter system set cron.max_running_jobs = 5")
        server.restart()
        with server.admin() as connection:
            create_queue(connection)
            said = install(server.admin_url, BUNKD_TRANSPORT="auto")[-1]
            assert "by lanes, 3 at a time (cron.max_running_jobs = 5, cron job" in said
            lanes = "select count(*) from cron.job where command like 'call bunkd.run_lane%'"
            assert scalar(connection, int, lanes) == 3
            public = "select has_function_privilege('anon', p.oid, 'execute') from pg_proc p where proname = 'http'"
            assert scalar(connection, bool, public) is False
            assert SCHEDULE in said
