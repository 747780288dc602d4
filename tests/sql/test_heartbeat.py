"""The dead-man's switch: a heartbeat a minute while the queue moves, and none while it does not."""

from collections.abc import Iterator

import pytest

from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE
from tests.support.watched import BEAT_KEY, Watched, watched


@pytest.fixture
def one(database: Database, connection: Connection, endpoint: Endpoint) -> Iterator[Watched]:
    with watched(database, connection, endpoint.url) as schedule:
        yield schedule


def test_one_a_minute_also_of_an_empty_queue(one: Watched) -> None:
    one.look()
    assert one.beats() == 1
    for _ in range(12):
        one.look(30)
    assert one.beats() == 7
    [first, *_] = one.heartbeat.received
    assert (first.method, first.status) == ("POST", 200)
    assert BEAT_KEY in first.path
    assert one.told() == []


def test_none_while_calls_fail(one: Watched) -> None:
    one.look()
    one.calls("http_error", 500)
    for _ in range(5):
        one.look(61)
    assert one.beats() == 1
    one.calls("ok", 200)
    one.look(61)
    assert one.beats() == 2


def test_none_while_a_job_waits_for_too_long(one: Watched) -> None:
    one.waits()
    one.calls("ok", 200)
    one.look(61)
    assert one.beats() == 2, "it has just begun to wait"
    one.later(one.limit())
    one.calls("ok", 200)
    one.look()
    assert one.beats() == 2
    one.connection.execute("update public.analysis_jobs set status = 'done'")
    one.look(61)
    assert one.beats() == 3


@pytest.mark.parametrize(
    "stalled",
    [
        "update bunkd.schedule set paused = true",
        "update bunkd.schedule set held = now(), held_because = 'it looks restored'",
        "select cron.alter_job(jobid, active := false) from cron.job",
        "delete from bunkd.secret where place = 'current'",
        "drop table public.analysis_jobs",
        "update bunkd.schedule set database_oid = 1",
    ],
)
def test_none_while_it_is_stalled(one: Watched, stalled: str) -> None:
    one.look()
    assert one.beats() == 1
    one.connection.execute("create table public.other (like public.analysis_jobs)")
    one.connection.execute(stalled.encode())
    for _ in range(3):
        one.connection.execute("update bunkd.message set made = made - interval '61 s'")
        one.connection.execute("update bunkd.last_tick set watched_at = null")
        one.held.tick()
    assert one.beats() == 1


@pytest.mark.parametrize("how", ["hang", 500])
def test_one_that_is_not_taken_comes_less_often(one: Watched, how: int | str) -> None:
    """pg_net does nothing else while it waits for an answer: that must not be every minute."""
    one.heartbeat.fail_with = how
    one.look()
    for _ in range(20):
        one.look(61)
    assert 4 <= one.beats() <= 8
    one.heartbeat.fail_with = None
    for _ in range(6):
        one.look(61)
    found = one.beats()
    for _ in range(3):
        one.look(61)
    assert one.beats() == found + 3, "it goes on as before"


def test_one_that_failed_for_days_is_tried_on_and_ends_no_alert(one: Watched) -> None:
    one.heartbeat.fail_with = 500
    one.look()
    one.connection.execute("update bunkd.message set tries = 5000 where code = 'HEARTBEAT'")
    for _ in range(4):
        one.look(301)
    assert one.beats() == 3
    assert one.connection.execute("select watch_problem from bunkd.last_tick").fetchall() == [
        (None,)
    ]
    one.heartbeat.fail_with = None
    for _ in range(2):
        one.look(301)
    found = one.beats()
    one.look(61)
    assert one.beats() == found + 1, "it goes on as before"


def test_a_copy_sends_nothing(one: Watched) -> None:
    one.connection.execute("update bunkd.schedule set system_identifier = 1")
    for _ in range(5):
        one.look(61)
    assert (one.beats(), one.told()) == (0, [])


def test_a_restored_one_tells_that_it_is_held_and_is_silent_besides(one: Watched) -> None:
    one.connection.execute(
        "update bunkd.schedule set held = now(), held_because = 'this database looks restored'"
    )
    for _ in range(5):
        one.look(61)
    assert one.told() == [("HELD", "started")]
    assert one.beats() == 0


def test_a_copy_that_is_let_call_has_no_url_of_the_original(one: Watched) -> None:
    one.connection.execute("update bunkd.schedule set database_oid = 1")
    one.connection.execute("select bunkd.open_schedule(%s, 'http://127.0.0.1:9/x')", [SCHEDULE])
    for _ in range(3):
        one.look(61)
    assert one.beats() == 0
    found = one.connection.execute("select place from bunkd.credential").fetchall()
    assert found == [("current",)]
    assert one.connection.execute("select place from bunkd.secret").fetchall() == [("current",)]
