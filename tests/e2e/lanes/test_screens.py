"""What a person reads where lanes make the calls: they are named, and pg_net is not."""

import re
from pathlib import Path

import pytest

from tests.e2e.lanes.place import Lanes
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
