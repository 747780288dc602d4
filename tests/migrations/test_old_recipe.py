"""The hand-made installation that many databases still have: retired once, put back by a downgrade."""

import pytest

from bunkd_db import provision
from bunkd_db.capabilities.rows.job import Job
from bunkd_db.credential import Credential
from tests.support.checked import check
from tests.support.database import Database
from tests.support.server import Connection
from tests.support.upgrade import JOB, NATIVE, SCHEDULE, URL, downgrade, install, offline, upgrade

RECIPE = """
create extension if not exists pg_cron;
create function public.trigger_job_processing() returns void language plpgsql security definer as $$
begin
  perform net.http_post(
    url := 'https://project.supabase.co/functions/v1/run_job',
    headers := jsonb_build_object('Authorization', 'Bearer ' || coalesce(
      current_setting('app.settings.service_role_key', true), '')),
    body := '{}'::jsonb, timeout_milliseconds := 60000);
exception when others then raise warning 'failed: %', sqlerrm;
end $$;
select cron.schedule('process-analysis-jobs', '* * * * *', 'SELECT trigger_job_processing()');
"""
SAID = "Deactivated the legacy job: "


@pytest.fixture
def recipe(connection: Connection) -> Connection:
    """A database with the hand-made job."""
    connection.execute(RECIPE)
    return connection


def active(connection: Connection) -> dict[str, object]:
    jobs = connection.execute("select jobname, active from cron.job")
    return {str(name): on for name, on in jobs}


def test_it_is_retired_exactly_once_and_put_back(database: Database, recipe: Connection) -> None:
    lines = install(database)
    assert f"{SAID}{SCHEDULE}." in lines
    assert active(recipe) == {SCHEDULE: False, JOB: True}
    assert recipe.execute("select job_name, schedule from bunkd.retired_job").fetchall() == [
        (SCHEDULE, SCHEDULE)
    ]
    assert not any(SAID in line for line in install(database))
    downgrade(database)
    assert active(recipe) == {SCHEDULE: True}
    assert recipe.execute("select proname from pg_proc where proname ~ 'trigger_job'").fetchall()


@pytest.mark.parametrize("target", ["base", "0002"])
@pytest.mark.parametrize("told", ["system_identifier = 42", "held = now()"])
def test_a_copy_does_not_get_it_back(
    database: Database, recipe: Connection, told: str, target: str
) -> None:
    """It would call the original's function."""
    install(database)
    recipe.execute(f"update bunkd.schedule set {told}".encode())  # noqa: S608
    lines = downgrade(database, target)
    assert active(recipe) == {SCHEDULE: False}
    [jobid] = recipe.execute("select jobid from cron.job").fetchone() or ()
    assert lines[-2] == (
        f"This database looks like a copy: legacy job {SCHEDULE} stays off, because it would call for the"
        f" original as well. To activate it: select cron.alter_job({jobid}, active := true);"
    )


def test_an_offline_downgrade_of_a_copy_does_not_put_it_back(
    database: Database, recipe: Connection
) -> None:
    install(database)
    recipe.execute("update bunkd.schedule set system_identifier = 42")
    recipe.execute(offline("downgrade", "head:base").out.encode())
    assert active(recipe) == {SCHEDULE: False}


def test_it_goes_on_until_ours_can_start(database: Database, recipe: Connection) -> None:
    """Without a url or a credential there would be neither."""
    lines = upgrade(database)
    assert lines[-1].startswith("NOT SCHEDULED:")
    assert active(recipe) == {SCHEDULE: True}
    install(database)
    assert active(recipe) == {SCHEDULE: False, JOB: True}


def test_it_goes_on_where_the_calls_come_from_outside(
    database: Database, recipe: Connection
) -> None:
    install(database, BUNKD_MODE="external")
    assert active(recipe) == {SCHEDULE: True}


def test_an_offline_upgrade_and_downgrade_do_the_same(
    database: Database, recipe: Connection
) -> None:
    recipe.execute(offline(**NATIVE).out.encode())
    assert active(recipe) == {SCHEDULE: True}  # it has no credential yet
    provision.set_credential(database.url, SCHEDULE, Credential("token"))
    assert active(recipe) == {SCHEDULE: False, JOB: True}
    recipe.execute(offline("downgrade", "head:base").out.encode())
    assert active(recipe) == {SCHEDULE: True}


@pytest.mark.parametrize(
    ("name", "command", "ours"),
    [
        ("renamed", "SELECT public.trigger_job_processing();", True),
        ("upper", 'select "public"."trigger_job_processing"()', True),
        ("to our url", f"select net.http_post('{URL}', '{{}}'::jsonb)", True),
        ("process-analysis-jobs", "select net.http_get('https://x.example/')", True),
        ("process-analysis-jobs", "select anything()", False),
        ("with a query", f"select net.http_post('{URL}?a=1', '{{}}'::jsonb)", True),
        ("a longer url", f"select net.http_post('{URL}_cleanup', '{{}}'::jsonb)", False),
        ("below our url", f"select net.http_post('{URL}/cleanup', '{{}}'::jsonb)", False),
        ("to another url", "select net.http_post('https://x.example/hook', '{}'::jsonb)", False),
        ("a longer name", "select not_trigger_job_processing_at_all()", False),
        ("process-analysis-jobs-nightly", "vacuum", False),
        ("says our url", f"select log_visit('{URL}')", False),
    ],
)
def test_what_counts_as_the_old_recipe(
    database: Database, connection: Connection, name: str, command: str, ours: bool
) -> None:
    connection.execute("create extension pg_cron")
    connection.execute("select cron.schedule(%s, '0 0 1 1 *', %s)", [name, command])
    before = connection.execute("select * from cron.job").fetchall()
    [job] = check(database, BUNKD_CALL_URL=URL).facts.all(Job)
    assert job.legacy is ours
    lines = install(database)
    assert active(connection) == {name: not ours, JOB: True}
    assert (f"{SAID}{name}." in lines) is ours
    downgrade(database)
    assert connection.execute("select * from cron.job").fetchall() == before


def test_a_job_named_like_a_further_schedule_is_not_touched(
    database: Database, recipe: Connection
) -> None:
    recipe.execute("select cron.schedule('nightly', '0 3 * * *', 'select 1')")
    install(database)
    recipe.execute(
        "insert into bunkd.schedule (name, url) values ('nightly', 'http://127.0.0.1:9/nightly');"
        "insert into bunkd.credential (schedule, kind, store, salt) values ('nightly', 'token', 'table', 'x');"
        "insert into bunkd.secret values ('nightly', 'x')"
    )
    install(database)
    assert active(recipe) == {
        SCHEDULE: False,
        "nightly": True,
        JOB: True,
        "bunkd:nightly": True,
    }


def test_one_that_was_off_already_stays_off(database: Database, recipe: Connection) -> None:
    recipe.execute("select cron.alter_job(jobid, active := false) from cron.job")
    assert not any(SAID in line for line in install(database))
    downgrade(database)
    assert active(recipe) == {SCHEDULE: False}


def test_one_that_was_replaced_meanwhile_is_not_switched_on(
    database: Database, recipe: Connection
) -> None:
    """The id that we remember belongs to somebody else's job by now."""
    install(database)
    recipe.execute("select cron.unschedule(%s)", [SCHEDULE])
    downgrade(database)
    assert active(recipe) == {}


def test_a_job_of_another_role_is_neither_touched_nor_fatal(database: Database) -> None:
    with database.connect() as owner:
        owner.execute("create extension pg_cron")
    with database.admin() as admin:
        admin.execute(RECIPE)
        lines = install(database)
        assert lines[-1].startswith("native:")
        assert any(f"{SCHEDULE} of role supabase_admin is still active" in line for line in lines)
        assert active(admin) == {SCHEDULE: True, JOB: True}
        downgrade(database)
        assert active(admin) == {SCHEDULE: True}


def test_a_role_that_may_not_alter_jobs_still_upgrades(
    database: Database, recipe: Connection
) -> None:
    with database.admin() as admin:
        for signature in admin.execute(
            "select oid::regprocedure::text from pg_proc where proname = 'alter_job'"
        ).fetchall():
            admin.execute(f"revoke all on function {signature[0]} from public, postgres".encode())
    lines = install(database)
    assert active(recipe) == {SCHEDULE: True, JOB: True}
    assert any(f"{SCHEDULE} of role postgres is still active" in line for line in lines), lines
    assert downgrade(database)[-1].startswith("Removed everything")
