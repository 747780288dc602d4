"""Several jobs a call are drained back to back, whatever the interval of the ticks."""

import time

import pytest

from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.held import running
from tests.support.queue import add_jobs, count_by_status
from tests.support.server import Connection
from tests.support.wait import wait_until


@pytest.mark.parametrize("slots", [1, 2])
def test_twenty_jobs_of_five_a_call(
    database: Database, connection: Connection, endpoint: Endpoint, slots: int
) -> None:
    endpoint.work = 0.2
    endpoint.jobs_per_call = 5
    schedule = running(
        database,
        connection,
        endpoint.url,
        BUNKD_MAX_IN_FLIGHT=str(slots),
        BUNKD_JOBS_PER_CALL="5",
    )
    started = time.monotonic()
    add_jobs(connection, 20)
    wait_until(lambda: count_by_status(connection) == {"completed": 20}, 25, "all are done")
    assert time.monotonic() - started < 20
    assert len(schedule.calls()) <= 4 + slots
    assert endpoint.peak <= slots
