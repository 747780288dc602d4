"""A session where pg_net is installed, its version, and an endpoint that only answers."""

from collections.abc import Iterator

import pytest

from tests.e2e.pg_net.versions import Version, version_of
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.server import Connection


@pytest.fixture
def net(database: Database) -> Iterator[Connection]:
    """A session of the owner where pg_net is installed."""
    with database.connect() as session:
        session.execute("create extension pg_net with schema extensions")
        session.execute("select net.wait_until_running()")
        yield session


@pytest.fixture
def version(net: Connection) -> Version:
    """What is installed there."""
    return version_of(net)


@pytest.fixture
def function(endpoint: Endpoint) -> Endpoint:
    """An endpoint without a queue behind it."""
    endpoint.jobs = None
    return endpoint
