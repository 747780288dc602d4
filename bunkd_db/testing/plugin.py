"""The fixtures. Those of the session are there to be overridden in a project's conftest.py."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field

import pytest

import bunkd_db
from bunkd_db import database
from bunkd_db.migration import URL, written
from bunkd_db.settings import DEFAULT_SCHEDULE
from bunkd_db.testing.endpoint import PATH, Call, Endpoint
from bunkd_db.testing.function import finish_one_job

_STARTS = 30.0  # seconds that an extension's process or a worker may take to start
_INSTALLED = """
select exists (select from pg_class c where c.relname = 'schedule' and c.relkind = 'r'
                and c.relnamespace = (select n.oid from pg_namespace n where n.nspname = 'bunkd')) as installed
"""
# one that calls nobody yet, as the migrations of a project have made it, or an earlier run's endpoint
_IN_USE = "select exists (select from bunkd.schedule s where s.url not like %(ours)s) as used"
# calls that failed in an earlier test slow down none in this one
_FORGET = "update bunkd.schedule set endpoint_since = clock_timestamp()"
_OBSTACLES = "select coalesce(obstacles, '') as obstacles from bunkd.status"


@dataclass(frozen=True)
class Called:
    """A database in which bunkd-db is installed, and the endpoint that it calls.

    Attributes:
        url: of the database, without a driver: `postgresql://…`.
        endpoint: what is called; `endpoint.function` may be replaced by a test.
        lines: what the upgrade said, the last one the verdict.
    """

    url: str = field(repr=False)
    endpoint: Endpoint = field(repr=False)
    lines: list[str] = field(repr=False)
    _worker: subprocess.Popen[bytes] | None = field(default=None, repr=False)

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
                endpoint.arrived.wait(min(left, 0.5))
                _require_running(self._worker)
        if call is None:
            nameless = sum(one.status == 200 and one.job_id is None for one in endpoint.calls)
            raise AssertionError(
                f"no call processed job {job} in {timeout:g} s. Was its transaction committed?"
                + (f" {nameless} answers had no job_id." if nameless else "")
                + f" In the way: {_obstacles(self.url) or 'nothing'}."
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
def bunkd_function(bunkd_database: str | URL) -> Callable[[bytes], Mapping[str, object]]:
    """What is called: it takes the body and returns the answer, with the `job_id` that it processed."""
    url = _plain(bunkd_database)
    return lambda _: finish_one_job(url, DEFAULT_SCHEDULE)


@pytest.fixture(scope="session")
def bunkd_installed(
    bunkd_database: str | URL,
    bunkd_settings: Mapping[str, str],
    bunkd_host: str,
    bunkd_function: Callable[[bytes], Mapping[str, object]],
) -> Iterator[Called]:
    """Install bunkd-db once, wait until calls are made, and remove it in the end."""
    url = _plain(bunkd_database)
    was_there = _look(url)
    by_worker = _by_worker(bunkd_settings)
    address = "127.0.0.1" if bunkd_host in ("127.0.0.1", "localhost") else "0.0.0.0"
    with ExitStack() as stack:
        endpoint = stack.enter_context(closing(Endpoint(address, bunkd_function)))
        given = {
            "BUNKD_EVERY": "5s",
            **bunkd_settings,
            "BUNKD_CALL_URL": endpoint.url(bunkd_host),
            "BUNKD_CREDENTIAL": endpoint.credential,
        }
        lines = bunkd_db.upgrade(url, given)
        if not was_there:
            stack.callback(bunkd_db.downgrade, url)
        worker = stack.enter_context(_worker(url, endpoint.credential)) if by_worker else None
        _wait_until_active(url, given, worker)
        yield Called(url, endpoint, lines, worker)


@pytest.fixture
def bunkd(bunkd_installed: Called) -> Iterator[Called]:
    """The database that calls and its endpoint, whose calls are counted anew for each test."""
    function = bunkd_installed.endpoint.function
    bunkd_installed.endpoint.forget()
    with database.connect_to_write(bunkd_installed.url) as connection:
        connection.execute(_FORGET)
    yield bunkd_installed
    bunkd_installed.endpoint.function = function


def _by_worker(settings: Mapping[str, str]) -> bool:
    return settings.get("BUNKD_MODE", "").strip().lower() == "external"


def _plain(url: str | URL) -> str:
    """The URL as libpq has it."""
    text = written(url)
    scheme, separator, rest = text.partition("://")
    return f"postgresql://{rest}" if separator and scheme.startswith("postgres") else text


def _look(url: str) -> bool:
    """Whether something of ours is there that is to stay; one that calls somebody is refused."""
    with database.connect(url) as connection:
        if not database.rows(connection, _INSTALLED)[0]["installed"]:
            return False
        if database.rows(connection, _IN_USE, {"ours": f"%{PATH}"})[0]["used"]:
            pytest.fail(
                "bunkd-db is in use in this database: it calls a function, and tests would turn the calls to"
                " their endpoint. Give tests a database of their own."
            )
    return True


@contextmanager
def _worker(url: str, credential: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `bunkd-db worker` with nothing of the environment's settings."""
    theirs = ("BUNKD_", "SUPABASE_", "DATABASE_URL", "PORT")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
    process = subprocess.Popen(
        [sys.executable, "-m", "bunkd_db", "worker", "--env-file", os.devnull],
        env={**kept, "DATABASE_URL": url, "BUNKD_CREDENTIAL": credential},
        stdin=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _require_running(worker: subprocess.Popen[bytes] | None) -> None:
    if worker and worker.poll() is not None:
        pytest.fail(f"bunkd-db worker ended with exit code {worker.returncode}; its log says why.")


def _wait_until_active(
    url: str, given: Mapping[str, str], worker: subprocess.Popen[bytes] | None
) -> None:
    """Fail where calls are not made, or not by whom the tests mean."""
    until = time.monotonic() + _STARTS
    while True:
        report = bunkd_db.check(url, given)
        _require_running(worker)
        if not worker and report.verdict != "native":
            reasons = "; ".join(check.detail for check in report.blocking)
            pytest.fail(
                f"This database cannot make the calls itself: {reasons}. To test with a worker instead,"
                ' put "BUNKD_MODE": "external" into the fixture bunkd_settings.'
            )
        if report.workers if worker else report.active:
            return
        if time.monotonic() > until:
            pytest.fail(f"No calls are made after {_STARTS:g} s: {_obstacles(url)}")
        time.sleep(0.1)


def _obstacles(url: str) -> str:
    with database.connect(url) as connection:
        return "; ".join(str(row["obstacles"]) for row in database.rows(connection, _OBSTACLES))
