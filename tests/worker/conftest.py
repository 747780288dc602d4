"""Fixtures for workers: on the embedded server, the plan that can't."""

from collections.abc import Iterator

import pytest

from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import create_queue
from tests.support.server import Server
from tests.worker.place import Place


@pytest.fixture
def place(embedded: Server) -> Iterator[Place]:
    """A queue, its function, and an installation in external mode with three slots."""
    with (
        embedded.connect() as connection,
        Endpoint(embedded.url, host="127.0.0.1", public_host="127.0.0.1") as function,
    ):
        create_queue(connection)
        place = Place(Database(embedded, embedded.mark()), connection, function)
        place.upgrade()
        yield place
        place.connection.close()
