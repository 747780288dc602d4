"""In an extension's schema others may create what fits better than what a lane means: none of it runs as our role."""

import psycopg
import pytest

from tests.e2e.lanes.place import installed
from tests.support.command import here
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import add_jobs
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE, downgrade, upgrade
from tests.support.wait import wait_until

# who creates a function with exactly these types in a schema of the path is preferred to the system's own
BETTER = {
    "http_set_curlopt(text, text)": "boolean",
    "set_config(varchar, varchar, boolean)": "text",
    "lower(varchar)": "text",
    "left(varchar, integer)": "text",
    "unnest(api.http_header[])": "setof api.http_header",
    "jsonb_build_object(text, bigint, text, boolean, text, text, text, boolean)": "jsonb",
    "jsonb_build_object(text, bigint, text, boolean, text, integer, text, boolean, text, text, text, text)": "jsonb",
}
INTRUDER = """
create role intruder login password 'postgres';
create table public.seen (what text);
grant insert on public.seen to public;
"""
SENT = "select outcome from bunkd.probe_by_http('process-analysis-jobs', 'current')"
API = """
create schema api;
create extension http schema api;
grant usage on schema api to public;
grant create on schema api to intruder;
"""


def seen(connection: Connection) -> list[tuple[object, ...]]:
    """What of the intruder's ran."""
    return connection.execute("select what from public.seen").fetchall()


def test_a_function_beside_pgsql_http_is_not_met(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    with database.admin() as admin:
        admin.execute(INTRUDER)
        admin.execute(API)
    with database.connect("intruder") as intruder:
        for signature, result in BETTER.items():
            end = "return;" if result.startswith("setof") else "return null;"
            intruder.execute(
                f"create function api.{signature} returns {result} language plpgsql"  # noqa: S608
                f" as $$ begin insert into public.seen values ('{signature}'); {end} end $$".encode()
            )
    lanes = installed(database, connection, endpoint.url)
    endpoint.next_with("ok", "reset")
    lanes.start(1)
    add_jobs(connection, 2)
    wait_until(lambda: len(lanes.outcomes()) >= 2 and None not in lanes.outcomes())
    lanes.stop()
    assert seen(connection) == []
    assert lanes.outcomes()[:2] == ["ok", "network_error"]


def test_a_function_beside_pg_cron_s_is_not_met(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    installed(database, connection, endpoint.url)
    third = "select jobid, schedule from cron.job where jobname like '%:3'"
    [(job, rest)] = connection.execute(third).fetchall()
    connection.execute("select cron.alter_job(%s, schedule := '1 second')", [job])
    with database.admin() as admin:
        admin.execute(INTRUDER)
        admin.execute("grant usage, create on schema cron to intruder")
        with database.connect("intruder") as intruder:
            intruder.execute(
                "create function cron.alter_job(job_id bigint, schedule text) returns void language sql"
                " as $$ insert into public.seen values (current_user) $$"
            )
        connection.execute("select bunkd.rest_lane(%s, 3)", [SCHEDULE])
        admin.execute("drop owned by intruder")
    assert seen(connection) == []
    assert connection.execute(third).fetchall() == [(job, rest)]


def test_the_owner_of_the_database_puts_no_proxy_before_the_function(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    with database.admin() as admin:
        admin.execute(INTRUDER)
        admin.execute(API)
    installed(database, connection, "http://function.invalid/run_job")
    set_proxy = f"alter database postgres set http.curlopt_proxy = '{endpoint.url}'".encode()
    with database.admin() as admin:
        admin.execute("alter database postgres owner to intruder")
        try:
            with database.connect("intruder") as intruder:
                # once the library is loaded, everybody may set it
                intruder.execute("select api.http_list_curlopt()")
                intruder.execute(set_proxy)
            with database.connect() as fresh:
                for _ in range(2):
                    assert scalar(fresh, str, SENT) == "network_error"
            assert endpoint.received == []
        except psycopg.errors.InsufficientPrivilege:
            pytest.skip("this version of pgsql-http has no such setting")
        finally:
            admin.execute("alter database postgres owner to postgres")
    with database.connect() as fresh:
        assert scalar(fresh, str, SENT) == "http_error"
    assert [heard.path for heard in endpoint.received] == ["http://function.invalid/run_job"]


# Schemas with the names of extensions that were dropped: a condition that is folded runs when a statement is planned.
LOOKALIKES = (
    (
        "cron",
        "job",
        "1::bigint as jobid, '1 second' as schedule, 'bunkd:process-analysis-jobs:9' as jobname,"
        " 'postgres' as username, 'postgres' as database, true as active, '' as command",
    ),
    ("cron", "job_run_details", "1::bigint as runid, 1::bigint as jobid, now() as start_time"),
    ("net", "http_request_queue", "1::bigint as id"),
    ("net", "_http_response", "1::bigint as id, now() as created"),
)
PUT = """
create schema if not exists {schema};
grant usage on schema {schema} to public;
create function {schema}.note_{name}() returns boolean language sql as
  $$ insert into public.seen values ('{schema}.{name}, as ' || current_user) returning true $$;
create function {schema}.fold_{name}(integer) returns boolean language plpgsql immutable as
  $$ begin return {schema}.note_{name}(); end $$;
create view {schema}.{name} as select * from (select {columns}) as x where {schema}.fold_{name}(1);
grant select on {schema}.{name} to public;
"""


@pytest.mark.parametrize("transport", ["http", "both", "pg_net"])
def test_a_schema_with_the_name_of_a_dropped_extension_is_not_walked_into(
    database: Database, connection: Connection, endpoint: Endpoint, transport: str
) -> None:
    if database.server.net is None and transport != "http":
        pytest.skip("there is no pg_net here")
    installed(
        database, connection, endpoint.url, BUNKD_TRANSPORT=transport, BUNKD_MAX_IN_FLIGHT="3"
    )
    with database.admin() as admin:
        admin.execute(INTRUDER)
        admin.execute("drop extension pg_cron; drop extension if exists pg_net")
        admin.execute("grant create on database postgres to intruder")
        with database.connect("intruder") as intruder:
            for schema, name, columns in LOOKALIKES:
                intruder.execute(PUT.format(schema=schema, name=name, columns=columns).encode())
        add_jobs(connection)
        for asked in (
            "select bunkd.tick('process-analysis-jobs')",
            "select * from bunkd.status",
            "select bunkd.exchange_lane('process-analysis-jobs', 1, null, null, true)",
            "select bunkd.find_lane_end('process-analysis-jobs', 3, now())",
            "select bunkd.rest_lane('process-analysis-jobs', 3)",
            "select bunkd.start_manual_call('process-analysis-jobs')",
            "select bunkd.notify_cron()",
        ):
            connection.execute(asked.encode())
        here("credential", "set", stdin="another-token", DATABASE_URL=database.url)
        here("schedule", "set", "--every", "1m", DATABASE_URL=database.url)
        upgrade(database)
        downgrade(database)
        assert seen(connection) == []
        admin.execute("drop owned by intruder cascade")
