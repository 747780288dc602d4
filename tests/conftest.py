"""Fixtures over three kinds of server; `--server` or BUNKD_TEST_SERVER chooses."""

import os
import platform
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.support import embedded as plain
from tests.support.choose import Choice, choose, preference
from tests.support.database import Database, clean
from tests.support.endpoint import Endpoint, Jobs
from tests.support.held import Held, held
from tests.support.queue import create_queue
from tests.support.server import Connection, Kind, Server, Unavailable
from tests.support.wipe import Baseline

FOREIGN = ("BUNKD_", "SUPABASE_", "PG", "DATABASE_URL", "ALEMBIC_")
choice_key = pytest.StashKey[Choice]()

# how long an example takes says more of the machine than of the code
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--server",
        choices=("auto", "cluster", "container"),
        default=None,
        help="a private cluster from Debian's packages, a container, or whichever is there",
    )
    parser.addoption(
        "--only-on-it", action="store_true", help="leave out what is the same on every --server"
    )


def pytest_configure(config: pytest.Config) -> None:
    # what nohup or a shell's & has them ignore, a command that a test starts would ignore, too
    for number in (signal.SIGHUP, signal.SIGINT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    for name in foreign_settings():
        del os.environ[name]
    try:
        config.stash[choice_key] = choose(config.getoption("server") or preference())
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With --only-on-it, only tests that ask for the server or its kind stay: others start one of their own."""
    if config.getoption("--only-on-it"):
        asks = {"server", "server_kind"}
        there = [item for item in items if asks & set(getattr(item, "fixturenames", ()))]
        config.hook.pytest_deselected(items=[item for item in items if item not in there])
        items[:] = there


def pytest_report_header(config: pytest.Config) -> str:
    choice = config.stash[choice_key]
    try:
        what = choice.possible[choice.kind]
    except Unavailable:
        what = "none"
    return f"server: {what}; Python {platform.python_version()}"


def pytest_collection_finish(session: pytest.Session) -> None:
    """A suite that skipped for want of a server would look like one that passed."""
    config = session.config
    choice = config.stash[choice_key]
    if choice.possible or config.option.collectonly or hasattr(config, "workerinput"):
        return
    if any("server" in getattr(item, "fixturenames", ()) for item in session.items):
        pytest.exit(choice.why_not(), returncode=pytest.ExitCode.USAGE_ERROR)


def foreign_settings() -> list[str]:
    """The variables by which a developer's environment would reach the code or libpq."""
    return [
        name
        for name in os.environ
        if name.startswith(FOREIGN) and not name.startswith("BUNKD_TEST_")
    ]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting left by another test or its subject reaches this one."""
    for name in foreign_settings():
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def server_kind(pytestconfig: pytest.Config) -> Kind:
    """The kind of server that the session tests on."""
    choice = pytestconfig.stash[choice_key]
    if not choice.possible:
        pytest.fail(choice.why_not(), pytrace=False)
    return choice.kind


@pytest.fixture(scope="session")
def server(pytestconfig: pytest.Config, server_kind: Kind) -> Iterator[Server]:
    """The session's server, private to this process."""
    with pytestconfig.stash[choice_key].start() as running:
        assert running.kind == server_kind
        yield running


@pytest.fixture(scope="session")
def baseline(server: Server) -> Baseline:
    """What the database looked like before the first test."""
    with server.admin() as admin:
        return Baseline.of(admin)


@pytest.fixture(scope="session")
def embedded_server() -> Iterator[Server]:
    """A server without pg_cron and pg_net: the plan that can't."""
    with plain.start() as running:
        yield running


@pytest.fixture
def embedded(embedded_server: Server) -> Server:
    """The same, wiped."""
    return plain.clean(embedded_server)


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
    server = database.server
    with Endpoint(database.url, host=server.bind, public_host=server.callback_host) as running:
        yield running


@pytest.fixture
def jobs(database: Database) -> Iterator[Jobs]:
    """The queue as the function uses it, where a test does its work by hand."""
    claiming = Jobs(database.url)
    yield claiming
    claiming.close()


@pytest.fixture
def queues(connection: Connection) -> Connection:
    """Two: the second generation's, and another in schema app."""
    connection.execute("create schema app")
    create_queue(connection)
    create_queue(connection, 2, "app.reports")
    return connection


@pytest.fixture
def scheduler(database: Database) -> None:
    """A pg_cron that remembers nothing: no tick of a dropped extension, no later time of a clock set back."""
    database.server.restart("fast")


@pytest.fixture
def one(database: Database, connection: Connection) -> Iterator[Held]:
    """A schedule on the first generation's queue, which is empty and has the wake on it."""
    with held(database, connection) as schedule:
        yield schedule
