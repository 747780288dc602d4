"""Every command that asks, where there is little to ask: one clear line or one JSON object, no traceback.

A command joins by a line in COMMANDS and its exit codes in STATES.
"""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from tests.support import cluster
from tests.support.command import Finished, bunkd, environment, finish, here, redirected, start
from tests.support.database import Database
from tests.support.queue import create_queue
from tests.support.server import Connection, Server, connect
from tests.support.standby import standby
from tests.support.terminal import ESCAPE, terminal
from tests.support.upgrade import downgrade, install
from tests.support.wait import wait_until

JOB = "25d5e9f5-ab88-4098-ae77-bef76c215c1c"
COMMANDS: dict[str, list[str]] = {
    "status": ["status"],
    "explain": ["explain", JOB],
    "check": ["check"],
    "check --cron": ["check", "--cron"],
    "check --require-active": ["check", "--require-active"],
}


@dataclass(frozen=True)
class State:
    """What a database is like.

    Attributes:
        bring: makes it so.
        codes: the exit code of each command.
        says: what each of these prints, somewhere.
    """

    bring: Callable[[Database, Connection], object]
    codes: dict[str, int]
    says: dict[str, str] = field(default_factory=dict)


def codes(status: int, explain: int, check: int, cron: int, active: int) -> dict[str, int]:
    return dict(zip(COMMANDS, (status, explain, check, cron, active), strict=True))


def installed(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database, BUNKD_EVERY="2h")


def queue(connection: Connection, status: str, job: str | None = None) -> None:
    connection.execute(
        "insert into analysis_jobs (id, input_type, input_value, normalized_input, cache_key, status)"
        " values (coalesce(%s::uuid, gen_random_uuid()), 'text', 'a', 'a', gen_random_uuid()::text, %s)",
        [job, status],
    )


def older(database: Database, connection: Connection) -> None:
    installed(database, connection)
    downgrade(database, "0002")


def newer(database: Database, connection: Connection) -> None:
    installed(database, connection)
    connection.execute("update bunkd.alembic_version set version_num = '9999'")
    connection.execute(
        "create or replace function bunkd.read_status(p_schedule text default null)"
        " returns table (schedule text, status jsonb) language sql"
        " as $$ select 'x', '{\"format\": 2}'::jsonb $$"
    )


def paused(database: Database, connection: Connection) -> None:
    installed(database, connection)
    queue(connection, "queued", JOB)
    connection.execute("update bunkd.schedule set paused = true")


def missing(database: Database, connection: Connection) -> None:
    installed(database, connection)
    connection.execute("drop table analysis_jobs")


STATES = {
    "not installed": State(
        lambda *_: None,
        codes(1, 1, 0, 0, 1),
        dict.fromkeys(("status", "explain"), "is not installed"),
    ),
    "an older revision": State(
        older,
        codes(1, 1, 0, 0, 3),
        dict.fromkeys(("status", "explain"), "is older than this command"),
    ),
    "a newer revision": State(
        newer, codes(1, 1, 0, 0, 0), {"status": "was upgraded by a newer bunkd-db"}
    ),
    "paused": State(
        paused,
        codes(1, 0, 0, 0, 1),
        {"status": "(PAUSED)", "explain": "(PAUSED)", "check": "is paused"},
    ),
    "empty": State(
        installed, codes(0, 1, 0, 0, 0), {"status": "healthy:", "explain": "there is no job"}
    ),
    "without its queue": State(
        missing,
        codes(1, 1, 0, 0, 1),
        {"status": "(QUEUE_PROBLEM)", "explain": "does not exist", "check": "does not exist"},
    ),
}


def one_answer(name: str, done: Finished, code: int, says: str = "") -> None:
    """It answers, or refuses in one line with a remedy below it."""
    assert done.code == code, done.all
    assert "Traceback" not in done.all
    assert "internal error" not in done.all
    assert says in done.all, name
    if not done.out:
        assert 1 <= len(done.err.splitlines()) <= 2, done.err
        assert done.err.startswith("Error: ")


def one_object(done: Finished, code: int) -> None:
    assert done.code == code, done.all
    found = json.loads(done.out)
    assert "Traceback" not in done.all
    if "error" in found:
        assert found["exit_code"] == code
        assert found["remedy"]


@pytest.mark.parametrize("state", STATES)
def test_a_database_in_this_state(database: Database, connection: Connection, state: str) -> None:
    what = STATES[state]
    what.bring(database, connection)
    url = database.url
    for name, arguments in COMMANDS.items():
        says = what.says.get(name, "")
        one_answer(name, here(*arguments, DATABASE_URL=url), what.codes[name], says)
        one_object(here(*arguments, "--json", DATABASE_URL=url), what.codes[name])


def test_a_standby() -> None:
    with cluster.start() as primary:
        with primary.connect() as owner, primary.admin() as admin:
            admin.execute("create role oncall login password 'postgres'")
            create_queue(owner)
            install(primary.url, BUNKD_READER_ROLE="oncall")
        with standby(primary) as copy:
            _wait_for_ours(copy)
            reader = copy.url.replace("postgres:postgres@", "oncall:postgres@")
            for url, cron in ((copy.url, 0), (reader, 3)):  # pg_cron shows its jobs to their owner
                for name, arguments in COMMANDS.items():
                    code = cron if name == "check --cron" else 1
                    one_answer(name, here(*arguments, DATABASE_URL=url), code)
                    one_object(here(*arguments, "--json", DATABASE_URL=url), code)


def _wait_for_ours(copy: Server) -> None:
    with connect(copy.url) as there:
        ours = "select to_regclass('bunkd.call_history') is not null"
        wait_until(lambda: there.execute(ours).fetchone() == (True,), message="it follows")


# The terminal, the keyboard and the reader


@pytest.fixture
def strange(database: Database, connection: Connection) -> Database:
    """One whose screen has what no ASCII has."""
    installed(database, connection)
    connection.execute("alter table analysis_jobs drop constraint analysis_jobs_status_check")
    queue(connection, "überfällig", JOB)
    queue(connection, "queued")
    return database


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that takes a connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(30)
        yield listening


@pytest.mark.parametrize("name", COMMANDS)
def test_an_interrupt(silent: socket.socket, name: str) -> None:
    port = silent.getsockname()[1]
    process = start(*COMMANDS[name], DATABASE_URL=f"postgresql://u:hunter2@127.0.0.1:{port}/d")
    taken, _ = silent.accept()  # it waits for an answer now
    with taken:
        process.send_signal(signal.SIGINT)
        done = finish(process)
    assert (done.code, done.out, done.err.strip()) == (130, "", "Interrupted.")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_is_an_object_too(silent: socket.socket, number: int, code: int) -> None:
    port = silent.getsockname()[1]
    process = start("status", "--json", DATABASE_URL=f"postgresql://u@127.0.0.1:{port}/d")
    taken, _ = silent.accept()
    with taken:
        process.send_signal(number)
        done = finish(process)
    assert done.code == code
    found = json.loads(done.out)
    assert (found["error"], found["exit_code"]) == ("interrupted", code)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_reader_that_goes_away(strange: Database, name: str) -> None:
    words = shlex.join(COMMANDS[name])
    for sink in ("| head -1 >/dev/null", "--json | head -1 >/dev/null", ">&-"):
        done = redirected(words, sink, DATABASE_URL=strange.url)
        assert (done.code in (0, 1, 141), done.err) == (True, ""), sink
    if os.path.exists("/dev/full"):  # a Mac has none
        done = redirected(words, ">/dev/full", DATABASE_URL=strange.url)
        wanted = "Error: cannot write the output: No space left on device\n"
        assert (done.code, done.err) == (3, wanted)


@pytest.mark.parametrize("name", COMMANDS)
def test_no_terminal_at_all(strange: Database, name: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "bunkd_db", *COMMANDS[name]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
        env=environment(DATABASE_URL=strange.url, TERM="xterm", COLUMNS="20"),
        start_new_session=True,
    )
    done = finish(process)
    assert done.code in (0, 1)
    assert (done.err, "\x1b" in done.out) == ("", False)


@pytest.mark.parametrize("name", COMMANDS)
def test_forty_columns(strange: Database, name: str) -> None:
    shown = ESCAPE.sub("", terminal(40, *COMMANDS[name], DATABASE_URL=strange.url))
    assert "Traceback" not in shown
    prose = [
        line
        for line in shown.splitlines()
        # commands are pasted, tables are looked at: neither is wrapped
        if not line.startswith(" " * 14) and "  " not in line.strip()
    ]
    assert prose
    assert [line for line in prose if len(line) > 72] == []


@pytest.mark.parametrize("json_too", [False, True])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_locale_without_utf_8(strange: Database, name: str, json_too: bool) -> None:
    flags = ["--json"] if json_too else []
    # else Python takes UTF-8 in place of the locale C
    only_ascii = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = bunkd(*COMMANDS[name], *flags, DATABASE_URL=strange.url, **only_ascii)
    assert done.code in (0, 1)
    assert done.err == ""
    assert done.out.isascii()
    if json_too:
        json.loads(done.out)
