"""Alerts and heartbeats where lanes send them: as with pg_net, and never in the way of calls."""

from collections.abc import Iterator

import pytest

from tests.e2e.lanes.place import Lanes
from tests.e2e.lanes.test_secret import EXPLAIN
from tests.e2e.test_canary import CANARY, clean, found_in
from tests.sql.test_alert import (
    test_a_wait_that_is_too_long,
    test_flapping_makes_two_messages,
    test_once_when_it_starts_and_once_when_it_is_over,
    test_the_distance_between_tries_grows,
    test_what_a_message_says,
    test_while_it_is_paused_nothing_is_told,
)
from tests.sql.test_heartbeat import (
    test_a_copy_sends_nothing,
    test_a_restored_one_tells_that_it_is_held_and_is_silent_besides,
    test_none_while_calls_fail,
    test_one_a_minute_also_of_an_empty_queue,
)
from tests.support.command import here
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import add_jobs, count_by_status
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE
from tests.support.wait import wait_until
from tests.support.watched import Watched, receiver, watched

__all__ = [
    "test_a_copy_sends_nothing",
    "test_a_restored_one_tells_that_it_is_held_and_is_silent_besides",
    "test_a_wait_that_is_too_long",
    "test_flapping_makes_two_messages",
    "test_none_while_calls_fail",
    "test_once_when_it_starts_and_once_when_it_is_over",
    "test_one_a_minute_also_of_an_empty_queue",
    "test_the_distance_between_tries_grows",
    "test_what_a_message_says",
    "test_while_it_is_paused_nothing_is_told",
]

ALERT = """
insert into bunkd.alert (schedule, code, detail, since, seen, started)
values (%s, %s, 'it fails', now(), now(), now())
"""
MESSAGE = "select bunkd.queue_message(%s, %s, 'alert', 'started')"
# a lane says how it ended as soon as it knows
UNDER_WAY = """
select exists (select from bunkd.message where sent is not null or due <= clock_timestamp())
"""


@pytest.fixture
def one(database: Database, connection: Connection, endpoint: Endpoint) -> Iterator[Watched]:
    """As elsewhere, but pg_cron's own lanes send."""
    if not database.server.seconds:
        pytest.skip("pg_cron here starts lanes every minute")
    with watched(database, connection, endpoint.url, BUNKD_TRANSPORT="http") as schedule:
        schedule.under_way = UNDER_WAY
        yield schedule


def due(lanes: Lanes, webhook: Endpoint, *codes: str) -> None:
    """An alert of each code is to be told to this webhook, and nobody has tried yet."""
    here("alert", "set", stdin=f"{webhook.url}?key={CANARY}", DATABASE_URL=lanes.database.url)
    for code in codes:
        lanes.connection.execute(ALERT, [SCHEDULE, code])
        lanes.connection.execute(MESSAGE, [SCHEDULE, code])


def problem(lanes: Lanes) -> object:
    found = lanes.connection.execute("select problem from bunkd.message").fetchone()
    return found[0] if found else None


@pytest.fixture
def webhook(database: Database) -> Iterator[Endpoint]:
    with receiver(database) as running:
        yield running


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("hang", "nobody answered within 4 s"),
        (500, "it answered 500"),
        ("reset", "it cannot be reached: "),
        ("refuse", "it cannot be reached: "),
    ],
)
def test_a_webhook_that_takes_nothing(
    lanes: Lanes, webhook: Endpoint, how: int | str, says: str
) -> None:
    webhook.fail_with = how
    due(lanes, webhook, "X")
    lanes.start(1)
    found = wait_until(lambda: str(problem(lanes) or ""))
    assert found.startswith(says)
    assert clean(found)
    again = "select tries, due - clock_timestamp() between interval '20 s' and interval '30 s' from bunkd.message"
    assert lanes.connection.execute(again).fetchone() == (1, True)
    webhook.fail_with = None
    lanes.connection.execute("update bunkd.message set due = now()")
    wait_until(lambda: problem(lanes) is None)
    assert len(webhook.received) == (1 if how == "refuse" else 2)


def test_a_webhook_that_hangs_holds_no_call_up(lanes: Lanes, webhook: Endpoint) -> None:
    """Of several messages one is under way, and the other lane calls."""
    webhook.fail_with = "hang"
    due(lanes, webhook, "X", "Y", "Z")
    lanes.start(1, 2)
    wait_until(lambda: webhook.received)
    add_jobs(lanes.connection, 5)
    wait_until(lambda: count_by_status(lanes.connection) == {"done": 5}, 3)
    assert len(webhook.received) == 1


def test_a_message_does_not_wait_for_the_end_of_a_backlog(
    lanes: Lanes, webhook: Endpoint, endpoint: Endpoint
) -> None:
    endpoint.work = 0.2
    add_jobs(lanes.connection, 200)
    lanes.start(1, 2)
    wait_until(lambda: endpoint.received)
    due(lanes, webhook, "X")
    lanes.connection.execute("update bunkd.message set due = due - interval '9 s'")
    wait_until(lambda: webhook.received, 5)
    assert count_by_status(lanes.connection)["queued"] > 0
    assert set(lanes.outcomes()) <= {"ok", None}


def test_what_no_lane_sends_a_tick_sends(lanes: Lanes, webhook: Endpoint) -> None:
    due(lanes, webhook, "X", "Y")
    lanes.tick()
    assert webhook.received == []
    lanes.connection.execute("update bunkd.message set due = due - interval '61 s'")
    lanes.connection.execute("update bunkd.last_tick set watched_at = null")
    lanes.tick()
    assert len(webhook.received) == 1
    told = "select count(*) from bunkd.message where told is not null and due is null"
    assert scalar(lanes.connection, int, told) == 1


def test_a_lane_that_is_ended_leaves_its_message_to_another(
    lanes: Lanes, webhook: Endpoint
) -> None:
    webhook.next_with("hang")
    due(lanes, webhook, "X")
    [first] = lanes.start(1)
    wait_until(lambda: webhook.received)
    lanes.connection.execute("select pg_cancel_backend(%s)", [first.pid])
    wait_until(lambda: first.over)
    for seconds, says in ((20, None), (11, "whoever was to send it did not report")):
        lanes.connection.execute(
            "update bunkd.message set sent = sent - make_interval(secs => %s)", [seconds]
        )
        lanes.connection.execute("update bunkd.last_tick set watched_at = null")
        lanes.tick()
        assert problem(lanes) == says
    lanes.connection.execute("update bunkd.message set due = now()")
    lanes.start(1)
    wait_until(lambda: len(webhook.received) == 2 and problem(lanes) is None)


def test_a_trial(lanes: Lanes, webhook: Endpoint) -> None:
    due(lanes, webhook)
    at = {"DATABASE_URL": lanes.database.url}
    lanes.start(1)
    done = here("alert", "test", **at)
    assert (done.code, done.out) == (0, "The test arrived at the alert webhook; a lane sent it.\n")
    webhook.fail_with = 404
    done = here("alert", "test", **at)
    assert (done.code, done.out) == (1, "")
    assert "the test did not arrive at the alert webhook: it answered 404" in done.err
    assert clean(done.err)


def test_the_url_is_where_it_is_stored_and_nowhere_else(lanes: Lanes, webhook: Endpoint) -> None:
    with lanes.database.admin() as admin:
        admin.execute(EXPLAIN)
        webhook.next_with("hang")
        due(lanes, webhook, "X")
        lanes.start(1)
        wait_until(lambda: webhook.received)
        assert webhook.received[0].path.endswith(f"?key={CANARY}")
        assert found_in(admin) == {"bunkd.secret"}
        webhook.next_with("reset", 500)
        for _ in range(3):
            wait_until(lambda: problem(lanes))
            lanes.connection.execute("update bunkd.message set due = now(), problem = null")
        told = "select told is not null from bunkd.message"
        wait_until(lambda: scalar(lanes.connection, bool, told))
        assert found_in(admin) == {"bunkd.secret"}
    lanes.stop()
    assert "send_request" in lanes.database.log()  # the plans are there
    assert [line for line in lanes.database.log().splitlines() if not clean(line)] == []
