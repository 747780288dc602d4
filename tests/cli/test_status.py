"""`bunkd-db status` as its users meet it: screens, streams, bad input."""

import json
import re
import signal
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.checked import install_and_wait
from tests.support.command import bunkd, finish, here, redirected, start
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.held import Held
from tests.support.queue import add_jobs, create_queue
from tests.support.scalar import scalar
from tests.support.schema import faults
from tests.support.server import Connection, Server, connect
from tests.support.standby import standby
from tests.support.terminal import ESCAPE, terminal
from tests.support.ticks import tick
from tests.support.upgrade import SCHEDULE, downgrade, install, upgrade
from tests.support.wait import wait_until

STAMP = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ")


@pytest.fixture
def busy(one: Held) -> Held:
    """Every part of the screen has something to show."""
    add_jobs(one.connection, 9)
    one.connection.execute(
        "insert into analysis_jobs (fingerprint, input_data, status, error_message, completed_at)"
        " select 'f', '{}', 'failed', 'Perplexity API error 429: ' || repeat('word ', 30), now()"
        " from generate_series(1, 4)"
    )
    one.take(3).end(status=500, content="a long answer of the function " * 5)
    one.tick()
    return one


def told(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    assert faults(found) == []
    return found


@pytest.mark.parametrize("columns", [40, 80, 100])
def test_the_screen_fits_and_begins_with_the_verdict(busy: Held, columns: int) -> None:
    shown = terminal(columns, "status", DATABASE_URL=busy.database.url)
    assert "\x1b[31m" in shown
    plain = ESCAPE.sub("", shown).splitlines()
    assert plain[0].startswith("unhealthy: schedule ")
    commands = [line for line in plain if line.startswith(" " * 14)]
    table = [line for line in plain if re.match(r" {10}(status|queued|failed|proc|compl)", line)]
    rest = [line for line in plain if line not in commands and line not in table]
    assert max(map(len, rest)) <= max(columns, 72), "\n".join(plain)
    if columns >= 80:
        assert max(map(len, [*rest, *table])) <= columns
    for part in ("queue ", "last hour ", "errors ", "calls ", "slots ", "ticks "):
        assert any(line.startswith(part) for line in plain), part


def test_a_pipe_gets_plain_lines(busy: Held) -> None:
    done = bunkd("status", DATABASE_URL=busy.database.url)
    assert (done.code, done.err) == (1, "")
    assert "\x1b" not in done.out
    assert len(STAMP.sub("", done.out)) > 500


def test_a_locale_without_bars(busy: Held) -> None:
    done = bunkd(
        "status",
        DATABASE_URL=busy.database.url,
        LC_ALL="C",
        PYTHONIOENCODING="ascii",
        PYTHONUTF8="0",
    )
    assert (done.code, done.err) == (1, "")
    assert done.out.isascii()


def test_json_as_owner_and_as_reader(busy: Held) -> None:
    with busy.database.admin() as admin:
        admin.execute("create role oncall login password 'postgres'")
    upgrade(busy.database, BUNKD_READER_ROLE="oncall")
    seen = []
    for url in (busy.database.url, busy.database.url_as("oncall")):
        for flag in (["--json"], ["--format", "json"]):
            done = here("status", *flag, DATABASE_URL=url)
            assert done.err == ""
            found = told(done.out)
            assert (done.code == 1) is (found["health"] == "unhealthy")
            [schedule] = found["schedules"]
            seen.append(
                (schedule["queue"]["claimable"], [line["code"] for line in schedule["lines"]])
            )
    assert len({json.dumps(each) for each in seen}) == 1
    assert seen[0][0] == {"count": 9, "exact": True, "at_least": False}


@pytest.mark.parametrize(
    ("breaks", "code"),
    [
        ("select cron.alter_job(jobid, active := false) from cron.job", "JOB_INACTIVE"),
        ("select cron.unschedule(jobid) from cron.job", "JOB_MISSING"),
        ("delete from bunkd.secret; select cron.unschedule(jobid) from cron.job", "NO_CREDENTIAL"),
    ],
)
def test_no_tick_is_promised_that_does_not_come(
    database: Database, connection: Connection, breaks: str, code: str
) -> None:
    create_queue(connection)
    install(database)
    tick(connection)
    assert "; next " in here("status", DATABASE_URL=database.url).out, "in a while, or due now"
    connection.execute(breaks.encode())
    shown = here("status", DATABASE_URL=database.url).out
    assert f"({code})" in shown
    [ticks] = [line for line in shown.splitlines() if line.startswith("ticks ")]
    assert "next" not in ticks
    [found] = told(here("status", "--json", DATABASE_URL=database.url).out)["schedules"]
    assert (found["ticks"]["last"] is not None, found["ticks"]["next"]) == (True, None)


def test_prometheus_is_read_by_its_parser_and_exits_0(busy: Held) -> None:
    done = here("status", "--format", "prometheus", DATABASE_URL=busy.database.url)
    assert (done.code, done.err) == (0, "")
    families = {family.name: family for family in text_string_to_metric_families(done.out)}
    assert families["bunkd_jobs_claimable"].samples[0].value == 9
    assert {s.labels["health"]: s.value for s in families["bunkd_health"].samples}["unhealthy"] == 1


def test_all_schedules_or_one(one: Held) -> None:
    one.connection.execute("insert into bunkd.schedule (name) values ('another')")
    url = one.database.url
    both = told(here("status", "--json", DATABASE_URL=url).out)
    assert [each["name"] for each in both["schedules"]] == ["another", SCHEDULE]
    named = told(here("status", "--schedule", SCHEDULE, "--json", DATABASE_URL=url).out)
    assert [each["name"] for each in named["schedules"]] == [SCHEDULE]
    done = here("status", "--schedule", "nobody", DATABASE_URL=url)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[0] == "Error: there is no schedule nobody"


# --watch


def test_watch_writes_stamped_lines_on_a_pipe_until_an_interrupt(one: Held) -> None:
    process = start("status", "--watch", "0.5", DATABASE_URL=one.database.url)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(2)]
    process.send_signal(signal.SIGINT)
    done = finish(process)
    assert (done.code, done.err.strip()) == (130, "Interrupted.")
    for line in lines:
        assert STAMP.match(line), line
        assert f"{SCHEDULE} unhealthy claimable=0" in line  # its cron job is off
        assert line.rstrip().endswith("JOB_INACTIVE")


def test_watch_as_json_is_an_object_a_line(one: Held) -> None:
    process = start("status", "--watch", "0.5s", "--json", DATABASE_URL=one.database.url)
    assert process.stdout is not None
    found = [json.loads(process.stdout.readline()) for _ in range(2)]
    process.send_signal(signal.SIGINT)
    assert finish(process).code == 130
    for each in found:
        assert each.pop("at").endswith("Z")
        told(json.dumps(each))


@pytest.mark.parametrize("env", [{}, {"NO_COLOR": "1"}])
def test_watch_repaints_a_terminal_and_leaves_it_whole(one: Held, env: dict[str, str]) -> None:
    url = one.database.url
    env = {**env, "LINES": "9"}
    twice = r"\x1b\[H.*\x1b\[J.*\x1b\[H.*\x1b\[J"
    shown = terminal(80, "status", "--watch", "1", interrupt_after=twice, DATABASE_URL=url, **env)
    first = shown.split("\x1b[H")[1].partition("\x1b[J")[0]
    assert first.count("\n") <= 8
    assert first.count("\x1b[2K") == first.count("\n")
    assert ("\x1b[31m" in first) is ("NO_COLOR" not in env)
    assert shown.count("\x1b[H") >= 2
    assert "Ctrl-C ends it" in shown
    assert shown.rstrip().endswith("Interrupted.")
    assert "Traceback" not in shown


def test_watch_waits_for_a_database_that_is_away(one: Held) -> None:
    process = start("status", "--watch", "0.5", DATABASE_URL=one.database.url)
    assert process.stdout is not None
    assert "claimable=0" in process.stdout.readline()
    one.database.server.restart("fast")
    wait_until(lambda: "claimable=0" in process.stdout.readline(), message="it asks again")  # type: ignore[union-attr]
    process.send_signal(signal.SIGINT)
    done = finish(process)
    assert (done.code, done.err.strip()) == (130, "Interrupted.")


@pytest.mark.parametrize("arguments", ["status", "status --watch 0.5", "status --json"])
def test_a_reader_that_goes_away_is_no_error(one: Held, arguments: str) -> None:
    done = redirected(arguments, "| head -c 5 > /dev/null", DATABASE_URL=one.database.url)
    assert done.err == ""
    assert done.code in (1, 141)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--watch", "0"], "0"),
        (["--watch", "often"], "'often' is not a time from 0.5s to 86400s, like 5s"),
        (["--watch", "5h"], "'5h' is not a time"),
        (["--format", "xml"], "xml"),
        (["--json", "--format", "prometheus"], "exclude each other"),
        (["--watch", "--format", "prometheus"], "exclude each other"),
    ],
)
def test_a_wrong_use(arguments: list[str], says: str) -> None:
    done = here("status", *arguments)
    assert done.code == 2
    assert says in (json.loads(done.out)["error"] if "--json" in arguments else done.err)
    assert says in done.err


# Bad input


def test_not_installed(database: Database) -> None:
    done = here("status", DATABASE_URL=database.url)
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        "Error: bunkd-db is not installed in this database\nRun: bunkd-db upgrade\n"
    )
    done = here("status", "--json", DATABASE_URL=database.url)
    assert json.loads(done.out)["exit_code"] == done.code == 1


def test_an_older_and_a_newer_revision(database: Database, connection: Connection) -> None:
    install(database)
    connection.execute("alter function bunkd.read_status(text) rename to away")
    done = here("status", DATABASE_URL=database.url)
    assert (done.code, "is older than this command" in done.err) == (1, True)
    connection.execute("alter function bunkd.away(text) rename to read_status")
    # a revision that this version does not know, whose answer it understands
    connection.execute("update bunkd.alembic_version set version_num = '9999'")
    assert told(here("status", "--json", DATABASE_URL=database.url).out)
    connection.execute(
        "create or replace function bunkd.read_status(p_schedule text default null)"
        " returns table (schedule text, status jsonb) language sql"
        " as $$ select 'x', '{\"format\": 2}'::jsonb $$"
    )
    done = here("status", DATABASE_URL=database.url)
    assert (done.code, "was upgraded by a newer bunkd-db" in done.err) == (1, True)
    connection.execute("update bunkd.alembic_version set version_num = '0005'")
    upgrade(database)
    downgrade(database, "0002")
    done = here("status", DATABASE_URL=database.url)
    assert (done.code, "is older than this command" in done.err) == (1, True)


def test_a_role_without_rights_and_a_strangers_schema(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("create role nosy login password 'postgres'")
    install(database)
    done = here("status", DATABASE_URL=database.url_as("nosy"))
    assert (done.code, done.out) == (3, "")
    assert "role nosy cannot read the status" in done.err
    assert "BUNKD_READER_ROLE" in done.err
    downgrade(database)
    with database.admin() as admin:
        admin.execute("create schema bunkd authorization nosy")
    with database.connect("nosy") as nosy:
        nosy.execute(
            "create function bunkd.read_status(text) returns table (schedule text, status jsonb)"
            " language plpgsql as $$ begin raise exception 'ran as %', current_user; end $$"
        )
    done = here("status", DATABASE_URL=database.admin_url)
    assert (done.code, "ran as" in done.all) == (3, False)
    assert "whose code would run as role supabase_admin" in done.err


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        ("drop table public.analysis_jobs", "QUEUE_PROBLEM"),
        ("update bunkd.schedule set paused = true", "PAUSED"),
        ("delete from bunkd.schedule", ""),
        ("drop table bunkd.last_tick", ""),
    ],
)
def test_what_is_missing_is_said_in_one_line_or_in_json(one: Held, trouble: str, code: str) -> None:
    one.connection.execute(trouble.encode())
    done = here("status", "--json", DATABASE_URL=one.database.url)
    assert "Traceback" not in done.all
    if code:
        assert done.code == 1
        assert (
            told(done.out)["schedules"][0]["lines"][0 if code == "PAUSED" else -1]["code"] == code
        )
    else:
        assert json.loads(done.out)["exit_code"] == done.code
        assert done.code in (1, 3)
        assert len(here("status", DATABASE_URL=one.database.url).err.splitlines()) <= 2


def test_unreachable() -> None:
    url = "postgresql://u:hunter2@127.0.0.1:1/d"
    for flags in ([], ["--watch"], ["--json"]):
        done = here("status", *flags, DATABASE_URL=url)
        assert done.code == 3
        assert "cannot connect to 127.0.0.1:1" in done.err
        assert "hunter2" not in done.all
    assert here("status").code == 2


def test_a_standby_says_what_it_cannot_know(private: Server) -> None:
    with private.connect() as owner, private.admin() as admin:
        admin.execute("create role oncall login password 'postgres'")
        create_queue(owner)
        install(private.url, BUNKD_READER_ROLE="oncall")
        add_jobs(owner, 2)
    rotate = ("credential", "rotate", "--stage")
    assert here(*rotate, stdin="next-token", DATABASE_URL=private.url).code == 0
    with standby(private) as copy:
        reader = copy.url.replace("postgres:postgres@", "oncall:postgres@")
        with connect(copy.url) as there:
            wait_until(
                lambda: there.execute("select to_regclass('bunkd.call')").fetchone() != (None,)
            )
        for url in (copy.url, reader):
            done = here("status", "--json", DATABASE_URL=url)
            assert (done.code, done.err) == (1, "")
            [found] = told(done.out)["schedules"]
            assert [line["code"] for line in found["lines"]] == ["STANDBY"]
            assert found["queue"]["claimable"]["count"] == 2
            assert "this is a standby" in found["unknown"]
            assert found["rotation"]["stage"] == "staged"
            assert found["slots"]["in_use"] is found["workers"] is found["ticks"]["last"] is None
        assert "not known: this is a standby" in here("status", DATABASE_URL=reader).out


def test_a_rotation_that_is_under_way_is_shown(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    create_queue(connection)
    install_and_wait(database, BUNKD_CALL_URL=endpoint.url)
    assert "rotation" not in here("status", DATABASE_URL=database.url).out
    rotate = ("credential", "rotate")
    done = here(*rotate, "--stage", stdin="the-next-token", DATABASE_URL=database.url)
    assert done.code == 0, done.err
    found = told(here("status", "--json", DATABASE_URL=database.url).out)["schedules"][0]
    assert found["rotation"]["stage"] == "staged"
    shown = here("status", DATABASE_URL=database.url).out
    told_commands = [line.strip() for line in shown.splitlines() if "rotate --" in line]
    assert told_commands == [
        f"bunkd-db credential rotate {step} --schedule {SCHEDULE}"
        for step in ("--commit", "--abort")
    ]
    done = here(*rotate, "--commit", "--watch", "0", DATABASE_URL=database.url)
    assert done.code == 0, done.err
    assert "calls got a new credential " in here("status", DATABASE_URL=database.url).out
    assert (
        "because: switched to the staged credential"
        in here("history", DATABASE_URL=database.url).out
    ), "its two rows alone would look as if another one had been staged"
    found = told(here("status", "--json", DATABASE_URL=database.url).out)["schedules"][0]
    assert found["rotation"]["stage"] == "watched"
    assert here(*rotate, "--abort", DATABASE_URL=database.url).code == 0
    assert "rotation" not in here("status", DATABASE_URL=database.url).out


def test_a_rotation_whose_command_was_killed_is_not_offered_too_soon(
    database: Database, connection: Connection
) -> None:
    create_queue(connection)
    install(database)
    rotate = ("credential", "rotate")
    assert here(*rotate, "--stage", stdin="next-token", DATABASE_URL=database.url).code == 0
    connection.execute("update bunkd.rotation set at_work = clock_timestamp()")
    until = scalar(
        connection,
        str,
        "select to_char(bunkd.find_rotation_end(s) at time zone 'UTC', 'HH24:MI:SS') from bunkd.schedule s",
    )
    shown = here("status", DATABASE_URL=database.url).out
    assert (
        f"until {until} UTC, even if it was killed; --commit can go on after that. To drop it:"
        in shown
    )
    assert ("rotate --abort" in shown, "rotate --commit" in shown) == (True, False)
    found = told(here("status", "--json", DATABASE_URL=database.url).out)["schedules"][0]
    assert found["rotation"]["refused"] == "BUSY"
    assert until in found["rotation"]["busy_until"]
    done = here(*rotate, "--commit", DATABASE_URL=database.url)
    assert (done.code, f"If it was killed, try again after {until} UTC." in done.err) == (1, True)
    connection.execute("update bunkd.rotation set at_work = at_work - interval '2 minutes'")
    shown = here("status", DATABASE_URL=database.url).out
    assert ("rotate --commit" in shown, "killed" in shown) == (True, False)
    connection.execute("update bunkd.schedule set mode = 'external'")  # as a deploy with BUNKD_MODE
    shown = here("status", DATABASE_URL=database.url).out
    assert ("rotate --abort" in shown, "rotate --commit" in shown) == (True, False)
