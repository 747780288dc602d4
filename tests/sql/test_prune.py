"""Housekeeping never keeps a tick from its work."""

import pytest

from tests.support.command import here
from tests.support.database import Database
from tests.support.queue import add_jobs, create_queue
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.ticks import tick
from tests.support.upgrade import install, install_by_script

OLD_RUN = """
insert into cron.job_run_details
  (jobid, runid, job_pid, database, username, command, status, return_message, start_time, end_time)
values (1, 900001, 1, current_database(), 'postgres', 'select bunkd.tick(''process-analysis-jobs'')',
  'succeeded', '', now() - interval '2 days', now() - interval '2 days')
"""
RAISES = """
create function public.refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
create trigger refuse before delete on cron.job_run_details for each row execute function public.refuse();
"""

CALLS = """
insert into bunkd.call (schedule, reason, sent, settled, outcome)
select 'process-analysis-jobs', 'tick', t, t, 'ok'
  from generate_series(1, %s) as n, lateral (select now() - %s::interval - n * interval '1 ms' as t) as s
"""
# each thousand of them takes more time than a tick spends on it
SLOWLY = """
create function public.slowly() returns trigger language plpgsql as $$
begin perform pg_sleep(0.00025); return old; end $$;
create trigger slowly before delete on bunkd.call for each row execute function public.slowly()
"""


@pytest.fixture
def quiet(connection: Connection) -> Connection:
    """Installed, and no tick comes but the test's."""
    create_queue(connection)
    install_by_script(connection, cron=False, BUNKD_WAKE="off")
    return connection


def old_calls(connection: Connection) -> int:
    return scalar(
        connection,
        int,
        "select count(*) from bunkd.call where sent < now() - interval '7 days' and settled is not null",
    )


def test_a_ledger_that_has_grown_is_pruned_within_a_few_ticks(quiet: Connection) -> None:
    """Ticks may be rare and calls many: a thousand a tick would never be done."""
    quiet.execute(CALLS, [20_000, "7 days 1 minute"])
    quiet.execute(CALLS, [100, "6 days 23 hours"])
    for _ in range(5):
        tick(quiet)
    assert old_calls(quiet) == 0
    assert quiet.execute("select count(*) from bunkd.call").fetchone() == (100,), "the younger ones"


def test_a_tick_spends_a_bounded_time_on_the_ledger(quiet: Connection) -> None:
    quiet.execute(CALLS, [3000, "7 days 1 minute"])
    quiet.execute(SLOWLY.encode())
    for left in (2000, 1000, 0):
        assert tick(quiet) == "0 sent, 0 settled"
        assert old_calls(quiet) == left
        oldest = "select count(*) from bunkd.call where id > %s"
        assert quiet.execute(oldest, [left]).fetchone() == (0,), "the oldest first"


WORKERS = """
insert into bunkd.worker (id, schedule, listens, able, seen)
select name, 'process-analysis-jobs', true, true, now() - age::interval
  from (values ('old', '25 hours'), ('busy', '25 hours'), ('young', '23 hours')) as w (name, age)
"""


def test_workers_that_are_long_gone_are_forgotten_where_the_database_calls(
    quiet: Connection, database: Database
) -> None:
    quiet.execute(WORKERS)
    with database.connect() as other:
        other.execute("begin")
        other.execute("select from bunkd.worker where id = 'busy' for update")
        assert tick(quiet) == "0 sent, 0 settled"
    left = quiet.execute("select id from bunkd.worker order by id").fetchall()
    assert left == [("busy",), ("young",)]


def test_slots_that_nobody_may_take_any_more_go_when_they_are_free(
    quiet: Connection, database: Database
) -> None:
    """A call that is open keeps its slot, also beyond a lower max_in_flight."""
    last = "update bunkd.slot set call = %s where n = 5"
    slots = "select array_agg(n order by n) from bunkd.slot"
    quiet.execute(last, [1])
    quiet.execute("update bunkd.slot set worker = 'w', taken = now(), expires = 'infinity'")
    done = here("schedule", "set", "--max-in-flight", "2", DATABASE_URL=database.url)
    assert done.code == 0, done.err
    assert scalar(quiet, list, slots) == [1, 2, 5]
    quiet.execute(last, [None])
    tick(quiet)
    assert scalar(quiet, list, slots) == [1, 2]


@pytest.mark.parametrize(
    "obstacle",
    ["revoke delete on cron.job_run_details from public, postgres", RAISES],
    ids=["select only", "a trigger"],
)
def test_a_run_history_that_cannot_be_pruned_stops_nothing(
    database: Database, connection: Connection, obstacle: str
) -> None:
    create_queue(connection)
    install(database, BUNKD_WAKE="off")
    with database.admin() as admin:
        admin.execute("select cron.alter_job(jobid, active := false) from cron.job")
        admin.execute(OLD_RUN)
        admin.execute(obstacle.encode())
        add_jobs(connection, 1)
        assert tick(connection) == "1 sent, 0 settled"
        assert admin.execute(
            "select count(*) from cron.job_run_details where runid = 900001"
        ).fetchone() == (1,)
