"""A tick in trouble: nothing to send with, a crash in the middle, locks, and what it must clear away."""

import pytest

from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import add_jobs, count_by_status, create_queue
from tests.support.server import Connection
from tests.support.ticks import answered, outcomes, settle, tick
from tests.support.upgrade import (
    COMMAND,
    CREDENTIAL,
    JOB,
    SCHEDULE,
    install_by_script,
    upgrade,
)
from tests.support.wait import wait_until

OFF = {"BUNKD_WAKE": "off"}


@pytest.fixture
def queue(connection: Connection, endpoint: Endpoint) -> Connection:
    """The second generation's queue, five slots, and our own ticks alone."""
    create_queue(connection)
    install_by_script(connection, cron=False, BUNKD_CALL_URL=endpoint.url, **OFF)
    return connection


# Nothing to send with


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        ("delete from bunkd.secret", "no credential is stored"),
        ("update bunkd.secret set value = ''", "no credential is stored"),
        ("update bunkd.secret set value = null", "no credential is stored"),
        ("delete from bunkd.credential", "no credential is stored"),
        ("update bunkd.schedule set url = null", "no URL to call is set"),
    ],
)
def test_it_says_so_and_sends_nothing(
    queue: Connection, endpoint: Endpoint, loss: str, said: str
) -> None:
    queue.execute(loss.encode())
    add_jobs(queue)
    assert said in tick(queue)
    assert said in str(queue.execute("select problem from bunkd.status").fetchone())
    assert outcomes(queue) == []
    assert queue.execute("select count(*) from net.http_request_queue").fetchone() == (0,)
    assert endpoint.received == []


@pytest.mark.parametrize("how", ["removed", "undecryptable", "null", "empty", "not ours to read"])
def test_a_vault_that_gives_nothing_back_sends_nothing(
    database: Database, queue: Connection, endpoint: Endpoint, how: str
) -> None:
    queue.execute("create extension supabase_vault")
    upgrade(database, BUNKD_CREDENTIAL="in-vault")
    assert queue.execute("select store from bunkd.credential").fetchall() == [("vault",)]
    add_jobs(queue)
    with database.admin() as admin:
        if how == "removed":
            admin.execute("delete from vault.secrets")
        elif how == "undecryptable":
            admin.execute(decrypts("begin raise exception 'invalid ciphertext'; end"))
        elif how == "null":
            admin.execute(decrypts("begin return null; end"))
        elif how == "empty":
            admin.execute(decrypts("begin return ''; end"))
        else:
            admin.execute(
                "revoke all on vault.decrypted_secrets from postgres, service_role cascade"
            )
            admin.execute("revoke pg_read_all_data from postgres")
    assert "credential" in tick(queue)
    assert outcomes(queue) == []
    assert endpoint.received == []
    assert not any(
        "null" in str(row) for row in queue.execute("select * from net.http_request_queue")
    )


def decrypts(body: str) -> bytes:
    return f"""
        create or replace function vault._crypto_aead_det_decrypt(
          message bytea, additional bytea, key_id bigint, context bytea default 'pgsodium', nonce bytea default null
        ) returns bytea language plpgsql as $$ {body} $$
    """.encode()


def test_vault_takes_over_and_gives_back(
    database: Database, queue: Connection, endpoint: Endpoint
) -> None:
    """A Vault that arrives later gets the next credential; the clear one goes."""
    queue.execute("create extension supabase_vault")
    upgrade(database, BUNKD_CREDENTIAL=CREDENTIAL)
    assert queue.execute("select count(*) from bunkd.secret").fetchone() == (1,)  # sticky
    upgrade(database, BUNKD_CREDENTIAL="second")
    assert queue.execute("select count(*) from bunkd.secret").fetchone() == (0,)
    assert queue.execute("select name, description from vault.secrets").fetchall() == [
        (JOB, "What bunkd-db sends with every call")
    ]
    add_jobs(queue)
    tick(queue)
    [call] = wait_until(lambda: endpoint.received)
    assert call.header("Authorization") == "Bearer second"
    with database.admin() as admin:
        admin.execute("drop extension supabase_vault cascade")
    assert "no credential is stored" in tick(queue)
    upgrade(database, BUNKD_CREDENTIAL="second")
    assert "no credential is stored" not in tick(queue)


def test_a_vault_that_refuses_does_not_break_a_deploy(
    database: Database, queue: Connection
) -> None:
    with database.admin() as admin:
        admin.execute("create extension supabase_vault")
        admin.execute("grant usage on schema vault to postgres")
        admin.execute("grant all on all tables in schema vault to postgres")
        admin.execute("grant all on all functions in schema vault to postgres")
        admin.execute("alter table vault.secrets add constraint full_up check (false) no inherit")
    lines = upgrade(database, BUNKD_CREDENTIAL="second")
    assert any("in plain text" in line for line in lines)
    assert queue.execute("select value from bunkd.secret").fetchall() == [("second",)]


# A crash in the middle


def test_a_crash_in_the_middle_of_a_batch_loses_calls_but_no_job(
    database: Database, queue: Connection, endpoint: Endpoint
) -> None:
    endpoint.fail_with = "hang"
    add_jobs(queue, 8)
    tick(queue)
    wait_until(lambda: len(endpoint.received) == 5)
    queue.close()
    database.server.restart("immediate")
    endpoint.release()
    endpoint.fail_with = None
    endpoint.forget()
    with database.connect() as after:
        assert outcomes(after) == [None] * 5
        tick(after)
        assert outcomes(after)[:5] == ["lost"] * 5
        wait_until(lambda: tick(after) and count_by_status(after) == {"done": 8}, 30)
        settle(after)
        assert set(outcomes(after)[5:]) <= {"ok", "empty"}
        assert endpoint.peak <= 5
        slots = after.execute("select count(*), count(request) from bunkd.slot").fetchone()
        assert slots == (5, 0)


def test_a_clean_restart_loses_nothing(database: Database, queue: Connection) -> None:
    add_jobs(queue, 3)
    tick(queue)
    answered(queue)
    queue.close()
    database.server.restart("fast")
    with database.connect() as after:
        assert settle(after) == ["ok"] * 3


# Locks


def test_a_locked_queue_is_recorded_and_waited_for_briefly(
    database: Database, queue: Connection
) -> None:
    add_jobs(queue)
    with database.connect() as application, application.transaction():
        application.execute("lock table analysis_jobs in access exclusive mode")
        queue.execute("set statement_timeout = '3s'")
        assert "locked" in tick(queue)
        assert queue.execute("select problem from bunkd.status").fetchone() != (None,)
    assert tick(queue).startswith("1 sent")


def test_locked_slots_are_left_alone(database: Database, queue: Connection) -> None:
    add_jobs(queue, 5)
    with database.connect() as somebody, somebody.transaction():
        somebody.execute("select from bunkd.slot where n <= 2 for update")
        assert tick(queue).startswith("3 sent")


# Growth


def test_the_ledger_is_pruned(queue: Connection) -> None:
    queue.execute("""
        insert into bunkd.call (schedule, reason, sent, settled, outcome)
        select 'process-analysis-jobs', 'tick', now() - age, now() - age, 'ok'
          from unnest(array['8 days', '7 days 1 hour', '6 days', '1 hour']::interval[]) as age
    """)
    tick(queue)
    assert queue.execute("select count(*) from bunkd.call").fetchone() == (2,)


def runs(connection: Connection) -> dict[str, int]:
    query = "select username || ' ' || command, count(*) from cron.job_run_details group by 1"
    return {str(who): int(str(n)) for who, n in connection.execute(query).fetchall()}


OURS = COMMAND
BEFORE = f"select bunkd.tick('{SCHEDULE}')"  # what the job ran by an older release
HISTORY = """
insert into cron.job_run_details (jobid, runid, job_pid, database, username, command, status, start_time, end_time)
select j.jobid, nextval('cron.runid_seq'), 1, 'postgres', j.username, j.command, 'succeeded', now() - %(age)s::interval, now()
  from cron.job j, generate_series(1, %(n)s) where j.jobname = %(job)s and j.username = %(role)s
"""


def test_only_our_old_rows_of_the_cron_history_go(database: Database, queue: Connection) -> None:
    queue.execute("select cron.schedule('theirs', '0 0 1 1 *', 'select 1')")
    with database.admin() as admin:
        admin.execute("select cron.schedule(%s, '0 0 1 1 *', %s)", [JOB, OURS])
        admin.execute(
            "select cron.alter_job(jobid, active := false) from cron.job where username = 'supabase_admin'"
        )
        admin.execute("delete from cron.job_run_details")
        for age, n in (("3 days", 30), ("2 days", 30), ("1 hour", 7)):
            for job, role in ((JOB, "postgres"), ("theirs", "postgres"), (JOB, "supabase_admin")):
                admin.execute(HISTORY, {"age": age, "n": n, "job": job, "role": role})
        admin.execute(
            "update cron.job_run_details set command = %s where command = %s and username = 'postgres' and runid %% 2 = 0",
            [BEFORE, OURS],
        )
        for _ in range(3):
            tick(queue)
        left = runs(admin)
        assert left.pop(f"postgres {OURS}") + left.pop(f"postgres {BEFORE}") == 7
        assert left == {
            "postgres select 1": 67,
            f"supabase_admin {OURS}": 67,
        }


def test_a_long_history_goes_bit_by_bit(database: Database, queue: Connection) -> None:
    with database.admin() as admin:
        admin.execute("delete from cron.job_run_details")
        admin.execute(HISTORY, {"age": "3 days", "n": 2500, "job": JOB, "role": "postgres"})
        admin.execute(HISTORY, {"age": "1 hour", "n": 5, "job": JOB, "role": "postgres"})
        left = [2505]
        while left[-1] > 5:
            tick(queue)
            left.append(runs(admin)[f"postgres {OURS}"])
            assert left[-2] - left[-1] <= 1000
            assert len(left) < 10, left


def test_rows_of_an_earlier_registration_go_too(database: Database, queue: Connection) -> None:
    with database.admin() as admin:
        admin.execute("delete from cron.job_run_details")
        admin.execute(HISTORY, {"age": "3 days", "n": 20, "job": JOB, "role": "postgres"})
    upgrade(database, BUNKD_MODE="external")
    upgrade(database, BUNKD_MODE="native")
    tick(queue)
    with database.admin() as admin:
        assert runs(admin) == {}


def test_runs_that_never_started_do_not_stop_the_pruning(
    database: Database, queue: Connection
) -> None:
    """pg_cron could not connect for a day: its rows have no start_time."""
    with database.admin() as admin:
        admin.execute("delete from cron.job_run_details")
        admin.execute(HISTORY, {"age": "3 days", "n": 1200, "job": JOB, "role": "postgres"})
        admin.execute("update cron.job_run_details set start_time = null, end_time = null")
        admin.execute(HISTORY, {"age": "2 days", "n": 50, "job": JOB, "role": "postgres"})
        for _ in range(4):
            tick(queue)
        assert runs(admin) == {}


def test_the_history_stays_bounded_although_no_tick_can_send(
    database: Database, queue: Connection
) -> None:
    queue.execute("delete from bunkd.secret")
    with database.admin() as admin:
        admin.execute("delete from cron.job_run_details")
        admin.execute(HISTORY, {"age": "3 days", "n": 1500, "job": JOB, "role": "postgres"})
        for _ in range(5):
            assert "no credential is stored" in tick(queue)
        assert runs(admin) == {}


def test_without_the_right_to_the_history_it_goes_on(database: Database, queue: Connection) -> None:
    with database.admin() as admin:
        admin.execute("revoke all on cron.job_run_details from public, postgres cascade")
    add_jobs(queue)
    assert tick(queue).startswith("1 sent")
