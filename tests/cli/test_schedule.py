"""`bunkd-db schedule`: live changes that no deploy takes back; pauses that end by themselves."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from psycopg import DataError
from psycopg.errors import CheckViolation, InvalidParameterValue

from tests.support.command import Finished, finish, here, start, unheard
from tests.support.database import Database
from tests.support.held import Held
from tests.support.queue import add_jobs, create_queue
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.terminal import ESCAPE, terminal
from tests.support.ticks import tick
from tests.support.upgrade import JOB, SCHEDULE, downgrade, install, upgrade
from tests.support.wait import wait_until

OTHER = "insert into bunkd.schedule (name, url) values ('reports', 'http://127.0.0.1:9/x')"
COLUMNS = "select every, max_in_flight, timeout_ms, jobs_per_call, on_timeout, rescue_after::text, wake from bunkd.schedule"


def schedule(database: Database, *arguments: str, **env: str) -> Finished:
    return here("schedule", *arguments, DATABASE_URL=database.url, **env)


def shown(database: Database, name: str = SCHEDULE) -> dict[str, Any]:
    done = schedule(database, "show", "--schedule", name, "--json")
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)["schedules"][0]
    return found


@pytest.fixture
def installed(database: Database, connection: Connection) -> Connection:
    create_queue(connection)
    install(database, BUNKD_EVERY="1m")
    return connection


def test_show_gives_times_with_their_units(database: Database, installed: Connection) -> None:
    del installed
    for given, text in (("90m", "1 h 30 min"), ("0", "never")):
        assert schedule(database, "set", "--timeout", "60s", "--rescue-after", given).code == 0
        lines = dict(line.split(maxsplit=1) for line in schedule(database, "show").out.splitlines())
        assert (lines["timeout"], lines["rescue_after"]) == ("1 min", text)
        assert lines["every"] == "1m  (set by the last deploy)"


def test_set_changes_what_is_named_and_a_deploy_keeps_it(
    database: Database, installed: Connection
) -> None:
    before = installed.execute(COLUMNS).fetchone()
    assert before is not None
    done = schedule(database, "set", "--every", "5m", "--max-in-flight", "7", "--reason", "busy")
    assert done.code == 0, done.err
    assert done.out.splitlines()[:2] == [
        "The interval between ticks is set to 5m, instead of 1m.",
        "At most 7 calls are in flight at once, instead of 5."
        " Ensure that the function and its providers can take them.",
    ]
    assert done.out.splitlines()[-1].startswith("native: this database calls ")
    for _ in range(2):
        after = installed.execute(COLUMNS).fetchone()
        assert after == ("5m", 7, *before[2:])
        assert installed.execute("select schedule, jobname from cron.job").fetchall() == [
            ("*/5 * * * *", JOB)
        ]
        assert scalar(installed, int, "select count(*) from bunkd.slot") == 7
        install(database, BUNKD_EVERY="1m")
    last = json.loads(here("history", "--json", DATABASE_URL=database.url).out)["changes"][0]
    assert (last["what"], last["origin"], last["why"]) == ("set", "command", "busy")
    install(database, BUNKD_EVERY="2m")  # another value than the last deploy's
    assert shown(database)["settings"]["every"] == "2m"
    assert "every" in shown(database)["deployed"]


def test_fewer_slots_and_no_wake(database: Database, installed: Connection) -> None:
    done = schedule(database, "set", "--max-in-flight", "2", "--no-wake", "--rescue-after", "0")
    assert done.code == 0, done.err
    assert "Those in flight now go on." in done.out
    assert "taken off the queue" in done.out
    assert scalar(installed, int, "select count(*) from bunkd.slot") == 2
    triggers = "select count(*) from pg_trigger where tgname like 'bunkd_%'"
    assert scalar(installed, int, triggers) == 0
    done = schedule(database, "set", "--wake")
    assert scalar(installed, int, triggers) == 3
    assert "  auto, now pg_net\n" in schedule(database, "show").out


def test_a_dry_run_and_nothing_to_change(database: Database, installed: Connection) -> None:
    done = schedule(database, "set", "--timeout", "60s", "--dry-run")
    assert done.out.splitlines() == [
        "A call is given up after 1 min, instead of 35 s. Calls in flight keep their timeout.",
        "Nothing was changed: this was a dry run.",
    ]
    done = schedule(database, "set", "--timeout", "35s")
    assert done.out.splitlines() == [
        f"Schedule {SCHEDULE} already has these settings: nothing was changed."
    ]
    assert shown(database)["settings"]["timeout_ms"] == 35000
    assert scalar(installed, int, "select count(*) from bunkd.change where origin = 'command'") == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("set",), "name what to change"),
        (("set", "--every", "7m"), "--every: "),
        (("set", "--every", ""), "--every: "),
        (("set", "--max-in-flight", "0"), "--max-in-flight is '0'"),
        (("set", "--max-in-flight", "1001"), "--max-in-flight is '1001'"),
        (("set", "--timeout", "35"), "--timeout is '35'"),
        (("set", "--on-timeout", "wait"), "--on-timeout is 'wait'"),
        (("set", "--rescue-after", "1s"), "--rescue-after is '1s'"),
        (("set", "--every", "1m", "--schedule", "nope"), "there is no schedule nope"),
        (("show", "--schedule", "nope"), "there is no schedule nope"),
        (("pause", "--for", "2"), "--for is '2'"),
        (("pause", "--for", "400d"), "--for is '400d'"),
        (("pause", "--reason", "a\nb"), "--reason must be one line"),
        (("pause", "--all", "--schedule", SCHEDULE), "--all and --schedule exclude each other"),
        (("pause", "--schedule", "nope"), "there is no schedule nope"),
        (("resume", "--schedule", "nope"), "there is no schedule nope"),
    ],
)
def test_bad_input(
    database: Database, installed: Connection, arguments: tuple[str, ...], says: str
) -> None:
    del installed
    done = schedule(database, *arguments)
    assert (done.code, says in done.err) == (2, True), done.err
    assert done.out == ""


def test_an_error_on_a_terminal_breaks_no_command(
    database: Database, installed: Connection
) -> None:
    installed.execute("update bunkd.schedule set paused = true, paused_because = 'a b c d e f'")
    shown = ESCAPE.sub("", terminal(60, "call", DATABASE_URL=database.url)).splitlines()
    assert shown[0].startswith("Error: the schedule is paused")
    assert shown[-2:] == [
        "Resume the schedule:",
        f"  bunkd-db schedule resume --schedule {SCHEDULE}",
    ]
    assert max(map(len, shown[:-1])) <= 60


def test_before_the_first_upgrade(database: Database) -> None:
    for verb in (("list",), ("show",), ("pause",), ("resume",), ("set", "--every", "1m")):
        done = schedule(database, *verb)
        assert (done.code, "not installed" in done.err) == (1, True), done.err


def test_what_is_said_is_done_whoever_reads_on(database: Database, installed: Connection) -> None:
    """A reader that goes away, as `| head -1` does, takes nothing back."""
    url = {"DATABASE_URL": database.url}
    paused = "select paused, every, max_in_flight from bunkd.schedule"
    assert unheard("schedule", "pause", "--all", **url).code == 141
    done = unheard("schedule", "set", "--every", "5m", "--max-in-flight", "7", **url)
    assert done.code == 141
    assert installed.execute(paused.encode()).fetchone() == (True, "5m", 7)
    assert unheard("schedule", "resume", "--all", **url).code == 141
    assert installed.execute(paused.encode()).fetchone() == (False, "5m", 7)


def test_a_reason_by_sql_has_its_bound_too(installed: Connection) -> None:
    with pytest.raises(InvalidParameterValue, match="500 at most"):
        installed.execute("select bunkd.pause_schedule(%s, null, repeat('x', 501))", [SCHEDULE])


def test_pause_and_resume(one: Held) -> None:
    database = one.database
    why = "the provider is down"
    done = schedule(database, "pause", "--reason", why, "--for", "2h", BUNKD_ACTOR="ann")
    assert done.code == 0, done.err
    assert done.out.startswith(f"Paused schedule {SCHEDULE} until 2")
    add_jobs(one.connection, 1)
    one.tick()
    assert one.calls() == []
    gate = here("check", "--require-active", DATABASE_URL=database.url)
    assert gate.code == 1
    assert "the schedule is paused by ann until 2" in gate.all
    assert "(reason: the provider is down)" in gate.all
    assert f"bunkd-db schedule resume --schedule {SCHEDULE}" in gate.all
    done = schedule(database, "pause")
    assert done.out.startswith(f"Schedule {SCHEDULE} is already paused until 2")
    assert done.out.endswith(": nothing was changed.\n")
    done = schedule(database, "pause", "--for", "3h")
    assert done.out.startswith(f"Changed the pause of schedule {SCHEDULE}: it lasts until 2")
    last = here("history", "--limit", "1", DATABASE_URL=database.url).out
    assert "paused until 2" in last, "what was changed in it"
    assert shown(database)["pause"]["because"] == "the provider is down"
    done = schedule(database, "resume")
    assert done.out.startswith(f"Resumed schedule {SCHEDULE}: the pause no longer stops calls.")
    assert schedule(database, "resume").out == (
        f"Schedule {SCHEDULE} is not paused: nothing was changed.\n"
    )
    one.tick()
    assert one.calls() == ["tick"]


def test_a_pause_ends_by_itself_and_that_is_recorded(one: Held) -> None:
    schedule(one.database, "pause", "--for", "1m")
    one.connection.execute("update bunkd.schedule set paused_until = clock_timestamp()")
    add_jobs(one.connection, 1)
    assert one.calls() == ["wake"], "no tick is needed for it to end"
    assert one.status("paused") is False
    one.tick()
    row = one.connection.execute("select paused, paused_until from bunkd.schedule").fetchone()
    assert row == (False, None)
    last = one.connection.execute("select what, origin from bunkd.change order by id desc limit 1")
    assert last.fetchone() == ("resume", "bunkd")


def test_what_comes_after_the_end_of_a_pause_is_not_bunkds_own(one: Held) -> None:
    """In one transaction: what a tick does by itself names only its own change."""
    one.connection.execute(
        "update bunkd.schedule set paused = true, paused_until = clock_timestamp()"
    )
    with one.connection.transaction():
        one.tick()
        one.connection.execute("update bunkd.schedule set max_in_flight = 3")
    last = one.connection.execute("select what, origin from bunkd.change order by id desc limit 2")
    assert last.fetchall() == [("set", "sql"), ("resume", "bunkd")]


@pytest.mark.parametrize("until", ["infinity", "-infinity", "20000-01-01 00:00Z"])
def test_a_pause_ends_at_a_time_that_can_be_shown(one: Held, until: str) -> None:
    with pytest.raises(CheckViolation, match="schedule_paused_until"):
        one.connection.execute(
            "update bunkd.schedule set paused = true, paused_until = %s", [until]
        )
    assert here("status", DATABASE_URL=one.database.url).code < 2


def test_a_pause_that_is_too_long_is_refused_without_the_row(one: Held) -> None:
    """The table's own rule says no as well, but quotes what is in the row: headers, and a URL's query."""
    for lasts in ("101 years", "9000 years", "1000000 years"):
        with pytest.raises(DataError, match="100 years at most") as refused:
            one.connection.execute(
                "select bunkd.pause_schedule(%s, %s::interval, null)", [SCHEDULE, lasts]
            )
        assert not refused.value.diag.message_detail


@pytest.mark.parametrize(("left", "paused"), [("-1 min", False), ("1 hour", True)])
def test_a_downgrade_ends_the_pause_that_is_over(one: Held, left: str, paused: bool) -> None:
    """The revision before knows no end of a pause: it would last for ever."""
    one.connection.execute(
        "update bunkd.schedule set paused = true, paused_until = now() + %s::interval", [left]
    )
    downgrade(one.database, "0003")
    assert scalar(one.connection, bool, "select paused from bunkd.schedule") is paused
    install(one.database)
    assert scalar(one.connection, bool, "select paused from bunkd.schedule") is paused


def test_a_pause_after_one_that_has_ended_is_of_whoever_made_it(one: Held) -> None:
    """Between the end of a pause and the tick that writes it down."""
    over = "update bunkd.schedule set paused_until = clock_timestamp()"
    schedule(one.database, "pause", "--for", "1m", "--reason", "first", BUNKD_ACTOR="ann")
    one.connection.execute(over)
    done = schedule(one.database, "resume")
    assert done.out == f"Schedule {SCHEDULE} is not paused: nothing was changed.\n"
    schedule(one.database, "pause", "--for", "2h", "--reason", "second", BUNKD_ACTOR="bob")
    found = shown(one.database)["pause"]
    assert (found["by"], found["because"]) == ("bob", "second")


@pytest.mark.parametrize("arguments", [("pause",), ("resume",), ("set", "--every", "5m")])
def test_no_change_stops_an_upgrade_that_runs_beside_it(
    database: Database, installed: Connection, arguments: tuple[str, ...]
) -> None:
    installed.execute("update bunkd.schedule set paused = %s", [arguments == ("resume",)])
    with database.admin() as admin:
        admin.execute("create role oncall")
    with database.connect() as deploy:
        # what an upgrade locks, in its order: the table, for its triggers, and then the rows
        deploy.execute("begin; lock table bunkd.schedule in share row exclusive mode")
        change = start("schedule", *arguments, DATABASE_URL=database.url)
        wait_until(waiting(installed, "schedule"), 20)
        deploy.execute("set local lock_timeout = '200ms'")
        deploy.execute("select from bunkd.schedule for update")
        deploy.execute("commit")
    done = finish(change)
    assert done.code == 0, done.err


def waiting(connection: Connection, table: str) -> Callable[[], bool]:
    """Whether somebody waits for a lock on this table of ours."""
    query = "select exists (select from pg_locks where not granted and relation = %s::regclass)"
    return lambda: scalar(connection, bool, query, [f"bunkd.{table}"])


def test_a_tick_that_ends_a_pause_does_not_wait_for_an_upgrade(one: Held) -> None:
    one.set(paused=True)
    one.connection.execute("update bunkd.schedule set paused_until = clock_timestamp()")
    with one.database.connect() as deploy:
        deploy.execute("begin; lock table bunkd.schedule in share row exclusive mode")
        assert "sent" in one.tick()
        deploy.execute("commit")
    assert scalar(one.connection, bool, "select paused from bunkd.schedule") is True
    one.tick()
    assert scalar(one.connection, bool, "select paused from bunkd.schedule") is False


def test_all_schedules(database: Database, installed: Connection) -> None:
    installed.execute(OTHER)
    done = schedule(database, "pause", "--all")
    assert [line.split()[2] for line in done.out.splitlines()] == [SCHEDULE, "reports"]
    done = schedule(database, "list")
    assert [line.split()[:2] for line in done.out.splitlines()] == [
        ["schedule", "state"],
        [SCHEDULE, "paused"],
        ["reports", "not"],  # set up: no deploy has provisioned it
    ]
    install(database)
    assert installed.execute("select bool_and(paused) from bunkd.schedule").fetchone() == (True,)
    schedule(database, "resume", "--all")
    assert installed.execute("select bool_or(paused) from bunkd.schedule").fetchone() == (False,)


def test_two_at_once(database: Database, installed: Connection) -> None:
    both = [
        start("schedule", "set", option, value, DATABASE_URL=database.url)
        for option, value in (("--max-in-flight", "9"), ("--jobs-per-call", "2"))
    ]
    assert [finish(each).code for each in both] == [0, 0]
    row = installed.execute("select max_in_flight, jobs_per_call from bunkd.schedule").fetchone()
    assert row == (9, 2)


def test_a_reader_may_look_and_change_nothing(database: Database, connection: Connection) -> None:
    with database.admin() as admin:
        admin.execute("create role oncall login password 'postgres'")
    create_queue(connection)
    install(database, BUNKD_READER_ROLE="oncall", BUNKD_BODY='{"key": "hidden"}')
    url = database.url_as("oncall")
    for verb in ("list", "show"):
        done = here("schedule", verb, "--json", DATABASE_URL=url)
        assert (done.code, "hidden" in done.out) == (0, False), done.err
    for arguments in (("pause",), ("resume",), ("set", "--every", "1m")):
        done = here("schedule", *arguments, DATABASE_URL=url)
        assert (done.code, "Connect as postgres." in done.err) == (3, True), done.err


def test_where_calls_come_from_outside(database: Database, connection: Connection) -> None:
    create_queue(connection)
    upgrade(database, BUNKD_MODE="external", BUNKD_CALL_URL="http://127.0.0.1:9/x")
    done = schedule(database, "set", "--every", "5m")
    assert (done.code, done.out.splitlines()[0]) == (
        0,
        "The interval between ticks is set to 5m, instead of 30s."
        " An external scheduler keeps its own pace: change it where it runs.",
    )
    assert done.out.splitlines()[-1].startswith("external: ")
    assert "does nothing until" not in schedule(database, "set", "--no-wake").out
    done = schedule(database, "set", "--wake")
    assert done.out.splitlines()[0] == (
        "The wake is on, but does nothing until a worker runs: an external scheduler cannot be woken."
    )
    assert scalar(connection, int, "select count(*) from pg_trigger where tgname ~ '^bunkd_'") == 0
    done = schedule(database, "pause")
    assert (done.code, done.out.splitlines()[-1]) == (
        0,
        "An external scheduler does not ask this database and goes on calling: pause it where it runs.",
    )
    assert "resume it where it runs" in schedule(database, "resume").out
    assert tick(connection)
