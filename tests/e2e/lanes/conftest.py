"""A server with pgsql-http beside pg_net, private to these tests: everywhere else there is none."""

from collections.abc import Iterator

import pytest

from tests.e2e.lanes.place import Lanes, installed
from tests.support import cluster, packages, supabase
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.server import Connection, Server, Unavailable
from tests.support.wipe import Baseline


def require_http() -> None:
    """Skip where no pgsql-http is at hand."""
    try:
        found = packages.find()
        there = supabase.has_http(found.major, found.extensions)
    except Unavailable as error:
        pytest.skip(str(error))
    if not there:
        pytest.skip(f"no pgsql-http here: apt-get install postgresql-{found.major}-http")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    require_http()
    with cluster.start(http=True) as running:
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
