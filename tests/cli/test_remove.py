"""`bunkd-db schedule remove`: all that is stored for a schedule goes, and nothing else."""

import pytest

from bunkd_db import provision
from bunkd_db.credential import Credential
from tests.support.command import here
from tests.support.database import Database
from tests.support.queue import add_jobs, create_queue
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE, install

# every table of ours that has a row for a schedule, but those of what was
LEFT = """
select format('select %L from bunkd.%I t where t.schedule = ''reports'' having count(*) > 0', c.relname, c.relname)
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'schedule' and not a.attisdropped
 where c.relnamespace = 'bunkd'::regnamespace and c.relkind = 'r' and c.relname not in ('change', 'retired_job')
"""
NAMES = "select coalesce(string_agg(jobname, ' ' order by jobname), '') from cron.job"
WOKEN = "select coalesce(string_agg(distinct tgrelid::regclass::text, ' '), '') from pg_trigger where tgname like 'bunkd%%'"


@pytest.fixture
def two(database: Database, connection: Connection) -> Connection:
    """A second schedule that has made a call."""
    connection.execute("create schema app")
    create_queue(connection)
    create_queue(connection, 2, "app.reports")
    install(database)
    url = "http://127.0.0.1:9/functions/v1/make_report"
    install(database, BUNKD_SCHEDULE="reports", BUNKD_CALL_URL=url, BUNKD_QUEUE_TABLE="app.reports")
    provision.set_credential(database.url, "reports", Credential("token-of-reports"))
    add_jobs(connection, 1, table="app.reports")
    return connection


def left(connection: Connection) -> list[str]:
    """The tables that have a row of it."""
    asked = [str(row[0]) for row in connection.execute(LEFT.encode())]
    assert "call" in " ".join(asked)
    return [str(row[0]) for each in asked for row in connection.execute(each.encode())]


def test_it_takes_all_of_one_schedule_and_nothing_else(database: Database, two: Connection) -> None:
    assert {"slot", "call", "credential"} <= set(left(two))
    done = here(
        *("schedule", "remove", "--schedule", "reports", "--yes", "--reason", "no longer made"),
        DATABASE_URL=database.url,
    )
    assert done.code == 0, done.err
    assert "its record of 1 call. The queue app.reports, its jobs and the history" in " ".join(
        done.err.split()
    )
    assert done.out.startswith("Removed schedule reports.")
    assert left(two) == []
    assert scalar(two, str, NAMES) == f"bunkd:{SCHEDULE}"
    assert scalar(two, str, WOKEN).removeprefix("public.") == "analysis_jobs"
    assert scalar(two, int, "select count(*) from app.reports") == 1
    assert scalar(two, bool, "select bunkd.has_credential(%s)", [SCHEDULE])
    history = here("history", "--schedule", "reports", DATABASE_URL=database.url)
    assert history.code == 0, history.err
    assert "no longer made" in history.out
    again = here("schedule", "remove", "--schedule", "reports", "--yes", DATABASE_URL=database.url)
    assert (again.code, "there is no schedule reports" in again.err) == (2, True), again.err


def test_the_secret_is_gone_from_vault_too(database: Database, two: Connection) -> None:
    two.execute("create extension supabase_vault")
    provision.set_credential(database.url, "reports", Credential("token-in-vault"))
    names = "select count(*) from vault.decrypted_secrets where decrypted_secret like %s"
    assert scalar(two, int, names, ["token-in-vault"]) == 1
    assert (
        here("schedule", "remove", "--schedule", "reports", "--yes", DATABASE_URL=database.url).code
        == 0
    )
    assert scalar(two, int, names, ["token-in-vault"]) == 0


def test_a_queue_that_somebody_uses_keeps_it_whole(database: Database, two: Connection) -> None:
    before = left(two)
    with database.admin() as other:
        other.execute("begin; lock table app.reports in row exclusive mode")
        done = here(
            "schedule", "remove", "--schedule", "reports", "--yes", DATABASE_URL=database.url
        )
    assert done.code == 1
    assert "app.reports for now: it was locked" in done.err
    assert left(two) == before
    assert scalar(two, str, NAMES) == f"bunkd:{SCHEDULE} bunkd:reports"


def test_it_is_asked_for_and_named(database: Database, two: Connection) -> None:
    done = here("schedule", "remove", DATABASE_URL=database.url)
    assert (done.code, "--schedule NAME" in done.err) == (2, True)
    done = here("schedule", "remove", "--schedule", "reports", DATABASE_URL=database.url)
    assert (done.code, "Give --yes to go on." in done.err) == (2, True)
    assert "call" in left(two)
