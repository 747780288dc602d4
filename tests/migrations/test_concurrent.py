"""Many deploys at once, killed ones, and the ones that come through a pooler."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from bunkd_db.errors import NotPossible
from tests.support.catalog import snapshot
from tests.support.command import Finished, bunkd, finish, start
from tests.support.database import Database
from tests.support.pooler import pooler
from tests.support.queue import add_jobs, create_queue
from tests.support.server import Connection
from tests.support.ticks import try_tick
from tests.support.upgrade import NATIVE, SCHEDULE, downgrade, install
from tests.support.wait import wait_until

LOCK = "create schema if not exists bunkd; comment on schema bunkd is 'held'"
# every table of ours, with the name of the schedule: it takes no right to read the catalog
SQUAT = (
    "select pg_advisory_lock(c.oid::integer, hashtext(%s)) from pg_class c"
    " join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'bunkd'"
)
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


def states(database: Database, connection: Connection) -> dict[str, list[str]]:
    """What is there at head and at base; at base is where this ends."""
    install(database)
    head = snapshot(connection)
    downgrade(database)
    return {"head": head, "base": snapshot(connection)}


@pytest.mark.parametrize("start_at", ["base", "head"])
@pytest.mark.parametrize("order", [("upgrade", "downgrade"), ("downgrade", "upgrade")], ids=str)
def test_an_upgrade_and_a_downgrade_wait_for_one_another(
    database: Database, connection: Connection, start_at: str, order: tuple[str, str]
) -> None:
    """The second one finds the schema gone, or there, that it saw otherwise before it waited."""
    known = states(database, connection)
    if start_at == "head":
        install(database)
    with database.connect() as other:
        other.execute("begin")
        other.execute(LOCK)
        processes = []
        for name in order:
            arguments = ["upgrade"] if name == "upgrade" else ["downgrade", "base"]
            url = f"{database.url}?application_name={name}"
            processes.append(start(*arguments, DATABASE_URL=url, **NATIVE))
            wait_until(lambda: connection.execute(WAITING, [name]).fetchone() is not None, 30)  # noqa: B023
        other.execute("rollback")
    done = [finish(process) for process in processes]
    assert [each.code for each in done] == [0, 0], [each.err for each in done]
    assert "Traceback" not in "".join(each.err for each in done)
    assert snapshot(connection) in known.values()
    if start_at == "head":  # who waits to create the schema has no place in a queue
        assert snapshot(connection) == known["head" if order[-1] == "upgrade" else "base"]


def test_many_of_both_at_once_leave_nothing_half_made(
    database: Database, connection: Connection
) -> None:
    known = states(database, connection)
    commands = [["upgrade"], ["downgrade", "base"]] * 4
    with ThreadPoolExecutor(len(commands)) as threads:
        env = {"DATABASE_URL": database.url, **NATIVE}
        done = list(threads.map(lambda command: bunkd(*command, **env), commands))
    assert [each.code for each in done] == [0] * len(commands), {each.err for each in done}
    assert "Traceback" not in "".join(each.err for each in done)
    assert snapshot(connection) in known.values()


def test_a_schema_that_comes_and_goes_is_not_looked_for_for_ever(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("""
            create function public.taken() returns event_trigger language plpgsql as $$
            begin raise exception 'taken' using errcode = 'duplicate_schema'; end $$;
            create event trigger taken on ddl_command_start when tag in ('CREATE SCHEMA')
              execute function public.taken()
        """)
        try:
            with pytest.raises(
                NotPossible, match="created or dropped by another session 100 times"
            ):
                install(database)
        finally:
            admin.execute("drop event trigger taken; drop function public.taken()")


def test_it_works_through_a_transaction_pooler(database: Database, connection: Connection) -> None:
    with pooler(database) as url:
        done = at_once(5, DATABASE_URL=url, **NATIVE)
        assert [each.code for each in done] == [0] * 5, {each.err for each in done}
        shown = bunkd("credential", "show", DATABASE_URL=url)
    assert shown.code == 0, shown.err
    assert connection.execute("select count(*) from cron.job").fetchone() == (1,)
    held = connection.execute(
        "select count(*) from pg_locks where locktype = 'object' and classid = 2615"
    )
    assert held.fetchone() == (0,)


@pytest.mark.parametrize("how", ["kill the client", "terminate the backend"])
def test_an_upgrade_that_dies_in_the_middle_leaves_nothing(
    database: Database, connection: Connection, how: str
) -> None:
    before = snapshot(connection)
    with database.connect() as other:
        # The first upgrade of all holds its place in the queue at the lock that serialises them.
        other.execute("begin")
        other.execute(LOCK)
        process = start("upgrade", DATABASE_URL=f"{database.url}?application_name=doomed", **NATIVE)
        wait_until(lambda: connection.execute(WAITING, ["doomed"]).fetchone() is not None, 30)
        if how == "kill the client":
            process.kill()
        else:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'doomed'"
            )
        ended = finish(process)
        other.execute("rollback")
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
            other.execute(LOCK)
            release.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert bunkd("credential", "show", DATABASE_URL=database.url).code == 0
    finally:
        release.set()
        holder.join()


def test_a_role_that_may_log_in_keeps_nothing_waiting(
    database: Database, connection: Connection
) -> None:
    """Neither by what upgrades and dispatches once locked, nor by what they lock now."""
    with database.admin() as admin:
        admin.execute("create role squatter login password 'postgres'")
    create_queue(connection)
    install(database, BUNKD_EVERY="1h")
    with database.connect("squatter") as squatter:
        squatter.execute("select pg_advisory_lock(7162065917316)")
        squatter.execute(SQUAT, [SCHEDULE])
        for statement in ("comment on schema bunkd is 'mine'", "lock table bunkd.gate"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), squatter.transaction():
                squatter.execute(statement.encode())
        started = time.monotonic()
        add_jobs(connection, 1)
        assert "settled" in try_tick(connection)
        assert time.monotonic() - started < 2
        reasons = connection.execute("select reason from bunkd.call order by id").fetchall()
        assert reasons[0] == ("wake",)
        assert connection.execute("select failed_wakes from bunkd.status").fetchone() == (0,)
        assert install(database)[-1].startswith("native:")
        assert downgrade(database)[-1].startswith("Removed everything of bunkd-db")
