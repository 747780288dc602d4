"""docs/testing.md as a user follows it: a project of its own, whose tests are run by the pytest beside."""

import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

import bunkd_db
from bunkd_db.testing import Endpoint
from tests.e2e.lanes.place import debian_image
from tests.support.command import ROOT, environment
from tests.support.queue import create_queue
from tests.support.server import Kind, Server

PAGE = (ROOT / "docs/testing.md").read_text()
PLUGIN = "pytest_plugins"


def block(section: str, *, of: str) -> str:
    """The first block of Python in a section of the page that has this word."""
    text = PAGE.partition(f"## {section}")[2].partition("\n## ")[0]
    found = [each for each in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if of in each]
    return str(found[0])


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., str]:
    """Make a project of these files, run its tests, and give what pytest said."""

    def run(conftest: str, tests: str, *options: str, code: int = 0, **env: str) -> str:
        (tmp_path / "conftest.py").write_text(conftest)
        (tmp_path / "test_jobs.py").write_text(tests)
        (tmp_path / "pytest.ini").write_text("[pytest]\n")
        docker = {name: os.environ[name] for name in os.environ if name.startswith("DOCKER_")}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options],
            cwd=tmp_path,
            env={**environment(**env), **docker, "TESTCONTAINERS_RYUK_DISABLED": "true"},
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    return run


TESTS = block("Natively", of="def test_a_job_is_called_for")
BY_WORKER = block("By a worker", of=PLUGIN)


def test_natively(server_kind: Kind, project: Callable[..., str]) -> None:
    image = debian_image(server_kind)
    assert "2 passed" in project(block("Natively", of=PLUGIN), TESTS, POSTGRES_IMAGE=image)


def test_by_workers_in_parallel(embedded: Server, project: Callable[..., str]) -> None:
    said = project(BY_WORKER, TESTS, "-n", "2", TEST_DATABASE_URL=embedded.url)
    assert "2 passed" in said


def test_a_database_that_cannot_call_fails(embedded: Server, project: Callable[..., str]) -> None:
    asked = BY_WORKER.replace('{"BUNKD_MODE": "external"}', "{}")
    said = project(asked, TESTS, "-n", "1", code=1, TEST_DATABASE_URL=embedded.url)
    assert "This database cannot make the calls itself: " in said
    assert "pg_cron" in said


OWN = """
import pytest

pytest_plugins = ["bunkd_db.testing"]


@pytest.fixture(scope="session")
def bunkd_settings():
    return {{"BUNKD_MODE": "external"}}


@pytest.fixture(scope="session")
def bunkd_database():
    return "{url}"
"""
NOBODY = """
import pytest


def test_nobody_is_called(bunkd):
    with pytest.raises(AssertionError, match="no call processed job 7"):
        bunkd.wait_until_called(7, timeout=0.1)
"""


def test_what_is_in_use_is_left_alone(embedded: Server, project: Callable[..., str]) -> None:
    with embedded.connect() as connection:
        create_queue(connection)
        conftest = OWN.format(url=embedded.url.replace("://", "+psycopg2://"))
        assert "1 passed" in project(conftest, NOBODY)
        gone = connection.execute("select to_regnamespace('bunkd') is null").fetchone()
        assert gone == (True,)
        bunkd_db.upgrade(embedded.url, {"BUNKD_CALL_URL": "http://127.0.0.1:9/x"})
        said = project(conftest, NOBODY, code=1)
        assert "bunkd-db is in use in this database" in said
        row = connection.execute("select url from bunkd.schedule").fetchone()
        assert row == ("http://127.0.0.1:9/x",)
        # as a project's own migrations install it
        connection.execute("update bunkd.schedule set url = null")
        assert "1 passed" in project(conftest, NOBODY)
        assert connection.execute("select count(*) from bunkd.schedule").fetchone() == (1,)
    assert "Write the fixture bunkd_database" in project(
        f'{PLUGIN} = ["bunkd_db.testing"]', NOBODY, code=1
    )


def test_a_worker_that_ends_is_named(embedded: Server, project: Callable[..., str]) -> None:
    conftest = OWN.format(url=embedded.url) + KILLED
    with embedded.connect() as connection:
        create_queue(connection)
    assert "bunkd-db worker ended with exit code" in project(conftest, NOBODY, code=1)


KILLED = """

@pytest.fixture(scope="session", autouse=True)
def nothing_runs():
    import sys
    executable, sys.executable = sys.executable, "/bin/false"
    yield
    sys.executable = executable
"""


def test_the_endpoint_records_what_it_sent() -> None:
    function: Any = lambda _: MappingProxyType({"job_id": 1})  # noqa: E731
    with closing(Endpoint("127.0.0.1", function)) as endpoint:
        call = endpoint.answer({}, b"")
        assert (call.status, call.job_id, call.answer) == (200, "1", {"job_id": 1})
        endpoint.function = lambda _: {(1, 2): 3}  # type: ignore[dict-item]
        assert endpoint.answer({}, b"").status == 500
        endpoint.function = lambda _: pytest.fail("not this")
        assert "not this" in str(endpoint.answer({}, b"").answer)

        def late(_: bytes) -> dict[str, object]:
            endpoint.forget()
            return {"job_id": 7}

        endpoint.function = late
        endpoint.answer({}, b"")
        assert endpoint.calls == []
        url = urllib.request.Request(endpoint.url("127.0.0.1"), data=b"", method="POST")
        with pytest.raises(urllib.error.HTTPError, match="401") as refused:
            urllib.request.urlopen(url)
        refused.value.close()
