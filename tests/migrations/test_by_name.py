"""One schedule of several, set by variables: `BUNKD_SCHEDULE` and `--schedule`."""

import json

from tests.support.checked import check, named
from tests.support.command import alembic, bunkd, here
from tests.support.database import Database
from tests.support.queue import add_jobs
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.upgrade import NATIVE, SCHEDULE, install, upgrade

OTHER = "reports"
URL = "http://127.0.0.1:9/functions/v1/make_report"
REPORTS = {
    "BUNKD_SCHEDULE": OTHER,
    "BUNKD_CALL_URL": URL,
    "BUNKD_CREDENTIAL": "token-of-the-other",
    "BUNKD_QUEUE_TABLE": "app.reports",
    "BUNKD_EVERY": "5m",
}
ROWS = "select name, url, queue_table, every from bunkd.schedule order by name"
FIRST = (SCHEDULE, NATIVE["BUNKD_CALL_URL"], "public.analysis_jobs", "30s")


def test_a_further_schedule_is_created_and_the_first_stays(
    database: Database, queues: Connection
) -> None:
    install(database)
    lines = upgrade(database, **REPORTS)
    assert lines[-1].startswith(f"native: this database calls {URL} every 5m"), lines
    assert "changed from" not in " ".join(lines)
    assert queues.execute(ROWS).fetchall() == [FIRST, (OTHER, URL, "app.reports", "5m")]
    jobs = queues.execute("select jobname from cron.job order by 1").fetchall()
    assert jobs == [(f"bunkd:{SCHEDULE}",), (f"bunkd:{OTHER}",)]
    install(database)  # about the first again
    assert queues.execute(ROWS).fetchall() == [FIRST, (OTHER, URL, "app.reports", "5m")]


def test_both_queues_are_called_for(database: Database, queues: Connection) -> None:
    install(database, BUNKD_EVERY="1h")
    upgrade(database, **{**REPORTS, "BUNKD_EVERY": "1h"})
    add_jobs(queues, 1)
    add_jobs(queues, 1, table="app.reports")
    for name in (SCHEDULE, OTHER):
        calls = "select count(*) from bunkd.call where schedule = %s"
        assert scalar(queues, int, calls, [name]) == 1, "the wake has called"


def test_an_upgrade_that_repoints_a_schedule_says_it(
    database: Database, queues: Connection
) -> None:
    install(database)
    upgrade(database, **REPORTS)
    queues.execute("create table app.others (like app.reports including all)")
    url = "http://127.0.0.1:9/others"
    lines = upgrade(
        database, **{**REPORTS, "BUNKD_QUEUE_TABLE": "app.others", "BUNKD_CALL_URL": url}
    )
    assert f"Schedule {OTHER}: queue_table changed from app.reports to app.others." in lines
    assert f"Schedule {OTHER}: url changed from {URL} to {url}." in lines


def test_the_mode_is_each_ones_own(database: Database, queues: Connection) -> None:
    modes = "select name, mode from bunkd.schedule order by 1"
    install(database, BUNKD_MODE="external")
    upgrade(database, **REPORTS)
    assert queues.execute(modes).fetchall() == [(SCHEDULE, "external"), (OTHER, "native")]
    upgrade(database)
    assert queues.execute(modes).fetchall() == [(SCHEDULE, "external"), (OTHER, "native")]
    upgrade(database, BUNKD_SCHEDULE=OTHER, BUNKD_MODE="external")
    told = here("check", "--require-active", "--schedule", OTHER, DATABASE_URL=database.url)
    assert f"BUNKD_MODE=auto bunkd-db upgrade --schedule {OTHER}" in told.out + told.err
    upgrade(database, BUNKD_MODE="auto")
    assert queues.execute(modes).fetchall() == [(SCHEDULE, "native"), (OTHER, "external")]


def test_what_nobody_has_deployed_follows_the_unnamed_run(
    database: Database, queues: Connection
) -> None:
    modes = "select mode from bunkd.schedule where name = 'mails'"
    install(database, BUNKD_MODE="external")
    queues.execute("insert into bunkd.schedule (name, url) values ('mails', %s)", [URL])
    upgrade(database)
    assert scalar(queues, str, modes) == "external"
    upgrade(database, **REPORTS)
    assert scalar(queues, str, modes) == "external"
    upgrade(database, BUNKD_MODE="auto")
    assert scalar(queues, str, modes) == "native"


def test_flag_and_alembic(database: Database, queues: Connection) -> None:
    given = {name: text for name, text in REPORTS.items() if name != "BUNKD_SCHEDULE"}
    done = bunkd("upgrade", "--schedule", OTHER, DATABASE_URL=database.url, **given)
    assert done.code == 0, done.err
    assert queues.execute(ROWS).fetchall() == [(OTHER, URL, "app.reports", "5m")]
    done = alembic("upgrade", "head", DATABASE_URL=database.url, **REPORTS | {"BUNKD_EVERY": "2m"})
    assert done.code == 0, done.err
    assert f"Schedule {OTHER}: every changed from 5m to 2m." in done.out
    told = here("check", "--json", DATABASE_URL=database.url, BUNKD_SCHEDULE=OTHER)
    assert json.loads(told.out)["schedule"]["name"] == OTHER
    shown = here("schedule", "show", DATABASE_URL=database.url, BUNKD_SCHEDULE=OTHER)
    assert shown.out.startswith(f"{OTHER}: native")


def test_a_name_that_cannot_be_is_refused_before_anything(database: Database) -> None:
    done = here("upgrade", "--schedule", "My Reports", DATABASE_URL=database.url)
    assert (done.code, "--schedule is 'My Reports'" in done.err) == (2, True)


def test_what_is_missing_is_asked_for_by_name(database: Database, queues: Connection) -> None:
    install(database)
    url = {name: text for name, text in REPORTS.items() if name != "BUNKD_CREDENTIAL"}
    assert upgrade(database, **url)[-1] == (
        "NOT SCHEDULED: set BUNKD_CREDENTIAL or SUPABASE_SERVICE_ROLE_KEY."
        f" Then run: bunkd-db upgrade --schedule {OTHER}"
    )
    queues.execute("drop table app.reports")
    upgrade(database, **REPORTS)
    commands = "select unnest(commands) from bunkd.find_obstacles(%s) where code = 'QUEUE_PROBLEM'"
    assert queues.execute(commands, [OTHER]).fetchall() == [
        (f"bunkd-db upgrade --schedule {OTHER}",)
    ]


def test_its_own_url_and_credential_open_it_in_a_copy(
    database: Database, queues: Connection
) -> None:
    install(database)
    upgrade(database, **REPORTS)
    queues.execute("update bunkd.schedule set system_identifier = 42")
    fenced = "select schedule, fenced from bunkd.status order by 1"
    install(database)
    assert queues.execute(fenced).fetchall() == [(SCHEDULE, False), (OTHER, True)]
    found = named(check(database), "other_schedules")
    assert f"bunkd-db credential set --schedule {OTHER}" in found.commands
    assert "bunkd-db upgrade" not in found.commands, "it opens another schedule"
    upgrade(database, **REPORTS)
    assert queues.execute(fenced).fetchall() == [(SCHEDULE, False), (OTHER, False)]
