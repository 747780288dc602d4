"""A server with pgsql-http, private to these tests: everywhere else there is none.

In a container of ours nothing is a double: pgsql-http and pg_cron are Debian's, and pg_net is the real
one or none. A cluster has pg_net beside it, so that a schedule can change its transport.
"""

from collections.abc import Iterator

import pytest

from tests.e2e.lanes.place import AT_WORK, Lanes, installed, start_with_http
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import create_queue
from tests.support.scalar import scalar
from tests.support.server import Connection, Kind, Server
from tests.support.upgrade import install
from tests.support.wait import wait_until
from tests.support.wipe import Baseline


@pytest.fixture(scope="session")
def server(server_kind: Kind) -> Iterator[Server]:
    with start_with_http(server_kind) as running:
        yield running


@pytest.fixture(scope="session")
def baseline(server: Server) -> Baseline:
    with server.admin() as admin:
        return Baseline.of(admin)


@pytest.fixture
def lanes(database: Database, connection: Connection, endpoint: Endpoint) -> Iterator[Lanes]:
    """A schedule of lanes whose calls go to `endpoint`."""
    schedule = installed(database, connection, endpoint.url)
    yield schedule
    schedule.stop()


@pytest.fixture
def six(database: Database, connection: Connection, endpoint: Endpoint) -> Connection:
    """Up to six calls at once, by pg_cron's own lanes; two of them look already."""
    if not database.server.seconds:
        pytest.skip("pg_cron here starts lanes every minute")
    create_queue(connection)
    env = {"BUNKD_TRANSPORT": "http", "BUNKD_MAX_IN_FLIGHT": "6"}
    said = install(database, BUNKD_CALL_URL=endpoint.url, **env)
    assert " by lanes, 6 at a time (cron job bunkd:process-analysis-jobs, http " in said[-1]
    wait_until(lambda: scalar(connection, int, AT_WORK) == 2, 15, "two lanes look")
    return connection
