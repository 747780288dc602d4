"""Guarantee 3: a transaction that stays open holds no slot, however its constraints are set."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from psycopg import IsolationLevel

from tests.support.database import Database
from tests.support.held import Held
from tests.support.queue import add_jobs
from tests.support.scalar import scalar
from tests.support.upgrade import SCHEDULE
from tests.support.wait import wait_until

SLOW = """
create function public.slow() returns trigger language plpgsql as $$
begin
  if new.fingerprint = 'slow' then
    perform pg_advisory_xact_lock(4711);
  end if;
  return null;
end $$;
create constraint trigger slow after insert on public.analysis_jobs
  deferrable initially deferred for each row execute function public.slow();
"""
ALL = "set constraints all immediate"


@pytest.mark.parametrize(
    "after", [[ALL], [ALL, "set constraints all deferred", ALL], [ALL] * 5], ids=len
)
def test_set_constraints_after_the_write_takes_no_slot(
    one: Held, database: Database, after: list[str]
) -> None:
    with database.connect() as idle, idle.transaction():
        add_jobs(idle, 10)
        for statement in after:
            idle.execute(statement.encode())
        add_jobs(one.connection, 5)
        assert one.calls() == ["wake"] * 5
    assert one.slots() == 5
    assert one.status("failed_wakes") == 0


def test_set_constraints_before_the_write_takes_no_slot(one: Held, database: Database) -> None:
    with database.connect() as idle, idle.transaction(force_rollback=True):
        idle.execute(ALL)
        add_jobs(idle, 10)
        add_jobs(one.connection, 5)
        assert one.calls() == ["wake"] * 5


def test_set_constraints_in_a_function_takes_no_slot(one: Held, database: Database) -> None:
    one.connection.execute(
        "create function public.now_please() returns void language plpgsql as $$"
        " begin set constraints all immediate; end $$"
    )
    with database.connect() as idle, idle.transaction(force_rollback=True):
        add_jobs(idle, 10)
        idle.execute("select public.now_please()")
        add_jobs(one.connection, 5)
        assert one.calls() == ["wake"] * 5


def test_a_savepoint_with_set_constraints_is_rolled_back_whole(one: Held) -> None:
    with one.connection.transaction():
        add_jobs(one.connection, 1)
        with one.connection.transaction(force_rollback=True):
            one.connection.execute(ALL)
            add_jobs(one.connection, 5)
    assert one.calls() == ["wake"]


def test_a_query_that_sets_constraints_and_commits_is_called_for(one: Held) -> None:
    add = "insert into public.analysis_jobs (fingerprint, input_data) values ('x', '{}');"
    one.connection.execute(f"begin; {add} {ALL}; {add} commit".encode())
    assert one.calls() == ["wake"] * 2


def test_slow_deferred_triggers_of_the_application_come_first(
    one: Held, database: Database
) -> None:
    one.connection.execute(SLOW)
    insert = "insert into public.analysis_jobs (fingerprint, input_data) values (%s, '{}')"
    with (
        database.connect() as blocker,
        database.connect() as writer,
        ThreadPoolExecutor() as pool,
    ):
        blocker.execute("select pg_advisory_lock(4711)")
        writer.execute("begin")
        writer.execute(insert, ["x"])
        writer.execute(insert, ["slow"])
        commit = pool.submit(writer.execute, "commit")
        waits = "select from pg_locks where locktype = 'advisory' and not granted"
        wait_until(lambda: one.connection.execute(waits).fetchone() is not None)
        add_jobs(one.connection, 5)
        assert one.calls() == ["wake"] * 5
        blocker.execute("select pg_advisory_unlock(4711)")
        commit.result(10)


def test_a_wake_that_finds_no_slot_costs_no_transaction_id(one: Held) -> None:
    one.set(max_in_flight=1)
    add_jobs(one.connection, 1)
    next_id = "select txid_snapshot_xmax(txid_current_snapshot())"

    def spent() -> int:
        before = scalar(one.connection, int, next_id)
        with one.connection.transaction():
            for _ in range(3):
                add_jobs(one.connection, 1)
        return scalar(one.connection, int, next_id) - before

    wait_until(lambda: spent() == 1, message="the writer's own, while nobody else takes one")


@pytest.mark.parametrize(
    "statement",
    [
        "update public.analysis_jobs set status = 'processing' where status = 'none'",
        "delete from public.analysis_jobs where status = 'none'",
        "insert into public.analysis_jobs (fingerprint, input_data) select 'x', '{}' where false",
    ],
)
def test_a_write_that_matches_no_row_costs_no_transaction_id_and_calls_for_nothing(
    one: Held, statement: str
) -> None:
    """A poller's claim is one; its own id would make it wait for the disk."""
    with one.connection.transaction():
        one.connection.execute(statement.encode())
        own = "select pg_current_xact_id_if_assigned()::text"
        assert one.connection.execute(own.encode()).fetchone() == (None,)
    assert one.calls() == []


def test_many_statements_that_end_jobs_keep_one_row_and_commit_at_once(one: Held) -> None:
    """Each is counted, those of a savepoint that is rolled back are not."""
    add_jobs(one.connection, 5, status="processing")
    one.set(paused=True)
    add_jobs(one.connection, 5)
    one.set(paused=False)
    one.tick()
    one.take()
    end = (
        "update public.analysis_jobs set status = 'completed' where id ="
        " (select id from public.analysis_jobs where status = 'processing' limit 1)"
    )
    add_jobs(one.connection, 9)
    with one.connection.transaction():
        one.connection.execute(end)
        with one.connection.transaction(force_rollback=True):
            one.connection.execute(end)
            one.connection.execute(end)
        one.connection.execute(end)
        row = one.connection.execute("select count(*), sum(jobs_left) from bunkd.wake").fetchone()
        assert row == (1, 2)
    assert one.calls() == ["tick"] * 5 + ["refill"] * 2


def test_a_commit_stays_linear_in_the_number_of_statements(one: Held) -> None:
    add_jobs(one.connection, 3000, status="processing")
    with one.connection.transaction():
        one.connection.execute(
            "do $$ declare r record; begin for r in select id from public.analysis_jobs loop"
            " update public.analysis_jobs set status = 'completed' where id = r.id;"
            " end loop; end $$"
        )
        started = time.monotonic()
    assert time.monotonic() - started < 2


def test_a_failed_wake_that_cannot_even_be_counted_fails_no_write(
    one: Held, database: Database
) -> None:
    """The counter itself is locked: by an ALTER SEQUENCE that is open."""
    for table in ("bunkd.wake", "bunkd.slot"):
        with database.admin() as admin, admin.transaction(force_rollback=True):
            admin.execute(f"lock table {table} in access exclusive mode".encode())
            admin.execute("alter sequence bunkd.wake_failed increment by 1")
            add_jobs(one.connection, 1)
    assert one.calls() == []
    assert one.tick() == "2 sent, 0 settled"


def test_a_failed_wake_that_we_may_not_even_count_fails_no_write(one: Held) -> None:
    one.connection.execute("revoke all on all functions in schema bunkd from current_user")
    add_jobs(one.connection, 1)
    assert one.calls() == []


def test_writers_of_another_isolation_count_as_progress_too(one: Held) -> None:
    add_jobs(one.connection, 1, status="completed")
    one.connection.isolation_level = IsolationLevel.SERIALIZABLE
    add_jobs(one.connection, 1)
    before = progress(one)
    one.connection.execute(
        "update public.analysis_jobs set status = 'processing' where status = 'queued'"
    )
    assert progress(one) == before + 1
    one.connection.isolation_level = None


def progress(one: Held) -> int:
    return scalar(
        one.connection,
        int,
        "select coalesce(pg_sequence_last_value(bunkd.find_progress_counter(%s)), 0)",
        [SCHEDULE],
    )


@pytest.mark.parametrize(
    "rest", ["nonsense 0", "(0,1) many", "(0,1)", "(99999999999,1) 0", "(0,1) 99"]
)
def test_a_setting_of_ours_that_a_writer_has_set_fails_no_commit(one: Held, rest: str) -> None:
    with one.connection.transaction():
        one.connection.execute(
            "select set_config(bunkd.name_wake_setting(%s), pg_current_xact_id() || ' 0 0', true)",
            [SCHEDULE],
        )
        add_jobs(one.connection)
        one.connection.execute(
            "select set_config(bunkd.name_wake_setting(%s), null, true)", [SCHEDULE]
        )
        add_jobs(one.connection)
        one.connection.execute(
            "select set_config(bunkd.name_wake_setting(%s), pg_current_xact_id() || ' ' || %s, true)",
            [SCHEDULE, rest],
        )
    assert one.calls(), "the wake of some job was not spoilt"
