"""The endpoint's ways to fail: what a test of a failure rests on."""

import http.client
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.support.endpoint import Endpoint
from tests.support.wait import wait_until


@pytest.fixture
def plain() -> Iterator[Endpoint]:
    with Endpoint() as running:
        yield running


def send(url: str, headers: dict[str, str] | None = None, timeout: float = 5) -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, b"{}", headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_it_is_idle_without_a_queue(plain: Endpoint) -> None:
    assert send(plain.url) == (200, b'{"message": "No jobs available"}')
    (received,) = plain.received
    assert (received.method, received.body, received.status) == ("POST", b"{}", 200)


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_it_answers_with_any_status(plain: Endpoint, status: int) -> None:
    plain.fail_with = status
    assert send(plain.url)[0] == status


def test_modes_for_the_next_requests_come_first(plain: Endpoint) -> None:
    plain.next_with(500, None)
    assert [send(plain.url)[0] for _ in range(3)] == [500, 200, 200]


def test_a_wrong_credential_is_refused(plain: Endpoint) -> None:
    plain.require = ("Authorization", "Bearer right")
    assert send(plain.url, {"Authorization": "Bearer wrong"})[0] == 401
    assert send(plain.url, {"authorization": "Bearer right"})[0] == 200


def test_another_function_is_not_found(plain: Endpoint) -> None:
    assert send(plain.base_url + "/functions/v1/other")[0] == 404


def test_a_reset_is_an_empty_reply(plain: Endpoint) -> None:
    plain.fail_with = "reset"
    with pytest.raises(http.client.RemoteDisconnected):
        send(plain.url)


def test_a_refusing_endpoint_comes_back_on_its_port(plain: Endpoint) -> None:
    plain.fail_with = "refuse"
    with pytest.raises(ConnectionRefusedError):
        send(plain.url)
    plain.fail_with = None
    assert send(plain.url)[0] == 200


def test_a_hanging_request_ends_when_released(plain: Endpoint) -> None:
    plain.fail_with = "hang"
    with pytest.raises(TimeoutError):
        send(plain.url, timeout=0.1)
    wait_until(lambda: plain.open == 0, message="the endpoint notices")
    ended = threading.Event()

    def hang() -> None:
        with pytest.raises(http.client.RemoteDisconnected):
            send(plain.url)
        ended.set()

    threading.Thread(target=hang, daemon=True).start()
    wait_until(lambda: plain.open == 1, message="it hangs")
    plain.release()
    assert ended.wait(5)


def test_the_peak_is_what_was_open_at_once(plain: Endpoint) -> None:
    plain.work = 0.2
    threads = [threading.Thread(target=send, args=(plain.url,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert plain.peak == 5


def test_stopping_does_not_wait_for_the_work() -> None:
    with Endpoint(work=60) as plain:
        thread = threading.Thread(target=_ignore_the_end, args=(plain.url,))
        thread.start()
        wait_until(lambda: plain.open == 1, message="the request is open")
        began = time.monotonic()
    thread.join()
    assert time.monotonic() - began < 2


def _ignore_the_end(url: str) -> None:
    with pytest.raises((http.client.HTTPException, OSError)):
        send(url)
