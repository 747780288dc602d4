"""`bunkd-db upgrade --dry-run`: it says what an upgrade does, and does nothing."""

import json
from typing import Any

import pytest

from tests.migrations.test_old_recipe import RECIPE
from tests.support.catalog import extensions, snapshot
from tests.support.command import Finished, here
from tests.support.database import Database
from tests.support.queue import add_jobs, create_queue
from tests.support.scalar import scalar
from tests.support.server import Connection, Server
from tests.support.terminal import ESCAPE, terminal
from tests.support.upgrade import JOB, NATIVE, SCHEDULE, downgrade, install, upgrade

SECRET = "another-token-of-the-tests"


def ask(database: Database, *arguments: str, **env: str) -> Finished:
    given = {"DATABASE_URL": database.url, **NATIVE, **env}
    return here("upgrade", "--dry-run", *arguments, **given)


def told(done: Finished) -> dict[str, Any]:
    assert done.code == 0, done.all
    found: dict[str, Any] = json.loads(done.out)
    assert found["format"] == 1
    return found


def names(objects: list[dict[str, str]], kind: str) -> list[str]:
    return [each["name"] for each in objects if each["kind"] == kind]


def test_a_first_installation(database: Database, connection: Connection) -> None:
    create_queue(connection)
    add_jobs(connection, 3)
    with database.admin() as admin:
        before = snapshot(admin), extensions(admin)
        found = told(ask(database, "--json"))
        assert (snapshot(admin), extensions(admin)) == before
    assert scalar(connection, bool, "select to_regnamespace('bunkd') is null")
    assert found["changes"] is True
    assert found["revision"]["before"] is None
    assert names(found["objects"]["added"], "schema") == ["bunkd"]
    assert "bunkd.tick(text)" in names(found["objects"]["added"], "function")
    [job] = names(found["objects"]["added"], "cron job")
    assert job.startswith(JOB)
    assert "bunkd_insert_" + SCHEDULE in str(names(found["objects"]["added"], "trigger"))
    assert (found["objects"]["replaced"], found["objects"]["dropped"]) == ([], [])
    said = "\n".join(found["behaviour"])
    assert f"this database would call {NATIVE['BUNKD_CALL_URL']} every " in said
    assert "the first tick would make 3 calls at once" in said
    assert "The credential would be stored in " in said
    assert found["ends_with"][-1].startswith("native: this database calls ")
    locks = {lock["table"]: lock["effect"] for lock in found["locks"]}
    assert locks["public.analysis_jobs"] == "reads go on, writes wait"
    assert found["not_rolled_back"]


def test_it_says_the_truth_and_then_nothing(database: Database, connection: Connection) -> None:
    create_queue(connection)
    foreseen = told(ask(database, "--json"))
    lines = install(database)
    assert foreseen["ends_with"] == lines
    schemas = {name.partition(".")[0] for name in names(foreseen["objects"]["added"], "table")}
    assert schemas == {"bunkd"}
    done = ask(database)
    assert done.code == 0
    assert done.out.startswith("Nothing would change: revision 0005 is installed")
    assert "Rolled back after " in done.out
    found = told(ask(database, "--json"))
    assert (found["changes"], found["behaviour"]) == (False, [])
    assert ask(database, BUNKD_CREDENTIAL=SECRET).out.startswith("behaviour")


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_on_a_narrow_terminal(database: Database, connection: Connection, columns: int) -> None:
    """No line is longer, but for what cannot be broken; a command is whole."""
    create_queue(connection)
    without = {"DATABASE_URL": database.url, "BUNKD_CALL_URL": NATIVE["BUNKD_CALL_URL"]}
    shown = ESCAPE.sub("", terminal(columns, "upgrade", "--dry-run", **without)).splitlines()
    assert any(line.rstrip().endswith("bunkd-db upgrade") for line in shown), shown
    install(database)
    env = {"DATABASE_URL": database.url, **NATIVE}
    shown += ESCAPE.sub("", terminal(columns, "upgrade", "--dry-run", **env)).splitlines()
    long = [line for line in shown if len(line) > columns and " " in line[10:].strip()]
    assert long == []
    assert any(line.startswith("Nothing would change: ") for line in shown)


def test_what_a_deploy_would_change(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database)
    with database.admin() as admin:
        before = snapshot(admin)
        found = told(ask(database, "--json", BUNKD_EVERY="10s", BUNKD_MAX_IN_FLIGHT="9"))
        assert snapshot(admin) == before
    assert found["behaviour"] == [
        f"Schedule {SCHEDULE}: every would change from 30s to 10s.",
        f"Schedule {SCHEDULE}: max_in_flight would change from 5 to 9.",
        *[each for each in found["behaviour"] if "ticks would come" in each],
    ]
    assert scalar(connection, int, "select max_in_flight from bunkd.schedule") == 5
    found = told(ask(database, "--json", BUNKD_MODE="external"))
    assert "would be external instead of native" in found["behaviour"][0]
    assert names(found["objects"]["dropped"], "cron job")


def test_that_a_copy_would_call_is_said(database: Database, connection: Connection) -> None:
    create_queue(connection)
    urls = {"BUNKD_ALERT_WEBHOOK": "https://hooks.example.com/x"}
    install(database, **urls)
    connection.execute("update bunkd.schedule set system_identifier = 42")
    said = [
        f"Schedule {SCHEDULE} would no longer count as a copy: this database would make calls.",
        f"Schedule {SCHEDULE}: the URLs of alerts and heartbeat would be forgotten.",
    ]
    done = told(ask(database, "--json"))
    assert done["changes"] is True
    assert [each for each in done["behaviour"] if "copy" in each or "forgotten" in each] == said


def test_the_legacy_job_is_named(database: Database, connection: Connection) -> None:
    connection.execute(RECIPE)
    create_queue(connection)
    found = told(ask(database, "--json"))
    assert (
        f"The cron jobs {SCHEDULE} would be switched off: they call the same function."
        in (found["behaviour"])
    )
    assert any(SCHEDULE in name for name in names(found["objects"]["replaced"], "cron job"))
    assert scalar(connection, bool, "select active from cron.job") is True


def test_an_older_revision(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database)
    downgrade(database, "0003")
    found = told(ask(database, "--json"))
    assert found["revision"] == {"before": "0003", "after": "0005"}
    assert "bunkd.change" in names(found["objects"]["added"], "table")
    done = ask(database)
    assert "from 0003 to 0005" in done.out
    assert scalar(connection, str, "select version_num from bunkd.alembic_version") == "0003"


def test_what_is_not_ours_any_more(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database)
    connection.execute(
        "create function bunkd.tick(p_other integer) returns text language sql as $$ select 'x' $$;"
        " comment on function bunkd.tick(text) is 'Changed by hand.'"
    )
    found = told(ask(database, "--json"))
    assert found["objects"]["dropped"] == [{"kind": "function", "name": "bunkd.tick(integer)"}]
    assert found["objects"]["replaced"] == [{"kind": "function", "name": "bunkd.tick(text)"}]
    assert found["behaviour"] == []
    assert "nothing would be different" in ask(database).out


def test_what_would_not_be_scheduled_is_not_said_to_call(
    database: Database, connection: Connection
) -> None:
    create_queue(connection)
    done = here(
        "upgrade", "--dry-run", "--json", DATABASE_URL=database.url, BUNKD_CALL_URL="http://h/x"
    )
    found = told(done)
    assert found["ends_with"][-1].startswith("NOT SCHEDULED: set BUNKD_CREDENTIAL")
    assert found["behaviour"] == [
        f"Schedule {SCHEDULE} would be created:"
        " this database would make no calls yet, as the lines after 'ends with' say."
    ]


def test_the_secrets_are_nowhere(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database)
    urls = {
        "BUNKD_ALERT_WEBHOOK": f"https://hooks.example.com/{SECRET}",
        "BUNKD_HEARTBEAT_URL": f"https://beats.example.com/{SECRET}",
    }
    with database.admin() as admin:
        admin.execute("alter system set log_statement = 'all'")
        admin.execute("select pg_reload_conf()")
        done = ask(database, BUNKD_CREDENTIAL=SECRET, **urls)
        admin.execute("alter system reset log_statement")
        admin.execute("select pg_reload_conf()")
        admin.execute("checkpoint")
        for table in ("bunkd.secret", "bunkd.credential", "bunkd.change"):
            query = "select pg_read_binary_file(pg_relation_filepath(%s))"
            on_disk = scalar(admin, bytes, query, [table])
            assert SECRET.encode() not in on_disk, "what was rolled back stays there for a while"
    told = " ".join(done.out.split())
    assert "The credential would be stored in " in told
    assert "The URL that alerts go to would be stored in " in told
    assert "The URL that the heartbeat goes to would be stored in " in told
    assert "create or replace function bunkd.tick" in database.log()
    assert SECRET not in database.log() + done.all
    install(database, BUNKD_CREDENTIAL=SECRET, **urls)
    assert ask(database, BUNKD_CREDENTIAL=SECRET, **urls).out.startswith("Nothing would change")


def test_a_plan_that_cannot(embedded: Server) -> None:
    done = here("upgrade", "--dry-run", "--json", DATABASE_URL=embedded.url, **NATIVE)
    found = told(done)
    assert found["ends_with"][-1].startswith("external: ")
    assert "external, because " in "\n".join(found["behaviour"])
    assert "credential" not in "\n".join(found["behaviour"])


def test_a_role_that_cannot_use_pg_cron(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("create extension if not exists pg_cron")
        admin.execute("revoke usage on schema cron from public")
        admin.execute("create role app login password 'postgres'")
        admin.execute("grant create on database postgres to app")
    given = {**NATIVE, "DATABASE_URL": database.url_as("app")}
    try:
        for _ in range(2):
            done = here("upgrade", "--dry-run", **given)
            assert (done.code, "role app cannot use pg_cron" in done.out) == (0, True), done.all
            assert here("upgrade", **given).code == 0
    finally:
        with database.admin() as admin:
            admin.execute("drop schema if exists bunkd cascade")
            admin.execute("drop owned by app")


def test_a_schema_of_another_role(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("create role app login password 'postgres'")
    install(database)
    given = {**NATIVE, "DATABASE_URL": database.url_as("app")}
    said = [here("upgrade", *flag, **given) for flag in ([], ["--dry-run"])]
    assert [done.code for done in said] == [3, 3]
    assert said[0].err == said[1].err
    assert "schema bunkd belongs to role postgres" in said[0].err


@pytest.mark.parametrize(
    ("arguments", "env", "code", "says"),
    [
        (["--sql"], {}, 2, "--dry-run and --sql exclude each other."),
        (["nonsense"], {}, 2, "Alembic"),
        ([], {"BUNKD_READER_ROLE": "nobody"}, 2, "BUNKD_READER_ROLE names role nobody"),
        ([], {"DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:1/d"}, 3, "cannot connect"),
    ],
)
def test_what_an_upgrade_refuses(
    database: Database, arguments: list[str], env: dict[str, str], code: int, says: str
) -> None:
    done = ask(database, *arguments, **env)
    assert (done.code, says in done.err) == (code, True), done.all
    assert "hunter2" not in done.all
    with database.connect() as connection:
        assert scalar(connection, bool, "select to_regnamespace('bunkd') is null")


def test_json_is_for_a_dry_run(database: Database) -> None:
    done = here("upgrade", "--json", DATABASE_URL=database.url)
    assert (done.code, "--json does not apply to upgrade without --dry-run." in done.err) == (
        2,
        True,
    )
    assert upgrade(database)
