"""A session that keeps the tick to itself: others go on without it, or say whose it is."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from bunkd_db.errors import DatabaseUnavailable
from tests.support.command import bunkd
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE, downgrade
from tests.support.wait import wait_until
from tests.worker.place import Place
from tests.worker.test_exchange import exchange

WORKER = {"BUNKD_WORKER_ROLE": "bunkd_worker"}
HOLD = f"select bunkd.lock_tick('{SCHEDULE}', true), pg_sleep(120)"
QUEUE_UP = f"select from bunkd.last_tick where schedule = '{SCHEDULE}' for update"
WAITS = "select wait_event from pg_stat_activity where pid = %s"


@contextmanager
def at_work(place: Place, statement: str, event: str) -> Iterator[int]:
    """A session that is in the middle of a statement, as its wait event says; its pid."""
    session = place.database.connect()
    pid = session.info.backend_pid
    session.pgconn.send_query(statement.encode())
    try:
        wait_until(lambda: place.connection.execute(WAITS, [pid]).fetchone() == (event,))
        yield pid
    finally:
        place.connection.execute("select pg_terminate_backend(%s, 5000)", [pid])
        session.close()


@contextmanager
def forgetful(place: Place) -> Iterator[Connection]:
    """A worker's session that makes one exchange and never commits."""
    session = place.database.connect("bunkd_worker")
    session.execute("begin")
    exchange(session, "forgetful", room=0)
    yield session
    with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
        session.execute("select")
    session.close()


@pytest.fixture
def shared(place: Place) -> Place:
    """A place whose workers have a role of their own."""
    with place.database.admin() as admin:
        admin.execute("create role bunkd_worker login password 'postgres'")
    place.upgrade(**WORKER)
    return place


def test_a_worker_that_forgets_to_commit_stops_no_other_for_long(shared: Place) -> None:
    with shared.worker() as other:
        other.works()
        with forgetful(shared):
            shared.add(2)
            shared.done(2, timeout=9)


def test_a_worker_that_forgets_to_commit_stops_no_deploy(shared: Place) -> None:
    with forgetful(shared):
        assert shared.upgrade(**WORKER)[-1].startswith("external:")
    with forgetful(shared):
        assert downgrade(shared.database)[-1].startswith("Everything")


def test_an_upgrade_names_the_session_that_is_at_work(place: Place) -> None:
    with at_work(place, HOLD, "PgSleep") as pid:
        ended = bunkd("upgrade", DATABASE_URL=place.database.url)
        with pytest.raises(DatabaseUnavailable, match=f"running: pid {pid} of role"):
            downgrade(place.database)
    assert ended.code == 3, ended.err
    first, *rest = ended.err.splitlines()
    assert f"the tick of schedule {SCHEDULE} is held by pid {pid} of role " in first
    assert ", since 2" in first
    assert first.endswith("; nothing was changed")
    assert rest == [f"To end it: select pg_terminate_backend({pid});"]


def test_who_waits_for_the_tick_is_not_named_as_its_holder(place: Place) -> None:
    place.connection.execute(
        "alter function bunkd.lock_tick(text, boolean) set lock_timeout = '400ms'"
    )
    with (
        at_work(place, HOLD, "PgSleep") as pid,
        at_work(place, QUEUE_UP, "transactionid"),
        at_work(place, QUEUE_UP, "tuple"),
        pytest.raises(psycopg.errors.LockNotAvailable, match=f"by pid {pid} of role") as caught,
    ):
        place.connection.execute("select bunkd.lock_tick(%s, true)", [SCHEDULE])
    assert caught.value.diag.message_hint == f"To end it: select pg_terminate_backend({pid});"
    assert str(caught.value).count("of role") == 1
