"""Requests that go out together: one transaction, as long as its slowest."""

from tests.e2e.pg_net.asking import answer, find, hanging, post, queued, set_batch_size
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.server import Connection
from tests.support.wait import wait_until


def test_a_request_in_flight_is_visible_and_marked(net: Connection, function: Endpoint) -> None:
    with hanging(function) as release:
        request = post(net, function.url)
        wait_until(lambda: function.open == 1, message="the request is open")
        assert queued(net) == {request: True}
        assert find(net, request) is None
        release()
        assert answer(net, request).error_msg is not None
        assert queued(net) == {}


def test_nothing_is_visible_before_the_slowest_of_the_batch_ends(
    net: Connection, function: Endpoint
) -> None:
    with hanging(function) as release:
        with net.transaction():
            slow = post(net, function.url)
            quick = post(net, function.url + "?fail_with=200")
        wait_until(lambda: len(function.received) == 2 and function.open == 1)
        assert find(net, quick) is None
        assert queued(net) == {slow: True, quick: True}
        release()
        answer(net, slow)
        result = find(net, quick)
        assert result is not None
        assert result.status_code == 200
        assert queued(net) == {}


def test_a_request_behind_a_batch_is_unmarked_and_waits(
    net: Connection, function: Endpoint
) -> None:
    with hanging(function) as release:
        first = post(net, function.url)
        wait_until(lambda: function.open == 1, message="the first is open")
        second = post(net, function.url + "?fail_with=200")
        assert queued(net) == {first: True, second: False}
        release()
        assert answer(net, second).status_code == 200
        assert len(function.received) == 2


def test_a_batch_goes_out_all_at_once(net: Connection, function: Endpoint) -> None:
    function.work = 0.4
    with net.transaction():
        requests = [post(net, function.url) for _ in range(20)]
    for request in requests:
        answer(net, request)
    assert function.peak == 20


def test_requests_beyond_the_batch_size_wait_for_the_next(
    net: Connection, database: Database, function: Endpoint
) -> None:
    function.work = 0.2
    set_batch_size(database, net, 3)
    with net.transaction():
        requests = [post(net, function.url) for _ in range(7)]
    for request in requests:
        answer(net, request)
    assert function.peak == 3
