"""The command line as its users meet it: help, exit codes, streams, signals."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bunkd_db.cli import root
from bunkd_db.cli.context import Options
from bunkd_db.errors import ConfigurationError
from bunkd_db.settings import DEFAULT_SCHEDULE, Settings
from tests.support.command import alembic, bunkd, environment, finish, here, redirected, start
from tests.support.database import Database
from tests.support.psql import psql
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
    assert "..." not in done.out.partition("Commands:")[2], "a summary is cut off"
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


LEAVES = [path for path in EVERY if not isinstance(command_of(path), click.Group)]
ARGUMENTS = {
    ("downgrade",): ("base",),
    ("explain",): ("1",),
    ("external", "generate"): ("systemd",),
    ("schedule", "set"): ("--wake",),
    ("schedule", "remove"): ("--schedule", "reports"),
}


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
@pytest.mark.parametrize("flag", ["-v", "--verbose"])
@pytest.mark.parametrize("place", ["before", "after"])
def test_v_stands_before_or_after_every_command(
    path: tuple[str, ...], flag: str, place: str
) -> None:
    line = (*path, *ARGUMENTS.get(path, ()))
    done = here(*((flag, *line) if place == "before" else (*line, flag)), BUNKD_EVERY="90s")
    assert done.code == 2
    assert "Traceback" in done.err


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
@pytest.mark.parametrize("place", ["before", "after"])
def test_an_env_file_stands_before_or_after_every_command(
    path: tuple[str, ...], place: str, tmp_path: Path
) -> None:
    (tmp_path / "env").write_text("BUNKD_EVERY=90s\n")
    option, line = ("--env-file", str(tmp_path / "env")), (*path, *ARGUMENTS.get(path, ()))
    done = here(*((*option, *line) if place == "before" else (*line, *option)))
    assert done.code == 2
    assert "BUNKD_EVERY: interval '90s'" in done.err


@pytest.mark.parametrize(
    "path", [path for path in LEAVES if path[0] not in ("external", "worker")], ids=" ".join
)
@pytest.mark.parametrize("place", ["before", "after"])
def test_the_url_stands_before_or_after_every_command(path: tuple[str, ...], place: str) -> None:
    url = ("--database-url", "postgresql://u:hunter2@127.0.0.1:1/d")
    line = (*path, *ARGUMENTS.get(path, ()))
    done = here(
        *((*url, *line) if place == "before" else (*line, *url)),
        stdin="https://hooks.example.com/x",  # for alert set; a credential can look like that too
        DATABASE_URL="postgresql://127.0.0.1:2/d",
    )
    assert done.code == 3
    assert "cannot connect to 127.0.0.1:1" in done.err
    assert "hunter2" not in done.all


def test_the_option_nearer_to_the_command_wins() -> None:
    far, near = (("--database-url", f"postgresql://127.0.0.1:{port}/d") for port in (1, 2))
    done = here(*far, "credential", "show", *near)
    assert "cannot connect to 127.0.0.1:2" in done.err


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
@pytest.mark.parametrize("place", ["before", "after"])
def test_json_is_one_object_where_it_applies_and_a_wrong_use_elsewhere(
    path: tuple[str, ...], place: str
) -> None:
    line = (*path, *ARGUMENTS.get(path, ()))
    done = here(*(("--json", *line) if place == "before" else (*line, "--json")), BUNKD_EVERY="90s")
    assert done.code == 2
    if path in (
        ("check",),
        ("status",),
        ("explain",),
        ("history",),
        ("schedule", "list"),
        ("schedule", "show"),
        ("call",),
        ("smoke",),
        ("credential", "rotate"),
        ("credential", "show"),
        ("alert", "show"),
        ("alert", "test"),
        ("external", "list"),
    ):
        assert json.loads(done.out)["exit_code"] == 2
        assert "90s" in json.loads(done.out)["error"]
    else:
        assert json.loads(done.out)["exit_code"] == 2
        assert "does not apply" in done.err or "No such option" in done.err


@pytest.mark.parametrize(
    ("arguments", "says", "help_of"),
    [
        (["check", "--json", "--bogus"], "No such option", "bunkd-db check"),
        (["check", "--cron", "--probe", "--json"], "cannot be combined", "bunkd-db check"),
        (["--env-file", "nofile", "--json", "check"], "does not exist", "bunkd-db"),
        (["--json", "chekc"], "No such command", "bunkd-db"),
        (["--json"], "Missing command", "bunkd-db"),
        (["status", "--format=json", "x"], "unexpected extra argument", "bunkd-db status"),
        (["status", "--format", "json", "--bogus"], "No such option", "bunkd-db status"),
    ],
)
def test_a_wrong_use_is_json_where_that_is_asked_for(
    arguments: list[str], says: str, help_of: str
) -> None:
    done = here(*arguments)
    answer = json.loads(done.out)
    assert (done.code, answer["exit_code"]) == (2, 2)
    assert says in answer["error"]
    assert (answer["remedy"], answer["commands"]) == ("Run:", [f"{help_of} --help"])
    assert "Error: " in done.err


@pytest.mark.parametrize(
    "line",
    [
        ("--schedule", "\udcff", "check"),
        ("check", "--schedule", "\udcff"),
        ("status", "--schedule", "\udcff"),
        ("credential", "show", "--schedule", "\udcff"),
        ("check", "--database-url", "postgresql://h/\udcff"),
        ("worker", "--every", "\udcff"),
        ("external", "list", "--every", "\udcff"),
        ("external", "generate", "\udcff"),
        ("upgrade", "\udcff"),
        ("downgrade", "\udcff"),
    ],
    ids=" ".join,
)
def test_bytes_that_are_no_text_are_a_wrong_use(line: tuple[str, ...]) -> None:
    done = bunkd(*line)
    assert (done.code, done.out) == (2, "")
    assert "is not valid UTF-8" in done.err
    assert "internal error" not in done.err


def test_a_downgrade_offline_says_from_where() -> None:
    done = here("downgrade", "--sql", "base")
    assert (done.code, done.out) == (2, "")
    assert "bunkd-db downgrade --sql head:base" in done.err


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
@pytest.mark.parametrize("place", ["before", "after"])
def test_the_schedule_is_named_where_it_applies(
    path: tuple[str, ...], place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []

    def settings(options: Options, *_: object, **__: object) -> Settings:
        asked.append(options.schedule)
        raise ConfigurationError("seen")

    monkeypatch.setattr(Options, "load", settings)
    option, line = ("--schedule", "reports"), (*path, *ARGUMENTS.get(path, ()))
    done = here(*((*option, *line) if place == "before" else (*line, *option)), stdin="token")
    assert done.code == 2
    applies = path in (
        ("check",),
        ("upgrade",),
        ("status",),
        ("explain",),
        ("call",),
        ("smoke",),
        ("worker",),
        ("history",),
        ("schedule", "show"),
        ("schedule", "set"),
        ("schedule", "pause"),
        ("schedule", "resume"),
        ("schedule", "remove"),
        ("credential", "rotate"),
        ("credential", "set"),
        ("credential", "show"),
        ("alert", "set"),
        ("alert", "show"),
        ("alert", "test"),
        ("alert", "remove"),
    )
    assert asked == (["reports"] if applies else [])
    assert applies or "does not apply" in done.err or "No such option" in done.err


@pytest.mark.parametrize("path", EVERY, ids=lambda path: " ".join(path) or "bunkd-db")
def test_no_summary_is_cut_off(path: tuple[str, ...]) -> None:
    command = command_of(path)
    summary = (command.help or "").split("\n\n")[0].strip()
    assert len(summary) <= 45
    assert summary.endswith(".")
    if path:
        assert summary in here(*path[:-1], "-h").out


def test_the_schedule_that_the_help_names_is_the_default() -> None:
    for path in [("check",), ("worker",), ("credential", "set"), ("credential", "show")]:
        assert f"[default: {DEFAULT_SCHEDULE}]" in " ".join(here(*path, "-h").out.split())


@pytest.mark.parametrize("arguments", [["upgrade"], ["external", "list"], ["check"]])
def test_a_mistyped_setting_is_one_line_on_stderr(arguments: list[str]) -> None:
    done = here(*arguments, BUNKD_EVRY="hunter2")
    said = "Warning: BUNKD_EVRY is not a setting and is ignored. Did you mean BUNKD_EVERY?"
    assert done.err.splitlines().count(said) == 1
    assert "hunter2" not in done.all


def test_alembic_says_it_too() -> None:
    done = alembic("upgrade", "head", "--sql", BUNKD_EVRY="hunter2")
    assert done.code == 0
    assert done.err.count("Did you mean BUNKD_EVERY?") == 1


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
    assert here("downgrade", "base", "--database-url", url).code == 0


def test_not_installed_says_so(database: Database) -> None:
    for arguments in (["credential", "show"], ["credential", "set"]):
        done = here(*arguments, stdin="token", DATABASE_URL=database.url)
        assert done.code == 1, done.err
        assert "bunkd-db is not installed in this database" in done.err
        assert "Run: bunkd-db upgrade" in done.err
        assert "Traceback" not in done.err


def test_psql_prints_no_wide_answers(database: Database, connection: Connection) -> None:
    script = here("upgrade", "--sql", **NATIVE).out
    done = psql(database, script)
    assert max(map(len, done.splitlines()), default=0) <= 100
    assert connection.execute("select mode from bunkd.schedule").fetchone() == ("native",)


def test_a_downgrade_of_nothing_says_so(database: Database) -> None:
    done = here("downgrade", "base", DATABASE_URL=database.url)
    assert done.code == 0, done.err
    assert done.out == "Nothing was removed: bunkd-db is not installed in this database.\n"
    install(database)
    assert (
        "Removed everything of bunkd-db" in here("downgrade", "base", DATABASE_URL=database.url).out
    )


def test_words_are_on_stdout_and_sql_alone_is_too(database: Database) -> None:
    done = here("upgrade", DATABASE_URL=database.url, **NATIVE)
    assert done.out.splitlines()[-1].startswith("native: ")
    assert done.err == ""
    script = here("upgrade", "--sql", **NATIVE)
    assert script.out.startswith("BEGIN;")
    # pg_cron hears of jobs by a change that is committed alone
    assert "\nCOMMIT;\n\n\ndo $call$ begin perform bunkd.notify_cron(); end $call$;" in script.out
    assert "bunkd-db credential set" in script.err


# The reader, the terminal and the keyboard


def test_a_reader_that_goes_away_is_no_error() -> None:
    """`bunkd-db upgrade --sql | head -1`"""
    done = redirected("upgrade --sql", "| head -c 10 > /dev/null")
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
        ("upgrade", "2>/dev/full", 3),
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


def test_a_signal_at_a_prompt_keeps_its_exit_code(database: Database) -> None:
    install(database)
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "bunkd_db", "schedule", "remove", "--schedule", DEFAULT_SCHEDULE],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd="/",
        env=environment(DATABASE_URL=database.url),
    ) as process:
        shown = b""
        while b"[y/N]" not in shown:
            shown += os.read(ours, 4096)
        time.sleep(0.5)  # it could fall between the prompt and the wait for an answer
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(15) == 143
        finally:
            process.kill()
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_keeps_its_exit_code_where_nobody_reads_standard_error(
    database: Database, number: int, code: int
) -> None:
    install(database)
    with start("status", "--watch", "1s", "--json", DATABASE_URL=database.url) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stderr.close()
        process.send_signal(number)
        said = process.stdout.read()
        assert process.wait(15) == code
    assert f'"exit_code": {code}' in said


def test_a_command_under_nohup_outlives_its_terminal(database: Database) -> None:
    install(database)
    with subprocess.Popen(
        ["nohup", sys.executable, "-m", "bunkd_db", "status", "--watch", "1s"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        cwd="/",
        env=environment(DATABASE_URL=database.url),
    ) as process:
        assert process.stdout
        process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        assert process.stdout.readline()
        process.terminate()
        assert process.wait(15) == 143


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_at_once_and_leaves_nothing(
    database: Database, connection: Connection, which: signal.Signals
) -> None:
    waiting = "select from pg_stat_activity where application_name = 'bunkd-db' and wait_event_type = 'Lock'"
    with database.connect() as other, other.transaction(force_rollback=True):
        other.execute("create schema if not exists bunkd; comment on schema bunkd is 'held'")
        process = start("upgrade", DATABASE_URL=database.url, **NATIVE)
        wait_until(lambda: connection.execute(waiting).fetchone() is not None)
        process.send_signal(which)
        done = finish(process)
    assert "Traceback" not in done.err
    assert done.code == {signal.SIGINT: 130, signal.SIGTERM: 143}[which]
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


@pytest.mark.parametrize("verbose", [True, False])
def test_what_is_left_out_of_the_url_is_said_at_v(verbose: bool) -> None:
    url = "postgresql://u:hunter2@127.0.0.1:1/d?pgbouncer=true&supa=base-pooler.x"
    done = here(*(["-v"] if verbose else []), "check", DATABASE_URL=url)
    assert done.code == 3
    assert ("other tools: pgbouncer, supa" in done.err) is verbose
    assert "hunter2" not in done.all
