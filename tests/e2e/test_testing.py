"""docs/testing.md as a user follows it: a project of its own, whose tests are run by the pytest beside."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

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
        connection.execute("create schema bunkd create table call (id int)")
        connection.execute("insert into bunkd.call values (1)")
        said = project(conftest, NOBODY, code=1)
        assert "made calls already: tests need one of their own" in said
        assert connection.execute("select count(*) from bunkd.call").fetchone() == (1,)
    assert "Write the fixture bunkd_database" in project(
        f'{PLUGIN} = ["bunkd_db.testing"]', NOBODY, code=1
    )
