"""Fixtures over three kinds of server; `--server` or BUNKD_TEST_SERVER chooses."""

import os
import platform
from collections.abc import Iterator

import pytest

from tests.support import embedded as embedded_server
from tests.support.choose import Choice, choose, preference
from tests.support.database import Database, clean
from tests.support.endpoint import Endpoint
from tests.support.server import Connection, Server, Unavailable
from tests.support.wipe import Baseline

FOREIGN = ("BUNKD_", "SUPABASE_", "PG", "DATABASE_URL", "ALEMBIC_")
choice_key = pytest.StashKey[Choice]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--server",
        choices=("auto", "cluster", "container"),
        default=None,
        help="a private cluster from Debian's packages, a container, or whichever is there",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[choice_key] = choose(config.getoption("server") or preference())


def pytest_report_header(config: pytest.Config) -> str:
    choice = config.stash[choice_key]
    try:
        what = choice.possible[choice.kind]
    except Unavailable:
        what = "none"
    return f"server: {what}; Python {platform.python_version()}"


def pytest_collection_finish(session: pytest.Session) -> None:
    """A suite that skipped for want of a server would look like one that passed."""
    choice = session.config.stash[choice_key]
    needed = any("server" in getattr(item, "fixturenames", ()) for item in session.items)
    if needed and not choice.possible and not session.config.option.collectonly:
        pytest.exit(choice.why_not(), returncode=pytest.ExitCode.USAGE_ERROR)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the developer's own reaches a test."""
    for name in list(os.environ):
        if name.startswith(FOREIGN) and not name.startswith("BUNKD_TEST_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def server(pytestconfig: pytest.Config) -> Iterator[Server]:
    """The session's server, private to this process."""
    with pytestconfig.stash[choice_key].start() as running:
        yield running


@pytest.fixture(scope="session")
def baseline(server: Server) -> Baseline:
    """What the database looked like before the first test."""
    with server.admin() as admin:
        return Baseline.of(admin)


@pytest.fixture(scope="session")
def embedded() -> Iterator[Server]:
    """A server without pg_cron and pg_net: the plan that can't."""
    with embedded_server.start() as running:
        yield running


@pytest.fixture
def database(server: Server, baseline: Baseline) -> Database:
    """The server's database, wiped."""
    return clean(server, baseline)


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """A session of the owner, every statement its own transaction."""
    with database.connect() as session:
        yield session


@pytest.fixture
def endpoint(database: Database) -> Iterator[Endpoint]:
    """A function that drains the database's queue, where the server's calls can reach it."""
    host = database.server.callback_host
    bind = "127.0.0.1" if host == "127.0.0.1" else "0.0.0.0"
    with Endpoint(database.url, host=bind, public_host=host) as running:
        yield running
