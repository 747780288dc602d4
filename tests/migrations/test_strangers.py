"""Nothing that another role has put into `public` is run by a role that migrates or reads."""

from contextlib import closing

import pytest

from bunkd_db import database as db
from bunkd_db import provision
from bunkd_db.errors import DatabaseUnavailable
from tests.support.command import alembic
from tests.support.database import Database
from tests.support.queue import add_jobs, create_queue
from tests.support.server import Connection
from tests.support.upgrade import NATIVE, SCHEDULE, downgrade, install, offline
from tests.support.wait import wait_until

# Each fits the arguments that we give better than the system's own does.
TRAPS = """
create table public.loot (who text, how text);
grant insert on public.loot to public;
create function public.quote_ident(p name) returns text language plpgsql as $$ begin
  insert into public.loot values (current_user, 'quote_ident');
  return pg_catalog.quote_ident(p::text);
end $$;
create function public.remember(s jsonb, k text, v bigint) returns jsonb language plpgsql as $$ begin
  insert into public.loot values (current_user, 'jsonb_object_agg');
  return '{}';
end $$;
create aggregate public.jsonb_object_agg(text, bigint) (sfunc = public.remember, stype = jsonb, initcond = '{}');
create function public.same(a oid, b integer) returns boolean language plpgsql as $$ begin
  insert into public.loot values (current_user, 'oid = integer');
  return a = b::oid;
end $$;
create operator public.= (leftarg = oid, rightarg = integer, function = public.same);
create function public.same(a oid, b regtype) returns boolean language plpgsql as $$ begin
  insert into public.loot values (current_user, 'oid = regtype');
  return a = b::oid;
end $$;
create operator public.= (leftarg = oid, rightarg = regtype, function = public.same);
create function public.same(a name, b varchar) returns boolean language plpgsql as $$ begin
  insert into public.loot values (current_user, 'name = varchar');
  return a = b::name;
end $$;
create operator public.= (leftarg = name, rightarg = varchar, function = public.same);
create function public.same(a oid, b regprocedure) returns boolean language plpgsql as $$ begin
  insert into public.loot values (current_user, 'oid = regprocedure');
  return a = b::oid;
end $$;
create operator public.= (leftarg = oid, rightarg = regprocedure, function = public.same);
create function public.concat(a text, b integer) returns text language plpgsql as $$ begin
  raise log 'looted by concat as %', current_user;  -- what asks is rolled back
  return a || b;
end $$;
create function public.concat(a text, b text, c text) returns text language plpgsql as $$ begin
  raise log 'looted by concat as %', current_user;
  return a || b || c;
end $$;
create function public.concat(a text, b integer, c text, d text) returns text language plpgsql as $$ begin
  raise log 'looted by concat as %', current_user;
  return a || b || c || d;
end $$;
"""

# the tests' own helpers ask this, too
ONE_MORE = """
create function public.same(a oid, b regclass) returns boolean language plpgsql as $$ begin
  insert into public.loot values (current_user, 'oid = regclass');
  return a = b::oid;
end $$;
create operator public.= (leftarg = oid, rightarg = regclass, function = public.same);
"""


@pytest.fixture
def hostile(database: Database) -> Database:
    """A database in which a stranger may create in `public`, and has."""
    with database.admin() as admin:
        admin.execute("create role mallory login password 'postgres'")
        admin.execute("grant usage, create on schema public to mallory")
    with database.connect("mallory") as mallory:
        mallory.execute(TRAPS)
    return database


def loot(database: Database) -> list[object]:
    with database.admin() as admin:
        found = admin.execute("select distinct who, how from public.loot where who <> 'mallory'")
        return list(found.fetchall())


def test_an_upgrade_the_view_and_a_downgrade_run_nothing_of_a_strangers(
    hostile: Database, connection: Connection
) -> None:
    create_queue(connection)
    install(hostile)
    add_jobs(connection, 1)
    assert connection.execute("select calls_last_hour from bunkd.status").fetchone() is not None
    provision.show_credential(hostile.url, SCHEDULE)
    assert alembic("current", DATABASE_URL=hostile.url, **NATIVE).code == 0
    install(hostile)
    downgrade(hostile)
    assert loot(hostile) == []


def test_an_upgrade_that_waits_in_vain_and_a_downgrade_that_leaves_something_run_nothing_of_a_strangers(
    hostile: Database, connection: Connection
) -> None:
    create_queue(connection)
    install(hostile)
    with hostile.connect() as somebody:
        somebody.execute("begin; lock table bunkd.schedule in access exclusive mode")
        with pytest.raises(DatabaseUnavailable, match=f"held by pid {somebody.info.backend_pid}"):
            install(hostile)
    with hostile.connect("mallory") as mallory:
        mallory.execute(ONE_MORE)
        mallory.execute("begin")
        mallory.execute("select pg_get_object_address('schema', '{bunkd}', '{}')")
        mallory.execute(
            "select pg_get_object_address('function', '{public,bunkd_on_queue_write}', '{}')"
        )
        left = "".join(downgrade(hostile))
        assert "public.bunkd_on_queue_write() stays" in left
        assert "Schema bunkd stays, empty" in left
    assert loot(hostile) == []
    assert "looted by concat as postgres" not in hostile.log()


def test_the_offline_script_runs_nothing_of_a_strangers(
    hostile: Database, connection: Connection
) -> None:
    create_queue(connection)
    connection.execute(offline(**NATIVE).out.encode())
    connection.execute(offline("downgrade", "head:base").out.encode())
    assert loot(hostile) == []


def test_a_question_of_ours_has_a_search_path_of_its_own(database: Database) -> None:
    with db.connect(database.url, autocommit=True) as session:
        [asked] = db.rows(session, "select current_setting('search_path') as path")
        assert asked["path"] == "pg_catalog, pg_temp"
        left = session.execute("show search_path").fetchone()
        assert left is not None
        assert left != ("pg_catalog, pg_temp",), "a pooler hands the session on"


def test_a_deploy_that_stops_half_way_does_not_hold_the_queue(
    database: Database, connection: Connection
) -> None:
    create_queue(connection)
    install(database, BUNKD_WAKE="off")
    script = offline("upgrade", "head:head", **NATIVE, BUNKD_WAKE="on").out
    limit = "idle_in_transaction_session_timeout = '{}'"
    assert script.count(limit.format("10s")) == 1
    half = script.replace(limit.format("10s"), limit.format("300ms")).rpartition("COMMIT;")[0]
    with closing(database.connect()) as runner, database.connect() as application:
        runner.execute(half.encode())
        application.execute("set lock_timeout = '20ms'")

        def inserted() -> bool:
            try:
                add_jobs(application, 1)
            except Exception:  # noqa: BLE001 -- locked for now
                return False
            return True

        assert not inserted(), "the triggers are being made"
        wait_until(inserted, 5, "the queue is free again")


def test_stamped_but_not_installed_is_said(database: Database, connection: Connection) -> None:
    assert alembic("stamp", "head", DATABASE_URL=database.url, **NATIVE).code == 0
    done = alembic("upgrade", "head", DATABASE_URL=database.url, **NATIVE)
    assert done.code == 1
    assert "stamped" in done.err
    assert "drop table bunkd.alembic_version;" in done.err
    assert "Traceback" not in done.err
    connection.execute("drop table bunkd.alembic_version")
    assert install(database)[-1].startswith("native:")
