"""Alerts: one message when something starts, one when it is over, whatever happens in between."""

from collections.abc import Iterator

import pytest

from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import add_jobs
from tests.support.server import Connection
from tests.support.watched import KEY, Watched, watched


@pytest.fixture
def one(database: Database, connection: Connection, endpoint: Endpoint) -> Iterator[Watched]:
    with watched(database, connection, endpoint.url) as schedule:
        yield schedule


def fails(one: Watched) -> None:
    one.calls("http_error", 500)


def works(one: Watched) -> None:
    one.calls("ok", 200)


def test_once_when_it_starts_and_once_when_it_is_over(one: Watched) -> None:
    one.look()
    fails(one)
    one.look()
    one.look(60)
    assert one.told() == [], "it has not lasted for two minutes"
    one.look(61)
    for _ in range(5):
        one.look(30)
    assert one.told() == [("BACKING_OFF", "started")]
    works(one)
    one.look()
    one.look(60)
    assert len(one.told()) == 1, "it could come back"
    for _ in range(5):
        one.look(61)
    assert one.told() == [("BACKING_OFF", "started"), ("BACKING_OFF", "over")]
