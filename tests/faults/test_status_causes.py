# ruff: noqa: S608 -- the statements are put together from this file's own text
"""From `status` alone, the cause is named: what the person on call has to look at."""

from datetime import timedelta

import pytest
from psycopg import sql

from bunkd_db.cli.gate import gate_of
from bunkd_db.status.verdict import Code, Health
from tests.support import cluster
from tests.support.checked import check, install_and_wait, let_workers_restart
from tests.support.cluster import ClusterControl
from tests.support.command import follow, here
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.held import Held, held
from tests.support.queue import add_jobs, create_queue
from tests.support.server import Connection, Server
from tests.support.status import codes, judged, line, named
from tests.support.ticks import settle, tick
from tests.support.upgrade import SCHEDULE, install
from tests.support.wait import wait_until

CALLS = (
    "insert into bunkd.call (schedule, reason, sent, settled, outcome, status_code, detail)"
    f" select '{SCHEDULE}', 'tick', now(), clock_timestamp(), %s, %s, %s from generate_series(1, %s)"
)


SITUATIONS: dict[str, tuple[str, str, str]] = {
    "paused": ("update bunkd.schedule set paused = true", "PAUSED", "is paused"),
    "held copy": ("update bunkd.schedule set system_identifier = 1", "COPY", "is a copy"),
    "unknown status values": (
        "alter table analysis_jobs drop constraint analysis_jobs_status_check;"
        " insert into analysis_jobs (input_type, input_value, normalized_input, cache_key, status)"
        " values ('text', 'a', 'a', 'a', 'todo'), ('text', 'a', 'a', 'b', 'finished')",
        "STATUS_UNKNOWN",
        "finished, todo",
    ),
    "queue hidden by row level security": (
        "alter role postgres nobypassrls; alter table analysis_jobs force row level security",
        "QUEUE_PROBLEM",
        "row level security of analysis_jobs hides rows",
    ),
    "pg_cron lost its job": (
        "select cron.unschedule(jobid) from cron.job",
        "JOB_MISSING",
        "has no cron job",
    ),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_each_situation(database: Database, name: str) -> None:
    brings, code, says = SITUATIONS[name]
    install_and_wait(database, BUNKD_EVERY="2h")
    with database.admin() as admin:
        for statement in brings.split(";"):
            admin.execute(statement.encode())
    if code == "QUEUE_PROBLEM":
        says = says.replace("analysis_jobs", "public.analysis_jobs")
    named(database.url, code, says)
    # the gate, `check` and `status` agree
    assert gate_of(check(database), "native").code == 1


@pytest.mark.parametrize(
    ("mode", "code", "says"),
    [(401, "REJECTED", "rejects the credential"), (404, "NOT_DEPLOYED", "is not deployed")],
)
def test_a_wrong_key_and_a_function_that_is_not_there(
    database: Database,
    connection: Connection,
    endpoint: Endpoint,
    mode: int,
    code: str,
    says: str,
) -> None:
    create_queue(connection)
    install(database, BUNKD_CALL_URL=endpoint.url, BUNKD_EVERY="2h")
    endpoint.fail_with = mode
    add_jobs(connection, 1)
    tick(connection)
    settle(connection)
    let_workers_restart(connection)
    named(database.url, code, says)


@pytest.mark.parametrize(
    ("library", "code", "says"),
    [
        ("pg_net", "NET_DEAD", "pg_net's worker is not running"),
        ("pg_cron", "CRON_DEAD", "pg_cron's scheduler is not running"),
    ],
)
def test_a_background_process_that_is_gone_for_good(library: str, code: str, says: str) -> None:
    """The server was started without its library, as a changed configuration does it."""
    with cluster.start(workers=library == "pg_cron") as server:
        with server.connect() as owner:
            create_queue(owner)
        install(server.url, BUNKD_EVERY="2h")
        if library == "pg_cron" or server.real_net:  # nobody has started the double's process
            _restart_without(server, library)
        named(server.url, code, says)
        assert gate_of(check(server.url), "native").code == 1


def _restart_without(server: Server, library: str) -> None:
    assert isinstance(server.control, ClusterControl)
    with server.admin() as admin:
        row = admin.execute("show shared_preload_libraries").fetchone()
        assert row is not None
        names = [name.strip() for name in str(row[0]).split(",")]
        kept = sql.SQL(", ").join(sql.Literal(name) for name in names if name != library)
        admin.execute(sql.SQL("alter system set shared_preload_libraries = {}").format(kept))
    server.control.postmaster.stop("fast")
    server.control.postmaster.start(server.admin_url)


def test_slots_taken_by_slow_jobs(one: Held) -> None:
    add_jobs(one.connection, 17, age=_minutes(7))
    one.connection.execute("update bunkd.slot set taken = taken - interval '4 minutes'")
    found = judged(one.database)
    slots = line(found, Code.SLOTS_TAKEN)
    assert "slow jobs hold all 5 slots" in slots.found
    assert "while 17 jobs wait" in slots.found
    assert "for 4 min" in slots.found
    assert slots.level is Health.UNHEALTHY
    assert codes(found).index(Code.SLOTS_TAKEN) < codes(found).index(Code.WAIT_TOO_LONG)
    follow(slots.commands[0], one.database.url)
    assert judged(one.database).facts.slots.total == 10


def test_slots_taken_by_calls_that_really_are_open(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    create_queue(connection)
    env = {"BUNKD_MAX_IN_FLIGHT": "2", "BUNKD_CALL_TIMEOUT": "60s", "BUNKD_EVERY": "2h"}
    install_and_wait(database, BUNKD_CALL_URL=endpoint.url, **env)
    endpoint.fail_with = "hang"
    add_jobs(connection, 9, age=timedelta(hours=5))
    wait_until(lambda: len(endpoint.received) == 2, message="two calls are open")
    connection.execute("update bunkd.slot set taken = taken - interval '4 minutes'")
    let_workers_restart(connection)
    named(database, Code.SLOTS_TAKEN, "slow jobs hold both slots")
    endpoint.release()


def test_all_jobs_failing_for_one_reason(database: Database, connection: Connection) -> None:
    create_queue(connection, 1)
    install_and_wait(database, BUNKD_EVERY="2h")
    connection.execute(
        "insert into analysis_jobs (fingerprint, input_data, status, error_message)"
        " select 'f', '{}', 'failed', 'PPLX_API_KEY not configured (job ' || n || ')' from generate_series(1, 4) n"
    )
    named(
        database.url,
        Code.ALL_JOBS_FAIL,
        "all 4 jobs that ended in the last hour failed for one reason: PPLX_API_KEY not configured",
    )
    assert "the key of a provider is missing" in here("status", DATABASE_URL=database.url).out


def test_all_jobs_failing_in_the_function(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    create_queue(connection, 1)
    install_and_wait(database, BUNKD_CALL_URL=endpoint.url, BUNKD_EVERY="2h")
    endpoint.fail_with = "job_failed"
    add_jobs(connection, 4)
    failed = "select count(*) from analysis_jobs where status = 'failed'"
    wait_until(lambda: connection.execute(failed).fetchone() == (4,), message="all jobs fail")
    settle(connection)
    named(
        database.url,
        Code.ALL_JOBS_FAIL,
        "all 4 jobs that ended in the last hour failed for one reason: PPLX_API_KEY not configured",
    )


def test_the_same_by_the_answers_where_the_queue_has_no_error_column(
    database: Database, connection: Connection
) -> None:
    create_queue(connection, 1)
    install_and_wait(database, BUNKD_EVERY="2h")
    connection.execute("alter table analysis_jobs drop error_message")
    add_jobs(connection, 5, status="failed")
    connection.execute(CALLS, ["job_failed", 500, "Perplexity API error: 429", 5])
    named(database.url, Code.ALL_JOBS_FAIL, "for one reason: Perplexity API error: 429")


def test_external_without_a_worker(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database, BUNKD_MODE="external")
    assert here("status", DATABASE_URL=database.url).code == 0
    add_jobs(connection, 2, age=_minutes(9))
    named(database.url, "NO_WORKER", "no worker is running, and the queue is not being drained")


def test_the_unusual(one: Held) -> None:
    one.set(paused=True)
    one.connection.execute(
        "insert into analysis_jobs (fingerprint, input_data, status, created_at, completed_at, updated_at, error_message)"
        " select 'f', '{}', case when n % 12 = 0 then 'failed' else 'completed' end, at, at, at, 'page fetch failed'"
        " from (select n, case when n <= 48 then now() - n * interval '29 min' - interval '2 h' else now() - interval '9 min' end as at"
        "         from generate_series(1, 400) as n) as j where at > now() - interval '25 h'"
    )
    found = judged(one.database)
    assert "times the usual number" in line(found, Code.BURST).found
    error = line(found, Code.ONE_ERROR)
    assert "page fetch failed" in error.found
    assert "usual cause: a page or a service" in error.found
    assert found.verdict.health is Health.UNHEALTHY  # it is paused


def test_what_stays_as_it_is(database: Database, connection: Connection) -> None:
    with held(database, connection, 2) as one:
        add_jobs(connection, 2, attempts=3)
        assert (
            "2 jobs wait and cannot be claimed"
            in line(judged(database), Code.NEVER_CLAIMABLE).found
        )
        connection.execute("create index on analysis_jobs (status)")
        add_jobs(connection, 3, status="running")
        connection.execute(
            "update analysis_jobs set claimed_at = now() - interval '20 minutes' where status = 'running'"
        )
        stuck = line(judged(database), Code.STUCK)
        assert "3 jobs have been active for longer than 10 min" in stuck.found
        one.set(rescue_after="0")
        assert line(judged(database), Code.MANY_SLOW).remedy.startswith(
            "Read the function's log; B"
        )


def _minutes(n: int) -> timedelta:
    return timedelta(minutes=n)


@pytest.mark.parametrize("generation", [1, 2])
def test_all_is_well(
    database: Database, connection: Connection, endpoint: Endpoint, generation: int
) -> None:
    create_queue(connection, 1 if generation == 1 else 2)
    install_and_wait(database, BUNKD_CALL_URL=endpoint.url, BUNKD_EVERY="2h")
    add_jobs(connection, 3)
    waiting = "select from analysis_jobs where status not in ('completed', 'done')"
    wait_until(lambda: connection.execute(waiting).fetchone() is None, message="all is done")
    settle(connection)
    found = judged(database)
    assert (found.verdict.health, codes(found)) == (Health.HEALTHY, [])
    done = here("status", DATABASE_URL=database.url)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"healthy: schedule {SCHEDULE}")
    assert found.facts.queue.last_hour is not None
    assert found.facts.queue.last_hour.completed.count == 3
    assert found.facts.queue.pickup_seconds is not None
    assert found.facts.queue.pickup_seconds.jobs == 3
