"""A name that the application's code or the operator's condition leaves open means what a trusted role made of it."""

from collections.abc import Iterator

import pytest
from psycopg.types.json import Jsonb

from tests.support.checked import check
from tests.support.database import Database
from tests.support.held import stop_cron
from tests.support.queue import add_jobs, count_by_status, create_queue
from tests.support.server import Connection
from tests.support.ticks import tick
from tests.support.upgrade import SCHEDULE, install

URL = "http://127.0.0.1:9/functions/v1/run_job"
ASKS = {
    "protocol": 1,
    "known": [],
    "answers": [],
    "room": 1,
    "listens": False,
    "able": True,
    "woken": False,
    "leaving": False,
}
WRITES_DOWN = """
begin
  insert into public.seen values (current_user);
  return {};
end
"""


@pytest.fixture
def intruder(database: Database) -> Iterator[Connection]:
    """A session of a role that may create in the schema public."""
    with database.admin() as admin:
        admin.execute("create role intruder login password 'postgres'")
        admin.execute("create role bunkd_worker login password 'postgres'")
        admin.execute("create table public.seen (who text)")
        admin.execute("grant insert on public.seen to public")
        admin.execute("grant create on schema public to intruder")
    with database.connect("intruder") as session:
        yield session


def seen(database: Database) -> list[tuple[object, ...]]:
    """As whom code ran that writes itself down."""
    with database.admin() as admin:
        return admin.execute("select distinct who from public.seen").fetchall()


def problem(connection: Connection) -> str:
    return str(connection.execute("select problem from bunkd.status").fetchone())


def stuck(connection: Connection) -> None:
    """A job that was claimed an hour ago, without the triggers of the application."""
    connection.execute("alter table analysis_jobs disable trigger user")
    add_jobs(connection, status="running")
    connection.execute("update analysis_jobs set claimed_at = now() - interval '1 hour'")
    connection.execute("alter table analysis_jobs enable trigger user")


def audited(connection: Connection, how: str) -> None:
    """An application that writes each change down, with names that have no schema."""
    create_queue(connection)
    connection.execute(
        """
        create table audit_log (job text, status text);
        create function note(job text, status text) returns void language sql
          as 'insert into audit_log values (job, status)';
        create function audit() returns trigger language plpgsql as $$
        begin
          perform note(new.id::text, new.status::varchar);
          return null;
        end
        $$;
        """
    )
    connection.execute(
        f"create {how} for each row execute function audit()".encode(),
    )


DEFERRED = "constraint trigger audit after update on analysis_jobs deferrable initially deferred"


def test_a_deferred_trigger_runs_with_the_path_of_a_rescue(
    database: Database, connection: Connection, intruder: Connection
) -> None:
    """At the commit, an overload that fits better would be found on the path of our session."""
    audited(connection, DEFERRED)
    install(database, BUNKD_CALL_URL=URL)
    stop_cron(connection)
    stuck(connection)
    intruder.execute(
        "create function public.note(job text, status varchar) returns void language plpgsql"
        f" as $${WRITES_DOWN.replace('return {};', '')}$$".encode()
    )
    connection.execute("set search_path to default")
    tick(connection)
    assert seen(database) == []
    assert "note(text" in problem(connection), "not found where others may create"


def test_a_deferred_trigger_keeps_no_worker_from_its_calls(
    database: Database, connection: Connection, intruder: Connection
) -> None:
    """It would run at the commit as the worker's role, which may do nothing."""
    del intruder  # has made the roles
    with database.admin() as admin:
        admin.execute("revoke create on schema public from intruder")
    audited(connection, DEFERRED)
    install(database, BUNKD_CALL_URL=URL, BUNKD_MODE="external", BUNKD_WORKER_ROLE="bunkd_worker")
    stuck(connection)
    with database.connect("bunkd_worker") as worker:
        exchange(worker, connection)
    assert "a deferred trigger on public.analysis_jobs" in rescue_problem(connection)
    assert count_by_status(connection) == {"running": 1}
    exchange(connection, connection)
    assert count_by_status(connection) == {"queued": 1}
    assert connection.execute("select status from audit_log").fetchall() == [("queued",)]


def test_a_temporary_table_of_a_worker_is_not_met_by_a_trigger(
    database: Database, connection: Connection, intruder: Connection
) -> None:
    del intruder
    create_queue(connection)
    connection.execute(
        """
        create function audit() returns trigger language plpgsql as $$
        begin insert into audit_log values (new.id); return new; end $$;
        create trigger audit after update on analysis_jobs for each row execute function audit();
        """
    )
    install(database, BUNKD_CALL_URL=URL, BUNKD_MODE="external", BUNKD_WORKER_ROLE="bunkd_worker")
    stuck(connection)
    with database.connect("bunkd_worker") as worker:
        worker.execute("create temp table audit_log (job uuid); grant all on audit_log to public")
        worker.execute(
            "create function pg_temp.spy() returns trigger language plpgsql"
            f" as $${WRITES_DOWN.format('new')}$$".encode()
        )
        worker.execute(
            "create trigger spy before insert on audit_log for each row execute function pg_temp.spy()"
        )
        exchange(worker, connection)
    assert seen(database) == []
    assert "temporary objects" in rescue_problem(connection)


def exchange(connection: Connection, owner: Connection) -> None:
    """A worker's exchange at which a tick is due."""
    owner.execute("update bunkd.last_tick set at = null")
    connection.execute("select bunkd.worker_exchange_v1(%s, 'w', %s)", [SCHEDULE, Jsonb(ASKS)])


def rescue_problem(connection: Connection) -> str:
    return str(connection.execute("select rescue_problem from bunkd.last_tick").fetchone())


@pytest.mark.parametrize("where", ["public.is_ready(attempts)", 'Public . "is_ready" (attempts)'])
def test_a_condition_does_not_find_an_overload_of_a_stranger(
    database: Database, connection: Connection, intruder: Connection, where: str
) -> None:
    create_queue(connection)
    connection.execute(
        "create function is_ready(n bigint) returns boolean language sql stable as 'select n < 3'"
    )
    install(database, BUNKD_CALL_URL=URL, BUNKD_QUEUE_WHERE=where)
    stop_cron(connection)
    intruder.execute(
        "create function public.is_ready(n int) returns boolean language plpgsql"
        f" as $${WRITES_DOWN.format('true')}$$".encode()
    )
    add_jobs(connection)
    tick(connection)
    check(database)
    assert seen(database) == []
    assert "BUNKD_QUEUE_WHERE names schema public" in problem(connection)


def test_a_condition_that_names_a_closed_schema_is_used(
    database: Database, connection: Connection
) -> None:
    create_queue(connection)
    connection.execute(
        "create schema app; create function app.is_ready(n bigint) returns boolean language sql"
        " as 'select n < 3'"
    )
    where = "app.is_ready(attempts) and status <> 'public'"
    install(database, BUNKD_CALL_URL=URL, BUNKD_QUEUE_WHERE=where)
    add_jobs(connection)
    assert "names schema" not in problem(connection)
    assert connection.execute("select waiting from bunkd.status").fetchone() == (1,)


def test_a_rescue_is_not_starved_by_jobs_that_refuse_it(
    database: Database, connection: Connection
) -> None:
    """Keys that no index takes, each of which is tried again at every tick."""
    connection.execute(
        "create table analysis_jobs (id text primary key, status text not null default 'queued',"
        " claimed_at timestamptz default now() - interval '1 day', created_at timestamptz default now())"
    )
    install(database, BUNKD_CALL_URL=URL)
    stop_cron(connection)
    connection.execute("set search_path = public, extensions")
    connection.execute(
        "insert into analysis_jobs (id, status) select 'long' || string_agg(md5(g::text || n::text), ''), 'running'"
        " from generate_series(1, 100) as g, generate_series(1, 80) as n group by g"
    )
    connection.execute("insert into analysis_jobs (id, status) values ('honest', 'running')")
    for _ in range(3):
        tick(connection)
    honest = connection.execute("select status from analysis_jobs where id = 'honest'").fetchone()
    assert honest == ("queued",)
    assert len(problem(connection)) < 1000


@pytest.mark.parametrize("at", ["infinity", "-infinity"])
def test_a_job_of_no_time_hides_no_age(database: Database, connection: Connection, at: str) -> None:
    create_queue(connection)
    install(database, BUNKD_CALL_URL=URL, BUNKD_MODE="external")
    add_jobs(connection)
    connection.execute("update analysis_jobs set created_at = now() - interval '1 minute'")
    add_jobs(connection)
    connection.execute(
        "update analysis_jobs set created_at = %s where created_at > now() - interval '10 s'", [at]
    )
    found = connection.execute(
        "select problem, waiting, oldest_wait > interval '1 minute' from bunkd.status"
    ).fetchone()
    assert found == (None, 2, True)
    assert [c.detail for c in check(database).checks if "infin" in c.detail] == []
