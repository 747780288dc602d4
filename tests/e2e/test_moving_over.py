"""The plan is upgraded, or taken back: who makes the calls changes, and no job is called for twice."""

from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import add_jobs, count_by_status, create_queue
from tests.support.server import Connection
from tests.support.upgrade import install
from tests.support.wait import wait_until
from tests.support.worker import Worker, worker

SLOTS = 3


def done(connection: Connection, n: int) -> None:
    wait_until(lambda: count_by_status(connection).get("done", 0) >= n, 40, f"{n} jobs are done")


def by_workers(connection: Connection) -> list[bool]:
    """For each call, the oldest first, whether a worker made it."""
    rows = connection.execute("select worker is not null from bunkd.call order by id")
    return [bool(row[0]) for row in rows]


def deploy(database: Database, endpoint: Endpoint, mode: str) -> str:
    return install(
        database,
        BUNKD_MODE=mode,
        BUNKD_CALL_URL=endpoint.url,
        BUNKD_MAX_IN_FLIGHT=str(SLOTS),
        BUNKD_EVERY="1s" if database.server.seconds else "1m",
    )[-1]


def running(database: Database, endpoint: Endpoint) -> dict[str, str]:
    """A worker's settings: it may know the function by another name than the database does."""
    return {
        "DATABASE_URL": database.url,
        "BUNKD_CALL_URL": endpoint.url.replace(database.server.callback_host, "127.0.0.1"),
    }


def stands_by(one: Worker) -> None:
    one.said("worker on standby: the database makes the calls itself")


def test_native_takes_over_from_a_worker_and_gives_back(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    create_queue(connection)
    assert deploy(database, endpoint, "external").startswith("external:")
    with worker(**running(database, endpoint)) as one:
        # this server may prepare transactions, which a notification would forbid
        one.said("worker ready (polling every second)")
        endpoint.work = 0.4
        add_jobs(connection, 20)
        done(connection, 4)
        assert deploy(database, endpoint, "native").startswith("native:")
        stands_by(one)
        assert one.process.poll() is None
        done(connection, 20)
        before = len(by_workers(connection))
        add_jobs(connection, 5)
        done(connection, 25)
        assert by_workers(connection)[before:] == [False] * 5

        assert deploy(database, endpoint, "external").startswith("external:")
        looks = "worker ready (polling every second)"
        wait_until(lambda: len(one.events(looks)) == 2, 20, "it works again")
        add_jobs(connection, 5)
        done(connection, 30)
        one.terminate()
        assert one.ends() == 0
    kinds = by_workers(connection)
    assert kinds[0] is True
    assert kinds[-5:] == [True] * 5
    assert endpoint.peak <= SLOTS
    assert len(endpoint.received) == len(kinds) == 30, "not one call too many"


def test_in_native_mode_a_worker_makes_no_call(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    create_queue(connection)
    deploy(database, endpoint, "native")
    with worker(**running(database, endpoint)) as one:
        stands_by(one)
        add_jobs(connection, 4)
        done(connection, 4)
    assert not any(by_workers(connection))
