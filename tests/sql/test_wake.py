"""Guarantee 3: a committed write of a waiting job is called for at its commit."""

import threading
import time
from contextlib import suppress

import psycopg
import pytest
from psycopg import IsolationLevel

from tests.e2e.pg_net.asking import REST, idle
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.held import Held, held, running, stop_cron
from tests.support.queue import TABLE, add_jobs, create_queue
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE, upgrade
from tests.support.wait import wait_until

ROW = "select md5(random()::text), '{}'::jsonb"
INSERT = "insert into public.analysis_jobs (fingerprint, input_data) " + ROW
DONE = "insert into public.analysis_jobs (fingerprint, input_data, status) select 'done', '{}', 'completed'"


def triggers(connection: Connection, table: str = TABLE) -> int:
    return scalar(
        connection,
        int,
        "select count(*) from pg_trigger where tgrelid = %s::regclass and tgname like 'bunkd%%'",
        [table],
    )


def failed_wakes(one: Held) -> object:
    return one.status("failed_wakes")


# Every way of writing


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(INSERT, id="insert"),
        pytest.param(INSERT + " on conflict (id) do nothing", id="on-conflict-nothing"),
        pytest.param(
            "insert into public.analysis_jobs (id, fingerprint, input_data) "
            "select id, fingerprint, input_data from public.analysis_jobs where status = 'completed' "
            "on conflict (id) do update set status = 'queued'",
            id="on-conflict-update",
        ),
        pytest.param(
            "merge into public.analysis_jobs j using (values (1)) as v on j.fingerprint = 'x' "
            "when not matched then insert (fingerprint, input_data) values ('x', '{}')",
            id="merge-insert",
        ),
        pytest.param(
            "merge into public.analysis_jobs j using (values (1)) as v on j.fingerprint = 'done' "
            "when matched then update set status = 'queued'",
            id="merge-update",
        ),
        pytest.param(
            "update public.analysis_jobs set status = 'queued' where status = 'completed'",
            id="update-of-the-status",
        ),
        pytest.param(
            "with moved as (update public.analysis_jobs set status = 'queued' returning id) "
            "select count(*) from moved",
            id="update-in-a-query",
        ),
    ],
)
def test_every_statement_that_makes_a_job_wait_is_called_for(one: Held, statement: str) -> None:
    one.connection.execute(DONE)
    assert one.calls() == []
    one.connection.execute(statement)
    assert one.calls() == ["wake"]
    assert len(one.requests()) == 1


def test_a_session_that_has_written_before_the_column_got_another_type_is_still_heard(
    one: Held, database: Database
) -> None:
    """The question that its trigger asks was planned for the former one."""
    again = "update public.analysis_jobs set status = 'queued' where status = 'completed'"
    with database.connect() as session:
        one.connection.execute(DONE)
        session.execute("update public.analysis_jobs set status = 'failed'")
        session.execute("update public.analysis_jobs set status = 'completed'")
        one.connection.execute(
            "alter table public.analysis_jobs alter column status type varchar(20)"
        )
        assert one.calls() == []
        session.execute(again)
    assert one.calls() == ["wake"]
    assert failed_wakes(one) == 0


def test_copy_is_called_for(one: Held) -> None:
    with (
        one.connection.cursor() as cursor,
        cursor.copy("copy public.analysis_jobs (fingerprint, input_data) from stdin") as copy,
    ):
        for n in range(3):
            copy.write_row((str(n), "{}"))
    assert one.calls() == ["wake"] * 3


def test_the_second_generation_is_called_for(database: Database, connection: Connection) -> None:
    with held(database, connection, 2) as schedule:
        add_jobs(connection, 2)
        assert schedule.calls() == ["wake", "wake"]


def test_a_row_that_cannot_be_claimed_is_not_called_for(
    database: Database, connection: Connection
) -> None:
    with held(database, connection, 2) as schedule:
        add_jobs(connection, 2, attempts=3)
        assert schedule.calls() == []


@pytest.mark.parametrize(
    "change",
    ["error_message = 'x'", "input_data = '{\"a\": 1}'", "status = status", "updated_at = now()"],
)
def test_an_update_of_other_columns_arms_nothing(one: Held, change: str) -> None:
    one.connection.execute("select bunkd.tick(%s)", [SCHEDULE])
    one.set(wake=True, paused=True)
    add_jobs(one.connection, 3)
    one.set(paused=False)
    one.connection.execute("delete from bunkd.wake")
    one.connection.execute(f"update public.analysis_jobs set {change}")  # noqa: S608
    assert one.connection.execute("select from bunkd.wake").fetchall() == []
    assert one.calls() == []


def test_a_status_changed_by_a_before_trigger_is_called_for(one: Held) -> None:
    one.connection.execute(DONE)
    one.connection.execute(
        """
        create function public.again() returns trigger language plpgsql as $$
        begin
          if new.error_message = 'again' then new.status := 'queued'; end if;
          return new;
        end $$;
        create trigger again before update of error_message on public.analysis_jobs
          for each row execute function public.again();
        """
    )
    one.connection.execute("update public.analysis_jobs set error_message = 'again'")
    assert one.calls() == ["wake"]


def test_once_a_transaction_whatever_the_number_of_rows(one: Held) -> None:
    with one.connection.transaction():
        for _ in range(3):
            add_jobs(one.connection, 100)
        one.connection.execute("update public.analysis_jobs set status = 'completed'")
        one.connection.execute("update public.analysis_jobs set status = 'queued'")
        row = one.connection.execute("select count(*) from bunkd.wake").fetchone()
        assert row == (1,)
    assert one.calls() == ["wake"] * 5


# Transactions


def test_a_rollback_takes_it_back(one: Held) -> None:
    with one.connection.transaction(force_rollback=True):
        add_jobs(one.connection, 3)
    assert (one.calls(), one.requests(), one.slots()) == ([], [], 0)


def test_savepoints_count_for_what_is_left_of_them(one: Held) -> None:
    with one.connection.transaction():
        with one.connection.transaction(force_rollback=True):
            add_jobs(one.connection, 3)
        with one.connection.transaction():
            add_jobs(one.connection, 1)
        with one.connection.transaction(force_rollback=True):
            add_jobs(one.connection, 3)
    assert one.calls() == ["wake"]


def test_three_hundred_savepoints_are_one_dispatch(one: Held) -> None:
    one.set(max_in_flight=1)
    with one.connection.transaction():
        for n in range(300):
            with one.connection.transaction(force_rollback=n % 2 == 1):
                add_jobs(one.connection, 1)
    assert one.calls() == ["wake"]
    assert failed_wakes(one) == 0


def test_an_open_transaction_holds_no_slot_and_blocks_nobody(one: Held, database: Database) -> None:
    with database.connect() as idle, idle.transaction(force_rollback=True):
        add_jobs(idle, 10)
        assert one.slots() == 0
        started = time.monotonic()
        add_jobs(one.connection, 1)
        assert one.calls() == ["wake"]
        assert time.monotonic() - started < 3
        add_jobs(one.connection, 4)
        assert one.slots() == 5
        one.tick()
    assert one.slots() == 5


def test_set_constraints_immediate_loses_no_later_write(one: Held) -> None:
    with one.connection.transaction():
        one.connection.execute("set constraints all immediate")
        add_jobs(one.connection, 1)
        add_jobs(one.connection, 1)
    assert one.calls() == ["wake", "wake"]
    with one.connection.transaction():
        add_jobs(one.connection, 1)
        one.connection.execute("set constraints all immediate")
        add_jobs(one.connection, 1)
    assert one.calls() == ["wake"] * 4
    assert failed_wakes(one) == 0


@pytest.mark.parametrize("level", [IsolationLevel.REPEATABLE_READ, IsolationLevel.SERIALIZABLE])
def test_a_stricter_writer_waits_for_the_tick(one: Held, level: IsolationLevel) -> None:
    one.connection.isolation_level = level
    with one.connection.transaction():
        add_jobs(one.connection, 1)
    one.connection.isolation_level = None
    assert one.calls() == []
    assert one.tick() == "1 sent, 0 settled"
    assert one.calls() == ["tick"]


def test_read_uncommitted_is_read_committed_by_another_name(one: Held) -> None:
    one.connection.isolation_level = IsolationLevel.READ_UNCOMMITTED
    with one.connection.transaction():
        add_jobs(one.connection, 1)
    one.connection.isolation_level = None
    assert one.calls() == ["wake"]


def test_a_writer_whose_session_compiles_its_plans_does_not_pay_for_ours(
    one: Held, database: Database
) -> None:
    """As one does with enable_nestloop = off, which makes each plan without another way look dear."""
    with database.connect() as writer:
        for cost in ("jit_above_cost", "jit_inline_above_cost", "jit_optimize_above_cost"):
            writer.execute(f"set {cost} = 0".encode())
        add_jobs(writer, 1)
        one.take()
        started = time.monotonic()
        writer.execute("update public.analysis_jobs set status = 'processing'")
        writer.execute("update public.analysis_jobs set status = 'completed'")
        add_jobs(writer, 1)
        took = time.monotonic() - started
    assert took < 5, "it is 10 s where each plan is compiled"
    assert failed_wakes(one) == 0


READ_ONLY = """
create function public.close() returns trigger language plpgsql as $$
begin
  perform set_config('transaction_read_only', 'on', true);
  return null;
end $$;
create trigger a_close after insert on public.analysis_jobs for each statement execute function public.close()
"""


@pytest.mark.parametrize(
    "ends",
    [
        pytest.param("set transaction read only; commit", id="at the commit"),
        pytest.param(
            "set transaction read only; set constraints all immediate; commit", id="before it"
        ),
    ],
)
def test_a_transaction_that_becomes_read_only_commits_and_waits_for_the_tick(
    one: Held, database: Database, ends: str
) -> None:
    with database.connect() as writer:
        for statement in ("begin", INSERT, *ends.split("; ")):
            writer.execute(statement.encode())
    assert one.calls() == []
    one.tick()
    assert one.calls() == ["tick"]
    assert scalar(one.connection, int, "select count(*) from bunkd.wake") == 0


def test_a_trigger_that_makes_it_read_only_before_ours_fails_no_write(one: Held) -> None:
    one.connection.execute(READ_ONLY.encode())
    one.connection.execute(INSERT)
    assert one.calls() == []
    one.tick()
    assert one.calls() == ["tick"]


def test_serializable_writers_never_fail_because_of_us(one: Held, database: Database) -> None:
    """Each reads only its own row, so that nothing but our objects could make them conflict."""
    sessions = [database.connect() for _ in range(8)]
    try:
        for session in sessions:
            session.isolation_level = IsolationLevel.SERIALIZABLE
            session.autocommit = False
        for _ in range(5):
            for session in sessions:
                session.execute(INSERT)
            for session in sessions:
                session.commit()
    finally:
        for session in sessions:
            session.close()
    assert one.tick() == "5 sent, 0 settled"


def test_a_replica_role_writer_waits_for_the_tick(one: Held, database: Database) -> None:
    with database.admin() as admin:
        admin.execute("set session_replication_role = replica")
        admin.execute(INSERT)
    assert one.calls() == []
    one.tick()
    assert one.calls() == ["tick"]


def test_a_write_by_the_refresh_of_a_materialized_view_waits_for_the_tick(one: Held) -> None:
    """Nothing can be deferred there, and nothing else would stop such a write."""
    one.connection.execute(
        "create function public.queue_one() returns integer language sql volatile as "
        f"$$ {INSERT}; select 1 $$".encode()
    )
    view = "create materialized view public.queued as select public.queue_one() with no data"
    one.connection.execute(view)
    one.connection.execute("refresh materialized view public.queued")
    assert (one.calls(), failed_wakes(one)) == ([], 1)
    assert one.tick() == "1 sent, 0 settled"


def test_a_prepared_transaction_is_called_for_when_it_commits(
    one: Held, database: Database
) -> None:
    if not database.server.real_net:
        pytest.skip("the double wakes by NOTIFY, which cannot be prepared")
    if one.connection.execute("show max_prepared_transactions").fetchone() == ("0",):
        pytest.skip("max_prepared_transactions is 0")
    one.connection.execute("begin")
    add_jobs(one.connection, 1)
    one.connection.execute("prepare transaction 'a writer'")
    assert one.calls() == []
    assert one.tick() == "0 sent, 0 settled"
    one.connection.execute("commit prepared 'a writer'")
    assert one.calls() == ["wake"]
    assert (len(one.requests()), one.slots()) == (1, 1)


def test_the_next_tick_wakes_pg_net_for_what_a_prepared_transaction_has_queued(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    """pg_net hears a COMMIT, and no COMMIT PREPARED."""
    if connection.execute("show max_prepared_transactions").fetchone() == ("0",):
        pytest.skip("max_prepared_transactions is 0")
    schedule = running(database, connection, endpoint.url)
    idle(connection)
    if database.server.real_net:
        connection.execute("begin")
        add_jobs(connection)
        connection.execute("prepare transaction 'a writer'")
        connection.execute("commit prepared 'a writer'")
    else:  # it wakes by NOTIFY, which cannot be prepared: as if nobody had heard of the commit
        with database.admin() as admin:
            [(wake,)] = admin.execute("select pg_get_functiondef('net.wake()'::regprocedure)")
            admin.execute(
                "create or replace function net.wake() returns void language sql as 'select'"
            )
            add_jobs(connection)
            admin.execute(str(wake).encode())
    assert schedule.tick() == "0 sent, 0 settled"
    time.sleep(REST)
    assert endpoint.received == []
    connection.execute("update bunkd.slot set taken = taken - interval '10 s'")
    assert schedule.tick() == "0 sent, 0 settled"
    wait_until(lambda: endpoint.received, 5, "pg_net has sent the call")
    wait_until(
        lambda: schedule.tick() and schedule.slots() == 0 and schedule.outcomes()[0] is not None,
        message="it is settled",
    )
    assert (schedule.calls()[0], schedule.outcomes()[0]) == ("wake", "ok")


# Writers


def test_writers_need_no_right_on_our_schema(one: Held, database: Database) -> None:
    for role in ("authenticated", "service_role"):
        with database.connect() as session:
            session.execute(f"set role {role}")
            session.execute(INSERT)
            if role == "service_role":
                session.execute("update public.analysis_jobs set status = 'completed'")
                session.execute("update public.analysis_jobs set status = 'queued'")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute("select * from bunkd.call")
    assert one.calls()[:2] == ["wake", "wake"]
    assert failed_wakes(one) == 0


def test_a_writer_whose_policy_refuses_the_row_calls_for_nothing(
    one: Held, database: Database
) -> None:
    one.connection.execute("drop policy insert_own on public.analysis_jobs")
    with database.connect() as session:
        session.execute("set role authenticated")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(INSERT)
    assert one.calls() == []


def test_a_hostile_search_path_changes_nothing(one: Held, database: Database) -> None:
    with database.connect() as session:
        session.execute("create schema trap")
        session.execute(
            """
            create function trap.current_setting(text) returns text language plpgsql
              as 'begin raise exception ''trapped''; end';
            create function trap.current_setting(text, boolean) returns text language plpgsql
              as 'begin raise exception ''trapped''; end';
            create function trap.clock_timestamp() returns timestamptz language plpgsql
              as 'begin raise exception ''trapped''; end';
            create function trap.trapped(integer, integer) returns boolean language plpgsql
              as 'begin raise exception ''trapped''; end';
            create operator trap.> (leftarg = integer, rightarg = integer, function = trap.trapped);
            create operator trap.<= (leftarg = integer, rightarg = integer, function = trap.trapped);
            set search_path = trap, pg_catalog, public;
            """
        )
        session.execute("create temporary table pg_trigger (x integer)")
        session.execute(INSERT)
    assert one.calls() == ["wake"]
    assert failed_wakes(one) == 0


# Where the wake is and is not


def test_wake_off_takes_the_triggers_off(one: Held, database: Database) -> None:
    assert triggers(one.connection) == 3
    upgrade(database, BUNKD_WAKE="off")
    assert triggers(one.connection) == 0
    add_jobs(one.connection, 1)
    assert one.calls() == []
    assert one.tick() == "1 sent, 0 settled"
    upgrade(database, BUNKD_WAKE="on")
    assert triggers(one.connection) == 3


@pytest.mark.parametrize("generation", [1, 2])
def test_the_tick_attaches_the_wake_to_a_recreated_table(one: Held, generation: int) -> None:
    create_queue(one.connection, 1 if generation == 1 else 2)
    assert triggers(one.connection) == 0
    add_jobs(one.connection, 1)
    assert one.calls() == []
    one.tick()
    assert triggers(one.connection) == 3
    add_jobs(one.connection, 1)
    assert one.calls() == ["tick", "wake"]


def test_a_busy_table_is_attached_by_a_later_tick_and_never_waited_for(
    one: Held, database: Database
) -> None:
    create_queue(one.connection, 1)
    with database.connect() as writer, writer.transaction():
        add_jobs(writer, 1)
        started = time.monotonic()
        one.tick()
        assert time.monotonic() - started < 3
        assert triggers(one.connection) == 0
        assert "was locked" in str(one.status("problem"))
    one.tick()
    assert triggers(one.connection) == 3
    assert one.status("problem") is None


def test_switched_off_triggers_are_put_back(one: Held) -> None:
    one.connection.execute("alter table public.analysis_jobs disable trigger all")
    one.tick()
    add_jobs(one.connection, 1)
    assert one.calls() == ["wake"]


def test_other_status_words_show_as_a_difference(one: Held) -> None:
    one.connection.execute(
        "alter table public.analysis_jobs drop constraint analysis_jobs_status_check"
    )
    one.set(status_waiting=["todo"])
    one.tick()
    one.connection.execute(DONE)
    one.connection.execute("update public.analysis_jobs set status = 'todo'")
    assert one.calls() == ["wake"]


def test_a_view_has_ticks_only(one: Held) -> None:
    one.connection.execute(
        """
        create table public.jobs (like public.analysis_jobs including all);
        drop table public.analysis_jobs;
        create view public.analysis_jobs as select * from public.jobs;
        """
    )
    one.tick()
    one.connection.execute(INSERT)
    assert one.tick() == "1 sent, 0 settled"
    assert "only ticks" in str(one.status("problem"))


def test_a_direct_write_to_a_partition_waits_for_the_tick(one: Held) -> None:
    one.connection.execute(
        """
        drop table public.analysis_jobs;
        create table public.analysis_jobs (
          id bigint generated always as identity, status text not null default 'queued',
          started_at timestamptz, created_at timestamptz not null default now()
        ) partition by list (status);
        create table public.waiting partition of public.analysis_jobs for values in ('queued');
        create table public.rest partition of public.analysis_jobs default;
        create index on public.analysis_jobs (status);
        """
    )
    one.tick()
    one.connection.execute(
        "insert into public.waiting (id, status) overriding system value values (1, 'queued')"
    )
    assert one.calls() == []
    one.tick()
    assert one.calls() == ["tick"]
    one.connection.execute("insert into public.analysis_jobs (status) values ('queued')")
    assert one.calls() == ["tick", "wake"]


FAR = """
create extension postgres_fdw;
create server far foreign data wrapper postgres_fdw options (host '{folder}', port '{port}', dbname 'postgres');
create user mapping for postgres server far options (user 'postgres', password_required 'false');
create table public.far_rows (like public.analysis_jobs);
alter table public.far_rows owner to postgres;
create foreign table public.far (id bigint not null, status text not null, started_at timestamptz,
  created_at timestamptz not null, place text) server far options (table_name 'far_rows');
alter table public.analysis_jobs attach partition public.far for values in ('far');
"""


def test_a_foreign_partition_can_be_written_and_has_ticks_only(
    one: Held, database: Database
) -> None:
    """PostgreSQL refuses such a write where a trigger asks for the rows that it changes."""
    one.connection.execute(
        """
        drop table public.analysis_jobs;
        create table public.analysis_jobs (
          id bigint not null, status text not null default 'queued',
          started_at timestamptz, created_at timestamptz not null default now(), place text
        ) partition by list (place);
        create table public.near partition of public.analysis_jobs for values in ('near');
        create index on public.near (status);
        """
    )
    one.tick()
    assert triggers(one.connection) == 3
    with database.admin() as admin:
        [(folder, port)] = admin.execute(
            "select split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port')"
        ).fetchall()
        admin.execute(FAR.format(folder=folder, port=port).encode())
        try:
            one.tick()
            assert triggers(one.connection) == 0
            assert "has a foreign table as a partition" in str(one.status("problem"))
            one.connection.execute(
                "insert into public.analysis_jobs (id, place) values (1, 'near'), (2, 'far')"
            )
            for write in (
                "update public.analysis_jobs set status = status",
                "delete from public.analysis_jobs",
            ):
                assert one.connection.execute(write.encode()).rowcount == 2
        finally:
            admin.execute("drop extension postgres_fdw cascade")
    one.tick()
    assert triggers(one.connection) == 3


# Never in the writer's way


def locked(database: Database, tables: str) -> Connection:
    """A session that has locked these tables exclusively."""
    session = database.admin()
    session.execute("begin")
    session.execute(f"lock table {tables} in access exclusive mode")
    return session


@pytest.mark.parametrize(
    "tables",
    [
        pytest.param("bunkd.wake", id="wake"),
        pytest.param("bunkd.slot", id="slot"),
        pytest.param("bunkd.schedule", id="schedule"),
        pytest.param("bunkd.call", id="call"),
        pytest.param("net.http_request_queue, net._http_response", id="pg_net"),
        pytest.param("bunkd.wake, bunkd.slot, bunkd.call, bunkd.schedule", id="all"),
    ],
)
def test_our_tables_locked_the_insert_succeeds_in_time_and_is_counted(
    one: Held, database: Database, tables: str
) -> None:
    with locked(database, tables):
        started = time.monotonic()
        add_jobs(one.connection, 1)
        took = time.monotonic() - started
    assert 0.04 < took < 0.5
    assert failed_wakes(one) == 1
    assert one.tick() == "1 sent, 0 settled"


def test_a_writer_of_little_patience_is_not_ended_by_a_locked_schema(
    one: Held, database: Database
) -> None:
    """A downgrade locks the table and the counter: to wait for both would take twice as long."""
    with locked(database, "bunkd.wake") as downgrade, database.connect() as writer:
        downgrade.execute("alter sequence bunkd.wake_failed owner to current_user")
        writer.execute("set statement_timeout = '95ms'")
        for _ in range(5):  # a busy machine can take the rest of it
            with suppress(psycopg.errors.QueryCanceled):
                add_jobs(writer, 1)
                break
    assert one.tick() == "1 sent, 0 settled"


def test_a_wait_at_the_commit_does_not_end_the_writer_s_session(
    one: Held, database: Database
) -> None:
    if database.server.version < 170000:
        pytest.skip("transaction_timeout came with PostgreSQL 17")
    add_jobs(one.connection, 1, status="processing")
    with database.connect() as other, database.connect() as writer:
        other.execute("begin; lock table bunkd.gate in exclusive mode")
        writer.execute("set transaction_timeout = '150ms'")
        with writer.transaction():
            writer.execute("update public.analysis_jobs set status = 'completed'")
        assert writer.execute("show transaction_timeout").fetchone() == ("150ms",)
    assert failed_wakes(one) == 0


def test_a_wake_that_waits_while_an_upgrade_drops_what_it_calls_is_not_lost(
    one: Held, database: Database
) -> None:
    [(now,)] = one.connection.execute(
        "select pg_get_functiondef('bunkd.dispatch'::regproc)"
    ).fetchall()
    bound = "p_schedule.max_in_flight := bunkd.find_bound(p_schedule);"
    assert bound in str(now)
    one.connection.execute(
        "create function bunkd.older() returns void language plpgsql as 'begin end'"
    )
    one.connection.execute(str(now).replace(bound, f"perform bunkd.older(); {bound}").encode())
    waits = "select from pg_locks where relation = 'bunkd.gate'::regclass and not granted"
    with database.connect() as upgrade, database.connect() as other, database.connect() as writer:
        upgrade.execute("begin")
        upgrade.execute(str(now).encode())
        upgrade.execute("drop function bunkd.older()")
        other.execute("begin; lock table bunkd.gate in exclusive mode")
        insert = threading.Thread(target=writer.execute, args=(INSERT,))
        insert.start()
        wait_until(lambda: one.connection.execute(waits).fetchone() is not None)
        upgrade.execute("commit")
        other.execute("rollback")
        insert.join()
    assert one.calls() == ["wake"]
    assert failed_wakes(one) == 0


def test_a_failed_wake_delays_a_transaction_once_and_not_every_row(
    one: Held, database: Database
) -> None:
    add_jobs(one.connection, 100, status="completed")
    with locked(database, "bunkd.wake"):
        started = time.monotonic()
        one.connection.execute("update public.analysis_jobs set status = 'queued'")
        took = time.monotonic() - started
    assert took < 1
    assert failed_wakes(one) == 1
    assert one.tick() == "5 sent, 0 settled"


def test_another_exclusive_lock_on_the_queue_delays_the_tick_only(
    one: Held, database: Database
) -> None:
    one.set(paused=True)
    add_jobs(one.connection, 1)
    one.set(paused=False)
    with locked(database, "public.analysis_jobs"):
        assert one.tick().startswith("0 sent, 0 settled; ")
        assert "locked" in str(one.status("problem"))
    assert one.tick() == "1 sent, 0 settled"
    assert one.status("problem") is None


def test_a_dispatch_that_fails_leaves_the_write_alone_and_is_counted(
    one: Held, database: Database
) -> None:
    with database.admin() as admin:
        admin.execute("alter table bunkd.call add constraint broken check (false) not valid")
        add_jobs(one.connection, 1)
        assert failed_wakes(one) == 1
        assert one.slots() == 0
        admin.execute("alter table bunkd.call drop constraint broken")
    assert "a wake failed" in database.log()
    assert one.tick() == "1 sent, 0 settled"


# As where many sessions make the table's file longer at once: PostgreSQL's lock for that heeds lock_timeout.
WAIT = """
create function public.wait() returns trigger language plpgsql as $$
begin
  perform pg_advisory_lock_shared(4712);
  perform pg_advisory_unlock_shared(4712);
  return coalesce(new, old);
end $$;
create trigger wait before insert or update or delete on bunkd.wake
  for each row execute function public.wait();
"""


@pytest.mark.parametrize("last", ["write", "set constraints all immediate", "commit"])
def test_a_wait_for_room_in_our_table_fails_no_write(
    one: Held, database: Database, last: str
) -> None:
    one.connection.execute(WAIT)
    one.connection.execute("set lock_timeout = '20ms'")
    one.connection.execute("begin")
    if last != "write":
        add_jobs(one.connection, 1)
    with database.connect() as blocker:
        blocker.execute("select pg_advisory_lock(4712)")
        release = threading.Timer(0.3, blocker.execute, ["select pg_advisory_unlock(4712)"])
        release.start()
        if last == "write":
            add_jobs(one.connection, 1)
        else:
            one.connection.execute(last)
        release.join()
    if last != "commit":
        one.connection.execute("commit")
    assert failed_wakes(one) == 0
    assert one.calls() == ["wake"]


def test_failed_wakes_are_counted_across_a_rollback(one: Held, database: Database) -> None:
    with locked(database, "bunkd.wake"), one.connection.transaction(force_rollback=True):
        add_jobs(one.connection, 1)
    assert failed_wakes(one) == 1


def test_a_wake_that_is_off_inside_is_said(one: Held, database: Database) -> None:
    """Its second trigger, on our own table."""
    one.connection.execute("alter table bunkd.wake disable trigger at_commit")
    one.tick()
    said = str(one.status("problem"))
    assert said.startswith("no wake, only ticks: the trigger at_commit on bunkd.wake is off")
    upgrade(database)
    stop_cron(one.connection)
    one.tick()
    assert one.status("problem") is None
    add_jobs(one.connection, 1)
    assert one.calls() == ["wake"]


def test_a_former_queue_loses_the_wake(one: Held) -> None:
    one.connection.execute("alter table public.analysis_jobs rename to former")
    create_queue(one.connection, 2)
    one.tick()
    one.tick()
    assert (triggers(one.connection, "public.former"), triggers(one.connection)) == (0, 3)
    add_jobs(one.connection, 1)
    assert one.calls() == ["wake"]
