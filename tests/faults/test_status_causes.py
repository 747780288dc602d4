# ruff: noqa: S608 -- the statements are put together from this file's own text
"""From `status` alone, the cause is named: what the person on call has to look at."""

import json
import re
from datetime import timedelta

import pytest

from bunkd_db.cli.gate import gate_of
from bunkd_db.status.verdict import Code, Health
from tests.support.checked import check, install_and_wait, let_workers_restart
from tests.support.command import here
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.held import Held, held
from tests.support.queue import add_jobs, create_queue
from tests.support.server import Connection
from tests.support.status import codes, judged, line
from tests.support.ticks import settle, tick
from tests.support.upgrade import SCHEDULE, install
from tests.support.wait import wait_until

CALLS = (
    "insert into bunkd.call (schedule, reason, sent, settled, outcome, status_code, detail)"
    f" select '{SCHEDULE}', 'tick', now(), clock_timestamp(), %s, %s, %s from generate_series(1, %s)"
)


def is_first_cause(database: Database, code: str, says: str) -> None:
    """`bunkd-db status` exits 1, and its first red line is this cause, with what to do."""
    done = here("status", DATABASE_URL=database.url)
    assert done.code == 1, done.out
    assert done.err == ""
    shown = " ".join(done.out.split())
    assert shown.startswith(f"unhealthy: schedule {SCHEDULE}")
    first = re.search(r"^unhealthy  (.*?)\n\s+-> (.*)$", done.out, re.DOTALL | re.MULTILINE)
    assert first is not None, done.out
    assert f"({code})" in first[1]
    assert says in first[1]
    told = json.loads(here("status", "--json", DATABASE_URL=database.url).out)
    [schedule] = told["schedules"]
    assert (told["health"], schedule["health"]) == ("unhealthy", "unhealthy")
    assert schedule["lines"][0]["code"] == code
    for each in schedule["lines"]:
        assert each["remedy"].endswith(":" if each["commands"] else "."), each


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
    is_first_cause(database, code, says)
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
    is_first_cause(database, code, says)


@pytest.mark.parametrize(
    ("extension", "worker", "code", "says"),
    [
        ("pg_net", "pg_net %", "NET_DEAD", "pg_net's worker is not running"),
        ("pg_cron", "pg_cron scheduler", "CRON_DEAD", "pg_cron's scheduler is not running"),
    ],
)
def test_a_dead_background_process(
    database: Database,
    extension: str,
    worker: str,
    code: str,
    says: str,
) -> None:
    """Its process is gone for good; here it is only hidden, for it would be back within a second."""
    install_and_wait(database, BUNKD_EVERY="2h")
    with database.admin() as admin:
        row = admin.execute(
            "select pg_get_functiondef(p.oid) from pg_proc p where p.oid = to_regprocedure(%s)",
            [f"bunkd.find_{'net' if extension == 'pg_net' else 'job'}_obstacles(bunkd.schedule)"],
        ).fetchone()
        assert row is not None
        hidden = str(row[0]).replace(
            "from pg_stat_activity a",
            f"from (select * from pg_stat_activity where application_name not like '{worker}') a",
        )
        assert hidden != row[0]
        admin.execute("set role postgres")
        admin.execute(hidden.encode())
    is_first_cause(database, code, says)


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
    one.connection.execute(slots.commands[0].encode())
    assert judged(one.database).facts.slots.total == 10


def test_all_jobs_failing_for_one_reason(database: Database, connection: Connection) -> None:
    create_queue(connection, 1)
    install_and_wait(database, BUNKD_EVERY="2h")
    connection.execute(
        "insert into analysis_jobs (fingerprint, input_data, status, error_message)"
        " select 'f', '{}', 'failed', 'PPLX_API_KEY not configured (job ' || n || ')' from generate_series(1, 4) n"
    )
    is_first_cause(
        database,
        Code.ALL_JOBS_FAIL,
        "all 4 jobs that ended in the last hour failed for one reason: PPLX_API_KEY not configured",
    )
    assert "the key of a provider is missing" in here("status", DATABASE_URL=database.url).out


def test_the_same_by_the_answers_where_the_queue_has_no_error_column(
    database: Database, connection: Connection
) -> None:
    create_queue(connection, 1)
    install_and_wait(database, BUNKD_EVERY="2h")
    connection.execute("alter table analysis_jobs drop error_message")
    add_jobs(connection, 5, status="failed")
    connection.execute(CALLS, ["job_failed", 500, "Perplexity API error: 429", 5])
    is_first_cause(database, Code.ALL_JOBS_FAIL, "for one reason: Perplexity API error: 429")


def test_external_without_a_worker(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database, BUNKD_MODE="external")
    assert here("status", DATABASE_URL=database.url).code == 0
    add_jobs(connection, 2, age=_minutes(9))
    is_first_cause(
        database, "NO_WORKER", "no worker is running, and the queue is not being drained"
    )


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
            "2 jobs wait and can never be claimed"
            in line(judged(database), Code.NEVER_CLAIMABLE).found
        )
        connection.execute("create index on analysis_jobs (status)")
        add_jobs(connection, 3, status="running")
        connection.execute(
            "update analysis_jobs set claimed_at = now() - interval '20 minutes' where status = 'running'"
        )
        stuck = line(judged(database), Code.STUCK)
        assert "3 jobs are active for longer than 10 min" in stuck.found
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
