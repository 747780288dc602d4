"""An upgrade from what earlier versions have installed: the SQL that they printed is kept here."""

import gzip
from pathlib import Path

import pytest

from tests.support.catalog import snapshot
from tests.support.database import Database
from tests.support.psql import psql
from tests.support.queue import add_jobs, create_queue
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.ticks import outcomes
from tests.support.upgrade import NATIVE, SCHEDULE, downgrade, install, upgrade

RELEASED = sorted((Path(__file__).parent / "released").glob("*.sql.gz"))


def give_credential(connection: Connection) -> None:
    """As `bunkd-db credential set` does after such a script; the first versions had the wake already."""
    with connection.cursor().copy(
        "copy bunkd.credential_inbox (schedule, value, origin) from stdin (format binary)"
    ) as copy:
        copy.set_types(["text", "text", "text"])
        copy.write_row((SCHEDULE, "kept", "operator"))
    known = "select to_regprocedure('bunkd.attach_wakes(text)') is not null"
    if scalar(connection, bool, known):
        connection.execute("select bunkd.attach_wakes(%s)", [SCHEDULE])


@pytest.mark.parametrize("script", RELEASED, ids=lambda path: path.name)
def test_it_becomes_what_a_fresh_install_is(
    database: Database, connection: Connection, script: Path
) -> None:
    create_queue(connection)
    install(database)
    fresh = snapshot(connection)
    downgrade(database)
    psql(database, gzip.decompress(script.read_bytes()).decode())
    install(database)
    assert snapshot(connection) == fresh


@pytest.mark.parametrize("script", RELEASED, ids=lambda path: path.name)
def test_it_keeps_what_was_set_and_what_is_under_way(
    database: Database, connection: Connection, script: Path
) -> None:
    create_queue(connection)
    psql(database, gzip.decompress(script.read_bytes()).decode())
    connection.execute(
        "update bunkd.schedule set url = %s, max_in_flight = 3, paused = true",
        [NATIVE["BUNKD_CALL_URL"]],
    )
    give_credential(connection)
    connection.execute("update bunkd.schedule set paused = false")
    add_jobs(connection, 2)
    assert outcomes(connection) == [None, None]
    assert upgrade(database)[-1].startswith("native:")
    # a tick of pg_cron's may have come meanwhile, with calls of its own
    kept = connection.execute(
        "select max_in_flight, (select value from bunkd.secret),"
        " (select count(*) from bunkd.call where id <= 2) from bunkd.schedule"
    )
    assert kept.fetchone() == (3, "kept", 2)


@pytest.mark.parametrize("script", RELEASED, ids=lambda path: path.name)
def test_a_write_that_is_open_meanwhile_loses_no_wake(
    database: Database, connection: Connection, script: Path
) -> None:
    create_queue(connection)
    psql(database, gzip.decompress(script.read_bytes()).decode())
    connection.execute("update bunkd.schedule set url = %s", [NATIVE["BUNKD_CALL_URL"]])
    give_credential(connection)
    attached = (
        "select distinct p.proname from pg_trigger t join pg_proc p on p.oid = t.tgfoid"
        " where t.tgname like 'bunkd%' and t.tgrelid = 'public.analysis_jobs'::regclass"
    )
    with database.connect() as writer:
        writer.execute("begin")
        add_jobs(writer, 1)
        install(database)
        assert connection.execute(attached).fetchall() == [("on_queue_write",)]
        assert outcomes(connection) == []
        writer.execute("commit")
        assert outcomes(connection) == [None]
