"""A credential is rotated while lanes make the calls: they have the one that is stored, and are judged by."""

from collections.abc import Iterator

import pytest

from tests.e2e.lanes.place import AT_WORK, Lanes, installed
from tests.support.command import Finished, here
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import add_jobs, create_queue
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.ticks import tick
from tests.support.upgrade import SCHEDULE, downgrade, install
from tests.support.wait import wait_until

OLD = "the-former-token-of-this-test"
NEW = "the-next-token-of-this-test"
BOTH = ("Authorization", f"Bearer {OLD}", f"Bearer {NEW}")
CURRENT = "select bunkd.read_credential(%s)"
CALLS = "select count(*) from bunkd.call where worker like 'lane:%%' and outcome = %s"


@pytest.fixture
def rotating(database: Database, connection: Connection, endpoint: Endpoint) -> Iterator[Lanes]:
    """Lanes whose function lets both keys in; they call with the former one."""
    lanes = installed(database, connection, endpoint.url, BUNKD_CREDENTIAL=OLD)
    endpoint.require = BOTH
    yield lanes
    lanes.stop()


def rotate(database: Database) -> Finished:
    done = here("credential", "rotate", "--watch", "0", stdin=NEW, DATABASE_URL=database.url)
    assert done.code == 0, done.all
    return done


def settled(connection: Connection, outcome: str, n: int) -> None:
    wait_until(
        lambda: scalar(connection, int, CALLS, [outcome]) >= n, 15, f"{n} calls are {outcome}"
    )


@pytest.mark.timeout(60)
def test_a_rejected_one_goes(
    rotating: Lanes, database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    rotate(database)
    assert scalar(connection, str, CURRENT, [SCHEDULE]) == NEW
    tick(connection)
    endpoint.require = BOTH[:2]
    add_jobs(connection, 1)
    rotating.start(1)
    settled(connection, "rejected", 1)
    tick(connection)
    assert scalar(connection, str, CURRENT, [SCHEDULE]) == OLD


@pytest.mark.timeout(60)
def test_one_that_works_stays(
    rotating: Lanes, database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    rotate(database)
    tick(connection)
    endpoint.require = ("Authorization", f"Bearer {NEW}")
    add_jobs(connection, 3)
    rotating.start(1)
    settled(connection, "ok", 3)
    tick(connection)
    places = connection.execute("select place from bunkd.credential").fetchall()
    assert places == [("current",)]
    assert scalar(connection, str, CURRENT, [SCHEDULE]) == NEW


@pytest.mark.timeout(100)
def test_pg_cron_hears_of_jobs_that_come_again(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    """It misses a change that is committed beside thousands of others."""
    if not database.server.seconds:
        pytest.skip("pg_cron here starts lanes every minute")
    create_queue(connection)
    env = {"BUNKD_TRANSPORT": "http", "BUNKD_CALL_URL": endpoint.url}
    for _ in range(3):
        install(database, **env)
        wait_until(lambda: scalar(connection, int, AT_WORK) == 2, 15, "two lanes look")
        downgrade(database)
        wait_until(lambda: scalar(connection, int, AT_WORK) == 0, 15, "they have ended")
