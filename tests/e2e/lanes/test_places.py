"""Lanes as pg_cron runs them under each of its limits, on servers of their own."""

from collections.abc import Callable

import pytest

from tests.e2e.lanes.place import AT_WORK, END, start_with_http
from tests.support.endpoint import Endpoint
from tests.support.queue import add_jobs, count_by_status, create_queue
from tests.support.scalar import scalar
from tests.support.server import Connection, Kind, Server
from tests.support.ticks import outcomes
from tests.support.upgrade import install
from tests.support.wait import wait_until

TICKS = """
select count(*) from cron.job_run_details d join cron.job j using (jobid)
where j.jobname = 'bunkd:process-analysis-jobs' and d.status = 'succeeded'
"""
LOST = "select id from bunkd.call where outcome = 'lost'"
FAILED = "select count(*) from cron.job_run_details where status = 'failed'"


def lanes_of(server: Server, connection: Connection, endpoint: Endpoint, n: int) -> None:
    """Install on an empty queue, and wait for the two lanes that look."""
    if not server.seconds:
        pytest.skip("pg_cron here starts lanes every minute")
    create_queue(connection)
    env = {"BUNKD_TRANSPORT": "http", "BUNKD_EVERY": "1s", "BUNKD_CALL_TIMEOUT": "5s"}
    said = install(server.url, BUNKD_CALL_URL=endpoint.url, **env)[-1]
    assert f" by lanes, {n} at a time" in said
    wait_until(lambda: scalar(connection, int, AT_WORK) == 2, 15, "two lanes look")


def done(connection: Connection, n: int) -> Callable[[], bool]:
    return lambda: count_by_status(connection) == {"done": n}


@pytest.mark.parametrize("background", ["on", "off"])
def test_five_running_jobs_in_both_modes_of_pg_cron(server_kind: Kind, background: str) -> None:
    """Three lanes: a tick, and one job of the application's, must have their turn in a backlog."""
    changes = {"cron.use_background_workers": background, "cron.max_running_jobs": "5"}
    with (
        start_with_http(server_kind, changes) as server,
        server.connect() as connection,
        Endpoint(
            server.url, host=server.bind, public_host=server.callback_host, work=0.5
        ) as endpoint,
    ):
        lanes_of(server, connection, endpoint, 3)
        connection.execute("select cron.schedule('the-application-s', '1 second', 'select 1')")
        add_jobs(connection, 40)
        wait_until(lambda: endpoint.open == 3, 10, "all lanes call")
        ticks = scalar(connection, int, TICKS)
        theirs = TICKS.replace("bunkd:process-analysis-jobs", "the-application-s")
        own = scalar(connection, int, theirs)
        wait_until(lambda: scalar(connection, int, TICKS) >= ticks + 3, 15, "ticks go on")
        wait_until(lambda: scalar(connection, int, theirs) >= own + 3, 15, "and theirs")
        # whoever ends a lane: another run of it goes on with the next job
        with server.admin() as admin:
            admin.execute(END)
        wait_until(lambda: count_by_status(connection).get("queued", 0) == 0, 40, "all are taken")
        endpoint.work = 0
        wait_until(done(connection, 40), 20, "the functions of the ended lanes finish")
        assert endpoint.peak <= 6, "three of them were ended, their functions were not"
        wait_until(lambda: None not in outcomes(connection))
        lost = {str(row[0]) for row in connection.execute(LOST)}
        # a lane may be ended before its request arrives: then its call has taken no job
        taken = [each for each in endpoint.received if each.job_id and each.call in lost]
        expected = ["lost"] * 3 + ["ok"] * (40 - len(taken))
        assert sorted(outcomes(connection), key=str) == expected
        assert scalar(connection, int, FAILED) <= 3
