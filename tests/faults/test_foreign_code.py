"""Roles that may log in put their code where ours writes and reads: none of it runs as our role."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.support.checked import check, named
from tests.support.command import here
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import add_jobs, create_queue
from tests.support.server import Connection, connect
from tests.support.ticks import outcomes, settle, tick
from tests.support.upgrade import CREDENTIAL, SCHEDULE, downgrade, install, upgrade
from tests.support.wait import wait_until

# What it runs as, and what it sees, is written down where only the superuser reads.
SPY = """
create function pg_temp.spy() returns trigger language plpgsql as $$
begin
  insert into public.seen values (current_user, to_jsonb(new)::text);
  return new;
end
$$;
"""
EVERY_EVENT = ("insert", "update", "delete")


@pytest.fixture
def intruder(database: Database) -> Iterator[Connection]:
    """A session of a role with LOGIN and nothing else."""
    with database.admin() as admin:
        admin.execute("create role intruder login password 'postgres'")
        admin.execute("create table public.seen (who text, what text)")
        admin.execute("grant insert on public.seen to public")
    with database.connect("intruder") as session:
        yield session


@pytest.fixture
def queue(database: Database, connection: Connection, endpoint: Endpoint) -> Connection:
    """The second generation's queue, five slots, an endpoint that works."""
    create_queue(connection)
    install(database, BUNKD_CALL_URL=endpoint.url)
    return connection


def seen(database: Database) -> list[tuple[object, ...]]:
    """Whose code ran as somebody else than the intruder."""
    with database.admin() as admin:
        return admin.execute(
            "select distinct who from public.seen where who <> 'intruder'"
        ).fetchall()


def problem(connection: Connection) -> str:
    return str(connection.execute("select problem from bunkd.status").fetchone())


# pg_net's queue


@pytest.fixture
def open_net(database: Database, queue: Connection) -> None:
    """As pg_net's own script leaves it, where nobody could close it."""
    del queue  # it is installed
    with database.admin() as admin:
        admin.execute("grant all on all tables in schema net to public")


@pytest.mark.usefixtures("open_net")
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_trigger_on_the_queue_of_pg_net_is_refused_and_named(
    database: Database,
    queue: Connection,
    intruder: Connection,
    endpoint: Endpoint,
    when: str,
) -> None:
    intruder.execute(SPY)
    intruder.execute(
        f"create trigger evil {when} insert on net.http_request_queue"
        " for each row execute function pg_temp.spy()".encode()
    )
    add_jobs(queue)
    assert "trigger evil on net.http_request_queue" in tick(queue)
    assert outcomes(queue) == []
    assert seen(database) == []
    assert "revoke trigger on net.http_request_queue" in problem(queue)
    with database.admin() as admin:  # who has only the right to make one cannot take it off
        admin.execute("drop trigger evil on net.http_request_queue")
    tick(queue)
    wait_until(lambda: endpoint.received, message="the call goes out again")


@pytest.mark.usefixtures("open_net")
def test_a_trigger_made_while_a_call_is_sent_waits_for_its_commit(
    database: Database, queue: Connection, intruder: Connection
) -> None:
    intruder.execute(SPY)
    intruder.execute("set lock_timeout = '100ms'")
    with queue.transaction():
        add_jobs(queue)
        tick(queue)
        with pytest.raises(Exception, match="lock timeout"):
            intruder.execute(
                "create trigger evil before insert on net.http_request_queue"
                " for each row execute function pg_temp.spy()"
            )
    assert seen(database) == []


def public_rights(database: Database) -> set[tuple[str, str]]:
    """What PUBLIC has on pg_net's tables and their sequence."""
    with database.admin() as admin:
        found = admin.execute(
            "select c.relname, a.privilege_type from pg_class c cross join lateral aclexplode(c.relacl) a"
            " where c.relnamespace = 'net'::regnamespace and a.grantee = 0"
        )
        return {(str(relation), str(right)) for relation, right in found}


@pytest.mark.usefixtures("queue")
def test_an_upgrade_takes_from_public_what_nobody_needs(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    """Where our role may: pg_net's owner, a superuser."""
    with database.admin() as admin:
        admin.execute("grant all on all tables in schema net to public")
        admin.execute("grant all on all sequences in schema net to public")
        admin.execute("alter role postgres superuser")
    lines = upgrade(database)
    assert any("TRIGGER" in line for line in lines)
    rights = public_rights(database)
    assert {right for _, right in rights} & {"TRIGGER", "UPDATE"} == set()
    assert {t for t, right in rights if right == "INSERT"} == {"http_request_queue"}
    assert not any("TRIGGER" in line for line in upgrade(database))
    add_jobs(connection)
    wait_until(lambda: endpoint.received, message="pg_net sends")
    wait_until(
        lambda: (
            tick(connection)
            and connection.execute("select from bunkd.call where outcome = 'ok'").fetchone()
            is not None
        ),
        message="pg_net has written the answer",
    )


@pytest.mark.usefixtures("open_net")
def test_the_queue_and_the_answers_of_pg_net_cannot_be_changed_by_others_then(
    database: Database, intruder: Connection
) -> None:
    with database.admin() as admin:
        admin.execute("alter role postgres superuser")
    upgrade(database)
    for statement in (
        "update net.http_request_queue set id = id + 1000000",
        "update net._http_response set status_code = 200",
        "insert into net._http_response (id, status_code) values (1, 200)",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            intruder.execute(statement)


@pytest.mark.parametrize(("worker", "writes"), [("plain", True), ("supabase_admin", False)])
@pytest.mark.usefixtures("open_net")
def test_a_worker_of_pg_net_that_is_no_superuser_keeps_the_right_to_write_answers(
    database: Database, worker: str, writes: bool
) -> None:
    with database.admin() as admin:
        admin.execute("create role plain")
    as_if = f"?options=-c%20pg_net.username%3D{worker}"  # it can only be set when a session begins
    with connect(database.admin_url + as_if) as admin:
        assert admin.execute("select bunkd.close_net()").fetchone() == (True,)
    assert (("_http_response", "INSERT") in public_rights(database)) is writes
    assert ("_http_response", "UPDATE") not in public_rights(database)


def test_an_end_of_the_numbers_of_requests_is_said_with_what_mends_it(
    database: Database, queue: Connection
) -> None:
    queue.execute("update bunkd.schedule set wake = false")
    add_jobs(queue)
    last = "select setval('net.http_request_queue_id_seq', 9223372036854775807)"
    with database.admin() as admin:
        admin.execute(last)
        tick(queue)
        [said] = queue.execute("select problem from bunkd.status").fetchone() or [""]
        mends = str(said).partition("tables: ")[2]
        assert mends.startswith("select setval(")
        admin.execute(mends.encode())
    assert tick(queue).startswith("1 sent")


@pytest.mark.usefixtures("intruder")
def test_another_function_of_the_name_is_not_called(database: Database, queue: Connection) -> None:
    """One that fits our arguments better would get the credential."""
    with database.admin() as admin:
        admin.execute(
            "create function net.http_post(url text, body jsonb, headers jsonb, timeout_milliseconds int)"
            " returns bigint language sql as $$"
            " insert into public.seen values (current_user, headers::text) returning 1::bigint $$"
        )
    add_jobs(queue)
    assert "function http_post that is not pg_net's" in tick(queue)
    assert outcomes(queue) == []
    assert seen(database) == []


@pytest.mark.usefixtures("intruder")
def test_a_role_that_may_create_in_the_schema_of_pg_net_is_named(
    database: Database, queue: Connection
) -> None:
    with database.admin() as admin:
        admin.execute("grant create on schema net to intruder")
    add_jobs(queue)
    assert "role intruder can create functions in schema net" in tick(queue)
    assert outcomes(queue) == []


def test_another_function_beside_pg_cron_s_stops_no_upgrade(
    database: Database, connection: Connection, intruder: Connection
) -> None:
    connection.execute("create extension pg_cron")
    connection.execute(
        "select cron.schedule('recipe', '* * * * *', 'select trigger_job_processing()')"
    )
    with database.admin() as admin:
        admin.execute("grant usage, create on schema cron to intruder")
    intruder.execute(
        "create function cron.alter_job(job_id bigint, active boolean) returns void language sql as"
        " $$ insert into public.seen values (current_user, 'cron') $$"
    )
    create_queue(connection)
    active = "select active from cron.job where jobname = 'recipe'"
    install(database)
    assert connection.execute(active).fetchone() == (False,)
    downgrade(database)
    assert connection.execute(active).fetchone() == (True,)
    assert seen(database) == []
    with database.admin() as admin:
        admin.execute("drop owned by intruder")


# Schemas with the names of extensions

LOOKALIKES = (
    ("cron", "job_run_details", "0::bigint as runid, now() - interval '2 days' as start_time"),
    ("cron", "job", "0::bigint as jobid, 'x' as jobname, 'x' as username, true as active"),
    ("net", "http_request_queue", "0::bigint as id"),
    ("net", "_http_response", "0::bigint as id, now() as created"),
)


def test_a_schema_with_the_name_of_an_extension_is_not_walked_into(
    database: Database, connection: Connection, intruder: Connection
) -> None:
    create_queue(connection)
    install(database, BUNKD_MODE="external")
    with database.admin() as admin:
        admin.execute("drop extension if exists pg_cron; drop extension if exists pg_net")
        admin.execute("grant create on database postgres to intruder")
    for schema, name, columns in LOOKALIKES:
        intruder.execute(
            f"""
            create schema if not exists {schema};
            grant usage on schema {schema} to public;
            create or replace function {schema}.run() returns bigint language sql as
              $$ insert into public.seen values (current_user, '{schema}.{name}') returning 1 $$;
            create view {schema}.{name} as select *, {schema}.run() as n from (select {columns}) as x;
            grant all on {schema}.{name} to public;
            """.encode()  # noqa: S608 -- the names are those above
        )
    add_jobs(connection)
    tick(connection)
    exchange(connection)
    upgrade(database)
    assert seen(database) == []


def exchange(connection: Connection) -> None:
    connection.execute(
        "select bunkd.worker_exchange(%s, 'w', %s::jsonb)",
        [
            SCHEDULE,
            '{"room": 1, "able": true, "known": [], "listens": false, "woken": true,'
            ' "leaving": false, "answers": []}',
        ],
    )


# What comes back


def test_forged_answers_cost_one_call_each_and_stop_nothing(
    database: Database, queue: Connection, intruder: Connection
) -> None:
    with database.admin() as admin:
        admin.execute("grant all on all tables in schema net to public")
    intruder.execute(
        "insert into net._http_response (id, status_code, headers, content, created)"
        " select g, 200, (array['[]', '7', 'null', '\"x\"', '{\"Retry-After\": [1]}'])[1 + g % 5]::jsonb,"
        " '{', now() + interval '1 minute' from generate_series(1, 1000) as g"
    )
    add_jobs(queue, 3)
    ended = settle(queue)
    assert len(ended) >= 3
    intruder.execute("delete from net._http_response")
    wait_until(
        lambda: (
            tick(queue)
            and queue.execute(
                "select count(*) from analysis_jobs where status = 'queued'"
            ).fetchone()
            == (0,)
        ),
        message="every job is done",
    )


def test_a_second_request_with_our_id_takes_no_second_slot(
    database: Database, queue: Connection, intruder: Connection, endpoint: Endpoint
) -> None:
    endpoint.fail_with = "hang"
    add_jobs(queue)
    wait_until(lambda: endpoint.received)
    with database.admin() as admin:
        admin.execute("grant all on all tables in schema net to public")
    [(request,)] = queue.execute("select request from bunkd.slot where request is not null")
    with intruder.transaction():
        intruder.execute(
            "insert into net.http_request_queue (id, method, url, headers, body, timeout_milliseconds)"
            " select %s, 'POST', 'http://127.0.0.1:9/', '{}', '', 100 from generate_series(1, 3)",
            [request],
        )
    found = queue.execute("select count(*) from bunkd.read_slots(%s)", [SCHEDULE])
    assert found.fetchone() == (1,)
    endpoint.fail_with = None
    endpoint.release()


@pytest.mark.parametrize(
    "content",
    [
        f'{{"error": "bad token {CREDENTIAL}"}}',
        f'{{"job_id": "{CREDENTIAL}", "message": "x"}}',
        f"<html>{CREDENTIAL}</html>",
        "x" * 190 + CREDENTIAL,
        "x" * 65530 + CREDENTIAL,
    ],
)
def test_an_answer_that_quotes_the_credential_is_masked(queue: Connection, content: str) -> None:
    queue.execute(
        "insert into net._http_response (id, status_code, content) values (9, 500, %s)", [content]
    )
    row = queue.execute(
        "select o::text from bunkd.read_answer(%s, 9, clock_timestamp()) as o", [SCHEDULE]
    ).fetchone()
    assert CREDENTIAL[:8] not in str(row)


def test_a_lock_on_the_tables_of_pg_net_is_said_and_over_with_it(
    database: Database, queue: Connection, intruder: Connection, endpoint: Endpoint
) -> None:
    with database.admin() as admin:
        admin.execute("grant all on all tables in schema net to public")
    with intruder.transaction():
        intruder.execute("lock table net.http_request_queue in share mode")
        add_jobs(queue)
        assert "locked" in tick(queue)
        assert "locked" in problem(queue)
    tick(queue)
    wait_until(lambda: endpoint.received, message="the call goes out")


# The queue


def test_a_view_in_the_place_of_the_queue_is_not_read(
    database: Database, queue: Connection, intruder: Connection
) -> None:
    queue.execute("drop table analysis_jobs cascade")
    with database.admin() as admin:
        admin.execute("grant create on schema public to intruder")
    intruder.execute(
        """
        create function public.run() returns text language sql as
          $$ insert into public.seen values (current_user, 'a view') returning 'queued' $$;
        create view public.analysis_jobs as select 1 as id, public.run() as status;
        grant all on public.analysis_jobs to public;
        """
    )
    assert "belongs to role intruder" in tick(queue)
    assert "belongs to role intruder" in problem(queue)
    queue.execute("select * from bunkd.status")
    upgrade(database)
    check(database.admin_url)
    assert seen(database) == []


@pytest.mark.usefixtures("intruder")
def test_a_function_of_a_stranger_below_the_queue_is_refused(
    database: Database, queue: Connection, intruder: Connection
) -> None:
    with database.admin() as admin:
        admin.execute("create schema theirs authorization intruder")
        admin.execute("grant usage on schema theirs to public")
    intruder.execute(
        "create function theirs.f(text) returns text language sql immutable as 'select $1'"
    )
    queue.execute("create index on analysis_jobs (theirs.f(status))")
    add_jobs(queue)
    assert "function theirs.f(text)" in tick(queue)


@pytest.mark.parametrize("member", [False, True])
def test_a_trigger_on_the_queue_of_a_role_that_may_only_make_one_keeps_rescue_away(
    database: Database, queue: Connection, intruder: Connection, member: bool
) -> None:
    """Since PostgreSQL 16 a member of our role may have nothing of it, nor be able to become it."""
    if member:
        if database.server.version < 160000:
            pytest.skip("before PostgreSQL 16 a member can become the role")
        with database.admin() as admin:
            admin.execute("grant postgres to intruder with inherit false, set false")
    queue.execute("grant all on analysis_jobs to intruder")
    intruder.execute(SPY)
    intruder.execute(
        "create trigger evil before update on analysis_jobs"
        " for each row execute function pg_temp.spy()"
    )
    add_jobs(queue, status="running")
    with database.admin() as admin:
        admin.execute("alter table analysis_jobs disable trigger user")
        admin.execute("update analysis_jobs set claimed_at = now() - interval '1 day'")
        admin.execute("alter table analysis_jobs enable trigger user")
    tick(queue)
    assert "trigger evil" in problem(queue)
    assert seen(database) == []


def test_rescue_works_beside_a_trigger_that_names_its_tables_as_the_owner_does(
    queue: Connection,
) -> None:
    queue.execute(
        """
        create table job_events (what text);
        create function log_job() returns trigger language plpgsql as $$
        begin
          insert into job_events values (new.status);
          return null;
        end
        $$;
        create trigger log_job after update on analysis_jobs for each row execute function log_job();
        """
    )
    add_jobs(queue, status="running")
    queue.execute("update analysis_jobs set claimed_at = now() - interval '1 day'")
    tick(queue)
    found = queue.execute("select count(*) from analysis_jobs where status = 'running'")
    assert found.fetchone() == (0,)


def test_auto_explain_sees_no_credential(database: Database, endpoint: Endpoint) -> None:
    with database.admin() as admin:
        for setting in (
            "session_preload_libraries = 'auto_explain'",
            "auto_explain.log_min_duration = 0",
            "auto_explain.log_nested_statements = on",
            "auto_explain.log_verbose = on",
            "auto_explain.log_analyze = on",
        ):
            admin.execute(f"alter database postgres set {setting}".encode())
    with database.connect() as connection:
        create_queue(connection)
        install(database, BUNKD_CALL_URL=endpoint.url)
        add_jobs(connection)
        assert check(database, probe=True).verdict == "native"
        settle(connection)
    log = database.log()
    assert "Query Text" in log
    assert CREDENTIAL not in log


CODE = """
create schema intruder authorization intruder;
grant usage on schema intruder to public;
set role intruder;
create function intruder.spy(text) returns boolean language plpgsql as $$
begin
  insert into public.seen values (current_user, $1);
  return true;
end $$;
create function intruder.one(integer) returns integer language plpgsql immutable as $$
begin
  perform intruder.spy('one');
  return 1;
end $$;
create operator intruder.=== (leftarg = text, rightarg = text, function = intruder.both);
create domain intruder.word as text;
create domain intruder.job as uuid;
create function intruder.difference(integer, integer) returns float8 language sql immutable as
  $$ select 0::float8 $$;
create type intruder.span as range (subtype = integer, subtype_diff = intruder.difference);
reset role;
grant trigger on public.analysis_jobs to intruder;
"""
BOTH = """
create schema if not exists intruder authorization intruder;
set role intruder;
create function intruder.both(text, text) returns boolean language plpgsql as $$
begin
  insert into public.seen values (current_user, $1);
  return true;
end $$;
reset role;
"""
LATER = "alter domain intruder.{} add constraint later check (intruder.spy(value::text))"
PUT = {
    "a WHEN with an operator": (
        "create trigger t before update on public.analysis_jobs for each row"
        " when (old.status operator(intruder.===) 'x')"
        " execute function pg_catalog.suppress_redundant_updates_trigger()",
        "intruder",
        "",
    ),
    "a WHEN with a domain": (
        "create trigger t before update on public.analysis_jobs for each row"
        " when (old.status::intruder.word is not null)"
        " execute function pg_catalog.suppress_redundant_updates_trigger()",
        "intruder",
        LATER.format("word"),
    ),
    "the domain of the key": (
        "alter table public.analysis_jobs alter id type intruder.job",
        "postgres",
        LATER.format("job"),
    ),
    "a domain in a constraint": (
        "alter table public.analysis_jobs add check (status::intruder.word is not null)",
        "postgres",
        LATER.format("word"),
    ),
    "an index on ranges": (
        "alter table public.analysis_jobs add span intruder.span;"
        "create index on public.analysis_jobs using gist (span)",
        "postgres",
        "",
    ),
    "statistics": (
        "create statistics public.s on (intruder.one(1)), (status || '') from public.analysis_jobs",
        "postgres",
        "",
    ),
    "an exclusion constraint": (
        "alter table public.analysis_jobs add exclude using btree ((intruder.one(1)) with =)"
        " where (false)",
        "postgres",
        "",
    ),
}


@pytest.mark.parametrize("name", PUT)
def test_a_rescue_runs_nothing_of_a_stranger(
    database: Database, queue: Connection, intruder: Connection, name: str
) -> None:
    del intruder  # it has its role and the table of what was seen
    put, role, later = PUT[name]
    queue.execute("select cron.alter_job(jobid, active := false) from cron.job")
    [job] = add_jobs(queue, 1, status="running")
    queue.execute("update public.analysis_jobs set claimed_at = now() - interval '10 days'")
    with database.admin() as admin:
        admin.execute(BOTH)
        admin.execute(CODE.replace("create schema intruder authorization intruder;", ""))
        admin.execute(f"set role {role}".encode())
        admin.execute(put.encode())
        admin.execute("set role intruder")
        admin.execute(later.encode())
        admin.execute("reset role")
        admin.execute("truncate public.seen")
    said = tick(queue)
    assert seen(database) == []
    assert "intruder" in said or "intruder" in problem(queue)
    left = queue.execute("select status from public.analysis_jobs where id = %s", [job])
    assert left.fetchall() == [("running",)]


@pytest.mark.parametrize("kind", ["word", "word[]"])
def test_a_test_job_runs_nothing_of_a_stranger_s_type(
    database: Database, queue: Connection, intruder: Connection, kind: str
) -> None:
    """Also of a column that bunkd-db never names: a row is written with all of them."""
    del intruder
    with database.admin() as admin:
        admin.execute(BOTH)
        admin.execute(CODE.replace("create schema intruder authorization intruder;", ""))
        admin.execute("set role intruder")
        admin.execute(LATER.format("word").encode())
        admin.execute("reset role")
        admin.execute(f"alter table public.analysis_jobs add note intruder.{kind}".encode())
        admin.execute("truncate public.seen")
    done = here("smoke", "--yes", DATABASE_URL=database.url, BUNKD_CREDENTIAL=CREDENTIAL)
    assert (done.code, "no test job is put into public.analysis_jobs: " in done.err) == (1, True)
    assert "belongs to role intruder" in done.err
    assert "BUNKD_QUEUE_OWNER" in done.err
    assert seen(database) == []
    assert queue.execute("select count(*) from public.analysis_jobs").fetchone() == (0,)


def test_a_queue_that_was_given_away_is_not_counted_with_its_owner_s_cast(
    database: Database, queue: Connection, intruder: Connection
) -> None:
    queue.execute("select cron.alter_job(jobid, active := false) from cron.job")
    add_jobs(queue, 1)
    with database.admin() as admin:
        admin.execute("alter table public.analysis_jobs owner to intruder")
        admin.execute("grant create, usage on schema public to intruder")
    intruder.execute(
        "create type public.st as enum ('queued', 'running', 'done', 'failed');"
        "create function public.words(public.st) returns text language plpgsql as $$"
        " begin insert into public.seen values (current_user, 'cast'); return 'done'; end $$;"
        "create cast (public.st as text) with function public.words(public.st)"
    )
    with database.admin() as admin:
        admin.execute(
            "do $$ declare c name; begin for c in select conname from pg_constraint"
            " where conrelid = 'public.analysis_jobs'::regclass and contype = 'c' loop"
            " execute format('alter table public.analysis_jobs drop constraint %I', c); end loop;"
            " for c in select indexrelid::regclass from pg_index where indrelid ="
            " 'public.analysis_jobs'::regclass and indpred is not null loop"
            " execute format('drop index %s', c); end loop; end $$;"
            "alter table public.analysis_jobs alter status drop default,"
            " alter status type public.st using status::public.st"
        )
        admin.execute("truncate public.seen")
    intruder.execute("update public.analysis_jobs set status = 'running'")
    intruder.execute("delete from public.analysis_jobs")
    assert seen(database) == []


# Foreign keys: what they change is changed as the other table's owner, but its AFTER triggers run as who writes

KEYS = """
create schema theirs authorization intruder;
grant usage on schema theirs to public;
alter table public.analysis_jobs disable row level security;
alter table public.analysis_jobs add unique (id, status);
grant references, select on public.analysis_jobs to intruder;
create table public.trusted (id uuid, status text, unique (id, status));
grant references, trigger, select on public.trusted to intruder;
alter table public.trusted owner to postgres;
"""
THEIR_SPY = """
create function theirs.spy() returns trigger language plpgsql as $$
begin
  insert into public.seen values (current_user, tg_table_name);
  return new;
end $$;
create table theirs.later (n int);
grant insert on theirs.later to public;
create constraint trigger spy after insert on theirs.later deferrable initially deferred
  for each row execute function theirs.spy();
create type theirs.word as (word text);
create function theirs.text(theirs.word) returns text language plpgsql as $$
begin
  insert into theirs.later values (1);
  return case session_user when 'intruder' then $1.word else 'none' end;
end $$;
create cast (theirs.word as text) with function theirs.text(theirs.word) as implicit;
"""
SPIED = "create trigger spy after update or delete on theirs.t for each row execute function theirs.spy()"
THEIR_TABLE = (
    "create table theirs.t (id uuid, status text default 'done',"
    " foreign key (id, status) references {} (id, status) on update {})"
)
TRUSTED = (
    "alter table public.trusted add foreign key (id, status)"
    " references public.analysis_jobs (id, status) on update cascade"
)
THEIR_KEYS = {
    "cascade": ("", THEIR_TABLE.format("public.analysis_jobs", "cascade") + ";" + SPIED),
    "set null": ("", THEIR_TABLE.format("public.analysis_jobs", "set null") + ";" + SPIED),
    "set default": ("", THEIR_TABLE.format("public.analysis_jobs", "set default") + ";" + SPIED),
    "no action, a type of their own": (
        "",
        "create table theirs.t (id uuid, status theirs.word,"
        " foreign key (id, status) references public.analysis_jobs (id, status))",
    ),
    "by way of a table of ours": (
        TRUSTED,
        THEIR_TABLE.format("public.trusted", "cascade") + ";" + SPIED,
    ),
    "a table of theirs that the status refers to": (
        "",
        "create function theirs.one(int) returns int language plpgsql immutable as"
        " $$ begin return 1; end $$;"
        "create table theirs.words (word text primary key);"
        "insert into theirs.words values ('running'), ('queued');"
        "grant references on theirs.words to postgres;",
    ),
    "a trigger on a table of ours": (
        TRUSTED,
        SPIED.replace("theirs.t ", "public.trusted "),
    ),
}


def stuck_job(database: Database, queue: Connection) -> str:
    """One that is to be rescued, of a queue that others can refer to."""
    queue.execute("select cron.alter_job(jobid, active := false) from cron.job")
    [job] = add_jobs(queue, 1, status="running")
    queue.execute("update public.analysis_jobs set claimed_at = now() - interval '10 days'")
    with database.admin() as admin:
        admin.execute(KEYS)
        admin.execute("insert into public.trusted values (%s, 'running')", [job])
    return job


def left(queue: Connection, table: str = "public.analysis_jobs") -> list[tuple[object, ...]]:
    return queue.execute(f"select status from {table}".encode()).fetchall()  # noqa: S608


@pytest.mark.parametrize("name", THEIR_KEYS)
def test_a_rescue_runs_nothing_by_a_foreign_key(
    database: Database, queue: Connection, intruder: Connection, name: str
) -> None:
    ours, theirs = THEIR_KEYS[name]
    job = stuck_job(database, queue)
    queue.execute(ours.encode())
    intruder.execute(THEIR_SPY)
    intruder.execute(theirs.encode())
    if "theirs.words" in theirs:
        queue.execute(
            "alter table public.analysis_jobs add foreign key (status) references theirs.words"
        )
        intruder.execute("create index on theirs.words ((theirs.one(1)))")
        intruder.execute(  # the planner runs it
            "create or replace function theirs.one(int) returns int language plpgsql immutable as"
            " $$ begin perform theirs.text(row('x')::theirs.word); return 1; end $$"
        )
    elif "theirs.t " in theirs:
        word = "row('{}')::theirs.word" if "theirs.word" in theirs else "'{}'"
        rows = f"insert into theirs.t values ('{job}', {word.format('running')})"  # noqa: S608
        intruder.execute(rows.encode())
    said = tick(queue)
    assert seen(database) == []
    assert left(queue) == [("running",)]
    assert "intruder" in said + problem(queue)
    found = named(check(database), "queue_rescue")
    if found.status == "skip":  # a machine that stalls leaves a question without an answer
        found = named(check(database), "queue_rescue")
    assert found.status == "warn", found.detail
    assert "revoke " in found.detail or "Change the owner of table theirs.words" in found.detail


def test_a_foreign_key_that_a_rescue_does_not_touch_keeps_nothing_away(
    database: Database, queue: Connection, intruder: Connection
) -> None:
    stuck_job(database, queue)
    queue.execute(TRUSTED)
    intruder.execute(
        "create table theirs.t (id uuid references public.analysis_jobs (id) on update cascade on delete cascade)"
    )
    tick(queue)
    assert left(queue) == left(queue, "public.trusted") == [("queued",)]


RUNS = """
create schema theirs authorization intruder;
grant usage on schema cron to intruder;
grant references on cron.job_run_details to intruder;
insert into cron.job_run_details
  (jobid, runid, job_pid, database, username, command, status, return_message, start_time, end_time)
values (1, 900001, 1, current_database(), 'postgres', 'select bunkd.tick(''process-analysis-jobs'')',
  'succeeded', '', now() - interval '2 days', now() - interval '2 days');
"""


@pytest.mark.parametrize("action", ["cascade", "set null", "set default", "no action"])
def test_a_prune_of_the_run_history_runs_nothing_by_a_foreign_key(
    database: Database, queue: Connection, intruder: Connection, action: str
) -> None:
    queue.execute("select cron.alter_job(jobid, active := false) from cron.job")
    with database.admin() as admin:
        admin.execute(RUNS)
    intruder.execute(THEIR_SPY)
    intruder.execute(
        f"create table theirs.t (run bigint references cron.job_run_details on delete {action});{SPIED}".encode()
    )
    intruder.execute("insert into theirs.t values (900001)")
    queue.execute("update bunkd.last_tick set pruned_at = null, runs_pruned_to = 0")
    tick(queue)
    assert seen(database) == []
    with database.admin() as admin:
        kept = admin.execute("select count(*) from cron.job_run_details where runid = 900001")
        assert kept.fetchone() == (1,)
    said = "was not pruned: foreign key t_run_fkey on table theirs.t of role intruder"
    assert said in database.log()


def test_a_role_whose_name_differs_by_case_alone_is_another_role(
    database: Database, connection: Connection
) -> None:
    create_queue(connection)
    install(database)
    with database.admin() as admin:
        admin.execute('alter role postgres rename to "Postgres"')
        try:
            assert "cannot" not in tick(connection)  # no role has the name in small letters
            admin.execute("create role postgres")
            admin.execute("alter table public.analysis_jobs owner to postgres")
            assert 'belongs to role postgres, whose code would run as role "Postgres"' in tick(
                connection
            )
        finally:
            admin.execute(
                "do $$ begin alter role postgres rename to intruder; exception when undefined_object then null; end $$"
            )
            admin.execute('alter role "Postgres" rename to postgres')
