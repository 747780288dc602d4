"""The cron job is what it has to be in every column, and nobody else's job suffers for it."""

from collections.abc import Iterator

import pytest

from bunkd_db.errors import PermissionMissing
from tests.support import cluster
from tests.support.checked import check, install_and_wait, named
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import add_jobs, create_queue
from tests.support.server import Connection
from tests.support.upgrade import COMMAND, JOB, SCHEDULE, downgrade, install, upgrade
from tests.support.wait import wait_until

COLUMNS = "select to_jsonb(j) - 'jobid' from cron.job j where jobname = %s and username = %s"
OLD_COMMAND = f"select bunkd.tick('{SCHEDULE}')"
LAUNCHER = "select pid from pg_stat_activity where application_name = 'pg_cron scheduler'"
GRANTS = """
create extension if not exists pg_cron;
create extension if not exists pg_net;
create role app login password 'postgres';
create role other login password 'postgres';
grant create on database postgres to app;
grant all on schema public to app;
grant usage on schema cron to app, other;
grant all on schema net to app;
grant all on all tables in schema net to app;
grant all on all sequences in schema net to app;
"""


def columns(connection: Connection, role: str = "postgres") -> object:
    [(row,)] = connection.execute(COLUMNS, [JOB, role]).fetchall()
    return row


def jobs(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute(
        "select jobname::text, username from cron.job order by 1, 2"
    ).fetchall()


@pytest.fixture
def admin(database: Database) -> Iterator[Connection]:
    with database.admin() as session:
        yield session


@pytest.fixture
def app(database: Database, admin: Connection) -> str:
    """The URL of an owner that is nothing special: row security hides other roles' jobs from it."""
    admin.execute(GRANTS)
    return database.url_as("app")


@pytest.mark.parametrize(
    "drift",
    [
        "schedule = '0 0 1 1 *'",
        "command = 'select 1'",
        f"command = $$select bunkd.tick('{SCHEDULE}')$$",
        "database = 'template1'",
        "nodename = 'elsewhere.example'",
        "nodeport = 1",
        "nodename = 'elsewhere.example', nodeport = 1, database = 'template1', schedule = '0 0 1 1 *'",
    ],
)
def test_a_column_that_drifted_is_set_right(
    database: Database, admin: Connection, drift: str
) -> None:
    install(database)
    before = columns(admin)
    admin.execute("update bunkd.schedule set registered = null")
    admin.execute(f"update cron.job set {drift}".encode())  # noqa: S608
    assert named(check(database), "job_drift").reason == "JOB_DRIFTED"
    lines = install(database)
    assert columns(admin) == before
    assert len(jobs(admin)) == 1
    assert lines[-1].startswith("native:")
    assert admin.execute("select registered is not null from bunkd.schedule").fetchone() == (True,)


def test_what_is_right_is_not_touched(database: Database, admin: Connection) -> None:
    install(database)
    before = admin.execute("select xmin, * from cron.job").fetchall()
    registered = admin.execute("select registered from bunkd.schedule").fetchall()
    install(database)
    assert admin.execute("select xmin, * from cron.job").fetchall() == before
    assert admin.execute("select registered from bunkd.schedule").fetchall() == registered


def test_another_interval_keeps_the_jobs_id(database: Database, admin: Connection) -> None:
    install(database, BUNKD_EVERY="5m")
    before = admin.execute("select jobid from cron.job").fetchall()
    install(database, BUNKD_EVERY="10m")
    assert admin.execute("select jobid from cron.job").fetchall() == before


@pytest.mark.parametrize(
    ("background", "timeout"),
    # its background worker starts the clock of the timeout before it reads the command
    [("off", "1ms"), ("on", "1min")],
)
def test_the_command_runs_whatever_the_defaults_are(background: str, timeout: str) -> None:
    changes = {"cron.use_background_workers": background}
    with cluster.start(changes, net=True) as server:
        install(server.url)
        with server.admin() as admin:
            every = "1 second" if server.seconds else "* * * * *"
            admin.execute(f"alter role postgres set statement_timeout = '{timeout}'".encode())
            admin.execute("alter role postgres set default_transaction_isolation = 'serializable'")
            admin.execute("update cron.job set schedule = %s", [every])
            query = "select status, return_message from cron.job_run_details where status in ('succeeded', 'failed')"
            [run, *_] = wait_until(lambda: admin.execute(query).fetchall(), 75, "a tick ran")
            assert run[0] == "succeeded", run
            assert admin.execute("select last_tick.at is not null from bunkd.last_tick").fetchone()


def renamed(admin: Connection) -> str:
    admin.execute("alter role app rename to app2; alter role app2 password 'postgres'")
    return "app2"


def dropped(admin: Connection) -> str:
    admin.execute("create role app2 login password 'postgres'")
    admin.execute("reassign owned by app to app2; drop owned by app; drop role app")
    admin.execute(GRANTS.replace("create role", "-- ").replace(" app", " app2"))
    return "app2"


@pytest.mark.usefixtures("scheduler")
@pytest.mark.parametrize(("leave", "sees"), [(renamed, "nobypassrls"), (dropped, "bypassrls")])
def test_a_role_that_is_gone_does_not_stop_everybody(
    database: Database, admin: Connection, app: str, leave: object, sees: str
) -> None:
    every = "1 second" if database.server.seconds else "* * * * *"
    assert install(app)[-1].startswith("native:")
    with database.connect("other") as other:
        other.execute("select cron.schedule('theirs', %s, 'select 1')", [every])
    [old] = admin.execute("select jobid from cron.job where username = 'app'").fetchall()
    # its scheduler looks once a second whether the jobs changed, and shows nothing when it has
    admin.execute("select pg_sleep(2.5)")
    launcher = admin.execute(LAUNCHER).fetchall()
    url = database.url_as(leave(admin))  # type: ignore[operator]
    admin.execute(f"alter role app2 {sees}".encode())

    lines = install(url)
    assert lines[-1].startswith(f"NOT SCHEDULED: cron job {old[0]} "), lines
    assert "which does not exist" in lines[-1]
    statement = f"select cron.unschedule({old[0]});"
    assert lines[-1].endswith(f"as a superuser, then upgrade: {statement} bunkd-db upgrade")
    report = check(database.admin_url)
    assert named(report, "job_roles").reason == "JOB_ROLE_GONE"
    assert named(report, "job_roles").commands == (statement,)
    assert not report.active

    query = "select count(*) from cron.job_run_details where username = 'other' and status = 'succeeded'"
    wait_until(lambda: admin.execute(query).fetchone() != (0,), 75, "their job runs")
    assert admin.execute(LAUNCHER).fetchall() == launcher

    admin.execute(statement.encode())
    assert install(url)[-1].startswith("native:")
    assert jobs(admin) == [(JOB, "app2"), ("theirs", "other")]
    assert named(check(database.admin_url), "job_roles").status == "pass"


def test_a_role_that_was_renamed_before_its_job_s_id_was_kept(
    database: Database, admin: Connection, app: str
) -> None:
    """Revision 0002 kept neither id nor role: the job is hidden, and nothing but its absence tells."""
    every = "1 second" if database.server.seconds else "* * * * *"
    install(app)
    with database.connect("other") as other:
        other.execute("select cron.schedule('theirs', %s, 'select 1')", [every])
    admin.execute("update bunkd.schedule set job_id = null, job_role = null")
    admin.execute("select pg_sleep(2.5)")  # as above
    launcher = admin.execute(LAUNCHER).fetchall()
    before = admin.execute("select xmin, * from cron.job order by jobid").fetchall()
    url = database.url_as(renamed(admin))
    for _ in range(2):
        last = install(url)[-1]
        assert last.startswith("NOT SCHEDULED: cron job bunkd:"), last
        assert "cannot be seen" in last
        assert admin.execute("select xmin, * from cron.job order by jobid").fetchall() == before
    admin.execute("select pg_sleep(2.5)")
    assert admin.execute(LAUNCHER).fetchall() == launcher
    admin.execute(last.partition("then upgrade: ")[2].removesuffix("bunkd-db upgrade").encode())
    assert install(url)[-1].startswith("native:")
    assert jobs(admin) == [(JOB, "app2"), ("theirs", "other")]


def test_a_superuser_removes_what_a_role_that_is_gone_left(
    database: Database, admin: Connection
) -> None:
    """The job is ours by its name and its command; somebody else's of such a role is not."""
    install(database.admin_url)
    admin.execute("update cron.job set username = 'gone'")
    assert install(database.admin_url)[-1].startswith("native:")
    assert jobs(admin) == [(JOB, "supabase_admin")]
    admin.execute("select cron.schedule('theirs', '0 0 1 1 *', 'select 1')")
    admin.execute("update cron.job set username = 'gone', active = false where jobname = 'theirs'")
    admin.execute("update cron.job set nodeport = 1 where jobname <> 'theirs'")
    before = admin.execute("select xmin, * from cron.job order by jobid").fetchall()
    last = install(database.admin_url)[-1]
    assert last.startswith("NOT SCHEDULED: cron job ")
    assert "(theirs) belongs to role gone" in last
    assert admin.execute("select xmin, * from cron.job order by jobid").fetchall() == before
    found = named(check(database.admin_url), "job_roles")
    assert (found.status, found.reason) == ("fail", "JOB_ROLE_GONE")


def test_a_downgrade_does_not_stop_everybody_either(database: Database, admin: Connection) -> None:
    install(database.admin_url)
    admin.execute("select cron.schedule('theirs', '0 0 1 1 *', 'select 1')")
    admin.execute("update cron.job set username = 'gone' where jobname = 'theirs'")
    with pytest.raises(Exception, match="belongs to role gone, which does not exist") as error:
        downgrade(database.admin_url)
    assert "select cron.unschedule(" in str(error.value)
    admin.execute("delete from cron.job where username = 'gone'")
    downgrade(database.admin_url)
    assert jobs(admin) == []


def test_a_downgrade_removes_what_a_schema_that_was_dropped_by_hand_has_left(
    database: Database, connection: Connection
) -> None:
    """Lanes would fail once a second for ever."""
    install(database)
    for name, command in (
        (f"{JOB}:1", f"call bunkd.run_lane('{SCHEDULE}', 1)"),
        ("bunkd:mails", OLD_COMMAND),
        ("bunkd:mine", "select 1"),
    ):
        connection.execute("select cron.schedule(%s, '0 0 30 2 *', %s)", [name, command])
    connection.execute("drop schema bunkd cascade")
    said = "Schema bunkd was gone already. Removed what was left of it:"
    assert downgrade(database) == [f"{said} bunkd:mails, {JOB}, {JOB}:1."]
    assert jobs(connection) == [("bunkd:mine", "postgres")]
    assert downgrade(database)[0].startswith("Nothing was removed: ")


def test_a_job_of_an_earlier_owner_is_removed_where_that_is_allowed(
    database: Database, admin: Connection
) -> None:
    install(database.admin_url)
    with database.connect() as owner:
        owner.execute("select cron.schedule(%s, '* * * * *', %s)", [JOB, OLD_COMMAND])
        owner.execute("select cron.schedule('bunkd:mine', '0 0 1 1 *', 'select 1')")
    assert install(database.admin_url)[-1].startswith("native:")
    assert jobs(admin) == [("bunkd:mine", "postgres"), (JOB, "supabase_admin")]


def test_a_job_of_a_schedule_that_is_gone_is_removed(
    database: Database, connection: Connection
) -> None:
    install(database)
    connection.execute(
        "select cron.schedule('bunkd:mails', '* * * * *', 'select bunkd.tick(''mails'')')"
    )
    install(database)
    assert jobs(connection) == [(JOB, "postgres")]


@pytest.mark.parametrize("command", ["select 1", OLD_COMMAND, COMMAND])
def test_another_role_s_job_of_the_same_name_keeps_no_deploy_from_ours(
    database: Database, admin: Connection, endpoint: Endpoint, command: str
) -> None:
    with database.connect() as owner:
        create_queue(owner)
    install_and_wait(database, BUNKD_CALL_URL=endpoint.url)
    admin.execute("create role stranger login password 'postgres'")
    admin.execute("grant usage on schema cron to stranger")
    ours = admin.execute("select xmin, * from cron.job").fetchall()
    with database.connect("stranger") as stranger:
        stranger.execute("select cron.schedule(%s, '0 0 1 1 *', %s)", [JOB, command])
    assert upgrade(database)[-1].startswith("native: this database calls ")
    query = "select xmin, * from cron.job where username = 'postgres'"
    assert admin.execute(query).fetchall() == ours
    with database.connect() as owner:
        add_jobs(owner)
    wait_until(lambda: endpoint.received, message="the wake is still there")


def test_another_role_s_job_of_the_same_name_keeps_no_first_deploy_from_ours(
    database: Database, admin: Connection
) -> None:
    admin.execute("create extension pg_cron; create role robot nologin")
    admin.execute("grant usage on schema cron to robot; set role robot")
    admin.execute("select cron.schedule(%s, '0 0 1 1 *', 'select 1')", [JOB])
    admin.execute("reset role")
    install_and_wait(database)
    assert jobs(admin) == [(JOB, "postgres"), (JOB, "robot")]


def test_where_no_job_can_be_changed_ours_ticks_on_and_the_wake_stays(
    database: Database, admin: Connection, endpoint: Endpoint
) -> None:
    """Somebody drops a role that has a cron job: our next deploy must not switch itself off for it."""
    with database.connect() as owner:
        create_queue(owner)
    install_and_wait(database, BUNKD_CALL_URL=endpoint.url)
    admin.execute("create extension if not exists pg_cron; create role gone login")
    admin.execute("grant usage on schema cron to gone; set role gone")
    admin.execute("select cron.schedule('theirs', '0 0 1 1 *', 'select 1')")
    admin.execute("reset role; drop owned by gone; drop role gone")
    ours = admin.execute("select xmin, * from cron.job where username = 'postgres'").fetchall()
    last = upgrade(database)[-1]
    assert last.startswith("NOT SCHEDULED: cron job ")
    assert "belongs to role gone" in last
    assert (
        admin.execute("select xmin, * from cron.job where username = 'postgres'").fetchall() == ours
    )
    assert named(check(database), "job_drift").status == "pass"
    with database.connect() as owner:
        add_jobs(owner)
    wait_until(lambda: endpoint.received, message="the wake is still there")


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("break_it", "says", "mend"),
    [
        ("alter role app nologin", "cannot log in", "alter role app login;"),
        (
            "alter role app connection limit 0",
            "no connection",
            "alter role app connection limit -1;",
        ),
        (
            "revoke connect on database postgres from public",
            "cannot connect",
            "grant connect on database postgres to app;",
        ),
    ],
)
def test_a_role_that_pg_cron_cannot_log_in_as(
    database: Database, admin: Connection, break_it: str, says: str, mend: str
) -> None:
    admin.execute("create role deployer login password 'postgres'; grant app to deployer")
    admin.execute("grant connect on database postgres to deployer")
    url = database.url_as("deployer") + "?options=-c%20role%3Dapp"
    assert install(url)[-1].startswith("native:")
    admin.execute(break_it.encode())
    found = named(check(url), "job_role")
    assert (found.status, found.reason) == ("fail", "JOB_ROLE")
    assert says in found.detail
    assert found.commands == (mend, "bunkd-db upgrade")
    assert not check(url).active
    last = install(url)[-1]
    assert last.startswith("NOT SCHEDULED: ")
    assert says in last
    assert mend in last
    assert jobs(admin) == []
    admin.execute(mend.encode())
    assert install(url)[-1].startswith("native:")
    assert named(check(url), "job_role").status == "pass"


def test_superusers_jobs_are_switched_off() -> None:
    with cluster.start({"cron.enable_superuser_jobs": "off"}) as server:
        found = named(check(server.admin_url), "job_role")
        assert (found.status, found.reason) == ("fail", "JOB_ROLE")
        assert "cron.enable_superuser_jobs" in found.detail
        last = install(server.admin_url)[-1]
        assert last.startswith("NOT SCHEDULED: role supabase_admin is a superuser")


@pytest.mark.parametrize("function", ["unschedule(bigint)", "schedule(text,text,text)"])
def test_what_pg_cron_refuses_breaks_no_deploy(admin: Connection, app: str, function: str) -> None:
    install(app)
    admin.execute(f"revoke execute on function cron.{function} from public".encode())
    *_, remedy, last = install(app)
    assert last.startswith(
        "external: calls must come from outside the database, because role app cannot use pg_cron"
    )
    assert "grant execute on all functions in schema cron to app;" in remedy
    admin.execute(f"grant execute on function cron.{function} to app".encode())
    assert install(app)[-1].startswith("native:")
    assert columns(admin, "app")


@pytest.mark.parametrize(
    ("right", "hint"),
    [
        ("execute on function cron.unschedule(bigint)", "cron.unschedule(bigint)"),
        ("usage on schema cron", "usage on schema cron"),
    ],
)
def test_a_downgrade_that_may_not_take_its_job_off(
    admin: Connection, app: str, right: str, hint: str
) -> None:
    install(app)
    for role in ("public", "app"):
        admin.execute(f"revoke {right} from {role}".encode())
    before = columns(admin, "app")
    with pytest.raises(PermissionMissing, match="cannot remove its cron jobs") as error:
        downgrade(app)
    [command] = error.value.commands
    assert hint in command
    assert columns(admin, "app") == before
    assert admin.execute("select from bunkd.schedule").fetchone() is not None
    admin.execute(command.encode())
    downgrade(app)
    assert jobs(admin) == []


def test_a_downgrade_without_a_job_needs_no_right_on_pg_cron(admin: Connection, app: str) -> None:
    install(app, BUNKD_MODE="external")
    admin.execute("revoke execute on function cron.unschedule(bigint) from public")
    assert downgrade(app)[-1].startswith("Removed everything")


def test_rights_on_pg_cron_that_a_restore_took(
    database: Database, admin: Connection, app: str
) -> None:
    with database.connect("app") as owner:
        create_queue(owner)
    install(app)
    before = columns(admin, "app")
    admin.execute("revoke usage on schema cron from app")
    assert named(check(app), "pg_cron_usage").reason == "NO_SCHEMA_USAGE"
    *_, remedy, last = install(app)
    assert last.startswith("external: ")
    assert "grant usage on schema cron to app;" in remedy
    assert columns(admin, "app") == before
    with database.connect("app") as owner:
        add_jobs(owner, 1)
        said = owner.execute("select bunkd.tick(%s)", [SCHEDULE]).fetchone()
        assert said == ("the schedule is external: a tick makes no calls",)
    # who sees other roles' jobs, and asks what app has installed
    admin.execute("create role oncall login bypassrls password 'postgres' in role app")
    admin.execute("grant usage on schema cron to oncall")
    found = named(check(database.url_as("oncall")), "job")
    assert (found.status, found.reason) == ("warn", "JOB_IDLE")
    admin.execute("grant usage on schema cron to app")
    assert install(app)[-1].startswith("native:")
    assert columns(admin, "app") == before


@pytest.mark.parametrize("drift", ["schedule = '0 0 1 1 *', command = 'select 1'", "nodeport = 1"])
def test_one_that_was_switched_off_is_not_switched_on_by_the_repair(
    database: Database, admin: Connection, drift: str
) -> None:
    install(database, BUNKD_EVERY="5m")
    admin.execute(f"update cron.job set active = false, {drift}".encode())  # noqa: S608
    last = install(database)[-1]
    assert last.startswith(f"NOT SCHEDULED: cron job {JOB} was switched off and stays off")
    [(job,)] = admin.execute("select jobid from cron.job").fetchall()
    report = check(database)
    assert named(report, "job_active").reason == "JOB_INACTIVE"
    assert not report.active
    query = "select active, schedule, command from cron.job"
    expected = [(False, "*/5 * * * *", COMMAND)]
    assert admin.execute(query).fetchall() == expected
    admin.execute("select cron.alter_job(%s, active := true)", [job])
    assert install(database)[-1].startswith("native:")
    assert admin.execute(query).fetchall() == [(True, *expected[0][1:])]
    assert named(check(database), "job_drift").status == "pass"


def test_the_zone_of_five_fields_is_said(database: Database) -> None:
    last = install(database, BUNKD_EVERY="0 9 * * 1-5")[-1]
    assert "every 0 9 * * 1-5 (read in time zone GMT)" in last
    assert "GMT" in named(check(database), "job_zone").detail
    assert "time zone" not in install(database, BUNKD_EVERY="5m")[-1]
    assert named(check(database), "job_zone").status == "skip"
