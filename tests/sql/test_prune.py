"""Housekeeping never keeps a tick from its work."""

import pytest

from tests.support.database import Database
from tests.support.queue import add_jobs, create_queue
from tests.support.server import Connection
from tests.support.ticks import tick
from tests.support.upgrade import install

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
