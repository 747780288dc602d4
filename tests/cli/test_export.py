"""`bunkd-db schedule export`: the bunkd.toml that the database has, and nothing changes by it."""

import tomllib
from pathlib import Path

import pytest

import bunkd_db
from bunkd_db.settings.declared import key
from bunkd_db.settings.schedule import variables
from tests.support.command import here
from tests.support.database import Database
from tests.support.queue import create_queue
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE, install

ROWS = "select to_jsonb(s) - array['deployed', 'registered'] from bunkd.schedule s order by s.name"
ODD = """
insert into bunkd.schedule (name, url, every, timeout_ms, rescue_after, wake, on_timeout, on_restore, transport,
                            queue_table, queue_where, status_column, status_waiting, max_in_flight)
values ('0', 'http://127.0.0.1:9/a', '*/7 1-5 * * mon', 1500, '90 s', false, 'detach', 'go', 'pg_net',
        'app."My odd Queue"', e'note <> ''${HOME} $${x} "q" \\\\ \\u007f é'' and\\n  n < 5', 'Status "x"', '{neu,"é"}', 7),
       ('a--b_', 'http://127.0.0.1:9/b?key=hunter2', '1h', 123456, '0', true, 'release', 'hold', 'auto',
        'reports', null, 'status', '{"a,b"}', 1)
"""


@pytest.fixture
def odd(database: Database, connection: Connection) -> Connection:
    connection.execute("create schema app")
    create_queue(connection)
    connection.execute(
        'create table app."My odd Queue" (id int, note text, n int, "Status ""x""" text)'
    )
    install(database, BUNKD_HEADERS='{"X-Key": "hunter2"}', BUNKD_BODY='{"k": "hunter2"}')
    connection.execute(ODD.encode())
    connection.execute(
        "update bunkd.schedule set headers = '{\"X-Key\": \"hunter2\"}' where name = '0'"
    )
    install(database)
    return connection


def test_an_upgrade_with_it_changes_nothing(
    database: Database, odd: Connection, tmp_path: Path
) -> None:
    file = tmp_path / "bunkd.toml"
    done = here("schedule", "export", "--output", str(file), DATABASE_URL=database.url)
    assert (done.code, done.out) == (0, ""), done.err
    text = file.read_text()
    assert "hunter2" not in text
    tables = tomllib.loads(text)["schedule"]
    assert list(tables) == ["0", "a--b_", SCHEDULE]
    assert tables["0"]["queue_table"] == 'app."My odd Queue"'
    assert tables["0"]["call_timeout"] == "1500ms"
    assert set(tables["a--b_"]).isdisjoint(
        {"call_url", "call_timeout", "queue_table", "status_waiting"}
    ), "what no setting can have"
    before = odd.execute(ROWS).fetchall()
    changes = "select count(*) from bunkd.change"
    recorded = odd.execute(changes).fetchone()
    for _ in range(2):
        lines = bunkd_db.upgrade(database.url, config=file)
        assert not [line for line in lines if "changed from" in line or "not made by" in line]
        assert odd.execute(ROWS).fetchall() == before
        assert odd.execute(changes).fetchone() == recorded
    by = odd.execute("select deployed ->> 'by' from bunkd.schedule").fetchall()
    assert by == [("file",)] * 3
    again = here("schedule", "export", DATABASE_URL=database.url)
    assert again.out == text


def test_it_has_every_setting_that_is_no_secret(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database, BUNKD_QUEUE_WHERE="status = 'queued'", BUNKD_CREDENTIAL_HEADER="X-Key")
    text = here("schedule", "export", DATABASE_URL=database.url).out
    left_out = {"queue_owner", "headers", "body"}  # not set here
    assert (
        set(tomllib.loads(text)["schedule"][SCHEDULE])
        == {key(variable) for variable in variables().values()} - left_out
    )


def test_it_overwrites_nothing_unasked(
    database: Database, connection: Connection, tmp_path: Path
) -> None:
    create_queue(connection)
    install(database)
    file = tmp_path / "bunkd.toml"
    file.write_text("mine")
    given = ("schedule", "export", "--output", str(file))
    done = here(*given, DATABASE_URL=database.url)
    assert (done.code, file.read_text()) == (1, "mine")
    assert "--force" in done.err
    assert here(*given, "--force", DATABASE_URL=database.url).code == 0
    assert "[schedule." in file.read_text()


def test_there_is_nothing_to_export(database: Database) -> None:
    done = here("schedule", "export", DATABASE_URL=database.url)
    assert (done.code, "not installed" in done.err) == (1, True), done.err
