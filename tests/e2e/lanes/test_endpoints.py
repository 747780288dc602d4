"""Endpoints that lanes cannot reach, or only in the end: no job is lost, and the cause is said."""

from pathlib import Path

from tests.e2e.lanes.place import Lanes
from tests.support.endpoint import PATH, Endpoint
from tests.support.queue import add_jobs, count_by_status
from tests.support.unfriendly import self_signed, slow_to_accept
from tests.support.upgrade import SCHEDULE
from tests.support.wait import wait_until
from tests.support.watched import receiver


def cause(lanes: Lanes) -> tuple[object, ...]:
    """How the first call ended, once it has."""
    wait_until(lambda: lanes.outcomes()[:1] not in ([], [None]), 20)
    found = lanes.connection.execute(
        "select outcome, status_code, detail from bunkd.call order by id limit 1"
    ).fetchone()
    assert found is not None
    return found


def all_is_well(lanes: Lanes, endpoint: Endpoint) -> None:
    """The URL is set right: every job is done, no slot is taken, and nothing is wrong."""
    lanes.set(
        paused=True
    )  # a call that begins while the change is not committed counts for the new URL
    wait_until(lambda: None not in lanes.outcomes())
    lanes.connection.execute(
        "select bunkd.change_schedule(%s, jsonb_build_object('url', %s::text))",
        [SCHEDULE, endpoint.url],
    )
    lanes.set(paused=False)
    wait_until(lambda: lanes.tick() and set(count_by_status(lanes.connection)) == {"done"}, 20)
    wait_until(lambda: lanes.slots() == 0 and None not in lanes.outcomes())
    lanes.tick()
    assert lanes.status("problem") is None
    assert endpoint.peak <= 2


def test_a_name_that_nobody_knows(lanes: Lanes, endpoint: Endpoint) -> None:
    lanes.set(url="http://no-such-host.invalid" + PATH)
    add_jobs(lanes.connection)
    lanes.start(1, 2)
    outcome, status, detail = cause(lanes)
    assert (outcome, status) == ("network_error", None)
    assert "resolve host" in str(detail)
    all_is_well(lanes, endpoint)


def test_a_certificate_that_nobody_vouches_for(
    lanes: Lanes, endpoint: Endpoint, tmp_path: Path
) -> None:
    add_jobs(lanes.connection)
    with self_signed(tmp_path, lanes.database.server) as url:
        lanes.set(url=url)
        lanes.start(1, 2)
        outcome, status, detail = cause(lanes)
        assert (outcome, status) == ("network_error", None)
        assert "certificate" in str(detail)
    all_is_well(lanes, endpoint)


def test_an_endpoint_that_is_slow_to_accept(lanes: Lanes, endpoint: Endpoint) -> None:
    """The library's own limit is a second."""
    add_jobs(lanes.connection)
    with slow_to_accept(1.5, lanes.database.server) as url:
        lanes.set(url=url)
        lanes.start(1)
        assert cause(lanes)[1] == 200
    all_is_well(lanes, endpoint)


def test_a_redirect_is_followed_and_takes_no_credential_elsewhere(
    lanes: Lanes, endpoint: Endpoint
) -> None:
    """As pg_net does: a POST becomes a GET, and another host gets no Authorization."""
    add_jobs(lanes.connection)
    with receiver(lanes.database) as elsewhere:
        endpoint.redirect_to = elsewhere.url.replace("127.0.0.1", "localhost")
        endpoint.next_with("redirect")
        [lane] = lanes.start(1)
        assert cause(lanes) == ("http_error", 405, "Method not allowed")
        [asked] = elsewhere.received
        assert (asked.method, asked.header("Authorization")) == ("GET", None)
        assert endpoint.received[0].header("Authorization")
        assert not lane.over
    all_is_well(lanes, endpoint)
