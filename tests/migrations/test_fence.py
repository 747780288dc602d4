"""A copy of the database never calls: neither by itself nor by a deploy that does not know."""

import gzip
from pathlib import Path

import pytest

from bunkd_db import provision
from bunkd_db.credential import Credential
from bunkd_db.errors import ConfigurationError
from tests.support import embedded
from tests.support.command import bunkd
from tests.support.database import Database
from tests.support.dump import dump, restore
from tests.support.endpoint import Endpoint
from tests.support.psql import psql
from tests.support.queue import add_jobs, create_queue
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.ticks import try_tick
from tests.support.upgrade import NATIVE, SCHEDULE, install, offline, upgrade
from tests.support.wait import wait_until

COPY = "NOT SCHEDULED: this database is a copy of the one that was provisioned"
ONLY_URL = {"BUNKD_CALL_URL": "https://branch.example/run_job"}
ONLY_CREDENTIAL = {"BUNKD_CREDENTIAL": "the-branch's"}


@pytest.fixture
def copy(database: Database, connection: Connection, endpoint: Endpoint) -> Connection:
    """An installation that calls the endpoint, restored in another cluster."""
    create_queue(connection)
    install(database, BUNKD_CALL_URL=endpoint.url)
    connection.execute("update bunkd.schedule set system_identifier = 42")
    return connection


def calls(connection: Connection) -> object:
    return scalar(connection, object, "select count(*) from bunkd.call")


def test_a_tick_refuses_and_says_so(copy: Connection) -> None:
    add_jobs(copy, 3)
    assert "this database is a copy" in try_tick(copy)
    assert calls(copy) == 0
    assert copy.execute("select fenced, problem from bunkd.status").fetchone() == (
        True,
        "this database is a copy of the one that was provisioned (that one is in another cluster):"
        " no call is made, because it would call for the original as well. If this is not a copy, or to let"
        " it call: run bunkd-db upgrade here with BUNKD_CALL_URL (or SUPABASE_URL) and"
        " BUNKD_CREDENTIAL set",
    )


@pytest.mark.parametrize("env", [{}, ONLY_URL, ONLY_CREDENTIAL], ids=["none", "url", "credential"])
def test_a_deploy_without_both_leaves_the_fence(
    database: Database, copy: Connection, env: dict[str, str]
) -> None:
    before = copy.execute("select * from bunkd.schedule").fetchall()
    line = upgrade(database, **env)[-1]
    assert line.startswith(COPY)
    assert "BUNKD_CALL_URL (or SUPABASE_URL) and BUNKD_CREDENTIAL" in line
    assert copy.execute("select * from bunkd.schedule").fetchall() == before
    add_jobs(copy)
    try_tick(copy)
    assert calls(copy) == 0


def test_the_same_values_as_the_originals_count_if_they_are_given(
    database: Database, copy: Connection, endpoint: Endpoint
) -> None:
    lines = install(database, BUNKD_CALL_URL=endpoint.url)
    assert lines[-1].startswith("native:")
    add_jobs(copy)
    try_tick(copy)
    wait_until(lambda: endpoint.received)


def test_both_lift_the_fence_and_nothing_of_the_originals_is_sent(
    database: Database, copy: Connection, endpoint: Endpoint
) -> None:
    lines = upgrade(database, BUNKD_CALL_URL=endpoint.url + "?branch", **ONLY_CREDENTIAL)
    assert lines[-1].startswith("native:")
    add_jobs(copy)
    try_tick(copy)
    [call] = wait_until(lambda: endpoint.received)
    assert call.path.endswith("?branch")
    assert call.header("Authorization") == "Bearer the-branch's"


def test_an_offline_script_does_not_lift_it(copy: Connection, endpoint: Endpoint) -> None:
    """It names a url but carries no credential, and production's is still in the dump."""
    copy.execute(offline("upgrade", "head:head", **NATIVE).out.encode())
    add_jobs(copy)
    assert "this database is a copy" in try_tick(copy)
    assert endpoint.received == []


def test_a_credential_alone_does_not_lift_it(database: Database, copy: Connection) -> None:
    lines = provision.set_credential(database.url, SCHEDULE, Credential("new"))
    assert lines[-1].startswith(COPY)
    assert "this database is a copy" in try_tick(copy)


@pytest.mark.usefixtures("copy")
def test_a_copy_without_the_extensions_gets_its_line_too(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("drop extension pg_cron; drop extension pg_net")
    assert upgrade(database)[-1].startswith(COPY)
    done = bunkd("credential", "show", DATABASE_URL=database.url)
    assert done.code == 0


@pytest.mark.usefixtures("copy")
def test_a_copy_whose_extensions_cannot_be_had_is_external(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("drop extension pg_cron; drop extension pg_net; create schema net")
    assert install(database)[-1].startswith("external:")


def test_a_dump_that_is_restored_in_another_cluster_is_fenced(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    """The real thing, once: pg_dump into a database of a server with another identifier."""
    create_queue(connection)
    install(database, BUNKD_CALL_URL=endpoint.url)
    add_jobs(connection, 3, status="failed")
    with embedded.start() as other:
        restore(dump(database.url), other.url)
        assert upgrade(other.url)[-1].startswith(COPY)
        with other.connect() as there:
            assert "this database is a copy" in try_tick(there)


OTHER = "insert into bunkd.schedule (name, url, queue_table) values ('reports', %s, 'public.other')"
FENCED = "select schedule, fenced from bunkd.status order by 1"


@pytest.mark.parametrize("release", ["0001", "0002"])
def test_a_dump_of_an_earlier_release_is_fenced_schedule_by_schedule(
    database: Database, connection: Connection, endpoint: Endpoint, release: str
) -> None:
    """Upgraded only where it was restored, which is where calls come from outside."""
    create_queue(connection)
    script = Path(__file__).parent / "released" / f"{release}.sql.gz"
    psql(database, gzip.decompress(script.read_bytes()).decode())
    connection.execute("update bunkd.schedule set url = %s", [endpoint.url])
    connection.execute(OTHER, [endpoint.url])
    connection.execute(
        "update bunkd.schedule s set mode = d.mode, system_identifier = d.system_identifier"
        " from bunkd.schedule d where s.name = 'reports' and d.name = %s",
        [SCHEDULE],
    )
    with embedded.start() as other:
        restore(dump(database.url), other.url)
        assert upgrade(other.url)[-1].startswith(COPY)
        with other.connect() as there:
            assert there.execute(FENCED).fetchall() == [(SCHEDULE, True), ("reports", True)]
            lines = install(other.url, BUNKD_CALL_URL=endpoint.url)
            assert lines[-1].startswith("external:")
            assert any(line.startswith("NOT SCHEDULED: schedule reports: ") for line in lines)
            assert there.execute(FENCED).fetchall() == [(SCHEDULE, False), ("reports", True)]
            obstacles = "select commands from bunkd.find_obstacles('reports')"
            opening = "select bunkd.open_schedule('reports', 'URL');"
            assert there.execute(obstacles).fetchall() == [([opening],)], "no credential is kept"
            there.execute(opening.replace("URL", endpoint.url).encode())
            assert there.execute(FENCED).fetchall() == [(SCHEDULE, False), ("reports", False)]


@pytest.mark.parametrize("options", [(), ("--inserts", "--on-conflict-do-nothing")])
def test_rows_that_are_restored_into_a_fresh_install_bring_no_calls(
    database: Database, connection: Connection, endpoint: Endpoint, options: tuple[str, ...]
) -> None:
    """`pg_dump --data-only`: what the fresh install has stays its own, what is new is fenced."""
    create_queue(connection)
    install(database, BUNKD_CALL_URL=endpoint.url)
    connection.execute(OTHER, [endpoint.url])
    upgrade(database)
    with embedded.start() as other:
        with other.connect() as there:
            create_queue(there)
        upgrade(other.url)
        rows = dump(database.url, "--data-only", *options)
        restore(rows, other.url, refused=True)
        with other.connect() as there:
            reports = [("reports", True)] if options else []
            assert there.execute(FENCED).fetchall() == [(SCHEDULE, False), *reports]
            url = there.execute("select url from bunkd.schedule where name = %s", [SCHEDULE])
            assert url.fetchone() == (None,)


def test_a_queue_owner_that_does_not_exist_is_refused(database: Database) -> None:
    with pytest.raises(ConfigurationError, match="BUNKD_QUEUE_OWNER names role nobody_here"):
        install(database, BUNKD_QUEUE_OWNER="nobody_here")


def test_the_settings_of_copies_are_sticky(database: Database, connection: Connection) -> None:
    query = "select on_restore, queue_owner from bunkd.schedule"
    install(database, BUNKD_ON_RESTORE="probe", BUNKD_QUEUE_OWNER="postgres")
    assert connection.execute(query).fetchone() == ("probe", "postgres")
    upgrade(database)
    connection.execute("update bunkd.schedule set on_restore = 'go'")
    install(database, BUNKD_ON_RESTORE="probe")
    assert connection.execute(query).fetchone() == ("go", "postgres")
