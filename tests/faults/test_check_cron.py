"""`check --cron` on a server: everybody's jobs, real runs, and roles that see little."""

import json
from typing import Any

import pytest

from tests.migrations.test_old_recipe import RECIPE
from tests.support.checked import install_and_wait
from tests.support.command import Finished, here
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import add_jobs, create_queue
from tests.support.server import Connection, Server
from tests.support.terminal import ESCAPE, terminal
from tests.support.ticks import outcomes, tick
from tests.support.upgrade import CREDENTIAL, JOB, URL, install
from tests.support.wait import wait_until

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJl"
POST = "select net.http_post(url := 'https://api.example.com/run', timeout_milliseconds := 9000)"
RUN = (
    "insert into cron.job_run_details (jobid, runid, database, username, command, status, return_message, start_time, end_time)"
    " select jobid, nextval('cron.runid_seq'), database, username, command, %s, %s, now() - %s::interval, now() - %s::interval"
    " from cron.job where jobname = %s"
)


@pytest.fixture
def cron(connection: Connection) -> Connection:
    """A database with both extensions, and without bunkd-db."""
    connection.execute("create extension pg_cron; create extension pg_net")
    return connection


def asked(url: str, code: int, **env: str) -> dict[str, Any]:
    """The object of `--json`, after the exit code was looked at."""
    done = here("check", "--cron", "--json", DATABASE_URL=url, **env)
    assert done.code == code, done.all
    answer: dict[str, Any] = json.loads(done.out)
    return answer


def schedule(session: Connection, name: str, command: str, cron: str = "0 0 1 1 *") -> int:
    row = session.execute("select cron.schedule(%s, %s, %s)", [name, cron, command]).fetchone()
    assert row
    return int(str(row[0]))


def record(database: Database, name: str, status: str, message: str, age: str = "3 min") -> None:
    """Write a run into pg_cron's history, as it would."""
    with database.admin() as admin:
        admin.execute(RUN.encode(), [status, message, age, age, name])


def reasons(found: dict[str, Any]) -> set[str]:
    return {finding["reason"] for finding in found["findings"]}


def by_name(answer: dict[str, Any], name: str) -> dict[str, Any]:
    [found] = [job for job in answer["jobs"] if job["name"] == name]
    return dict(found)


def test_jobs_of_every_role_as_a_superuser_sees_them(database: Database, cron: Connection) -> None:
    with database.admin() as admin:
        admin.execute(
            "create role other login password 'postgres'; grant usage on schema cron to other"
        )
        schedule(admin, "mine", POST)
    with database.connect("other") as other:
        schedule(other, "theirs", f"select net.http_get('https://api.example.com/x?token={JWT}')")
    schedule(cron, "no call", "select 1")
    record(database, "theirs", "succeeded", "1 row")
    answer = asked(database.admin_url, 1)
    assert (answer["cron_jobs"], answer["sees_all"]) == (3, True)
    theirs = by_name(answer, "theirs")
    assert (theirs["role"], theirs["hosts"]) == ("other", ["api.example.com"])
    assert theirs["outcome"]["ending"] == "queued"
    assert theirs["outcome"]["at"]
    assert reasons(theirs) == {"KEY_IN_URL", "NO_TIMEOUT"}
    mine = by_name(answer, "mine")
    assert (mine["outcome"]["ending"], reasons(mine)) == ("no_run", set())
    assert reasons(answer) == {"NO_RETENTION"}
    assert answer["history"]["rows"] == 1


@pytest.mark.usefixtures("cron")
def test_a_role_that_sees_only_its_own(database: Database) -> None:
    with database.admin() as admin:
        admin.execute(
            "create role other login password 'postgres'; grant usage on schema cron to other"
        )
        schedule(admin, "hidden", POST)
    with database.connect("other") as other:
        schedule(other, "own", POST)
    record(database, "own", "succeeded", "1 row")
    record(database, "hidden", "failed", "no")
    answer = asked(database.url_as("other"), 0)
    assert [job["name"] for job in answer["jobs"]] == ["own"]
    assert (answer["cron_jobs"], answer["sees_all"]) == (1, False)
    assert answer["history"]["rows"] == 1
    [unseen] = [each for each in answer["findings"] if each["reason"] == "UNANSWERED"]
    assert "sees only its own cron jobs" in unseen["detail"]
    assert unseen["status"] == "skip"


@pytest.mark.usefixtures("cron")
def test_a_role_that_cannot_look(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("create role nobody_at_all login password 'postgres'")
    answer = asked(database.url_as("nobody_at_all"), 3)
    assert "cannot read cron.job" in answer["error"]
    assert answer["commands"] == ["grant usage on schema cron to nobody_at_all;"]


def test_the_plan_without_pg_cron(embedded: Server) -> None:
    done = here("check", "--cron", DATABASE_URL=embedded.url)
    line = "pg_cron is not installed in database postgres: there are no cron jobs.\n"
    assert done == Finished(0, line, "")
    answer = asked(embedded.url, 0)
    assert (answer["pg_cron"], answer["jobs"]) == (False, [])


def test_before_pg_cron_is_created(database: Database) -> None:
    done = here("check", "--cron", DATABASE_URL=database.url)
    assert (done.code, len(done.out.splitlines())) == (0, 1)


@pytest.mark.usefixtures("cron")
def test_another_database_of_the_server(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("create database shop")
    try:
        url = f"{database.admin_url.rpartition('/')[0]}/shop"
        answer = asked(url, 3)
        assert "in database postgres" in answer["error"]
    finally:
        with database.admin() as admin:
            admin.execute("drop database shop with (force)")


def test_the_hand_made_recipe(database: Database, connection: Connection) -> None:
    connection.execute("create extension pg_cron; create extension pg_net")
    connection.execute(RECIPE)
    schedule(connection, "prune", "delete from cron.job_run_details where end_time < now()")
    record(database, "process-analysis-jobs", "succeeded", "1 row")
    job = by_name(asked(database.url, 0), "process-analysis-jobs")
    assert job["functions"] == ["public.trigger_job_processing()"]
    assert job["hosts"] == ["project.supabase.co"]
    assert "its function can have queued a call" in job["outcome"]["detail"]
    assert job["findings"] == []


def test_the_hand_made_recipe_beside_ours(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database)
    hand = schedule(connection, "process-analysis-jobs", f"select net.http_post('{URL}')")
    again = schedule(
        connection, "again", f"select net.http_post('{URL}', timeout_milliseconds := 1)"
    )
    answer = asked(database.url, 0)
    [legacy] = [each for each in answer["findings"] if each["reason"] == "LEGACY_JOB"]
    assert f"process-analysis-jobs (id {hand})" in legacy["detail"]
    assert legacy["commands"] == [
        f"select cron.alter_job({id}, active := false);" for id in (hand, again)
    ]
    for command in legacy["commands"]:
        connection.execute(command.encode())
    answer = asked(database.url, 0)
    assert "LEGACY_JOB" not in reasons(answer)
    assert [job["active"] for job in answer["jobs"]] == [True, False, False]


def test_of_our_job_the_ledger_says_how_it_ended(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    create_queue(connection)
    install_and_wait(database, BUNKD_CALL_URL=endpoint.url)
    before = by_name(asked(database.url, 0), JOB)
    assert before["outcome"]["ending"] == "no_call"
    assert before["hosts"] == [endpoint.url.split("/")[2]]
    add_jobs(connection)
    wait_until(lambda: endpoint.received)
    wait_until(lambda: tick(connection) and outcomes(connection) == ["ok"])
    job = by_name(asked(database.url, 0), JOB)
    assert job["outcome"]["ending"] == "ok"
    assert ": ok (200)" in job["outcome"]["detail"]
    connection.execute("update bunkd.call set outcome = 'rejected', status_code = 401")
    answer = asked(database.url, 1)
    assert reasons(by_name(answer, JOB)) == {"CALL_FAILED"}
    # its own runs are removed by the tick
    assert "NO_RETENTION" not in reasons(answer)


@pytest.mark.slow
@pytest.mark.usefixtures("scheduler")
def test_a_real_run(database: Database, cron: Connection) -> None:
    often = "1 second" if database.server.seconds else "* * * * *"
    schedule(cron, "good", "select net.http_get('http://127.0.0.1:9/')", often)
    schedule(cron, "bad", f"table nowhere; select net.http_get('{JWT}')", often)

    def ended() -> bool:
        jobs = asked(database.url, 1)["jobs"]
        return [job["outcome"]["ending"] for job in jobs] == ["queued", "run_failed"]

    def until_both_ran() -> bool:
        rows = cron.execute("select distinct status from cron.job_run_details").fetchall()
        return {"succeeded", "failed"} <= {str(status) for (status,) in rows}

    wait_until(until_both_ran, 75)
    assert ended()
    bad = by_name(asked(database.url, 1), "bad")
    assert 'relation "nowhere" does not exist' in bad["outcome"]["detail"]
    assert {"RUN_FAILED", "KEY_IN_COMMAND"} <= reasons(bad)


def test_another_host_than_ours(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database, BUNKD_CALL_URL="https://mine.example.com/run")
    schedule(connection, "astray", POST)
    found = by_name(asked(database.url, 0), "astray")
    [foreign] = found["findings"]
    assert foreign["reason"] == "FOREIGN_HOST"
    assert "calls api.example.com, while bunkd-db calls mine.example.com" in foreign["detail"]


@pytest.mark.parametrize("arguments", [(), ("-v",), ("--json",), ("-v", "--json")])
def test_hostile_jobs_on_every_output(
    database: Database, cron: Connection, arguments: tuple[str, ...]
) -> None:
    key = f"{JWT}.{CREDENTIAL}"
    text = f"select net.http_post('https://u:topsecret9@a.example/?key={key}', headers := '{{\"apikey\": \"{key}\"}}')"
    name = f"\x1b[31mred {JWT}\n"
    schedule(cron, name, text)
    schedule(cron, "huge", f"{text}; -- {'x' * 3_000_000}")
    record(database, name, "failed", f'ERROR:  bad header "{key}"\x1b[2J\nQUERY: {text}')
    done = here("check", "--cron", *arguments, DATABASE_URL=database.url, GITHUB_ACTIONS="true")
    assert done.code == 1
    assert "KEY_IN_COMMAND" in done.all
    for secret in (JWT, JWT.split(".")[1], "topsecret9", "\x1b[31m", "\x1b[2J"):
        assert secret not in done.all


@pytest.mark.parametrize(
    "arguments",
    [("--probe",), ("--expect", "native"), ("--require-active",), ("--schedule", "reports")],
)
def test_what_cannot_be_combined(arguments: tuple[str, ...]) -> None:
    done = here("check", "--cron", *arguments)
    assert done.code == 2
    assert f"{arguments[0]} cannot be combined with --cron." in done.err


@pytest.mark.usefixtures("cron")
def test_it_changes_nothing_and_fits_80_columns(database: Database) -> None:
    with database.admin() as admin:
        schedule(admin, "nightly report", "select net.http_get('https://dev.example.com/report')")
        schedule(admin, "process queue", POST)
        schedule(
            admin,
            "process queue again",
            POST.replace("url", f'headers := \'{{"apikey": "{JWT}"}}\', url'),
        )
        before = admin.execute("select j from cron.job j").fetchall()
        shown = terminal(80, "check", "--cron", DATABASE_URL=database.admin_url)
        assert admin.execute("select j from cron.job j").fetchall() == before
    plain = ESCAPE.sub("", shown)
    assert plain.startswith("3 of 3 cron jobs make HTTP calls: 1 problem, 4 warnings.")
    wide = [line for line in plain.splitlines() if len(line) > 80]
    # commands are copied, so they are never broken
    assert all(line.strip().startswith(("select ", "create ", "bunkd-db ")) for line in wide), wide


@pytest.mark.parametrize("vault", [True, False])
@pytest.mark.parametrize("place", ["headers", "url"])
def test_the_commands_for_a_key_work_as_they_stand(
    cron: Connection, database: Database, vault: bool, place: str
) -> None:
    if vault:
        cron.execute("create extension supabase_vault")
    in_headers = POST.replace("url", f'headers := \'{{"apikey": "{JWT}"}}\', url')
    leaking = in_headers if place == "headers" else POST.replace("/run", f"/run?key={JWT}")
    job = schedule(cron, "leaks", leaking)
    [found] = by_name(asked(database.url, 1), "leaks")["findings"]
    assert found["reason"] == ("KEY_IN_COMMAND" if place == "headers" else "KEY_IN_URL")
    for command in found["commands"]:
        if command != "bunkd-db upgrade":
            cron.execute(command.encode())
    row = cron.execute("select command from cron.job where jobid = %s", [job]).fetchone()
    assert row
    assert "THE_NEW_KEY" not in str(row[0])
    with cron.transaction():  # before pg_net takes it
        cron.execute(str(row[0]).encode())
        sent = cron.execute("select url, headers::text from net.http_request_queue").fetchone()
    assert "THE_NEW_KEY" in str(sent)
