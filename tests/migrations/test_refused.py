"""What an upgrade refuses: one line that says what to change, the right exit code, nothing half-made."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from bunkd_db.errors import (
    BunkdError,
    ConfigurationError,
    DatabaseUnavailable,
    NotPossible,
    PermissionMissing,
)
from tests.support.catalog import snapshot
from tests.support.checked import check, named
from tests.support.command import alembic, bunkd
from tests.support.database import Database
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.upgrade import NATIVE, downgrade, install, offline, upgrade
from tests.support.wait import wait_until


def refused(database: Database, url: str | None = None, **env: str) -> BunkdError:
    """Upgrade, and return the error; nothing may have changed."""
    with database.admin() as admin:
        before = snapshot(admin)
        with pytest.raises(BunkdError) as caught:
            install(url or database.url, **env)
        assert snapshot(admin) == before
    return caught.value


@pytest.mark.parametrize("verb", ["upgrade", "downgrade", "stamp"])
def test_a_newer_revision_is_refused_before_any_write(
    database: Database, connection: Connection, verb: str
) -> None:
    install(database)
    connection.execute("update bunkd.alembic_version set version_num = '9999'")
    connection.execute("drop view bunkd.recent_calls")
    before = snapshot(connection)
    done = alembic(
        verb, {"downgrade": "base"}.get(verb, "head"), DATABASE_URL=database.url, **NATIVE
    )
    assert (done.code, done.out) == (1, "")
    assert "9999" in done.err
    assert "Install the newer bunkd-db" in done.err
    assert "Traceback" not in done.err
    assert snapshot(connection) == before
    assert connection.execute("select * from bunkd.alembic_version").fetchall() == [("9999",)]


@pytest.mark.parametrize("target", ["nonsense", "9999", "head:base", "+7"])
def test_an_unknown_target_is_refused(database: Database, target: str) -> None:
    with database.admin() as admin:
        before = snapshot(admin)
        done = bunkd("upgrade", target, DATABASE_URL=database.url, **NATIVE)
        assert done.code == 2, done.err
        assert done.out == ""
        assert done.err.startswith("Error: Alembic: ")
        assert "head is the newest" in done.err
        assert "Traceback" not in done.err
        assert snapshot(admin) == before


@pytest.mark.parametrize("command", [bunkd, alembic])
def test_an_unknown_target_prints_no_half_script(command: object) -> None:
    assert callable(command)
    arguments = ("upgrade", "nonsense", "--sql")
    done = command(*arguments, **NATIVE)
    assert done.out == ""
    assert done.code != 0
    assert "Traceback" not in done.err


def test_an_offline_script_stops_in_a_database_of_another_revision(
    database: Database, connection: Connection
) -> None:
    install(database)
    before = snapshot(connection)
    script = offline(**NATIVE).out
    with pytest.raises(Exception, match=r"starts at revision base .* but the database is at 0"):
        connection.execute(script.encode())
    connection.execute("rollback")
    assert snapshot(connection) == before


def test_an_offline_downgrade_stops_where_nothing_is(connection: Connection) -> None:
    before = snapshot(connection)
    with pytest.raises(Exception, match="but the database is at base"):
        connection.execute(offline("downgrade", "head:base").out.encode())
    connection.execute("rollback")
    assert snapshot(connection) == before


def test_a_role_without_create(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("create role deployer login password 'postgres'")
    error = refused(database, database.url_as("deployer"))
    assert isinstance(error, PermissionMissing)
    assert str(error).splitlines() == [
        "role deployer cannot create a schema in database postgres",
        "As its owner: grant create on database postgres to deployer;",
    ]
    done = bunkd("upgrade", DATABASE_URL=database.url_as("deployer"), **NATIVE)
    assert (done.code, done.out) == (3, "")
    assert done.err == f"Error: {error}\n"


def test_the_grant_that_it_names_is_enough_to_install(database: Database) -> None:
    """Not to schedule: this role may not create the extensions, and a deploy goes on without."""
    with database.admin() as admin:
        admin.execute("create role deployer login password 'postgres'")
        admin.execute("grant create on database postgres to deployer")
    assert install(database.url_as("deployer"))[-1].startswith("external: ")
    assert downgrade(database.url_as("deployer"))[-1].startswith("Removed everything")


def test_a_schema_that_is_somebody_elses(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("create schema bunkd; create table bunkd.precious (a int)")
    error = refused(database)
    assert isinstance(error, PermissionMissing)
    assert str(error) == (
        "schema bunkd belongs to role supabase_admin, but this is role postgres\n"
        "Connect as supabase_admin."
    )


def test_another_role_than_the_installations(database: Database) -> None:
    install(database)
    error = refused(database, database.admin_url)
    assert error.exit_code == 3
    assert "schema bunkd belongs to role postgres" in str(error)


def test_a_read_only_role(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("alter role postgres set default_transaction_read_only = on")
    error = refused(database)
    assert isinstance(error, NotPossible)
    assert "read-only" in str(error)
    assert "default_transaction_read_only" in error.remedy


def test_a_role_that_is_repeatable_read_by_default(database: Database) -> None:
    with database.admin() as admin:
        for level in ("repeatable read", "serializable"):
            admin.execute(f"alter role postgres set default_transaction_isolation = '{level}'")
            assert install(database)[-1].startswith("native:")


@pytest.mark.parametrize(
    ("command", "target"),
    [("downgrade", "head"), ("downgrade", "0005"), ("upgrade", "0003"), ("upgrade", "base")],
)
def test_what_goes_nowhere_from_the_newest_revision_is_refused(
    database: Database, connection: Connection, command: str, target: str
) -> None:
    install(database)
    before = snapshot(connection)
    done = bunkd(command, target, DATABASE_URL=database.url, **NATIVE)
    assert (done.code, done.err.splitlines()[0]) == (
        1,
        "Error: the database is at revision 0005; nothing was changed",
    )
    assert snapshot(connection) == before


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_an_offline_script_in_another_isolation_level(connection: Connection, level: str) -> None:
    connection.execute(f"set default_transaction_isolation = '{level}'")
    with pytest.raises(Exception, match="would not see what earlier upgrades did"):
        connection.execute(offline(**NATIVE).out.encode())


@pytest.mark.parametrize("lock", ["access share", "access exclusive"], ids=["read", "locked"])
def test_a_busy_queue_never_holds_up_a_deploy(
    database: Database, connection: Connection, lock: str
) -> None:
    connection.execute("create table analysis_jobs (id int, status text)")
    with database.connect() as application:
        application.execute("begin")
        application.execute(f"lock table analysis_jobs in {lock} mode")
        beside_it = seconds_of_an_install(database)
        application.rollback()
        downgrade(database)
    assert beside_it < seconds_of_an_install(database) + 3


def seconds_of_an_install(database: Database) -> float:
    began = time.monotonic()
    assert install(database)[-1].startswith("native:")
    return time.monotonic() - began


def test_a_busy_queue_stops_a_downgrade_whole(database: Database, connection: Connection) -> None:
    """Its triggers cannot be taken off: better all of it stays than a half."""
    connection.execute("create table analysis_jobs (id int, status text)")
    install(database)
    before = snapshot(connection)
    with database.connect() as application:
        application.execute("begin")
        application.execute("select from analysis_jobs")
        with pytest.raises(
            DatabaseUnavailable, match="holds a lock that this needs; nothing was changed"
        ):
            downgrade(database)
    assert snapshot(connection) == before
    assert downgrade(database)[-1].startswith("Removed everything")


def test_a_downgrade_that_waits_for_the_queue_stops_no_writer_for_long(
    database: Database, connection: Connection
) -> None:
    connection.execute("create table analysis_jobs (id int, status text)")
    install(database)
    waits = "select from pg_locks where relation = 'public.analysis_jobs'::regclass and not granted"
    connection.execute("set lock_timeout = '1s'")
    with database.connect() as reader, ThreadPoolExecutor(1) as thread:
        reader.execute("begin")
        reader.execute("select from analysis_jobs")
        done = thread.submit(downgrade, database)
        try:
            wait_until(lambda: connection.execute(waits).fetchone() is not None, 30)
            connection.execute("insert into analysis_jobs values (1, 'queued')")
        finally:
            reader.execute("rollback")
        assert done.result()[-1].startswith("Removed everything")


def test_our_own_table_locked_for_long(database: Database) -> None:
    install(database)
    with database.connect() as somebody:
        somebody.execute("begin")
        somebody.execute("lock table bunkd.schedule in access exclusive mode")
        with pytest.raises(DatabaseUnavailable, match="another session holds a lock"):
            install(database)
    assert install(database)[-1].startswith("native:")


def test_who_holds_a_function_of_ours_is_named(database: Database) -> None:
    """A reader who may call it can; and any role may hold the schema, which stops nobody."""
    with database.admin() as admin:
        admin.execute("create role rdr login password 'postgres'")
    install(database, BUNKD_READER_ROLE="rdr")
    with database.connect("rdr") as reader:
        reader.execute("begin")
        reader.execute("select pg_get_object_address('function', '{bunkd,tick}', '{text}')")
        pid = reader.info.backend_pid
        with pytest.raises(DatabaseUnavailable, match=rf"held by pid {pid} of role rdr") as caught:
            install(database)
        assert caught.value.commands == (f"select pg_terminate_backend({pid});",)
    assert install(database)[-1].startswith("native:")


def test_a_prepared_transaction_that_holds_a_table_of_ours_is_named(
    database: Database, connection: Connection
) -> None:
    install(database)
    with database.connect() as somebody:
        somebody.execute("begin")
        somebody.execute("lock table bunkd.schedule in access exclusive mode")
        somebody.execute("prepare transaction 'left''over'")
    try:
        with pytest.raises(DatabaseUnavailable, match="held by the prepared transaction") as caught:
            install(database)
    finally:
        connection.execute("rollback prepared 'left''over'")
    assert "of role postgres, in a transaction since" in str(caught.value)
    assert caught.value.commands == ("rollback prepared 'left''over';",)


def test_the_name_of_a_prepared_transaction_makes_no_line_of_its_own(
    database: Database, connection: Connection
) -> None:
    install(database)
    name = "'x\n  alter role guest superuser;'"
    with database.connect() as somebody:
        somebody.execute("begin")
        somebody.execute("lock table bunkd.schedule in access exclusive mode")
        somebody.execute(f"prepare transaction {name}")
    try:
        with pytest.raises(DatabaseUnavailable) as caught:
            install(database)
        [command] = caught.value.commands
        ending = scalar(connection, str, command)
    finally:
        connection.execute(f"rollback prepared {name}")
    assert "the prepared transaction 'x?  alter role guest superuser;'" in caught.value.args[0]
    assert not re.search(r"^\s*alter role", str(caught.value), re.MULTILINE)
    assert ending == f"rollback prepared {name}"


# nextval locks what has this oid, sequence or not, and then asks for the right: the lock stays until the end
HOLD_ALL = """
do $$
declare
  v_oid oid;
begin
  for v_oid in select c.oid from pg_class c where c.oid >= 16384 and c.relkind in ('r', 'v', 'S') loop
    begin
      perform nextval(v_oid::regclass);
    exception when others then
      null;
    end;
  end loop;
end $$
"""


def test_who_may_only_log_in_stops_no_upgrade_by_what_it_holds(
    database: Database, connection: Connection
) -> None:
    connection.execute("create table analysis_jobs (id int, status text)")
    install(database)
    with database.admin() as admin:
        admin.execute("create role guest login password 'postgres'")
    with database.connect("guest") as guest:
        guest.execute("begin")
        guest.execute(HOLD_ALL)
        held = "select count(*) from pg_locks where pid = %s and mode = 'RowExclusiveLock'"
        assert scalar(connection, int, held, [guest.info.backend_pid]) > 20
        assert install(database)[-1].startswith("native:")


def test_who_holds_the_schema_stops_no_downgrade(
    database: Database, connection: Connection
) -> None:
    install(database)
    with database.admin() as admin:
        admin.execute("create role guest login password 'postgres'")
    with database.connect("guest") as guest:
        guest.execute("begin")
        guest.execute("select pg_get_object_address('schema', '{bunkd}', '{}')")
        install(database)
        lines = downgrade(database)
    assert lines[-2].startswith("Schema bunkd stays, empty, because a session holds it.")
    assert lines[-1].startswith("Removed everything")
    assert install(database)[-1].startswith("native:")
    assert downgrade(database)[-1].startswith("Removed everything")
    assert connection.execute("select to_regnamespace('bunkd')").fetchone() == (None,)


def test_what_is_half_there_is_not_called_gone(database: Database, connection: Connection) -> None:
    install(database)
    connection.execute("drop table bunkd.schedule cascade")
    with pytest.raises(NotPossible, match="names all that is installed, is gone") as caught:
        install(database)
    assert caught.value.commands == ("drop schema bunkd cascade;",)
    connection.execute("drop table bunkd.alembic_version")
    assert "Schema bunkd stays: it says no revision" in downgrade(database)[-1]
    assert scalar(connection, int, "select count(*) from bunkd.secret") == 1
    connection.execute("drop schema bunkd cascade")
    assert install(database)[-1].startswith("native:")


def test_cron_jobs_of_a_schema_that_is_gone_are_named(
    database: Database, connection: Connection
) -> None:
    assert named(check(database), "job").status == "skip"
    install(database)
    assert named(check(database), "job").status == "pass"
    connection.execute("drop schema bunkd cascade")
    found = named(check(database), "job")
    assert (found.reason, found.commands) == (
        "JOB_ORPHANED",
        ("bunkd-db upgrade", "bunkd-db downgrade base"),
    )
    assert downgrade(database)[-1].startswith("Schema bunkd was gone already. Removed")
    assert named(check(database), "job").status == "pass"


@pytest.mark.parametrize(
    ("env", "code", "says"),
    [
        ({"BUNKD_QUEUE_TABLE": "public.a_view"}, 2, "public.a_view is not a table"),
        ({"BUNKD_READER_ROLE": "nobody-knows"}, 2, "role nobody-knows, which does not exist"),
    ],
)
def test_a_setting_that_does_not_fit_the_database(
    database: Database, env: dict[str, str], code: int, says: str
) -> None:
    with database.admin() as admin:
        admin.execute("create view public.a_view as select 1 as a")
    error = refused(database, **env)
    assert error.exit_code == code
    assert says in str(error)
    assert error.remedy


def test_a_queue_in_a_schema_that_the_role_may_not_enter(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("create role deployer login password 'postgres'")
        admin.execute("grant create on database postgres to deployer")
        admin.execute("create schema hidden; create table hidden.jobs (status text)")
    error = refused(database, database.url_as("deployer"), BUNKD_QUEUE_TABLE="hidden.jobs")
    assert isinstance(error, PermissionMissing)
    assert "role deployer has no USAGE on the schema of hidden.jobs" in str(error)


def test_native_where_it_is_impossible_fails_whole(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("create schema cron")
    error = refused(database, BUNKD_MODE="native")
    assert isinstance(error, NotPossible)
    assert 'schema "cron" exists but does not belong' in str(error)
    assert install(database)[-1].startswith(
        "external: calls must come from outside the database, because schema "
    )


def test_one_extension_alone_is_never_created(database: Database, connection: Connection) -> None:
    with database.admin() as admin:
        admin.execute("create schema net")
    assert install(database)[-1].startswith("external: ")
    found = connection.execute(
        "select extname from pg_extension where extname in ('pg_cron', 'pg_net')"
    )
    assert found.fetchall() == []


def test_a_plan_that_can_not(embedded: object) -> None:
    url = str(getattr(embedded, "url"))  # noqa: B009 -- the fixture is a server of any kind
    try:
        assert install(url)[-1].startswith(
            "external: calls must come from outside the database, because pg_cron is not available on this server"
        )
        with pytest.raises(NotPossible, match="BUNKD_MODE is native, but"):
            upgrade(url, BUNKD_MODE="native")
    finally:
        downgrade(url)


def test_a_wrong_value_reaches_no_database() -> None:
    """Nothing listens there: the settings are read first."""
    with pytest.raises(ConfigurationError, match="BUNKD_EVERY"):
        upgrade("postgresql://postgres@127.0.0.1:1/postgres", BUNKD_EVERY="90s")
