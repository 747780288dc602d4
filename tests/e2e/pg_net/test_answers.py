"""What it records of an answer, and of none."""

import pytest

from tests.e2e.pg_net.asking import answer, find, post
from tests.e2e.pg_net.versions import TELLS_TIMEOUTS, Version
from tests.support.endpoint import Endpoint
from tests.support.server import Connection
from tests.support.wait import wait_until


@pytest.mark.parametrize("status", [200, 401, 404, 429, 500, 503])
def test_a_status_is_recorded_with_its_content(
    net: Connection, function: Endpoint, status: int
) -> None:
    function.fail_with = status
    result = answer(net, post(net, function.url))
    assert (result.status_code, result.timed_out, result.error_msg) == (status, False, None)
    assert result.content is not None
    assert result.content.startswith("{")
    assert result.content_type == "application/json"
    names = {name.lower() for name in result.headers or {}}
    assert "content-type" in names
    assert ("retry-after" in names) == (status in (429, 503))


def test_an_empty_body_is_null_and_a_big_one_is_whole(net: Connection, function: Endpoint) -> None:
    function.next_with("redirect", "big")
    function.redirect_to = function.url + "?fail_with=204"
    assert answer(net, post(net, function.url + "?status=307")).status_code == 204
    big = answer(net, post(net, function.url + "?fail_with=big"))
    assert big.content is not None
    assert len(big.content) > 10_000_000


def test_a_binary_body_ends_at_its_first_nul(net: Connection, function: Endpoint) -> None:
    function.fail_with = "binary"
    request = post(net, function.url)
    wait_until(
        lambda: net.execute("select 1 from net._http_response where id = %s", [request]).fetchone(),
        message="a response",
    )
    row = net.execute(
        "select status_code, octet_length(content) < 12 from net._http_response where id = %s",
        [request],
    ).fetchone()
    assert row == (200, True)


def told(version: Version, timed_out: bool) -> bool | None:
    """What this version of pg_net writes into `timed_out` where there was no answer."""
    return timed_out if version >= TELLS_TIMEOUTS else None


def test_a_timeout_is_told_apart_from_other_errors(
    net: Connection, function: Endpoint, version: Version
) -> None:
    function.fail_with = "hang"
    result = answer(net, post(net, function.url, timeout=300))
    assert (result.status_code, result.timed_out) == (None, told(version, True))
    assert result.error_msg is not None
    assert result.error_msg.startswith("Timeout of 300 ms reached. Total time: ")


def test_a_slow_answer_counts_towards_the_timeout(
    net: Connection, function: Endpoint, version: Version
) -> None:
    function.work = 5
    result = answer(net, post(net, function.url, timeout=200))
    assert (result.status_code, result.timed_out) == (None, told(version, True))
    assert str(result.error_msg).startswith("Timeout of 200 ms reached")


def test_a_refused_connection_has_a_text_and_no_status(
    net: Connection, function: Endpoint, version: Version
) -> None:
    function.fail_with = "refuse"
    result = answer(net, post(net, function.url))
    assert (result.status_code, result.timed_out) == (None, told(version, False))
    assert "connect to server" in str(result.error_msg)


def test_an_unknown_host_has_a_text_and_no_status(net: Connection, version: Version) -> None:
    result = answer(net, post(net, "http://no-such-host.invalid/"), timeout=30)
    assert (result.status_code, result.timed_out) == (None, told(version, False))
    assert str(result.error_msg).startswith(("Couldn't resolve host", "Could not resolve host"))


def test_an_empty_reply_has_a_text_and_no_status(
    net: Connection, function: Endpoint, version: Version
) -> None:
    function.fail_with = "reset"
    result = answer(net, post(net, function.url))
    assert (result.status_code, result.timed_out) == (None, told(version, False))
    assert result.error_msg == "Server returned nothing (no headers, no data)"


def test_created_is_when_the_batch_began(net: Connection, function: Endpoint) -> None:
    function.work = 0.6
    result = answer(net, post(net, function.url))
    row = net.execute("select clock_timestamp() - %s > '0.5 s'", [result.created]).fetchone()
    assert row == (True,)


def test_old_responses_go_when_there_is_work(net: Connection, function: Endpoint) -> None:
    net.execute(
        "insert into net._http_response (id, status_code, created) values "
        "(-1, 200, now() - interval '7 hours'), (-2, 200, now() - interval '5 hours')"
    )
    answer(net, post(net, function.url))
    assert find(net, -1) is None
    assert find(net, -2) is not None
