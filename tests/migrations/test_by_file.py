"""Several schedules, declared in `bunkd.toml`: made, changed and retired by the file, and nothing else of anybody's."""

from pathlib import Path

import psycopg
import pytest

import bunkd_db
from bunkd_db import provision, schedules
from bunkd_db.credential import Credential
from bunkd_db.errors import ConfigurationError
from tests.support.checked import check, named
from tests.support.command import run
from tests.support.database import Database
from tests.support.queue import add_jobs
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.upgrade import NATIVE, SCHEDULE, install

URL = "http://127.0.0.1:9/functions/v1/{}"
HEAD = f"""
[schedule.{SCHEDULE}]
call_url = "{URL.format("run_job")}"
"""
REPORTS = """
[schedule.reports]
call_url = "${PROJECT}/functions/v1/make_report"
queue_table = "app.reports"
every = "5m"
max_in_flight = 2
"""
MAILS = """
[schedule.mails]
call_url = "${PROJECT}/functions/v1/send_mail"
queue_table = "app.reports"
"""
PROJECT = {"PROJECT": "http://127.0.0.1:9"}
ROWS = "select name, url, queue_table, every, max_in_flight from bunkd.schedule order by name"
FIRST = (SCHEDULE, URL.format("run_job"), "public.analysis_jobs", "30s", 5)
SECOND = ("reports", URL.format("make_report"), "app.reports", "5m", 2)
NAMES = "select string_agg(jobname, ' ' order by jobname) from cron.job"
TRIGGERS = "select count(*) from pg_trigger where tgname like 'bunkd%%reports'"
IS_RETIRED = "select bunkd.is_retired(s) from bunkd.schedule s where s.name = 'reports'"
GONE = (
    "Schedule reports is not declared in {} any more: it makes no more calls."
    " Its settings, its record of calls and its credential stay. To delete them:"
    " bunkd-db schedule remove --schedule reports"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bunkd.toml"


def upgrade(database: Database, file: Path, text: str, **settings: str) -> list[str]:
    """What a deploy does with this text."""
    file.write_text(text)
    return bunkd_db.upgrade(database.url, {**PROJECT, **settings}, config=file)


def store(database: Database, *names: str) -> None:
    for name in names:
        provision.set_credential(database.url, name, Credential(f"token-of-{name}"))


@pytest.fixture
def declared(database: Database, queues: Connection, file: Path) -> Connection:
    upgrade(database, file, HEAD + REPORTS, BUNKD_CREDENTIAL="token")
    store(database, "reports")
    return queues


def test_all_are_made_in_one_upgrade(database: Database, queues: Connection, file: Path) -> None:
    lines = upgrade(database, file, HEAD + REPORTS, BUNKD_CREDENTIAL="token")
    assert queues.execute(ROWS).fetchall() == [FIRST, SECOND]
    assert lines[-1].startswith("native: this database calls")
    found = named(check(database), "other_schedules")
    assert (found.reason, found.commands) == (
        "OTHER_SCHEDULES",
        ("bunkd-db check --schedule reports",),
    )
    assert [line for line in lines if line.startswith("Schedule reports: NOT SCHEDULED")] == [
        "Schedule reports: NOT SCHEDULED: set BUNKD_CREDENTIAL or SUPABASE_SERVICE_ROLE_KEY."
        " Then run: bunkd-db upgrade --schedule reports"
    ]
    store(database, "reports")
    assert scalar(queues, str, NAMES) == f"bunkd:{SCHEDULE} bunkd:reports"
    add_jobs(queues, 1)
    add_jobs(queues, 1, table="app.reports")
    calls = "select schedule from bunkd.call order by 1"
    assert queues.execute(calls).fetchall() == [(SCHEDULE,), ("reports",)]
    again = upgrade(database, file, HEAD + REPORTS)
    assert not [line for line in again if "changed from" in line]
    assert any(line.startswith("Schedule reports: native: ") for line in again)


@pytest.mark.usefixtures("queues")
def test_a_credential_by_name_in_the_deploy(database: Database, file: Path) -> None:
    given = {"BUNKD_SCHEDULE": "reports", "BUNKD_CREDENTIAL": "token", "BUNKD_EVERY": "2m"}
    lines = upgrade(database, file, HEAD + REPORTS, **given)
    assert lines[-1].startswith(f"native: this database calls {SECOND[1]} every 2m"), lines
    assert any(line.startswith(f"Schedule {SCHEDULE}: NOT SCHEDULED: ") for line in lines), lines


def test_what_nobody_names_is_not_made(database: Database, queues: Connection, file: Path) -> None:
    lines = upgrade(database, file, REPORTS, BUNKD_CREDENTIAL="token")
    assert queues.execute(ROWS).fetchall() == [SECOND]
    assert any(f" does not declare schedule {SCHEDULE}. " in line for line in lines)
    assert lines[-1].startswith("NOT SCHEDULED: set BUNKD_CREDENTIAL"), "it was of another one"


def test_a_change_of_the_file_is_applied_and_said_and_a_live_one_stays(
    database: Database, declared: Connection, file: Path
) -> None:
    declared.execute("update bunkd.schedule set max_in_flight = 9 where name = 'reports'")
    lines = upgrade(database, file, HEAD + REPORTS.replace('"5m"', '"10m"'))
    assert "Schedule reports: every changed from 5m to 10m." in lines
    assert declared.execute(ROWS).fetchall()[1][3:] == ("10m", 9)


def test_what_the_file_leaves_out_is_retired_and_comes_back_as_it_was(
    database: Database, declared: Connection, file: Path
) -> None:
    assert scalar(declared, int, TRIGGERS) == 3
    lines = upgrade(database, file, HEAD)
    assert GONE.format(file) in lines
    assert scalar(declared, str, NAMES) == f"bunkd:{SCHEDULE}"
    assert scalar(declared, int, TRIGGERS) == 0
    assert scalar(declared, int, "select count(*) from bunkd.slot where schedule = 'reports'") == 0
    assert declared.execute(ROWS).fetchall() == [FIRST, SECOND]
    shown = declared.execute("select bunkd.read_credential('reports')").fetchone()
    assert shown == ("token-of-reports",)
    again = upgrade(database, file, HEAD)
    assert not [line for line in again if "reports" in line]
    store(database, "reports")
    assert scalar(declared, str, NAMES) == f"bunkd:{SCHEDULE}", "a credential brings it back not"
    assert declared.execute("select schedule from bunkd.read_status()").fetchall() == [(SCHEDULE,)]
    upgrade(database, file, HEAD + REPORTS)
    assert scalar(declared, str, NAMES) == f"bunkd:{SCHEDULE} bunkd:reports"
    assert scalar(declared, int, TRIGGERS) == 3
    paused = declared.execute(
        "select paused, paused_because, deployed ? 'retired' from bunkd.schedule"
    )
    assert set(paused.fetchall()) == {(False, None, False)}


@pytest.mark.usefixtures("declared")
def test_a_retirement_is_said_before_and_after(database: Database, file: Path) -> None:
    file.write_text(HEAD)
    env = {"DATABASE_URL": database.url, **PROJECT}
    dry = run("upgrade", "--dry-run", cwd=file.parent, env=env).out
    assert "Schedule reports would be retired." in dry
    assert "paused" not in dry
    upgrade(database, file, HEAD)
    dry = run("upgrade", "--dry-run", cwd=file.parent, env=env).out
    assert dry.startswith("Nothing would change: ")
    shown = run("status", "--schedule", "reports", cwd=file.parent, env=env)
    assert "(PAUSED)" in shown.out
    assert "JOB_MISSING" not in shown.out
    assert (
        "bunkd-db schedule resume --schedule reports\n              bunkd-db upgrade" in shown.out
    )
    asked = run("check", "--schedule", "reports", cwd=file.parent, env=env)
    assert "the schedule is retired: bunkd.toml no longer declares it" in asked.out
    assert "is not registered" not in asked.out
    assert "our triggers" not in asked.out
    assert "retired" in run("schedule", "list", cwd=file.parent, env=env).out
    file.write_text(HEAD + REPORTS)
    dry = run("upgrade", "--dry-run", cwd=file.parent, env=env).out
    assert "Schedule reports would be in use again." in dry


def test_the_default_one_is_retired_as_any_other(
    database: Database, declared: Connection, file: Path
) -> None:
    lines = upgrade(database, file, REPORTS)
    assert any(line.startswith(f"Schedule {SCHEDULE} is not declared in") for line in lines)
    assert scalar(declared, str, NAMES) == "bunkd:reports"
    upgrade(database, file, HEAD + REPORTS)
    assert scalar(declared, str, NAMES) == f"bunkd:{SCHEDULE} bunkd:reports"


def test_a_paused_one_stays_paused(database: Database, declared: Connection, file: Path) -> None:
    declared.execute("select bunkd.pause_schedule('reports', interval '1 day', 'holiday')")
    state = "select paused, paused_until, paused_because from bunkd.schedule where name = 'reports'"
    before = declared.execute(state).fetchone()
    upgrade(database, file, HEAD + REPORTS.replace('"5m"', '"10m"'))
    assert declared.execute(state).fetchone() == before
    upgrade(database, file, HEAD)
    upgrade(database, file, HEAD + REPORTS)
    assert declared.execute(state).fetchone() == before


def test_who_resumes_a_retired_one_keeps_it(
    database: Database, declared: Connection, file: Path
) -> None:
    upgrade(database, file, HEAD)
    declared.execute("select bunkd.resume_schedule('reports')")
    for _ in range(2):
        lines = upgrade(database, file, HEAD)
        assert not [line for line in lines if "any more" in line]
        assert scalar(declared, str, NAMES) == f"bunkd:{SCHEDULE} bunkd:reports"


@pytest.mark.parametrize("after", [(), ("upgrade",)])
def test_a_pause_of_a_retired_one_outlasts_its_retirement(
    database: Database, declared: Connection, file: Path, after: tuple[str, ...]
) -> None:
    upgrade(database, file, HEAD)
    declared.execute("select bunkd.pause_schedule('reports', null, 'the provider is down')")
    if after:
        bunkd_db.upgrade(database.url)
    upgrade(database, file, HEAD + REPORTS)
    state = "select bunkd.is_paused(s), bunkd.is_retired(s) from bunkd.schedule s where s.name = 'reports'"
    assert declared.execute(state).fetchone() == (True, False)


def test_a_pause_that_ends_ends_no_retirement(
    database: Database, declared: Connection, file: Path
) -> None:
    upgrade(database, file, HEAD)
    schedules.pause(database.url, None, print, minutes=1, why=None)
    declared.execute("select bunkd.pause_schedule('reports', interval '1 min', null)")
    declared.execute("update bunkd.schedule set paused_until = now() - interval '1 s' where paused")
    add_jobs(declared, 1, table="app.reports")
    declared.execute("select bunkd.tick('reports')")
    assert (
        declared.execute("select schedule from bunkd.call where schedule = 'reports'").rowcount == 0
    )
    assert "retired" in run("schedule", "list", env={"DATABASE_URL": database.url}).out
    schedules.pause(database.url, None, print, minutes=None, why=None)
    schedules.resume(database.url, None, print, why=None)
    assert scalar(declared, bool, IS_RETIRED), "all of them are those in use"
    schedules.resume(database.url, "reports", print, why=None)
    bunkd_db.upgrade(database.url)
    assert scalar(declared, str, NAMES) == f"bunkd:{SCHEDULE} bunkd:reports"


def test_whose_a_schedule_is_stays_whoever_deploys_it(
    database: Database, declared: Connection, file: Path
) -> None:
    lines = bunkd_db.upgrade(database.url, {"BUNKD_SCHEDULE": "reports", "BUNKD_EVERY": "2m"})
    assert "Schedule reports: every changed from 5m to 2m." in lines
    bunkd_db.upgrade(database.url)
    declared.execute("update bunkd.schedule set every = '10s' where name = 'reports'")
    lines = upgrade(database, file, HEAD + REPORTS)
    assert not [line for line in lines if "every" in line and "changed" in line], "5m is no news"
    lines = upgrade(database, file, HEAD + REPORTS.replace('"5m"', '"10m"'))
    assert "Schedule reports: every changed from 10s to 10m." in lines
    upgrade(database, file, REPORTS)
    assert scalar(declared, str, NAMES) == "bunkd:reports"
    bunkd_db.upgrade(database.url)
    assert scalar(declared, str, NAMES) == "bunkd:reports", "nobody has named it"
    lines = bunkd_db.upgrade(database.url, {"BUNKD_SCHEDULE": SCHEDULE})
    assert f"Schedule {SCHEDULE} is in use again." in lines
    assert scalar(declared, str, NAMES) == f"bunkd:{SCHEDULE} bunkd:reports"


def test_what_an_export_leaves_out_stays_retired(
    database: Database, declared: Connection, file: Path
) -> None:
    upgrade(database, file, HEAD)
    file.write_text(schedules.export(database.url))
    lines = bunkd_db.upgrade(database.url, config=file)
    assert scalar(declared, bool, IS_RETIRED)
    assert not [line for line in lines if "reports" in line]


def test_one_that_is_new_in_a_held_copy_is_set_up(
    database: Database, declared: Connection, file: Path
) -> None:
    declared.execute("update bunkd.schedule set system_identifier = 1")
    lines = upgrade(database, file, HEAD + REPORTS + MAILS)
    assert lines[-1].startswith("NOT SCHEDULED: ")
    modes = "select name, mode from bunkd.schedule where name = 'mails'"
    assert declared.execute(modes).fetchall() == [("mails", "native")]
    store(database, "mails")
    names = "select count(*) from cron.job where jobname = 'bunkd:mails'"
    assert scalar(declared, int, names) == 1
    fenced = "select string_agg(s.name, ' ' order by 1) from bunkd.schedule s where bunkd.fence(s) is not null"
    assert scalar(declared, str, fenced) == f"{SCHEDULE} reports"


def test_the_mode_of_an_unnamed_run_is_every_schedules(
    database: Database, queues: Connection, file: Path
) -> None:
    upgrade(database, file, REPORTS + MAILS, BUNKD_MODE="external")
    modes = "select distinct mode from bunkd.schedule"
    assert queues.execute(modes).fetchall() == [("external",)]
    extensions = "select count(*) from pg_extension where extname in ('pg_cron', 'pg_net', 'http')"
    assert scalar(queues, int, extensions) == 0
    upgrade(database, file, REPORTS + MAILS, BUNKD_MODE="auto", BUNKD_SCHEDULE="mails")
    modes = "select name, mode from bunkd.schedule order by 1"
    assert queues.execute(modes).fetchall() == [("mails", "native"), ("reports", "external")]


def test_a_refusal_says_whose_it_is(database: Database, queues: Connection, file: Path) -> None:
    text = HEAD + REPORTS + 'queue_owner = "nobody"\n'
    with pytest.raises(ConfigurationError) as caught:
        upgrade(database, file, text)
    assert str(caught.value).startswith(
        f"{file}, schedule reports: BUNKD_QUEUE_OWNER names role nobody"
    )
    assert queues.execute("select to_regclass('bunkd.schedule')").fetchone() == (None,)


def test_what_others_made_is_not_removed(
    database: Database, queues: Connection, file: Path
) -> None:
    install(database)
    install(
        database,
        BUNKD_SCHEDULE="reports",
        BUNKD_CALL_URL=SECOND[1],
        BUNKD_QUEUE_TABLE="app.reports",
    )
    queues.execute("insert into bunkd.schedule (name, url) values ('mine', %s)", [FIRST[1]])
    store(database, "mine")
    upgrade(database, file, MAILS)
    upgrade(database, file, HEAD)
    assert scalar(queues, str, NAMES) == f"bunkd:mine bunkd:{SCHEDULE} bunkd:reports"


def test_what_others_made_otherwise_is_left_alone_and_named(
    database: Database, queues: Connection, file: Path
) -> None:
    install(database, BUNKD_SCHEDULE="reports", BUNKD_CALL_URL=FIRST[1])
    before = queues.execute(ROWS).fetchall()
    lines = upgrade(database, file, REPORTS)
    assert queues.execute(ROWS).fetchall() == before
    assert lines[0] == (
        f"Schedule reports was not made by {file}, which sets every, max_in_flight, queue_table, url"
        " otherwise: the file changed nothing of it. To let the file have it, write it down as it"
        " is, upgrade, and change it then: bunkd-db schedule export"
    )
    upgrade(database, file, MAILS)
    assert "bunkd:reports" in scalar(queues, str, NAMES), "it is not the file's to retire"


def test_what_is_as_the_file_says_is_taken_over(
    database: Database, queues: Connection, file: Path
) -> None:
    install(database)
    lines = upgrade(database, file, HEAD)
    assert not [line for line in lines if "was not made by" in line]
    assert "changed from" not in " ".join(lines)
    lines = upgrade(database, file, HEAD + 'every = "1m"\n')
    assert f"Schedule {SCHEDULE}: every changed from 30s to 1m." in lines
    by = "select deployed ->> 'by' from bunkd.schedule where name = %s"
    assert scalar(queues, str, by, [SCHEDULE]) == "file"


def test_without_a_file_nothing_is_retired(database: Database, declared: Connection) -> None:
    install(database)
    bunkd_db.upgrade(database.url)
    assert scalar(declared, str, NAMES) == f"bunkd:{SCHEDULE} bunkd:reports"


def test_one_that_cannot_be_applied_takes_all_of_it_back(
    database: Database, queues: Connection, file: Path
) -> None:
    queues.execute("create view app.seen as select * from app.reports")
    text = HEAD + MAILS + REPORTS.replace("app.reports", "app.seen")
    with pytest.raises(bunkd_db.BunkdError, match=r"app.seen is not a table"):
        upgrade(database, file, text)
    assert queues.execute("select to_regclass('bunkd.schedule')").fetchone() == (None,)
    with pytest.raises(ConfigurationError, match=r"bunkd.toml:\d+: every"):
        upgrade(database, file, HEAD + REPORTS.replace('"5m"', '"7x"'))


def test_the_commands_read_it_where_they_are(
    database: Database, queues: Connection, file: Path
) -> None:
    file.write_text(HEAD + REPORTS)
    env = {"DATABASE_URL": database.url, **PROJECT, "BUNKD_CREDENTIAL": NATIVE["BUNKD_CREDENTIAL"]}
    dry = run("upgrade", "--dry-run", cwd=file.parent, env=env)
    assert dry.code == 0, dry.err
    assert "Schedule reports would be created" in dry.out
    script = run("upgrade", "--sql", cwd=file.parent, env=env)
    assert script.code == 0, script.err
    assert script.out.index('"reports"') < script.out.rindex(f'"{SCHEDULE}"')
    with psycopg.connect(database.url, autocommit=True) as other:
        other.execute(script.out.encode())
    assert queues.execute(ROWS).fetchall() == [FIRST, SECOND]
    file.write_text(HEAD)
    done = run("upgrade", cwd=file.parent, env=env)
    assert (done.code, GONE.format("bunkd.toml") in done.out) == (0, True), done.err
    file.write_text(HEAD + "evry = 1\n")
    done = run("upgrade", cwd=file.parent, env=env)
    assert (done.code, "bunkd.toml:4: 'evry' is not a setting" in done.err) == (2, True)
    assert run("status", cwd=file.parent, env=env).code in (0, 1), "only an upgrade reads it"
