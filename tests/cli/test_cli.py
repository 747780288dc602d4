"""The command line as its users meet it: help, exit codes, streams, signals."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from bunkd_db.cli import root
from tests.support.command import bunkd, environment, finish, here, start
from tests.support.database import Database
from tests.support.server import Connection
from tests.support.upgrade import NATIVE, install
from tests.support.wait import wait_until


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


EVERY = list(commands(root))


def command_of(path: tuple[str, ...]) -> click.Command:
    found: click.Command = root
    for name in path:
        assert isinstance(found, click.Group)
        found = found.commands[name]
    return found


@pytest.mark.parametrize("path", EVERY, ids=lambda path: " ".join(path) or "bunkd-db")
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_every_command_explains_itself_with_an_example(path: tuple[str, ...], flag: str) -> None:
    done = here(*path, flag, DATABASE_URL="nonsense")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: {' '.join(('bunkd-db', *path))}")
    assert re.search(
        r"^  Example:\n    .*\bbunkd-db\b|^  Example:\n(    .*\n)*    bunkd-db",
        done.out,
        re.MULTILINE,
    )
    assert "-h, --help" in done.out
    command = command_of(path)
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, f"{option.name} explains nothing"


def test_version() -> None:
    done = bunkd("--version")
    assert done.code == 0
    assert re.fullmatch(r"bunkd-db, version \d+\.\d+\.\d+\S*\n", done.out)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["upgrade", "--nonsense"], "No such option '--nonsense'"),
        (["upgrade", "head", "more"], "unexpected extra argument"),
        (["downgrade"], "Missing argument 'TARGET'"),
        (["--env-file", "/nowhere", "upgrade"], "'/nowhere' does not exist"),
        (["--env-file", "/tmp", "upgrade"], "is a directory"),
        (["credential", "set", "the-value"], "unexpected extra argument"),
    ],
)
def test_a_wrong_use_ends_with_2(arguments: list[str], says: str) -> None:
    done = here(*arguments)
    assert (done.code, done.out) == (2, "")
    assert says.lower() in done.err.lower()
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("arguments", "env", "code", "says"),
    [
        (["upgrade"], {}, 2, "no database is named"),
        (["upgrade"], {"DATABASE_URL": "mysql://h/d"}, 2, "does not start with postgresql://"),
        (["upgrade"], {"BUNKD_EVERY": "90s"}, 2, "BUNKD_EVERY: interval '90s'"),
        (
            ["upgrade"],
            {"DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:1/d"},
            3,
            "cannot connect to 127.0.0.1:1",
        ),
        (
            ["downgrade", "base"],
            {"DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:1/d"},
            3,
            "cannot connect",
        ),
        (
            ["credential", "show"],
            {"DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:1/d"},
            3,
            "cannot connect",
        ),
        (["credential", "set"], {}, 2, "standard input is empty"),
        (["upgrade", "nonsense", "--sql"], {}, 2, "Alembic: "),
    ],
)
@pytest.mark.parametrize("flag", [None, "-v"])
def test_an_error_is_one_line_and_a_remedy_on_stderr(
    arguments: list[str], env: dict[str, str], code: int, says: str, flag: str | None
) -> None:
    done = here(*([flag] if flag else []), *arguments, **env)
    assert (done.code, done.out) == (code, "")
    [line] = [line for line in done.err.splitlines() if line.startswith("Error: ")]
    assert says in line
    assert ("Traceback" in done.err) is (flag == "-v")
    assert len(done.err.splitlines()) <= 2 or flag
    assert "hunter2" not in done.err


@pytest.mark.parametrize(
    "arguments", [["-v", "upgrade"], ["upgrade", "-v"], ["--verbose", "upgrade", "-v"]]
)
def test_v_is_taken_before_and_after_the_command(arguments: list[str]) -> None:
    done = here(*arguments, DATABASE_URL="mysql://h/d")
    assert "Traceback" in done.err
    assert done.code == 2


def test_a_wrong_password_a_wrong_user_and_a_wrong_database(database: Database) -> None:
    right = database.url
    for url, says in (
        (right.replace(":postgres@", ":hunter2@"), "password authentication failed"),
        (right.replace("//postgres:", "//nobody:"), "password authentication failed"),
        (right.rpartition("/")[0] + "/nowhere", 'database "nowhere" does not exist'),
        (right + "?sslmode=require", "SSL"),
    ):
        done = here("upgrade", DATABASE_URL=url)
        assert done.code == 3, url
        first, second = done.err.splitlines()
        assert says in first
        assert "DATABASE_URL" in second
        assert "hunter2" not in done.err


@pytest.mark.parametrize(
    "password", ["p@ss:w/o?r#d%", " [x] 'y' \"z\" \\", "ü😀", "%41", "a+b&c=d"]
)
def test_a_password_with_any_characters(database: Database, password: str) -> None:
    from urllib.parse import quote

    from psycopg import sql

    with database.admin() as admin:
        statement = "create role odd login password {}; grant create on database postgres to odd"
        admin.execute(sql.SQL(statement).format(password))
    url = database.url_as("odd", quote(password, safe=""))
    done = here("upgrade", DATABASE_URL=url)
    assert done.code == 0, done.err
    assert here("downgrade", "base", "--database-url", url).code == 2  # the flag is the root's
    assert here("--database-url", url, "downgrade", "base").code == 0


def test_not_installed_says_so(database: Database) -> None:
    for arguments in (["credential", "show"], ["credential", "set"]):
        done = here(*arguments, stdin="token", DATABASE_URL=database.url)
        assert done.code == 1, done.err
        assert "bunkd-db is not installed in this database" in done.err
        assert "Run: bunkd-db upgrade" in done.err
        assert "Traceback" not in done.err


def test_words_are_on_stdout_and_sql_alone_is_too(database: Database) -> None:
    done = here("upgrade", DATABASE_URL=database.url, **NATIVE)
    assert done.out.splitlines()[-1].startswith("native: ")
    assert done.err == ""
    script = here("upgrade", "--sql", **NATIVE)
    assert script.out.startswith("BEGIN;")
    assert script.out.rstrip().endswith("COMMIT;")
    assert "bunkd-db credential set" in script.err


# The reader, the terminal and the keyboard


def test_a_reader_that_goes_away_is_no_error() -> None:
    """`bunkd-db upgrade --sql | head -1`"""
    process = subprocess.Popen(
        f"{sys.executable} -m bunkd_db upgrade --sql | head -c 10 > /dev/null; exit ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
        env=environment(),
    )
    done = finish(process)
    assert "Traceback" not in done.err
    assert "BrokenPipe" not in done.err
    assert "Exception ignored" not in done.err
    assert done.code in (0, 141)


@pytest.mark.parametrize(
    ("arguments", "closed", "code"),
    [
        ("upgrade --sql", ">&-", 0),
        ("upgrade --sql", ">/dev/full", 3),
        ("--help", ">/dev/full", 3),
        ("--help", "<&- >&- 2>&-", 0),
        ("credential set", "<&-", 2),
        ("upgrade", "2>&-", 2),
    ],
)
def test_streams_that_are_closed_or_full_are_no_traceback(
    arguments: str, closed: str, code: int
) -> None:
    if "/dev/full" in closed and not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    done = subprocess.run(
        ["/bin/bash", "-c", f"{sys.executable} -m bunkd_db {arguments} {closed}"],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=environment(),
        timeout=30,
    )
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stderr
    assert done.returncode == code, done.stderr


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_at_once_and_leaves_nothing(
    database: Database, connection: Connection, which: signal.Signals
) -> None:
    waiting = "select from pg_stat_activity where application_name = 'bunkd-db' and wait_event_type = 'Lock'"
    with database.connect() as other, other.transaction():
        other.execute("select pg_advisory_xact_lock(7162065917316)")
        process = start("upgrade", DATABASE_URL=database.url, **NATIVE)
        wait_until(lambda: connection.execute(waiting).fetchone() is not None)
        process.send_signal(which)
        done = finish(process)
    assert "Traceback" not in done.err
    assert done.code == {signal.SIGINT: 130, signal.SIGTERM: -signal.SIGTERM}[which]
    ours = "select from pg_stat_activity where application_name = 'bunkd-db'"
    wait_until(lambda: connection.execute(ours).fetchone() is None)
    assert connection.execute("select to_regnamespace('bunkd')").fetchone() == (None,)


def test_nothing_prompts_without_a_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bunkd_db", "credential", "set"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=environment(),
        timeout=20,
    )
    assert done.returncode == 2
    assert "Credential:" not in done.stdout + done.stderr


def test_a_locale_without_utf8_does_no_harm(database: Database) -> None:
    env = {
        "LC_ALL": "C",
        "LANG": "C",
        "PYTHONUTF8": "0",
        "PYTHONIOENCODING": "ascii",
        "PYTHONCOERCECLOCALE": "0",
    }
    for arguments in (["--help"], ["upgrade", "-h"], ["upgrade"], ["upgrade", "--sql"]):
        done = bunkd(*arguments, DATABASE_URL=database.url, **env)
        assert done.code == 0, done.err


def test_colour_only_on_a_terminal() -> None:
    done = here("upgrade", BUNKD_EVERY="30")
    assert "\x1b" not in done.err


def test_an_env_file_stands_in_for_the_environment(
    database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("settings") / "production.env"
    file.write_text(
        "".join(
            f"{name}={text}\n" for name, text in {**NATIVE, "DATABASE_URL": database.url}.items()
        )
    )
    done = here("--env-file", str(file), "upgrade")
    assert done.out.splitlines()[-1].startswith("native: ")


def test_main_module_and_script_are_the_same() -> None:
    script = os.path.join(os.path.dirname(sys.executable), "bunkd-db")
    done = subprocess.run(
        [script, "--help"], capture_output=True, text=True, check=True, cwd="/", env=environment()
    )
    assert done.stdout == bunkd("--help").out.replace("python -m bunkd_db", "bunkd-db")


def test_it_works_while_another_session_reads(database: Database, connection: Connection) -> None:
    install(database)
    with connection.transaction():
        connection.execute("select * from bunkd.status")
        done = here("credential", "show", DATABASE_URL=database.url)
        assert done.code == 0, done.err
