"""`bunkd-db credential set` and `show`: from stdin, the environment or a prompt; never the value."""

import json
import os
import pty
import select
import sys
import time
from subprocess import Popen

import click
import pytest

from bunkd_db.cli import root
from tests.support.command import environment, here
from tests.support.database import Database
from tests.support.queue import create_queue
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.terminal import take_terminal
from tests.support.upgrade import NATIVE, SCHEDULE, URL, downgrade, install, upgrade

VALUE = "t0ken-of-this-test"


def kept(connection: Connection) -> object:
    return scalar(connection, object, "select bunkd.read_credential(%s)", [SCHEDULE])


@pytest.mark.parametrize(
    "stdin", [VALUE, VALUE + "\n", VALUE + "\r\n", f'"{VALUE}"\n', f"'{VALUE}'"]
)
def test_set_from_standard_input_starts_the_schedule(
    database: Database, connection: Connection, stdin: str
) -> None:
    upgrade(database, BUNKD_CALL_URL=URL)
    done = here("credential", "set", stdin=stdin, DATABASE_URL=database.url)
    assert done.code == 0, done.err
    first, *_, last = done.out.splitlines()
    assert first == f"Stored the credential for schedule {SCHEDULE} in the table bunkd.secret."
    assert last.startswith("native: ")
    assert kept(connection) == VALUE
    assert connection.execute("select count(*) from cron.job").fetchone() == (1,)


def test_set_without_a_url_says_what_is_still_missing(
    database: Database, connection: Connection
) -> None:
    upgrade(database)
    done = here("credential", "set", stdin=VALUE, DATABASE_URL=database.url)
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1] == (
        "NOT SCHEDULED: set SUPABASE_URL or BUNKD_CALL_URL. Then run: bunkd-db upgrade"
    )
    assert kept(connection) == VALUE


@pytest.mark.parametrize("variable", ["BUNKD_CREDENTIAL", "SUPABASE_SERVICE_ROLE_KEY"])
def test_set_from_the_environment(
    database: Database, connection: Connection, variable: str
) -> None:
    install(database)
    done = here("credential", "set", "--from-env", DATABASE_URL=database.url, **{variable: VALUE})
    assert done.code == 0, done.err
    assert kept(connection) == VALUE


def test_set_from_an_environment_without_one(database: Database) -> None:
    done = here("credential", "set", "--from-env", DATABASE_URL=database.url)
    assert done.code == 2
    assert "neither BUNKD_CREDENTIAL nor SUPABASE_SERVICE_ROLE_KEY is set" in done.err


def test_set_from_a_prompt_does_not_echo(database: Database, connection: Connection) -> None:
    install(database)
    code, shown = typed(["credential", "set"], VALUE + "\n", DATABASE_URL=database.url)
    assert code == 0, shown
    assert "Credential:" in shown
    assert VALUE not in shown
    assert kept(connection) == VALUE


def test_an_interrupt_at_the_prompt(database: Database, connection: Connection) -> None:
    install(database)
    code, shown = typed(["credential", "set"], "\x03", DATABASE_URL=database.url)
    assert code == 130
    assert "Traceback" not in shown
    assert kept(connection) == NATIVE["BUNKD_CREDENTIAL"]


def typed(arguments: list[str], keys: str, **env: str) -> tuple[int, str]:
    """Run on a terminal, type when asked, and return the exit code and what the terminal showed."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "bunkd_db", *arguments]
    with Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd="/", env=environment(**env), start_new_session=True,
        preexec_fn=take_terminal,
    ) as process:  # fmt: skip
        os.close(theirs)
        shown, asked, deadline = "", False, time.monotonic() + 20
        while time.monotonic() < deadline:
            if not select.select([ours], [], [], 0.2)[0]:
                continue
            try:
                shown += os.read(ours, 4096).decode()
            except OSError:  # the last one has closed its side
                break
            if "Credential:" in shown and not asked:
                os.write(ours, keys.encode())
                asked = True
        os.close(ours)
        return process.wait(10), shown


@pytest.mark.parametrize(
    ("stdin", "says"),
    [
        (b"", "the credential from standard input is empty"),
        (b"\n", "the credential from standard input is empty"),
        (b"''", "the credential from standard input is empty"),
        (b"a\nb", "has a line break"),
        (b"Bearer x", "has a space"),
        (b"\xff\xfe", "standard input"),
        (b"\xc3\xbc", "HTTP header cannot carry"),
        (b"x" * 9000, "longer than 8192"),
    ],
)
def test_set_refuses_what_no_header_can_carry(
    database: Database, connection: Connection, stdin: bytes, says: str
) -> None:
    install(database)
    done = here("credential", "set", stdin=stdin, DATABASE_URL=database.url)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert "internal error" not in done.err
    assert kept(connection) == NATIVE["BUNKD_CREDENTIAL"]


@pytest.mark.parametrize(
    "command",
    ["credential set", "credential rotate", "credential rotate --stage", "alert set --heartbeat"],
)
def test_an_empty_standard_input_names_the_command_that_asks(
    database: Database, command: str
) -> None:
    install(database)
    done = here(*command.split(), stdin="\n", DATABASE_URL=database.url)
    assert done.code == 2
    assert done.err.splitlines()[-1].endswith(f": bunkd-db {command} --schedule {SCHEDULE}")


ASKS = ("credential show", "call", "call --via here", "smoke --yes")


@pytest.mark.parametrize("command", ASKS)
def test_another_role_is_told_whom_to_connect_as(
    database: Database, connection: Connection, command: str
) -> None:
    create_queue(connection)
    with database.admin() as admin:
        admin.execute("create role oncall login password 'postgres'")
        admin.execute("create role nobody_at_all login password 'postgres'")
    install(database, BUNKD_READER_ROLE="oncall")
    for role in ("oncall", "nobody_at_all"):
        done = here(*command.split(), DATABASE_URL=database.url_as(role))
        assert (done.code, done.out) == (3, "")
        assert done.err.splitlines() == [
            f"Error: schema bunkd belongs to role postgres, but this is role {role}",
            "Connect as postgres.",
        ]


@pytest.mark.parametrize("command", ASKS)
def test_code_of_whoever_made_a_schema_bunkd_is_not_run(database: Database, command: str) -> None:
    """Anybody who can create a schema can call it bunkd, and wait for a superuser."""
    with database.admin() as admin:
        admin.execute("create role stranger login password 'postgres'")
        admin.execute("create schema bunkd authorization stranger")
        admin.execute("grant usage on schema bunkd to public")
        admin.execute("set role stranger")
        admin.execute(
            "create function bunkd.trap() returns text language plpgsql as"
            " $$ begin execute 'create table bunkd.trapped ()'; return 'native'; end $$"
        )
        admin.execute(
            "create view bunkd.schedule as select bunkd.trap() as mode, '' as mode_reason,"
            f" '{SCHEDULE}'::text as name"
        )
        done = here(*command.split(), DATABASE_URL=database.admin_url)
        assert (done.code, "belongs to role stranger" in done.err) == (3, True), done.all
        admin.execute("reset role")
        found = admin.execute("select to_regclass('bunkd.trapped') is null").fetchone()
        assert found == (True,)


def test_an_older_revision_is_no_mystery(database: Database) -> None:
    install(database)
    downgrade(database, "0003")
    done = here("credential", "show", "--json", DATABASE_URL=database.url)
    found = json.loads(done.out)
    assert (done.code, found["commands"]) == (1, ["bunkd-db upgrade"])
    assert "not installed in this database, or not completely" in found["error"]


def test_set_for_a_schedule_that_is_not_there(database: Database) -> None:
    install(database)
    done = here("credential", "set", "--schedule", "other", stdin=VALUE, DATABASE_URL=database.url)
    assert (done.code, done.out) == (2, "")
    assert "there is no schedule other" in done.err


def test_set_where_the_calls_come_from_outside(database: Database, connection: Connection) -> None:
    install(database, BUNKD_MODE="external")
    done = here("credential", "set", stdin=VALUE, DATABASE_URL=database.url)
    assert (done.code, done.out) == (1, "")
    assert "the schedule is external, because BUNKD_MODE is external" in done.err
    assert "Give the credential to the worker or the external scheduler instead." in done.err
    shown = here("credential", "show", DATABASE_URL=database.url)
    assert (shown.code, shown.out) == (1, "")
    assert "it is external" in shown.err
    assert "credential set" not in shown.err
    assert connection.execute("select count(*) from bunkd.secret").fetchone() == (0,)


def test_set_by_a_role_that_may_not(database: Database) -> None:
    install(database)
    done = here("credential", "set", stdin=VALUE, DATABASE_URL=database.url_as("authenticator"))
    assert (done.code, done.out) == (3, "")
    assert "schema bunkd belongs to role postgres" in done.err


def test_no_option_takes_the_value() -> None:
    group = root.commands["credential"]
    assert isinstance(group, click.Group)
    names = {option.name for option in group.commands["set"].params}
    assert names == {"from_env", "schedule", "database_url", "env_file", "verbose"}


@pytest.mark.parametrize(
    ("value", "kind", "sent_in"),
    [
        ("opaque", "token", "Authorization: Bearer"),
        ("sb_secret_x", "supabase-secret-key", "apikey"),
        ("sb_publishable_x", "supabase-publishable-key", "apikey"),
        (
            "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.x",
            "jwt-service_role",
            "Authorization: Bearer",
        ),
        ("eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.x", "jwt-anon", "Authorization: Bearer"),
        ("eyJhbGciOiJIUzI1NiJ9.e30.x", "jwt", "Authorization: Bearer"),
        ("eyJ.not-a-jwt.x", "token", "Authorization: Bearer"),
    ],
)
def test_show_names_where_and_what_kind(
    database: Database, value: str, kind: str, sent_in: str
) -> None:
    install(database, BUNKD_CREDENTIAL=value)
    done = here("credential", "show", "--json", DATABASE_URL=database.url)
    assert done.code == 0, done.err
    shown = json.loads(done.out)
    assert list(shown) == ["schedule", "kind", "kept_in", "sent_in", "set_at"]
    assert shown["kind"] == kind
    assert shown["sent_in"] == sent_in
    assert shown["kept_in"] == "table bunkd.secret, in plain text"
    assert value not in done.all
    plain = here("credential", "show", DATABASE_URL=database.url)
    assert plain.code == 0
    assert [line.split()[0] for line in plain.out.splitlines()] == list(shown)
    assert value not in plain.all


def test_show_where_none_is(database: Database) -> None:
    upgrade(database)
    done = here("credential", "show", DATABASE_URL=database.url)
    assert (done.code, done.out) == (1, "")
    assert "no credential is stored" in done.err
    assert "bunkd-db credential set" in done.err


def test_show_for_a_schedule_that_is_not_there(database: Database) -> None:
    install(database)
    done = here("credential", "show", "--schedule", "nope", DATABASE_URL=database.url)
    assert (done.code, done.out) == (2, "")
    assert "there is no schedule nope" in done.err
    assert "To see all schedules: bunkd-db schedule list" in done.err


def test_set_names_vault(database: Database, connection: Connection) -> None:
    connection.execute("create extension supabase_vault")
    install(database)
    done = here("credential", "set", stdin=VALUE, DATABASE_URL=database.url)
    said = f"Stored the credential for schedule {SCHEDULE} in Vault (secret bunkd:{SCHEDULE})."
    assert done.out.splitlines()[0] == said


def test_show_names_vault(database: Database, connection: Connection) -> None:
    connection.execute("create extension supabase_vault")
    install(database, BUNKD_CREDENTIAL_HEADER="X-Key")
    shown = json.loads(here("credential", "show", "--json", DATABASE_URL=database.url).out)
    assert shown["kept_in"] == f"Vault secret bunkd:{SCHEDULE}"
    assert shown["sent_in"] == "X-Key"


def test_a_stranger_s_schema_gets_no_credential(database: Database) -> None:
    with database.admin() as admin:
        admin.execute(
            "create role stranger; create schema bunkd authorization stranger; set role stranger;"
            "create table bunkd.credential_inbox (schedule text, value text, origin text)"
        )
    for url in (database.url, database.admin_url):
        done = here("credential", "set", stdin=VALUE, DATABASE_URL=url)
        assert done.code == 3
        assert "schema bunkd belongs to role stranger" in done.err
    with database.admin() as admin:
        assert admin.execute("select from bunkd.credential_inbox").fetchall() == []
