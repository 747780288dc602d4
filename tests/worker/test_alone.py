"""A worker without a database: one call each period, exactly; and the health page."""

import itertools
import json
import os
import pty
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from bunkd_db.worker.timer import next_time
from tests.support.command import bunkd, environment
from tests.support.endpoint import Endpoint
from tests.support.machine import free_port
from tests.support.page import get
from tests.support.wait import wait_until
from tests.support.worker import CREDENTIAL, worker


@pytest.fixture
def function() -> Iterator[Endpoint]:
    with Endpoint() as running:
        yield running


def test_it_calls_at_an_exact_interval(function: Endpoint) -> None:
    function.work = 0.3
    with worker("--every", "1s", BUNKD_CALL_URL=function.url) as one:
        wait_until(lambda: len(function.received) >= 5)
        one.terminate()
        assert one.ends() == 0
    received = function.received
    starts = [request.at for request in received]
    gaps = [after - before for before, after in itertools.pairwise(starts)]
    # a drifting loop would be at 1.3 s
    assert abs(sum(gaps) / len(gaps) - 1) < 0.1, gaps
    assert function.peak == 1
    assert {request.method for request in received} == {"POST"}
    assert received[0].header("Authorization") == f"Bearer {CREDENTIAL}"
    assert (received[0].reason, received[0].body) == ("worker", b"{}")


def test_a_call_that_is_longer_than_the_period_is_alone(function: Endpoint) -> None:
    function.work = 1.4
    with worker("--every", "1s", BUNKD_CALL_URL=function.url):
        wait_until(lambda: len(function.received) >= 3)
    first, second, *_ = function.received
    assert function.peak == 1
    assert 1.5 < second.at - first.at < 2.7, "the next time of the grid"


@pytest.mark.parametrize("now", [0.0, 12.3, 29.999, 30.0, 31.4, 3600.5])
def test_the_grid(now: float) -> None:
    assert next_time(0, 30, 30, now) % 30 == 0
    assert 0 < next_time(0, 30, 30, now) - now <= 30


def test_a_failing_function_is_called_ever_more_rarely(function: Endpoint) -> None:
    function.fail_with = 500
    with worker("--every", "1s", BUNKD_CALL_URL=function.url) as one:
        wait_until(lambda: len(function.received) >= 5, 20)
        gaps = [b.at - a.at for a, b in itertools.pairwise(function.received)]
        assert [round(gap) for gap in gaps[:4]] == [1, 1, 1, 2], gaps
        wait_until(lambda: one.events("call failed")[-1].get("next_in") == "4s")
        function.fail_with = None
        one.said("call")


def test_retry_after_is_honoured(function: Endpoint) -> None:
    function.retry_after = 3
    function.next_with(429)
    with worker("--every", "1s", BUNKD_CALL_URL=function.url):
        wait_until(lambda: len(function.received) >= 2)
    first, second = function.received[:2]
    assert first.ended is not None
    assert second.at - first.ended >= 3
    assert second.at - first.at < 4.6, "the next time of the grid"


@pytest.mark.parametrize(
    ("mode", "outcome"),
    [
        ("refuse", "network_error"),
        ("reset", "network_error"),
        ("redirect", "http_error"),
        ("big", "ok"),
        ("binary", "ok"),
        (401, "rejected"),
        (404, "http_error"),
    ],
)
def test_how_calls_end(function: Endpoint, mode: int | str, outcome: str) -> None:
    function.fail_with = mode
    with worker("--every", "1s", BUNKD_CALL_URL=function.url) as one:
        said = one.said("call" if outcome == "ok" else "call failed")
    assert said["outcome"] == outcome
    assert len(json.dumps(said)) < 1000


def test_the_health_page_and_the_metrics(function: Endpoint) -> None:
    port = free_port()
    with worker("--every", "1s", BUNKD_CALL_URL=function.url, PORT=str(port)) as one:
        wait_until(lambda: function.received)
        one.said("call")
        status, page = get(port, "/")
        assert (status, json.loads(page)["healthy"], json.loads(page)["doing"]) == (
            200,
            True,
            "working",
        )
        status, metrics = get(port, "/metrics")
        assert status == 200
        assert 'bunkd_worker_calls_total{outcome="empty"}' in metrics
        assert "bunkd_worker_healthy 1.0" in metrics
        assert get(port, "/other")[0] == 404


def test_while_it_backs_off_it_is_not_healthy(function: Endpoint) -> None:
    port = free_port()
    function.fail_with = 500
    with worker("--every", "1s", BUNKD_CALL_URL=function.url, PORT=str(port)):
        wait_until(lambda: seen(get(port, "/"), 503, "backing off"), 20)
        assert json.loads(get(port, "/")[1])["trouble"]
        function.fail_with = None
        wait_until(lambda: seen(get(port, "/"), 200, "working"), 20)


def seen(answer: tuple[int, str], status: int, doing: str) -> bool:
    """Whether a health page says this."""
    return answer[0] == status and f'"doing": "{doing}"' in answer[1]


def test_a_port_that_is_taken_or_no_port(function: Endpoint) -> None:
    with socket.create_server(("", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = bunkd("worker", BUNKD_CALL_URL=function.url, BUNKD_CREDENTIAL="x", PORT=port)
    assert done.code == 2
    assert f"cannot listen on PORT {port}" in done.err
    done = bunkd("worker", BUNKD_CALL_URL=function.url, BUNKD_CREDENTIAL="x", PORT="http")
    assert (done.code, "PORT is 'http'" in done.err) == (2, True)
    assert function.received == []


@pytest.mark.parametrize(
    ("arguments", "env", "says"),
    [
        ([], {"BUNKD_CALL_URL": "http://127.0.0.1:9"}, "BUNKD_CREDENTIAL"),
        ([], {"BUNKD_CREDENTIAL": "x"}, "BUNKD_CALL_URL"),
        (["--every", "90s"], {"BUNKD_CREDENTIAL": "x"}, "cannot be scheduled"),
        (
            ["--every", "0 9 * * *"],
            {"BUNKD_CREDENTIAL": "x", "BUNKD_CALL_URL": "http://127.0.0.1:9"},
            "cannot keep the interval '0 9 * * *'",
        ),
        (
            ["--every", "10s"],
            {"BUNKD_CREDENTIAL": "x", "DATABASE_URL": "postgresql://h/d"},
            "BUNKD_EVERY",
        ),
        ([], {"BUNKD_CREDENTIAL": "x", "DATABASE_URL": "mysql://h/d"}, "postgresql://"),
    ],
)
def test_what_cannot_be_used_is_said(arguments: list[str], env: dict[str, str], says: str) -> None:
    done = bunkd("worker", *arguments, **env)
    assert done.code == 2
    assert says in done.err
    assert "Traceback" not in done.err


def test_on_a_terminal_it_is_for_people(function: Endpoint) -> None:
    function.fail_with = "echo"
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "bunkd_db", "worker", "--every", "1s"],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        cwd="/",
        env=environment(BUNKD_CALL_URL=function.url, BUNKD_CREDENTIAL="t0ken"),
    )
    os.close(theirs)
    seen = b""
    try:
        deadline = time.monotonic() + 15
        while b"call failed" not in seen and time.monotonic() < deadline:
            seen += os.read(ours, 4096)
        while not seen.endswith(b"\n"):
            seen += os.read(ours, 4096)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    text = seen.decode()
    assert "worker starts" in text
    assert "outcome=http_error" in text
    assert '"event"' not in text
    assert "t0ken" not in text
