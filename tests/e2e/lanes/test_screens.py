"""What a person reads where lanes make the calls: they are named, and pg_net is not."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.lanes.place import Lanes, installed
from tests.support.command import bunkd
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import add_jobs
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.wait import wait_until


def said(database: Database, *words: str, code: int = 0) -> str:
    done = bunkd(*words, DATABASE_URL=database.url)
    assert done.code == code, done.all
    return done.out


@pytest.mark.usefixtures("scheduler")
def test_each_screen_names_the_lane(
    six: Connection, database: Database, endpoint: Endpoint, tmp_path: Path
) -> None:
    endpoint.work = 20.0
    add_jobs(six)
    wait_until(lambda: endpoint.open == 1)
    status, page = said(database, "status"), tmp_path / "page.html"
    assert "Lanes make the calls with pgsql-http, every 30s" in status
    assert re.search(r", lane \d, open$", status, re.M)
    said(database, "status", "--html", str(page))
    assert re.search(r">lane \d<", page.read_text())
    shown = said(database, "schedule", "show")
    assert re.search(r"^  transport +http, now 6 lanes of pgsql-http  \(set by", shown, re.M)
    endpoint.work = 0.0
    assert re.search(r", by lane \d", said(database, "smoke", "--yes"))
    assert "answered 200 to the database" in said(database, "call")
    job = scalar(six, str, "select id::text from analysis_jobs where status = 'done' limit 1")
    explained = said(database, "explain", job)
    assert re.search(r"called by lane \d", explained)
    for screen in (status, page.read_text(), explained):
        assert "pg_net" not in screen
        assert "lane:" not in screen


@contextmanager
def no_runs(database: Database) -> Iterator[Connection]:
    """As if pg_cron had no process to spare: its jobs are on, and none of them is started."""
    if not database.server.seconds:
        pytest.skip("pg_cron here cannot be told to start nothing")
    with database.admin() as admin:
        admin.execute("alter system set cron.launch_active_jobs = off")
        admin.execute("select pg_reload_conf()")
        try:
            yield admin
        finally:
            admin.execute("alter system reset cron.launch_active_jobs")
            admin.execute("select pg_reload_conf()")


@pytest.mark.parametrize("transport", ["http", "both"])
def test_a_call_that_no_lane_takes(
    database: Database, connection: Connection, endpoint: Endpoint, transport: str
) -> None:
    """It was never sent: no function has a log of it."""
    if transport == "both" and database.server.net is None:
        pytest.skip("there is no pg_net here")
    env = {"BUNKD_TRANSPORT": transport, "BUNKD_CALL_TIMEOUT": "1s", "BUNKD_WAKE": "off"}
    with no_runs(database) as admin:
        installed(database, connection, endpoint.url, **env)
        connection.execute("select cron.alter_job(jobid, active := true) from cron.job")
        if transport == "both":  # pg_net is not free
            admin.execute(
                "insert into net._http_response (id, created) values (1, now() + interval '1 h')"
            )
        screen = said(database, "call", code=1)
    assert "no lane took the call" in screen
    assert "bunkd-db check --schedule" in screen
    assert endpoint.received == []


def test_all_lanes_are_in_use(lanes: Lanes) -> None:
    """There can be fewer of them than slots: pg_cron runs no more jobs at once."""
    lanes.set(lanes=2, max_in_flight=5)
    lanes.connection.execute(
        "select bunkd.start_calls(s, 'worker', 2, 'lane:1') from bunkd.schedule s"
    )
    with no_runs(lanes.database):
        lanes.connection.execute("select cron.alter_job(jobid, active := true) from cron.job")
        done = bunkd("call", DATABASE_URL=lanes.database.url)
    assert (done.code, "Error: all 2 lanes are in use" in done.err) == (1, True), done.all


@pytest.mark.usefixtures("scheduler", "six")
def test_check_names_what_sends(database: Database) -> None:
    wait_until(lambda: bunkd("check", "--require-active", DATABASE_URL=database.url).code == 0, 90)
    screen = said(database, "check")
    first = screen.splitlines()[0]
    assert (
        first
        == "native: this database makes the calls itself, every 30s by lanes, with pgsql-http."
    )
    assert "pg_net" not in screen


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("--no-wake", "Lanes no longer look for new jobs"),
        ("--wake", "Lanes look for new jobs all the time"),
    ],
)
def test_the_wake_is_the_lanes_look(lanes: Lanes, option: str, says: str) -> None:
    lanes.set(wake=option == "--no-wake")
    screen = said(lanes.database, "schedule", "set", option, "--reason", "a test")
    assert says in screen
    assert "trigger" not in screen
