"""A dump of the application's schema works where there is no bunkd-db, or another one."""

import pytest

import bunkd_db
from tests.support.database import Database
from tests.support.dump import application, difference, restore
from tests.support.held import stop_cron
from tests.support.queue import add_jobs, count_by_status, create_queue
from tests.support.scalar import scalar
from tests.support.server import Connection, connect
from tests.support.ticks import outcomes, tick
from tests.support.upgrade import SCHEDULE, downgrade, install, upgrade

CALLED = (
    "select distinct p.oid::regproc::text from pg_trigger t join pg_proc p on p.oid = t.tgfoid"
    " where t.tgname like 'bunkd%' and t.tgrelid = 'public.analysis_jobs'::regclass"
)
COPIES = "select count(*) from pg_proc where proname = 'bunkd_on_queue_write'"
COPY, STATED = "bunkd_on_queue_write", "bunkd.on_queue_write"


@pytest.fixture
def shop(database: Database) -> str:
    """The URL of a fresh database that belongs to a role which owns nothing else."""
    create_role(database, "shop")
    with database.admin() as admin:
        admin.execute("create database shop owner shop")
    return database.url_as("shop").rpartition("/")[0] + "/shop"


def create_role(database: Database, name: str, *grants: str) -> None:
    """One that may log in, with what it is granted."""
    with database.admin() as admin:
        admin.execute(f"create role {name} login password 'postgres'".encode())
        for grant in grants:
            admin.execute(f"grant {grant}".encode())


def called(connection: Connection) -> list[str]:
    return [str(name) for (name,) in connection.execute(CALLED.encode())]


def write(connection: Connection) -> None:
    """Two jobs come to wait; one is claimed and ends, one goes."""
    add_jobs(connection, 2, table="public.analysis_jobs")
    for status in ("running", "done"):
        connection.execute(
            "update public.analysis_jobs set status = %s where id = (select max(id::text) from"
            " public.analysis_jobs)::uuid",
            [status],
        )
    connection.execute("delete from public.analysis_jobs where status = 'queued'")


@pytest.mark.parametrize("options", [(), ("--clean", "--if-exists"), ("--inserts",)])
def test_it_is_restored_whole_and_works(
    database: Database, connection: Connection, shop: str, options: tuple[str, ...]
) -> None:
    create_queue(connection, 2)
    install(database)
    assert called(connection) == [COPY]
    restore(application(database.url, *options), shop)
    with connect(shop) as there:
        assert called(there) == [COPY]
        told: list[str] = []
        there.add_notice_handler(lambda notice: told.append(str(notice.message_primary)))
        write(there)
        assert told == []
        assert count_by_status(there) == {"done": 1}


def test_a_diff_of_it_works_where_there_is_no_bunkd_db(
    database: Database, connection: Connection, shop: str
) -> None:
    """By migra, which `supabase db diff` and `db pull` run."""
    create_queue(connection, 2)
    with connect(shop) as there:
        create_queue(there, 2)
        assert difference(shop, database.url) == ""
        install(database)
        written = difference(shop, database.url)
        there.execute(written.encode())
        assert called(there) == [COPY]
        write(there)
        assert count_by_status(there) == {"done": 1}
        assert difference(shop, database.url) == "", "nothing is different any more"


def test_bunkd_db_takes_it_over_there(
    database: Database, connection: Connection, shop: str
) -> None:
    with database.admin() as admin:
        admin.execute("create role bunkd_worker")
    create_queue(connection)
    install(database)
    restore(application(database.url), shop)
    with connect(shop) as there:
        before = scalar(there, int, "select 'public.bunkd_on_queue_write'::regproc::oid::int")
        assert install(shop, BUNKD_WORKER_ROLE="bunkd_worker")[-1].startswith("external:")
        assert called(there) == [COPY]
        assert (
            scalar(there, int, "select 'public.bunkd_on_queue_write'::regproc::oid::int") == before
        )
        write(there)
        assert scalar(there, int, "select last_value from bunkd.wake_failed") == 1
        assert not scalar(there, bool, "select is_called from bunkd.wake_failed")
        assert "Removed everything" in downgrade(shop)[-1]
        assert scalar(there, int, COPIES) == 0


def test_the_owner_of_the_table_restores_it_in_place(
    database: Database, connection: Connection
) -> None:
    create_role(database, "app", "app to postgres", "usage, create on schema public to app")
    create_queue(connection)
    connection.execute("alter table analysis_jobs owner to app")
    install(database, BUNKD_QUEUE_OWNER="app")
    assert called(connection) == [COPY]
    script = application(database.url, "--table=public.analysis_jobs", "--clean")
    restore(script, database.url_as("app"), stops=True)
    assert called(connection) == [COPY]
    add_jobs(connection, 1)
    assert outcomes(connection) == [None]


def test_what_is_left_after_the_schema_does_nothing_and_can_be_removed(
    database: Database, connection: Connection
) -> None:
    create_queue(connection)
    install(database)
    connection.execute("drop schema bunkd cascade")
    assert called(connection) == [COPY]
    write(connection)
    [line] = downgrade(database)
    assert line.startswith("Schema bunkd was gone already. Removed what was left of it: ")
    assert f"bunkd_insert_{SCHEDULE}" in line
    assert "bunkd_on_queue_write()" in line
    assert (called(connection), scalar(connection, int, COPIES)) == ([], 0)


@pytest.mark.parametrize(
    "half",
    [
        "drop function bunkd.count_failed_wake",
        "drop table bunkd.wake cascade",
        "drop function bunkd.dispatch_at_commit cascade",
        "drop function bunkd.dispatch_for_write",
        "drop function bunkd.find_foreign_cast",
        "alter table bunkd.wake rename to awake",
    ],
)
def test_one_that_is_half_there_fails_no_write(
    database: Database, connection: Connection, half: str
) -> None:
    create_queue(connection)
    install(database)
    connection.execute(half.encode())
    write(connection)


def test_a_strangers_schema_of_our_name_gets_nothing_to_run(
    database: Database, connection: Connection, shop: str
) -> None:
    """The copy runs as who restored it, perhaps a superuser."""
    create_queue(connection)
    install(database)
    create_role(database, "stranger", "create on database shop to stranger")
    restore(application(database.url), shop)
    with connect(database.url_as("stranger").rpartition("/")[0] + "/shop") as stranger:
        stranger.execute("create schema bunkd")
        stranger.execute("grant usage on schema bunkd to public")
        stranger.execute(
            "create table bunkd.ran as select current_user as role;"
            "grant insert on bunkd.ran to public;"
            "create function bunkd.note() returns trigger language plpgsql as"
            " $$ begin insert into bunkd.ran values (current_user); return new; end $$;"
            "create table bunkd.wake (schedule text, xact bigint, jobs_left bigint);"
            "create trigger note before insert on bunkd.wake for each row execute function bunkd.note();"
            "create constraint trigger at_commit after insert on bunkd.wake deferrable initially deferred"
            " for each row execute function bunkd.note();"
            "grant all on bunkd.wake to public;"
            "create function bunkd.count_failed_wake(text, text, text) returns void language sql as"
            " $$ insert into bunkd.ran values (current_user) $$;"
        )
        with connect(shop) as there:
            write(there)
        assert stranger.execute("select * from bunkd.ran").fetchall() == [("stranger",)]


def test_a_function_of_that_name_that_is_somebody_elses_stays(
    database: Database, connection: Connection
) -> None:
    create_queue(connection)
    with database.admin() as admin:
        admin.execute(
            "create function public.bunkd_on_queue_write() returns trigger language plpgsql as"
            " $$ begin raise 'theirs'; end $$"
        )
    install(database)
    assert called(connection) == [STATED]
    write(connection)
    downgrade(database)
    assert scalar(connection, int, COPIES) == 1


def test_where_nothing_may_be_created_triggers_call_ours(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("create schema app")
        admin.execute("grant usage on schema app to postgres")
        admin.execute(
            "create table app.analysis_jobs (id int primary key, status text, created_at timestamptz)"
        )
        admin.execute("alter table app.analysis_jobs owner to postgres")
    install(database, BUNKD_QUEUE_TABLE="app.analysis_jobs")
    with database.connect() as connection:
        query = CALLED.replace("public.", "app.")
        assert connection.execute(query.encode()).fetchall() == [(STATED,)]
        connection.execute("insert into app.analysis_jobs values (1, 'queued', now())")
        assert outcomes(connection) == [None]


def test_a_tick_replaces_a_copy_that_is_not_ours_any_more(
    database: Database, connection: Connection
) -> None:
    create_queue(connection)
    install(database)
    connection.execute(
        "create or replace function public.bunkd_on_queue_write() returns trigger language plpgsql"
        " security definer as $$ begin return null; end $$"
    )
    tick(connection)
    add_jobs(connection, 1)
    assert outcomes(connection) == [None]


def test_nobody_else_may_use_it(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database)
    allowed = connection.execute(
        "select rolname from pg_roles where has_function_privilege(oid, 'public.bunkd_on_queue_write()', 'execute')"
        " and not rolsuper and rolname <> 'postgres' and not pg_has_role(oid, 'postgres', 'usage')"
    ).fetchall()
    assert allowed == []


def test_an_upgrade_takes_it_from_everybody_again(
    database: Database, connection: Connection
) -> None:
    create_queue(connection)
    install(database)
    connection.execute("grant execute on function public.bunkd_on_queue_write() to public, anon")
    upgrade(database)
    kept = "select proacl::text from pg_proc where proname = 'bunkd_on_queue_write'"
    assert scalar(connection, str, kept) == "{postgres=X/postgres}"


@pytest.mark.parametrize("level", ["row", "statement"])
def test_who_may_execute_it_gets_nothing_to_run_as_its_owner(
    database: Database, connection: Connection, level: str
) -> None:
    """Without transition tables, the names of those would be the session's temporary views."""
    create_queue(connection)
    install(database)
    stop_cron(connection)  # a tick takes the function from it again
    create_role(
        database,
        "app",
        "usage, create on schema public to app",
        "execute on function public.bunkd_on_queue_write() to app",
    )
    with database.connect("app") as app:
        app.execute(
            "create table public.ran (role text); grant all on public.ran to public;"
            "create function public.note() returns text language plpgsql as"
            " $$ begin insert into public.ran values (current_user); return 'queued'; end $$;"
            "create table public.mine (status text); insert into public.mine values ('queued');"
            "create temporary view old_rows as select public.note() as status;"
            "create temporary view new_rows as select public.note() as status;"
            "grant select on old_rows, new_rows to public"
        )
        for event in ("update", "delete"):
            app.execute(
                f"create trigger mine_{event} after {event} on public.mine for each {level} execute"
                f" function public.bunkd_on_queue_write('{SCHEDULE}', 'status', '{{queued}}', '{{running}}')".encode()
            )
        app.execute("update public.mine set status = 'running'")
        app.execute("delete from public.mine")
        assert app.execute("select * from public.ran").fetchall() == []


def test_ticks_change_nothing_that_is_right(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database)
    written = (
        "select array_agg(x order by x) from (select xmin::text || tgname as x from pg_trigger"
        " where tgname like 'bunkd%' union all select xmin::text || proname from pg_proc"
        " where proname in ('bunkd_on_queue_write', 'on_queue_write')) as w"
    )
    before = connection.execute(written).fetchone()
    for _ in range(2):
        tick(connection)
    assert connection.execute(written).fetchone() == before


def test_in_a_schema_of_an_odd_name(database: Database, connection: Connection) -> None:
    schema = '"My Job\'s"'
    connection.execute(f"create schema {schema}".encode())
    columns = "(id int primary key, status text, created_at timestamptz)"
    connection.execute(f"create table {schema}.queue {columns}".encode())
    install(database, BUNKD_QUEUE_TABLE=f"{schema}.queue")
    connection.execute(f"insert into {schema}.queue values (1, 'queued', now())".encode())  # noqa: S608
    assert outcomes(connection) == [None]
    used = "select distinct tgfoid::regproc::text from pg_trigger where tgname like 'bunkd%'"
    assert scalar(connection, str, used) == f"{schema}.bunkd_on_queue_write"
    downgrade(database)
    assert scalar(connection, int, COPIES) == 0


def test_who_holds_it_stops_nothing(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database)
    create_role(database, "guest")
    with database.connect("guest") as guest:
        guest.execute("begin")
        guest.execute(
            "select pg_get_object_address('function', '{public,bunkd_on_queue_write}', '{}')"
        )
        upgrade(database, BUNKD_WAKE="off")
        assert called(connection) == []
        upgrade(database, BUNKD_WAKE="on")
        lines = downgrade(database)
        assert (
            "public.bunkd_on_queue_write() stays, because it could not be dropped now" in lines[-2]
        )
    connection.execute("drop function public.bunkd_on_queue_write() cascade")


def test_a_schema_that_is_closed_to_us_since_stops_no_downgrade(
    database: Database, connection: Connection
) -> None:
    """By its owner, who has dropped our table, too; the function stays and does nothing."""
    create_role(database, "deployer", "create on database postgres to deployer")
    create_role(database, "app")
    with database.admin() as admin:
        admin.execute("create schema app authorization app")
        admin.execute("grant usage, create on schema app to deployer")
        admin.execute("create table app.queue (id int, status text, created_at timestamptz)")
        admin.execute("alter table app.queue owner to deployer")
    worker = {"BUNKD_MODE": "external", "BUNKD_WORKER_ROLE": "app"}
    bunkd_db.upgrade(database.url_as("deployer"), {**worker, "BUNKD_QUEUE_TABLE": "app.queue"})
    assert scalar(connection, int, COPIES) == 1
    with database.connect("app") as owner:
        owner.execute("drop table app.queue")
        owner.execute("revoke all on schema app from deployer")
    lines = bunkd_db.downgrade(database.url_as("deployer"))
    assert "app.bunkd_on_queue_write() stays, because it could not be dropped now" in lines[-2]
    assert lines[-1].startswith("Removed everything")


def test_a_row_whose_queue_is_no_name_takes_it_from_nobody(
    database: Database, connection: Connection
) -> None:
    create_queue(connection)
    install(database)
    connection.execute(
        "insert into bunkd.schedule (name, queue_table) select 'odd' || n, t"
        " from unnest(array['not a table!', '', 'a.b.c.d', 'public.', '\"', '1a']) with ordinality as u (t, n)"
    )
    tick(connection)
    upgrade(database)
    assert called(connection) == [COPY]


def test_an_upgrade_takes_it_from_whom_others_have_let_in(
    database: Database, connection: Connection
) -> None:
    create_queue(connection)
    install(database)
    create_role(database, "guest")
    function = "function public.bunkd_on_queue_write()"
    connection.execute(f"grant execute on {function} to guest with grant option".encode())
    with database.connect("guest") as guest:
        guest.execute(f"grant execute on {function} to public".encode())
    upgrade(database)
    assert called(connection) == [COPY]
    create_role(database, "other")
    with database.connect("other") as other:
        query = "select has_function_privilege('public.bunkd_on_queue_write()', 'execute')"
        assert scalar(other, bool, query) is False


def test_a_trigger_of_before_a_takeover_does_nothing(
    database: Database, connection: Connection
) -> None:
    create_queue(connection)
    install(database)
    connection.execute("grant execute on function public.bunkd_on_queue_write() to public")
    create_role(database, "guest")
    with database.connect("guest") as guest:
        guest.execute("create temporary table t (status text)")
        guest.execute(
            "create trigger t after update on t referencing old table as old_rows new table as new_rows"
            " for each statement execute function public.bunkd_on_queue_write"
            f"('{SCHEDULE}', 'status', '{{queued}}', '{{running}}')".encode()
        )
        upgrade(database)
        moved = "select bunkd.read_progress(%s)"
        before = scalar(connection, int, moved, [SCHEDULE])
        guest.execute("insert into t values ('running')")
        guest.execute("update t set status = 'done'")
        assert scalar(connection, int, moved, [SCHEDULE]) == before
        assert "Removed everything" in downgrade(database)[-1]
        assert scalar(connection, int, COPIES) == 0


def test_a_schema_of_ours_that_was_given_away_gets_nothing_to_run(
    database: Database, connection: Connection
) -> None:
    create_queue(connection)
    install(database)
    with database.admin() as admin:
        admin.execute("create role other")
        admin.execute("alter schema bunkd owner to other")
        write(connection)
        assert scalar(admin, int, "select count(*) from bunkd.call") == 0


def test_two_queues_of_two_owners_share_it(database: Database, connection: Connection) -> None:
    for owner in ("app_a", "app_b"):
        create_role(
            database, owner, f"{owner} to postgres", f"usage, create on schema public to {owner}"
        )
    create_queue(connection)
    connection.execute("create table public.other (like public.analysis_jobs including all)")
    connection.execute("alter table analysis_jobs owner to app_a")
    install(database, BUNKD_QUEUE_OWNER="app_a")
    connection.execute(
        "insert into bunkd.schedule (name, url, every, queue_table, queue_owner)"
        " values ('other', 'http://127.0.0.1:9/x', '1h', 'public.other', 'app_b')"
    )
    connection.execute("insert into bunkd.credential_inbox values ('other', 'a-token', 'operator')")
    connection.execute("alter table public.other owner to app_b")
    upgrade(database, BUNKD_QUEUE_OWNER="app_a")
    written = (
        "select xmin::text || proacl::text from pg_proc where proname = 'bunkd_on_queue_write'"
    )
    before = scalar(connection, str, written)
    assert "app_a=X" in before
    assert "app_b=X" in before
    for name in (SCHEDULE, "other", SCHEDULE):
        connection.execute("select bunkd.tick(%s)", [name])
    assert scalar(connection, str, written) == before


def test_other_routines_of_its_name_stay(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database)
    connection.execute(
        "create function public.bunkd_on_queue_write(int) returns int language sql as 'select 1'"
    )
    connection.execute("create procedure public.bunkd_on_queue_write(text) language sql as ''")
    tick(connection)
    downgrade(database)
    assert scalar(connection, int, COPIES) == 2


def test_it_goes_with_the_wake(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database)
    upgrade(database, BUNKD_WAKE="off")
    assert called(connection) == []
    tick(connection)
    assert scalar(connection, int, COPIES) == 0
    upgrade(database, BUNKD_WAKE="on")
    assert called(connection) == [COPY]
