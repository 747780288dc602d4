"""A dump of a database brings our schema along, with or without its rows."""

import gzip
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory

from bunkd_db.stamp import MARKS, stamp
from tests.support.catalog import snapshot
from tests.support.database import Database
from tests.support.dump import dump, restore
from tests.support.psql import psql
from tests.support.queue import add_jobs, create_queue
from tests.support.server import Connection, connect
from tests.support.ticks import tick
from tests.support.upgrade import downgrade, install, offline, upgrade

SCRIPTS = ScriptDirectory(str(Path(__file__).parents[2] / "migrations"))
RELEASED = Path(__file__).parent / "released"
COPY = "this database is a copy of the one that was provisioned (that one is another database)"


def copied(database: Database, *options: str) -> str:
    """Restore a dump into another database of the cluster, and return its URL."""
    with database.admin() as admin:
        admin.execute("create database other owner postgres")
    url = database.url.rpartition("/")[0] + "/other"
    restore(dump(database.url, *options), url)
    return url


def test_a_whole_dump_within_the_cluster_is_a_copy(
    database: Database, connection: Connection
) -> None:
    create_queue(connection)
    install(database)
    url = copied(database)
    with connect(url) as there:
        add_jobs(there, 2)
        assert COPY in tick(there)
        assert there.execute("select count(*) from bunkd.call").fetchone() == (0,)
    assert upgrade(url)[-1].startswith(f"NOT SCHEDULED: {COPY}")
    assert upgrade(database)[-1].startswith("native:"), "the original is none"


def ours(connection: Connection) -> list[str]:
    """The catalog of our schema; the application's table is restored without its privileges."""
    kinds = ("function", "column", "constraint", "index", "view", "relation")
    return [line for line in snapshot(connection) if line.startswith(kinds) and "bunkd." in line]


@pytest.mark.parametrize("release", ["0001", "0002", "head"])
def test_a_schema_only_dump_is_taken_over(
    database: Database, connection: Connection, release: str
) -> None:
    create_queue(connection)
    if release == "head":
        install(database)
    else:
        psql(database, gzip.decompress((RELEASED / f"{release}.sql.gz").read_bytes()).decode())
    url = copied(database, "--schema-only")
    lines = install(url)
    revision = max(MARKS) if release == "head" else release
    assert lines[0].startswith("Schema bunkd had no revision")
    assert lines[0].endswith(f" {revision}.")
    assert lines[-1].startswith("external:")
    install(database)
    with connect(url) as there:
        found = ours(there)
    assert len(found) > 100
    # made where the calls are made: a copy without pg_cron has neither
    absent = ("relation | bunkd.progress_", "function | bunkd_on_queue_write()")
    assert without(absent, found) == without(absent, ours(connection))
    assert upgrade(url)[0] != lines[0]


def test_each_revision_has_its_mark_and_none_of_a_later_one(
    database: Database, connection: Connection
) -> None:
    revisions = [script.revision for script in SCRIPTS.walk_revisions()][::-1]
    assert list(MARKS) == revisions, "a new revision says what it is told by: bunkd_db/stamp.py"
    for revision in revisions:
        upgrade(database, revision)
        connection.execute("delete from bunkd.alembic_version")
        connection.execute(stamp().encode())
        told = connection.execute("select version_num from bunkd.alembic_version").fetchall()
        assert told == [(revision,)]


def test_a_schema_only_dump_is_taken_back(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database)
    url = copied(database, "--schema-only")
    assert downgrade(url)[-1].startswith("Removed everything of bunkd-db")
    with connect(url) as there:
        schema = there.execute("select to_regnamespace('bunkd')").fetchone()
        triggers = "select count(*) from pg_trigger where not tgisinternal and tgname like 'bunkd%'"
        assert (schema, there.execute(triggers).fetchone()) == ((None,), (0,))


def test_an_offline_script_names_what_it_found(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database)
    url = copied(database, "--schema-only")
    with (
        connect(url) as there,
        pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState) as caught,
    ):
        there.execute(offline().out.encode())
    assert "a schema-only dump" in str(caught.value)


def without(start: tuple[str, ...], lines: list[str]) -> list[str]:
    return [line for line in lines if not line.startswith(start)]
