"""The fixtures. Those of the session are there to be overridden in a project's conftest.py."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest

import bunkd_db
from bunkd_db import database
from bunkd_db.settings import DEFAULT_SCHEDULE
from bunkd_db.testing.endpoint import Call, Endpoint
from bunkd_db.testing.function import finish_one_job

_STARTS = 30.0  # seconds that an extension's process or a worker may take to start
_HAS_CALLED = """
select exists (select from pg_class c where c.relname = 'call' and c.relkind = 'r'
                and c.relnamespace = (select n.oid from pg_namespace n where n.nspname = 'bunkd')) as installed
"""
_CALLS = "select exists (select from bunkd.call) as called"
_OBSTACLES = "select coalesce(obstacles, '') as obstacles from bunkd.status"


@dataclass(frozen=True)
class Called:
    """A database in which bunkd-db is installed, and the endpoint that it calls.

    Attributes:
        url: of the database, without a driver: `postgresql://…`.
        endpoint: what is called; `endpoint.function` may be replaced by a test.
        lines: what the upgrade said, the last one the verdict.
    """

    url: str
    endpoint: Endpoint
    lines: list[str]

    @property
    def calls(self) -> list[Call]:
        """The calls of this test, in the order of their answers."""
        return list(self.endpoint.calls)

    def wait_until_called(self, job_id: object, timeout: float = 10) -> Call:
        """Wait until a call has processed this job, `timeout` seconds at most, and return the call.

        A job is seen only after the commit of the transaction that queued it.

        Raises:
            AssertionError: none has; the message has the calls that came, and what is in the way.
        """
        endpoint, job, until = self.endpoint, str(job_id), time.monotonic() + timeout
        with endpoint.arrived:
            while (call := endpoint.called_for(job)) is None:
                left = until - time.monotonic()
                if left <= 0:
                    break
                endpoint.arrived.wait(left)
        if call is None:
            raise AssertionError(
                f"no call processed job {job} in {timeout:g} s. Was its transaction committed?"
                f" In the way: {_obstacles(self.url) or 'nothing'}."
                f" Calls: {[(one.status, one.answer) for one in endpoint.calls] or 'none'}"
            )
        return call


@pytest.fixture(scope="session")
def bunkd_database() -> str:
    """The URL of a database that only tests use; any driver may be in it. Override it."""
    pytest.fail("Write the fixture bunkd_database: it returns the test database's URL.")


@pytest.fixture(scope="session")
def bunkd_settings() -> Mapping[str, str]:
    """Settings for the upgrade, as docs/settings.md has them; BUNKD_MODE=external: by a worker."""
    return {}


@pytest.fixture(scope="session")
def bunkd_host(bunkd_settings: Mapping[str, str]) -> str:
    """The name that this machine has where the calls come from: a container, or this machine itself."""
    return "127.0.0.1" if _by_worker(bunkd_settings) else "host.docker.internal"


@pytest.fixture(scope="session")
def bunkd_function(bunkd_database: str) -> Callable[[bytes], Mapping[str, object]]:
    """What is called: it takes the body and returns the answer, with the `job_id` that it processed."""
    return lambda _: finish_one_job(bunkd_database, DEFAULT_SCHEDULE)


@pytest.fixture(scope="session")
def bunkd_installed(
    bunkd_database: str,
    bunkd_settings: Mapping[str, str],
    bunkd_host: str,
    bunkd_function: Callable[[bytes], Mapping[str, object]],
) -> Iterator[Called]:
    """Install bunkd-db once, wait until calls are made, and remove it in the end."""
    url = f"postgresql://{bunkd_database.partition('://')[2]}"
    _refuse_what_is_in_use(url)
    by_worker = _by_worker(bunkd_settings)
    address = "127.0.0.1" if bunkd_host in ("127.0.0.1", "localhost") else "0.0.0.0"
    with ExitStack() as stack:
        endpoint = stack.enter_context(Endpoint(address, bunkd_function))
        given = {
            "BUNKD_EVERY": "5s",
            **bunkd_settings,
            "BUNKD_CALL_URL": endpoint.url(bunkd_host),
            "BUNKD_CREDENTIAL": endpoint.credential,
        }
        lines = bunkd_db.upgrade(url, given)
        stack.callback(bunkd_db.downgrade, url)
        if by_worker:
            stack.enter_context(_worker(url, endpoint.credential))
        _wait_until_active(url, given, by_worker)
        yield Called(url, endpoint, lines)


@pytest.fixture
def bunkd(bunkd_installed: Called) -> Iterator[Called]:
    """The database that calls and its endpoint, whose calls are counted anew for each test."""
    function = bunkd_installed.endpoint.function
    bunkd_installed.endpoint.calls.clear()
    yield bunkd_installed
    bunkd_installed.endpoint.function = function


def _by_worker(settings: Mapping[str, str]) -> bool:
    return settings.get("BUNKD_MODE") == "external"


def _refuse_what_is_in_use(url: str) -> None:
    """A database that has made calls is somebody's: the upgrade would turn them to the endpoint."""
    with database.connect(url) as connection:
        [there] = database.rows(connection, _HAS_CALLED)
        if there["installed"] and database.rows(connection, _CALLS)[0]["called"]:
            pytest.fail(
                "This database has made calls already: tests need one of their own. If it is one for tests,"
                " remove what is left of a run that was killed: bunkd-db downgrade base"
            )


@contextmanager
def _worker(url: str, credential: str) -> Iterator[None]:
    """Run `bunkd-db worker` with nothing of the environment's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BUNKD_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "bunkd_db", "worker", "--env-file", os.devnull],
        env={**kept, "DATABASE_URL": url, "BUNKD_CREDENTIAL": credential},
        stdin=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_active(url: str, given: Mapping[str, str], by_worker: bool) -> None:
    """Fail where calls are not made, or not by whom the tests mean."""
    until = time.monotonic() + _STARTS
    while True:
        report = bunkd_db.check(url, given)
        if not by_worker and report.verdict != "native":
            reasons = "; ".join(check.detail for check in report.blocking)
            pytest.fail(
                f"This database cannot make the calls itself: {reasons}. To test with a worker instead,"
                ' put "BUNKD_MODE": "external" into the fixture bunkd_settings.'
            )
        if report.active:
            return
        if time.monotonic() > until:
            pytest.fail(f"No calls are made after {_STARTS:g} s: {_obstacles(url)}")
        time.sleep(0.1)


def _obstacles(url: str) -> str:
    with database.connect(url) as connection:
        return "; ".join(str(row["obstacles"]) for row in database.rows(connection, _OBSTACLES))
