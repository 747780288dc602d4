"""pg_net for a call that it would send at once, lanes for all others: one bound, one ledger, no job called for twice."""

from collections.abc import Iterator

import pytest

from tests.e2e.lanes.place import Lanes, installed
from tests.support.checked import check, named
from tests.support.command import here
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import add_jobs, count_by_status
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE
from tests.support.wait import wait_until
from tests.support.watched import receiver

BY_NET = "select count(*) from bunkd.call where request is not null"
FREE = "select bunkd.is_net_free()"


@pytest.fixture
def both(database: Database, connection: Connection, endpoint: Endpoint) -> Iterator[Lanes]:
    if (
        database.server.net is None
    ):  # the double in a container's stead calls from outside, which lanes cannot
        pytest.skip("no pg_net here beside pgsql-http: a container needs the real one")
    env = {"BUNKD_TRANSPORT": "both", "BUNKD_MAX_IN_FLIGHT": "6"}
    schedule = installed(database, connection, endpoint.url, **env)
    used = "select transport_used, lanes from bunkd.schedule"
    assert connection.execute(used).fetchone() == ("both", 6)
    wait_until(lambda: scalar(connection, bool, FREE), message="pg_net is free")
    yield schedule
    schedule.stop()


def by_net(both: Lanes) -> int:
    return scalar(both.connection, int, BY_NET)


def done(both: Lanes, n: int) -> bool:
    return count_by_status(both.connection) == {"done": n} and None not in both.outcomes()


def test_a_single_job_is_pg_net_s(both: Lanes, endpoint: Endpoint) -> None:
    both.start(1, 2)
    for n in (1, 2, 3):
        add_jobs(both.connection)
        wait_until(lambda: done(both, len(both.calls())))
        assert len(both.calls()) == n
        wait_until(lambda: scalar(both.connection, bool, FREE), message="its pause is over")
    assert (by_net(both), both.calls()) == (3, ["wake"] * 3)
    assert len(endpoint.received) == 3


def test_what_comes_behind_a_long_job_is_the_lanes(both: Lanes, endpoint: Endpoint) -> None:
    endpoint.work = 5.0
    both.start(1, 2)
    add_jobs(both.connection)
    wait_until(lambda: endpoint.open == 1)
    endpoint.work = 0.0
    for _ in range(5):
        endpoint.forget()
        add_jobs(both.connection)
        wait_until(lambda: len(endpoint.received) == 1, 2)
    assert by_net(both) == 1
    wait_until(lambda: done(both, 6), 15)
    assert len(both.calls()) == 6


def test_a_backlog_keeps_one_bound(both: Lanes, endpoint: Endpoint) -> None:
    both.set(max_in_flight=3)
    endpoint.work = 0.2
    both.start(1, 2, 3, 4)
    add_jobs(both.connection, 30)
    for _ in range(10):
        add_jobs(both.connection)
        both.tick()
    wait_until(lambda: done(both, 40), 30)
    assert endpoint.peak == 3
    assert len(endpoint.received) == 40
    assert set(both.outcomes()) == {"ok"}
    assert both.slots() == 0


@pytest.mark.parametrize("mode", ["hang", 500])
def test_a_call_of_pg_net_that_fails_frees_its_slot(
    both: Lanes, endpoint: Endpoint, mode: int | str
) -> None:
    both.set(timeout_ms=500)
    endpoint.next_with(mode)
    both.start(1, 2)
    add_jobs(both.connection)
    wait_until(lambda: done(both, 1), 15)
    assert by_net(both) >= 1
    assert both.outcomes()[0] in ("timeout", "http_error")
    assert both.slots() == 0


def test_a_message_is_a_lane_s(both: Lanes) -> None:
    both.start(1)
    with receiver(both.database) as webhook:
        at = {"DATABASE_URL": both.database.url}
        here("alert", "set", stdin=webhook.url, **at)
        done = here("alert", "test", **at)
        assert (done.code, done.out) == (
            0,
            "The test arrived at the alert webhook; a lane sent it.\n",
        )


def test_what_check_and_status_say(both: Lanes) -> None:
    report = check(both.database, probe=True)
    assert (report.verdict, report.transport) == ("native", "both")
    assert named(report, "queue_triggers").status == "pass"
    assert named(report, "probe").status == "pass"
    with both.database.admin() as admin:
        admin.execute("drop extension http cascade")
    status = "select status ->> 'transport_used' from bunkd.read_status()"
    assert scalar(both.connection, str, status) == "both"
    gone = "select code from bunkd.find_obstacles(%s)"
    assert ("EXTENSION_GONE",) in both.connection.execute(gone, [SCHEDULE]).fetchall()


@pytest.mark.parametrize("to", ["pg_net", "http"])
def test_another_transport_under_load(both: Lanes, endpoint: Endpoint, to: str) -> None:
    endpoint.work = 0.2
    both.start(1, 2)
    add_jobs(both.connection, 20)
    wait_until(lambda: len(endpoint.received) >= 3)
    both.connection.execute(
        "select bunkd.change_schedule(%s, jsonb_build_object('transport', %s::text))",
        [SCHEDULE, to],
    )
    if to == "http":
        both.start(1, 2)
    wait_until(lambda: both.tick() and done(both, 20), 40)
    assert endpoint.peak <= 6
    assert len(endpoint.received) <= 21, "at most one function found nothing left"
