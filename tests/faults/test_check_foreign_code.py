"""`check` runs as whoever asks: nobody else's code may run as that role."""

import re
from collections.abc import Iterator

import pytest

from bunkd_db.capabilities.rows.queue import Waiting
from tests.support.checked import check, named
from tests.support.database import Database
from tests.support.held import stop_cron
from tests.support.queue import add_jobs, create_queue
from tests.support.server import Connection
from tests.support.ticks import tick
from tests.support.upgrade import install

TABLE = "app.jobs"
# What it runs as is in the server's log: a check's transaction is read-only.
EVIL = """
create function app.evil() returns boolean language plpgsql volatile as $$
begin
  raise log '%', 'it ran' || ' as ' || current_user;
  return true;
end $$;
create function app.calm(text) returns boolean language plpgsql immutable as $$
begin
  return app.evil();
end $$;
"""
ENUM = """
create type app.state as enum ('queued', 'running', 'completed', 'failed');
create table app.jobs (id int primary key, status app.state, created_at timestamptz default now());
insert into app.jobs values (1, 'queued');
"""
PLAIN = """
create table app.jobs (id int primary key, status text, created_at timestamptz default now());
insert into app.jobs values (1, 'queued');
"""
ATTACKS = {
    "a cast of the status": ENUM
    + """
create function app.word(app.state) returns text language plpgsql as $$
begin
  perform app.evil();
  return 'queued';
end $$;
create cast (app.state as text) with function app.word(app.state) as implicit;
""",
    "an index": PLAIN + "create index on app.jobs (status) where app.calm('x');",
    "an index of a child": PLAIN
    + "create table app.more () inherits (app.jobs);"
    + "create index on app.more (status) where app.calm('x');",
}
SCHEMA = """
create schema bunkd;
create view bunkd.schedule as select 'process-analysis-jobs'::text as name, app.evil() as url;
create function bunkd.find_obstacles(text) returns setof record language plpgsql as $$
begin
  perform app.evil();
end $$;
create function bunkd.has_credential(text) returns boolean language sql as 'select app.evil()';
grant usage on schema bunkd to public;
grant select on bunkd.schedule to public;
"""


@pytest.fixture
def app(database: Database) -> Iterator[Connection]:
    """A role that may create schemas, extensions and cron jobs, and is nobody's member."""
    with database.admin() as admin:
        admin.execute(
            "create role app login password 'postgres';"
            "grant create on database postgres to app;"
            "create schema app authorization app"
        )
    with database.connect("app") as session:
        session.execute(EVIL)
        yield session


def ran(database: Database) -> bool:
    """Whether its code has run as somebody else."""
    return bool(re.search("it ran as (?!app$)", database.log(), re.MULTILINE))


@pytest.mark.parametrize("installed", [False, True])
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_queue_of_others_is_not_read_as_who_asks(
    database: Database, app: Connection, attack: str, installed: bool
) -> None:
    app.execute(ATTACKS[attack].encode())
    mine = database.url_as("app")
    if installed:
        install(mine, BUNKD_MODE="external", BUNKD_QUEUE_TABLE=TABLE)
    report = check(database.admin_url, BUNKD_QUEUE_TABLE=TABLE)
    assert not ran(database)
    for name in ("queue_backlog", "queue_status_values", "queue_never"):
        found = named(report, name)
        assert (found.status, found.reason) == ("skip", "UNANSWERED")
        assert (found.detail.endswith("was not read: see queue"), found.remedy) == (True, "")
    found = named(report, "queue")  # once, with the remedy
    assert (found.status, found.reason) == ("skip", "UNANSWERED")
    assert found.detail.count("belongs to role app, whose code would run as role") == 1
    if installed:
        assert found.remedy == "Ask again as role app."
    else:
        assert "BUNKD_QUEUE_OWNER" in found.remedy + named(report, "queue_owner").remedy
    assert report.facts.seen_one(Waiting) is None
    # its owner's own code may run as its owner
    assert named(check(mine, BUNKD_QUEUE_TABLE=TABLE), "queue_backlog").status in ("pass", "warn")


@pytest.mark.parametrize("attack", ATTACKS)
def test_whom_the_asking_role_has_named_is_trusted(
    database: Database, app: Connection, attack: str
) -> None:
    app.execute(ATTACKS[attack].encode())
    report = check(database.admin_url, BUNKD_QUEUE_TABLE=TABLE, BUNKD_QUEUE_OWNER="app")
    assert [found.rows for found in report.facts.all(Waiting)] == [1]


def test_a_schema_of_our_name_is_not_asked(database: Database, app: Connection) -> None:
    app.execute(SCHEMA)
    report = check(database.admin_url)
    assert not ran(database)
    found = named(report, "schedule")
    assert (found.status, found.reason) == ("skip", "UNANSWERED")
    assert "what role app installed cannot be asked about as role" in found.detail
    assert found.remedy == "Ask again as role app."
    assert not report.active


def test_a_queue_that_is_another_one_when_it_is_read(database: Database, app: Connection) -> None:
    """Between the look at the catalog and the reading, what has that name may be exchanged."""
    app.execute("create view app.jobs as select 1 as id, 'queued'::text as status")
    found = check(database.admin_url, BUNKD_QUEUE_TABLE=TABLE).facts
    assert found.seen_one(Waiting) is None
    assert not ran(database)


def test_who_may_put_code_where_calls_are_sent(database: Database) -> None:
    install(database)
    with database.admin() as admin:
        admin.execute("create role intern login password 'postgres'")
        admin.execute("grant trigger on net.http_request_queue to intern")
    found = named(check(database), "net_writers")
    assert (found.status, found.reason) == ("fail", "CODE_WRITABLE")
    assert "intern" in found.detail
    install(database, BUNKD_MODE="external")
    assert named(check(database), "net_writers").status == "skip"


# Children: not partitions, but tables that inherit


@pytest.fixture
def parent(database: Database, connection: Connection) -> Connection:
    create_queue(connection)
    install(database)
    connection.execute("create table public.older () inherits (public.analysis_jobs)")
    with database.admin() as admin:
        admin.execute("create role intruder login password 'postgres'")
    return connection


def test_a_child_of_the_queue_with_another_owner_is_named(
    database: Database, parent: Connection
) -> None:
    assert "older" not in tick(parent)
    with database.admin() as admin:
        admin.execute("alter table public.older owner to intruder")
    assert "table public.older" in tick(parent)


def test_a_trigger_on_a_child_of_the_queue_keeps_rescue_away(
    database: Database, parent: Connection
) -> None:
    parent.execute(
        "alter table public.older add primary key (id); grant trigger on public.older to intruder"
    )
    with database.connect("intruder") as intruder:
        intruder.execute(
            """
            create function pg_temp.evil() returns trigger language plpgsql as $$
            begin
              raise log '%', 'it ran' || ' as ' || current_user;
              return new;
            end $$;
            create trigger evil before update on public.older for each row execute function pg_temp.evil()
            """
        )
        add_jobs(parent, status="running")
        parent.execute("update analysis_jobs set claimed_at = now() - interval '1 day'")
        parent.execute(
            "with gone as (delete from only analysis_jobs returning *) insert into older select * from gone"
        )
        tick(parent)
        [(problem,)] = parent.execute("select problem from bunkd.status").fetchall()
        assert "trigger evil on public.older" in str(problem)
    assert not ran(database)


# What else is read or written as our role


THEIRS = """
create function theirs.ran(text) returns boolean language plpgsql as $$
begin
  raise log '%', 'it ran' || ' as ' || current_user;
  return true;
end $$;
"""


@pytest.fixture
def intruder(database: Database) -> Iterator[Connection]:
    with database.admin() as admin:
        admin.execute("create role intruder login password 'postgres'")
        admin.execute("create schema theirs authorization intruder")
        admin.execute("grant usage on schema theirs to public")
    with database.connect("intruder") as session:
        session.execute(THEIRS)
        yield session


def ran_as_ours(database: Database) -> bool:
    return "it ran as postgres" in database.log()


def test_a_domain_of_a_stranger_keeps_rescue_away(
    database: Database, connection: Connection, intruder: Connection
) -> None:
    intruder.execute("create domain theirs.word as text")
    connection.execute(
        "create table public.analysis_jobs (id int primary key, status theirs.word, started_at timestamptz);"
        "insert into public.analysis_jobs values (1, 'running', now() - interval '1 day')"
    )
    install(database, BUNKD_WAKE="off")
    stop_cron(connection)
    intruder.execute(
        "alter domain theirs.word add constraint ours check (theirs.ran(value)) not valid"
    )
    connection.execute("delete from bunkd.last_tick")
    tick(connection)
    assert not ran_as_ours(database)
    [(problem,)] = connection.execute("select problem from bunkd.status").fetchall()
    assert "no rescue: function theirs.ran(text), which the write needs, belongs to role" in str(
        problem
    )


def test_a_probe_s_job_is_not_looked_for_in_a_stranger_s_table(
    database: Database, connection: Connection, intruder: Connection
) -> None:
    create_queue(connection)
    install(database)
    connection.execute("drop table public.analysis_jobs")
    with database.admin() as admin:
        admin.execute("grant create on schema public to intruder")
    intruder.execute(
        "create table public.analysis_jobs (id int primary key, status text);"
        "insert into public.analysis_jobs values (1, 'running');"
        "create function theirs.calm(text) returns boolean language plpgsql immutable as"
        " 'begin return theirs.ran($1); end';"
        "create index on public.analysis_jobs (status) where theirs.calm('x');"
        "grant all on public.analysis_jobs to public"
    )
    connection.execute(
        "update bunkd.schedule set held = now() - interval '1 h', held_xid = 1, on_restore = 'probe';"
        "insert into bunkd.call (schedule, reason, sent, settled, job_id, outcome)"
        " values ('process-analysis-jobs', 'probe', now(), now(), '1', 'ok')"
    )
    served = connection.execute("select bunkd.is_served(s) from bunkd.schedule s").fetchall()
    assert served == [(False,)]
    assert not ran_as_ours(database)
