"""A place to bring into a state: its calls go to a function that drains the queue."""

import pytest

from tests.monitoring.states import READER, Place
from tests.support.checked import install_and_wait
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import create_queue
from tests.support.server import Connection


@pytest.fixture
def place(database: Database, connection: Connection, endpoint: Endpoint) -> Place:
    with database.admin() as admin:
        admin.execute(f"create role {READER} login password 'postgres'")
    create_queue(connection, 1)
    install_and_wait(
        database, BUNKD_CALL_URL=endpoint.url, BUNKD_EVERY="2h", BUNKD_READER_ROLE=READER
    )
    return Place(database, connection, endpoint)
