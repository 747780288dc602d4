"""What a worker's PORT makes of hostile connections and headers: no database, no call."""

import socket
import threading
from collections.abc import Iterator
from typing import cast

import pytest

from bunkd_db.worker.health import health_server
from bunkd_db.worker.served import Served
from bunkd_db.worker.state import State
from tests.support.machine import free_port
from tests.support.page import BROWSER, get
from tests.support.wait import wait_until


class Pages:
    """In the place of `Served`."""

    def page(self, *, near: bool) -> bytes:
        return b"near" if near else b"far"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    found = free_port()
    with health_server(State("worker"), cast("Served", Pages()), found):
        yield found


def told(port: int, version: str, *lines: str) -> str:
    """The body of what `/` answers to these lines, which no client of ours would send."""
    head = [f"GET / HTTP/{version}", f"Accept: {BROWSER['Accept']}", *lines, "", ""]
    with socket.create_connection(("127.0.0.1", port), 10) as asking:
        asking.sendall("\r\n".join(head).encode())
        with asking.makefile("rb") as answer:
            return answer.read().decode().rpartition("\r\n")[2]


def test_a_browser_on_this_machine_is_near(port: int) -> None:
    assert told(port, "1.1", "Host: localhost:8080") == "near"
    assert told(port, "1.1", "Host: [::1]:8080") == "near"


@pytest.mark.parametrize(
    "lines",
    [
        # HAProxy adds its header behind the one that a stranger has sent
        ("Host: localhost", "X-Forwarded-For:", "X-Forwarded-For: 8.8.8.8"),
        ("Host: localhost", "CF-Connecting-IP: 8.8.8.8"),
        ("Host: localhost", "x-forwarded-proto: https"),
        # behind what is no header line, Python looks for no more headers
        ("Host: localhost", "F\u00f6o: a", "X-Forwarded-For: 8.8.8.8"),
        ("Host: localhost", "Foo: a\rbar", "X-Forwarded-For: 8.8.8.8"),
        ("Host: localhost", "Foo: a\r\rX-Forwarded-For: 8.8.8.8"),
        ("Host: localhost", "Host: worker.example.com"),
        ("Host: worker.example.com@localhost",),
        ("Host: localhost/.example.com",),
        ("Host: :8080",),
    ],
)
def test_a_request_through_a_proxy_is_from_afar(port: int, lines: tuple[str, ...]) -> None:
    assert told(port, "1.1", *lines) == "far"


def test_a_request_through_nginx_as_it_comes_is_from_afar(port: int) -> None:
    assert told(port, "1.0", "Host: worker:8080", "Connection: close") == "far"


def test_connections_that_say_nothing_neither_pile_up_nor_keep_a_probe_away(port: int) -> None:
    before = threading.active_count()
    silent = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(150)]
    try:
        assert get(port, "/live")[0] == 200
        wait_until(lambda: threading.active_count() - before <= 64, 3, "the oldest are closed")
    finally:
        for each in silent:
            each.close()
