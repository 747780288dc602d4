"""What sends the calls of every test that does not ask for lanes."""

import pytest

from tests.support.checked import check
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import create_queue
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.upgrade import install


def test_it_is_pg_net(database: Database, connection: Connection, endpoint: Endpoint) -> None:
    assert check(database).transport == "pg_net"
    create_queue(connection)
    install(database, BUNKD_CALL_URL=endpoint.url)
    assert scalar(connection, str, "select transport_used from bunkd.schedule") == "pg_net"


def test_it_could_be_nothing_else(database: Database, connection: Connection) -> None:
    there = "select count(*) from pg_available_extensions where name = 'http'"
    if database.server.real_net and scalar(connection, int, there):
        pytest.skip("the image of the server is not ours, and has pgsql-http")
    assert scalar(connection, int, there) == 0
