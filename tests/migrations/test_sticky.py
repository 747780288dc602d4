"""A deploy changes what it sets anew, and never what was changed live since."""

from datetime import timedelta

import pytest

from bunkd_db import provision
from bunkd_db.credential import Credential
from bunkd_db.errors import NotPossible
from bunkd_db.settings import ScheduleSettings, defaults
from bunkd_db.settings.schedule import variables
from tests.support.command import bunkd
from tests.support.database import Database
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.upgrade import COMMAND, JOB, NATIVE, SCHEDULE, downgrade, install, upgrade


def value(connection: Connection, column: str) -> object:
    return scalar(connection, object, f"select {column} from bunkd.schedule".encode())  # noqa: S608


def credential(connection: Connection) -> object:
    return scalar(connection, object, "select bunkd.read_credential(%s)", [SCHEDULE])


def rotate(database: Database, to: str) -> list[str]:
    """What `bunkd-db credential set` does."""
    return provision.set_credential(database.url, SCHEDULE, Credential(to))


def jobs(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute("select schedule, active from cron.job").fetchall()


# by variable: what a first deploy sets, what is changed live, what a second deploy sets
VALUES: dict[str, tuple[tuple[str, object], tuple[str, object], tuple[str, object]]] = {
    "BUNKD_CALL_URL": (
        ("https://a.example/x", "https://a.example/x"),
        ("'https://b.example/x'", "https://b.example/x"),
        ("https://c.example/x", "https://c.example/x"),
    ),
    "BUNKD_HEADERS": (('{"A": "1"}', {"A": "1"}), ("'{}'", {}), ('{"B": ""}', {"B": ""})),
    "BUNKD_BODY": (('{"a": 1}', {"a": 1}), ("'{\"b\": 2}'", {"b": 2}), ("{}", {})),
    "BUNKD_CREDENTIAL_HEADER": (("X-A", "X-A"), ("'X-B'", "X-B"), ("X-C", "X-C")),
    "BUNKD_EVERY": (("5m", "5m"), ("'2m'", "2m"), ("10m", "10m")),
    "BUNKD_MAX_IN_FLIGHT": (("3", 3), ("7", 7), ("4", 4)),
    "BUNKD_JOBS_PER_CALL": (("3", 3), ("7", 7), ("4", 4)),
    "BUNKD_CALL_TIMEOUT": (("3s", 3000), ("500", 500), ("4s", 4000)),
    "BUNKD_ON_TIMEOUT": (("detach", "detach"), ("'release'", "release"), ("release", "release")),
    "BUNKD_RESCUE_AFTER": (
        ("1m", timedelta(minutes=1)),
        ("'2 min'", timedelta(minutes=2)),
        ("0", timedelta(0)),
    ),
    "BUNKD_TRANSPORT": (("pg_net", "pg_net"), ("'auto'", "auto"), ("auto", "auto")),
    "BUNKD_WAKE": (("off", False), ("true", True), ("on", True)),
    "BUNKD_ON_RESTORE": (("go", "go"), ("'hold'", "hold"), ("probe", "probe")),
    "BUNKD_QUEUE_TABLE": (
        ("public.here", "public.here"),
        ("'public.analysis_jobs'", "public.analysis_jobs"),
        ("public.there", "public.there"),
    ),
    "BUNKD_QUEUE_OWNER": (("app", "app"), ("null", None), ("other", "other")),
    "BUNKD_QUEUE_WHERE": (("a < 1", "a < 1"), ("'b'", "b"), ("c", "c")),
    "BUNKD_STATUS_COLUMN": (("state", "state"), ("'phase'", "phase"), ("stage", "stage")),
    **{
        f"BUNKD_STATUS_{kind}": (("a,b", ["a", "b"]), ("'{c}'", ["c"]), ("d", ["d"]))
        for kind in ("WAITING", "ACTIVE", "DONE", "FAILED")
    },
}


def test_the_table_above_has_every_setting() -> None:
    assert set(VALUES) == set(variables().values())


@pytest.mark.parametrize(("column", "variable"), variables().items())
def test_a_setting_is_applied_where_it_differs_from_the_last_deploys(
    database: Database,
    connection: Connection,
    column: str,
    variable: str,
) -> None:
    first, live, second = VALUES[variable]
    if variable in ("BUNKD_QUEUE_TABLE", "BUNKD_QUEUE_OWNER"):
        with database.admin() as admin:
            admin.execute("create role app; create role other")
            admin.execute("create table public.here (); create table public.there ()")
    install(database, **{variable: first[0]})
    assert value(connection, column) == first[1]
    unset = {name: text for name, text in NATIVE.items() if name != variable}
    upgrade(database, **unset)
    assert value(connection, column) == first[1], "a variable that is not set reverted"
    connection.execute(f"update bunkd.schedule set {column} = {live[0]}".encode())  # noqa: S608
    install(database, **{variable: first[0]})
    assert value(connection, column) == live[1], "a deploy reverted what was changed live"
    upgrade(database)
    assert value(connection, column) == live[1]
    install(database, **{variable: second[0]})
    assert value(connection, column) == second[1], "a new value of a deploy was not applied"


def test_the_defaults_of_both_sides_are_the_same(
    database: Database, connection: Connection
) -> None:
    upgrade(database)
    known = {name.lower() for name in vars(defaults) if name.isupper()} - {"schedule"}
    assert known < set(variables())
    for name in known:
        default = getattr(defaults, name.upper())
        assert value(connection, name) == (list(default) if isinstance(default, tuple) else default)
    assert value(connection, "name") == defaults.SCHEDULE


def test_what_is_no_setting_is_not_touched_by_a_deploy(
    database: Database, connection: Connection
) -> None:
    """Every column that has no field, and those of the fields that are not set."""
    install(database, BUNKD_MAX_IN_FLIGHT="3")
    before = connection.execute("select to_jsonb(s) from bunkd.schedule s").fetchone()
    install(database, BUNKD_MAX_IN_FLIGHT="4")
    after = connection.execute("select to_jsonb(s) from bunkd.schedule s").fetchone()
    assert before is not None
    assert after is not None
    assert isinstance(before[0], dict)
    assert isinstance(after[0], dict)
    changed = {name for name in after[0] if after[0][name] != before[0][name]}
    assert {"max_in_flight", "deployed"} <= changed <= {"max_in_flight", "deployed", "registered"}
    assert ScheduleSettings().as_json() == {}


def test_a_live_interval_is_registered_by_the_next_deploy(
    database: Database, connection: Connection
) -> None:
    install(database, BUNKD_EVERY="5m")
    assert jobs(connection) == [("*/5 * * * *", True)]
    connection.execute("update bunkd.schedule set every = '10m'")
    assert "every 10m" in install(database, BUNKD_EVERY="5m")[-1]
    assert jobs(connection) == [("*/10 * * * *", True)]


def test_a_rotated_credential_survives_a_deploy_with_the_old_one(
    database: Database, connection: Connection
) -> None:
    install(database, BUNKD_CREDENTIAL="first")
    rotate(database, "rotated")
    install(database, BUNKD_CREDENTIAL="first")
    assert credential(connection) == "rotated"
    upgrade(database)
    assert credential(connection) == "rotated"
    install(database, BUNKD_CREDENTIAL="second")
    assert credential(connection) == "second"
    install(database, BUNKD_CREDENTIAL="first")
    assert credential(connection) == "first"


def test_only_a_salted_digest_of_a_deployed_credential_is_kept(
    database: Database, connection: Connection
) -> None:
    install(database, BUNKD_CREDENTIAL="the-same")
    found = connection.execute(
        "select deployed_digest = sha256('the-same'), length(salt) from bunkd.credential"
    ).fetchone()
    assert found == (False, 32)


def test_a_lost_credential_comes_back_with_the_next_deploy(
    database: Database, connection: Connection
) -> None:
    install(database, BUNKD_CREDENTIAL="first")
    connection.execute("delete from bunkd.secret")
    assert install(database, BUNKD_CREDENTIAL="first")[-1].startswith("native:")
    assert credential(connection) == "first"


def test_a_pause_survives(database: Database, connection: Connection) -> None:
    install(database)
    connection.execute("update bunkd.schedule set paused = true")
    lines = install(database, BUNKD_MAX_IN_FLIGHT="9")
    assert value(connection, "paused") is True
    assert "the schedule is paused by postgres: no calls are made" in lines[-1]


def test_an_older_revision_does_not_know_when_a_pause_ends(
    database: Database, connection: Connection
) -> None:
    install(database)
    connection.execute("select bunkd.pause_schedule(%s, '2 hours', 'why')", [SCHEDULE])
    until = scalar(
        connection,
        str,
        "select to_char(paused_until at time zone 'UTC', 'YYYY-MM-DD HH24:MI') from bunkd.schedule",
    )
    assert downgrade(database, "0004")[:-1] == [], "it has the column"
    said = (
        f"Schedule {SCHEDULE} was paused until {until} UTC. The older revision cannot end a pause by"
        " itself, so it stays paused until you resume it after the next upgrade:"
        f" bunkd-db schedule resume --schedule {SCHEDULE}"
    )
    assert downgrade(database, "0003")[:-1] == [said]
    assert value(connection, "paused") is True
    install(database)
    assert value(connection, "paused") is True
    assert bunkd("schedule", "resume", DATABASE_URL=database.url).code == 0
    assert value(connection, "paused") is False
    connection.execute("select bunkd.pause_schedule(%s, null, 'why')", [SCHEDULE])
    assert downgrade(database, "0003")[:-1] == [], "it never had an end"
    assert downgrade(database)[:-1] == []


def test_a_job_that_was_switched_off_stays_off(database: Database, connection: Connection) -> None:
    install(database, BUNKD_EVERY="5m")
    connection.execute("select cron.alter_job(jobid, active := false) from cron.job")
    lines = install(database, BUNKD_EVERY="10m")
    assert jobs(connection) == [("*/10 * * * *", False)]
    assert lines[-1].startswith(f"NOT SCHEDULED: cron job {JOB} was switched off and stays off")


def test_a_job_that_was_edited_is_set_right(database: Database, connection: Connection) -> None:
    install(database, BUNKD_EVERY="5m")
    connection.execute("select cron.schedule(%s, '0 0 1 1 *', 'select 1')", [JOB])
    install(database)
    assert connection.execute("select schedule, command from cron.job").fetchall() == [
        ("*/5 * * * *", COMMAND)
    ]


def test_a_job_that_was_removed_comes_back(database: Database, connection: Connection) -> None:
    install(database)
    connection.execute("select cron.unschedule(jobid) from cron.job")
    install(database)
    assert len(jobs(connection)) == 1


def test_another_roles_job_of_our_name_that_calls_nothing_is_left_alone(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("create extension pg_cron")
        admin.execute("select cron.schedule(%s, '* * * * *', 'select 1')", [JOB])
        lines = install(database)
        assert lines[-1].startswith("native:")
        found = admin.execute("select username, command = 'select 1' from cron.job order by jobid")
        assert found.fetchall() == [("supabase_admin", True), ("postgres", False)]


@pytest.mark.parametrize("later", [{}, {"BUNKD_MODE": "external"}])
def test_external_stays_until_a_deploy_says_otherwise(
    database: Database, connection: Connection, later: dict[str, str]
) -> None:
    lines = install(database, BUNKD_MODE="external")
    assert lines[-1] == (
        "external: calls must come from outside the database, because BUNKD_MODE is external."
        " The fastest is a process of your own: bunkd-db worker"
    )
    found = connection.execute("select extname from pg_extension where extname ~ 'cron|net'")
    assert found.fetchall() == []
    assert connection.execute("select count(*) from bunkd.secret").fetchone() == (0,)
    assert install(database, **later)[-1].startswith("external:")
    assert install(database, BUNKD_MODE="auto")[-1].startswith("native:")


def test_native_stays_native_by_force(database: Database) -> None:
    """A deploy that said native once means it until another one says something else."""
    install(database, BUNKD_MODE="native")
    with database.admin() as admin:
        admin.execute("drop extension pg_net; create schema net")
    with pytest.raises(NotPossible, match="BUNKD_MODE is native, but"):
        install(database)
    assert install(database, BUNKD_MODE="auto")[-1].startswith("external:")


def test_from_native_to_external_and_back(database: Database, connection: Connection) -> None:
    install(database)
    connection.execute("insert into bunkd.call (schedule, reason) values (%s, 'tick')", [SCHEDULE])
    with database.admin() as admin:
        admin.execute("drop extension pg_net; create schema net")
    lines = install(database)
    assert lines[-1].startswith(
        'external: calls must come from outside the database, because schema "net"'
    )
    assert any("was native until now" in line for line in lines)
    assert jobs(connection) == []
    assert connection.execute("select count(*) from bunkd.call").fetchone() == (1,)
    assert credential(connection) == NATIVE["BUNKD_CREDENTIAL"]
    assert not any("was native" in line for line in install(database))
    with database.admin() as admin:
        admin.execute("drop schema net")
    assert upgrade(database)[-1].startswith("native:")
    assert len(jobs(connection)) == 1


def test_the_reader_role_stays_until_another_is_named(
    database: Database, connection: Connection
) -> None:
    with database.admin() as admin:
        admin.execute("create role oncall login password 'postgres'; create role second nologin")
    install(database, BUNKD_READER_ROLE="oncall")
    install(database)
    with database.connect("oncall") as reader:
        assert reader.execute("select schedule, problem from bunkd.status").fetchone() == (
            SCHEDULE,
            "the queue table public.analysis_jobs does not exist",
        )
    install(database, BUNKD_READER_ROLE="second")
    assert connection.execute(
        "select has_schema_privilege('oncall', 'bunkd', 'usage'),"
        " has_schema_privilege('second', 'bunkd', 'usage')"
    ).fetchone() == (False, True)


def test_a_reader_role_that_was_dropped_breaks_no_deploy(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("create role oncall nologin")
        install(database, BUNKD_READER_ROLE="oncall")
        admin.execute("drop owned by oncall; drop role oncall")
    assert install(database)[-1].startswith("native:")


def test_a_downgrade_forgets_what_deploys_have_set(
    database: Database, connection: Connection
) -> None:
    install(database, BUNKD_MAX_IN_FLIGHT="3", BUNKD_MODE="external")
    downgrade(database)
    assert install(database)[-1].startswith("native:")
    assert value(connection, "max_in_flight") == 5
