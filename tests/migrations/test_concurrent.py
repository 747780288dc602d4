"""Many deploys at once, killed ones, and the ones that come through a pooler."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from bunkd_db.errors import NotPossible
from tests.support.catalog import snapshot
from tests.support.command import Finished, bunkd, finish, start
from tests.support.database import Database
from tests.support.pooler import pooler
from tests.support.server import Connection
from tests.support.upgrade import NATIVE, downgrade, install
from tests.support.wait import wait_until

LOCK = 7162065917316
WAITING = "select from pg_stat_activity where application_name = %s and wait_event_type = 'Lock'"


def at_once(n: int, **env: str) -> list[Finished]:
    with ThreadPoolExecutor(n) as threads:
        return list(threads.map(lambda _: bunkd("upgrade", **env), range(n)))


@pytest.mark.parametrize("n", [5, 20])
def test_concurrent_upgrades_of_an_empty_database_all_succeed(
    database: Database, connection: Connection, n: int
) -> None:
    done = at_once(n, DATABASE_URL=database.url, **NATIVE)
    assert [each.code for each in done] == [0] * n, {each.err for each in done}
    assert {each.out.splitlines()[-1].split(":")[0] for each in done} == {"native"}
    assert connection.execute("select count(*) from cron.job").fetchone() == (1,)
    concurrent = snapshot(connection)
    downgrade(database)
    install(database)
    assert snapshot(connection) == concurrent


def test_it_works_through_a_transaction_pooler(database: Database, connection: Connection) -> None:
    with pooler(database) as url:
        done = at_once(5, DATABASE_URL=url, **NATIVE)
        assert [each.code for each in done] == [0] * 5, {each.err for each in done}
        shown = bunkd("credential", "show", DATABASE_URL=url)
    assert shown.code == 0, shown.err
    assert connection.execute("select count(*) from cron.job").fetchone() == (1,)
    held = connection.execute("select count(*) from pg_locks where locktype = 'advisory'")
    assert held.fetchone() == (0,)


@pytest.mark.parametrize("how", ["kill the client", "terminate the backend"])
def test_an_upgrade_that_dies_in_the_middle_leaves_nothing(
    database: Database, connection: Connection, how: str
) -> None:
    before = snapshot(connection)
    with database.connect() as other:
        # The first upgrade of all holds its place in the queue at the lock that serialises them.
        other.execute("begin")
        other.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        process = start("upgrade", DATABASE_URL=f"{database.url}?application_name=doomed", **NATIVE)
        wait_until(lambda: connection.execute(WAITING, ["doomed"]).fetchone() is not None)
        if how == "kill the client":
            process.kill()
        else:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'doomed'"
            )
        ended = finish(process)
    if how == "terminate the backend":
        assert ended.code == 3
        assert ended.err.startswith("Error: the connection was lost:")
    assert "Traceback" not in ended.err
    wait_until(
        lambda: (
            connection.execute(
                "select from pg_stat_activity where application_name = 'doomed'"
            ).fetchone()
            is None
        )
    )
    assert snapshot(connection) == before
    assert install(database)[-1].startswith("native:")


def test_an_upgrade_that_dies_in_its_revision_leaves_nothing(
    database: Database, connection: Connection
) -> None:
    """An event trigger stops the upgrade in the middle of making its tables."""
    with database.admin() as admin:
        admin.execute("""
            create function public.stop() returns event_trigger language plpgsql as $$
            begin
              if current_setting('application_name') = 'doomed' then
                perform pg_terminate_backend(pg_backend_pid());
              end if;
            end $$;
            create event trigger stop on ddl_command_end when tag in ('CREATE INDEX')
              execute function public.stop()
        """)
        try:
            before = snapshot(connection)
            ended = bunkd(
                "upgrade", DATABASE_URL=f"{database.url}?application_name=doomed", **NATIVE
            )
            assert ended.code == 3
            assert len(ended.err.splitlines()) <= 2
            assert "Traceback" not in ended.err
            assert snapshot(connection) == before
            assert install(database)[-1].startswith("native:")
        finally:
            admin.execute("drop event trigger stop")


def test_a_failure_in_the_last_statement_takes_everything_back(
    database: Database, connection: Connection
) -> None:
    """Revoking what others were granted comes last, after the cron job."""
    connection.execute("create extension pg_cron")
    before = snapshot(connection)
    with database.admin() as admin:
        admin.execute("""
            create function public.stop() returns event_trigger language plpgsql as $$
            begin raise exception 'stopped at the end'; end $$;
            create event trigger stop on ddl_command_end when tag in ('REVOKE')
              execute function public.stop()
        """)
        try:
            with pytest.raises(NotPossible, match="stopped at the end"):
                install(database)
        finally:
            admin.execute("drop event trigger stop; drop function public.stop()")
    assert snapshot(connection) == before
    assert connection.execute("select count(*) from cron.job").fetchone() == (0,)


def test_a_reader_never_waits_for_an_upgrade(database: Database) -> None:
    """`alembic current` and `credential show` take no lock that an upgrade holds."""
    install(database)
    release = threading.Event()

    def hold() -> None:
        with psycopg.connect(database.url) as other:
            other.execute("select pg_advisory_xact_lock(%s)", [LOCK])
            release.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert bunkd("credential", "show", DATABASE_URL=database.url).code == 0
    finally:
        release.set()
        holder.join()
