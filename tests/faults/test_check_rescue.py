"""Whether stuck jobs are put back, and why not."""

import pytest

from bunkd_db.models import Check
from tests.support.checked import check, named
from tests.support.database import Database
from tests.support.held import stop_cron
from tests.support.queue import create_queue
from tests.support.server import Connection
from tests.support.ticks import tick
from tests.support.upgrade import install

STUCK = "insert into public.analysis_jobs values (1, 'running', now() - interval '1 day')"


def rescue(database: Database) -> Check:

    return named(check(database), "queue_rescue")


@pytest.mark.parametrize("installed", [False, True])
@pytest.mark.parametrize(
    ("columns", "reason", "says"),
    [
        ("id int primary key, status text", "RESCUE_NO_START", "Add a column started_at"),
        (
            "id int primary key, status text, started_at timestamp",
            "RESCUE_NO_START",
            "alter column started_at type timestamptz",
        ),
        ("id int, status text, started_at timestamptz", "RESCUE_NO_KEY", "Give it one"),
        (
            "id int, part int, status text, started_at timestamptz, primary key (id, part)",
            "RESCUE_NO_KEY",
            "Give it one",
        ),
        ("id int primary key, status text, started_at timestamptz", "", ""),
    ],
)
def test_what_the_table_lacks(
    database: Database,
    connection: Connection,
    columns: str,
    reason: str,
    says: str,
    installed: bool,
) -> None:
    connection.execute(f"create table public.analysis_jobs ({columns})".encode())
    if installed:
        install(database)
    found = rescue(database)
    assert (found.status, found.reason) == ("warn" if reason else "pass", reason)
    assert says in " ".join((found.remedy, *found.commands))
    if "alter" in says:
        connection.execute(found.commands[0].encode())
        assert rescue(database).status == "pass"


def test_it_is_off(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database, BUNKD_RESCUE_AFTER="0")
    assert rescue(database).reason == "RESCUE_OFF"
    install(database, BUNKD_RESCUE_AFTER="10m")
    assert rescue(database).status == "pass"


def test_the_last_refusal_is_shown_until_a_tick_succeeds(
    database: Database, connection: Connection
) -> None:
    connection.execute(
        "create table public.analysis_jobs (id int primary key, status text, started_at timestamptz,"
        " constraint no_waiting check (status <> 'queued' or id > 1))"
    )
    install(database, BUNKD_WAKE="off")
    stop_cron(connection)
    connection.execute(STUCK)
    tick(connection)
    found = rescue(database)
    assert (found.status, found.reason) == ("warn", "RESCUE_REFUSED")
    assert "no_waiting" in found.detail
    connection.execute("alter table public.analysis_jobs drop constraint no_waiting")
    tick(connection)
    assert rescue(database).status == "pass"


def test_a_rare_rescue_keeps_what_it_said(database: Database, connection: Connection) -> None:
    """A large table without an index is looked at once every BUNKD_RESCUE_AFTER."""
    connection.execute(
        "create table public.analysis_jobs (id int primary key, status text, started_at timestamptz,"
        " padding text, constraint no_waiting check (status <> 'queued' or id > 1));"
        "insert into public.analysis_jobs select g, 'completed', now(), repeat('x', 200)"
        " from generate_series(10, 9000) as g"
    )
    install(database, BUNKD_WAKE="off")
    stop_cron(connection)
    connection.execute(STUCK)
    connection.execute("update bunkd.last_tick set stuck_searched_at = null")
    for _ in range(2):
        tick(connection)
        assert rescue(database).reason == "RESCUE_REFUSED"


def test_it_cannot_be_told(database: Database, connection: Connection) -> None:
    assert rescue(database).status == "skip"
    create_queue(connection)
    install(database)
    with database.admin() as admin:
        admin.execute("create role plain login password 'postgres'")
        admin.execute("grant select on public.analysis_jobs to plain")
    assert named(check(database.url_as("plain")), "queue_rescue").status == "skip"


def test_nobody_ticks(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database, BUNKD_MODE="external")
    found = named(check(database), "queue_rescue")
    assert (found.status, "no worker is there" in found.detail) == ("skip", True)
