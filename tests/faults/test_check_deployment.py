"""The deployment's own state: its job, what an older recipe left, its queue, its calls."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.support.checked import check, install_and_wait, named, not_well
from tests.support.database import Database
from tests.support.queue import add_jobs, create_queue
from tests.support.server import Connection
from tests.support.upgrade import JOB, SCHEDULE, URL, install

KEY = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJl"


@pytest.fixture
def installed(database: Database) -> Iterator[Connection]:
    """The owner's session on a database where everything is well."""
    with database.connect() as owner:
        create_queue(owner)
        install_and_wait(database)
        yield owner


@pytest.mark.usefixtures("installed")
def test_all_is_well(database: Database) -> None:
    report = check(database)
    assert report.active
    assert report.as_json()["schedule"] == {
        "name": SCHEDULE,
        "every": "30s",
        "mode": "native",
        "job_id": report.facts.our_jobs[0].id,
        "drift": False,
    }
    assert not [c for c in report.checks if c.status == "fail"]


def test_the_job_is_missing(database: Database, installed: Connection) -> None:
    installed.execute("select cron.unschedule(%s)", [JOB])
    report = check(database)
    assert named(report, "job").reason == "JOB_MISSING"
    assert "upgrade" in named(report, "job").remedy
    assert not report.active


@pytest.mark.usefixtures("installed")
def test_the_job_is_doubled_by_another_role(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("select cron.schedule(%s, '* * * * *', 'select 1')", [JOB])
    report = check(database)
    found = named(report, "job")
    assert found.reason == "JOB_DOUBLED"
    assert "supabase_admin" in found.detail
    assert not report.active


def test_the_job_is_only_another_roles(database: Database, installed: Connection) -> None:
    installed.execute("select cron.unschedule(%s)", [JOB])
    with database.admin() as admin:
        admin.execute("select cron.schedule(%s, '* * * * *', 'select 1')", [JOB])
    assert named(check(database), "job").reason == "JOB_OF_ANOTHER"


def test_the_job_is_switched_off(database: Database, installed: Connection) -> None:
    job = check(database).facts.our_jobs[0].id
    installed.execute("select cron.alter_job(%s, active := false)", [job])
    report = check(database)
    assert named(report, "job_active").reason == "JOB_INACTIVE"
    assert f"cron.alter_job({job}, active := true)" in named(report, "job_active").remedy
    assert not report.active


@pytest.mark.parametrize(
    "change",
    [
        "schedule := '*/30 * * * *'",
        "command := 'select 1'",
        "database := 'template1'",
    ],
)
@pytest.mark.usefixtures("installed")
def test_the_job_has_drifted(database: Database, change: str) -> None:
    job = check(database).facts.our_jobs[0].id
    with database.admin() as admin:
        admin.execute(f"select cron.alter_job({job}, {change})")
    report = check(database)
    assert named(report, "job_drift").reason == "JOB_DRIFTED"
    assert report.as_json()["schedule"]["drift"] is True  # type: ignore[index]
    assert not report.active


def test_an_interval_that_the_job_does_not_know_yet(
    database: Database, installed: Connection
) -> None:
    installed.execute("update bunkd.schedule set every = '5m'")
    assert named(check(database), "job_drift").reason == "JOB_DRIFTED"


def test_a_schedule_without_a_credential(database: Database, installed: Connection) -> None:
    installed.execute("delete from bunkd.credential")
    found = named(check(database), "schedule")
    assert (found.status, found.reason) == ("fail", "NOT_SCHEDULED")
    assert "credential set" in found.remedy


def test_a_paused_schedule(database: Database, installed: Connection) -> None:
    installed.execute("update bunkd.schedule set paused = true")
    assert named(check(database), "schedule").reason == "PAUSED"


def test_a_copy(database: Database, installed: Connection) -> None:
    installed.execute("update bunkd.schedule set system_identifier = 1")
    report = check(database)
    assert named(report, "schedule").reason == "COPY"
    assert not report.active


def test_the_old_recipe_is_named_and_its_key_is_not(database: Database) -> None:
    with database.connect() as owner:
        owner.execute("create extension pg_cron")
        owner.execute(
            "create function public.trigger_job_processing() returns void language sql"
            " security definer as 'select'"
        )
        owner.execute(
            f"select cron.schedule('process-analysis-jobs', '* * * * *', 'select trigger_job_processing() --{KEY}')"
        )
    with database.admin() as admin:
        admin.execute(f"alter database postgres set app.settings.service_role_key = '{KEY}'")
    report = check(database)
    assert {"OLD_JOB", "OLD_FUNCTION", "LEAKED_KEY"} <= not_well(report)
    assert "process-analysis-jobs" in named(report, "old_job").detail
    assert named(report, "old_function").status == "fail"
    leaked = named(report, "leaked_key")
    assert "app.settings.service_role_key" in leaked.detail
    assert "cron job process-analysis-jobs" in leaked.detail
    assert "reset app.settings.service_role_key" in leaked.remedy
    assert KEY not in repr(report)
    assert KEY.rpartition(".")[2] not in repr(report)


def test_a_key_in_a_function(database: Database, connection: Connection) -> None:
    connection.execute(
        f"create function public.call_it() returns text language sql as $$select '{KEY}'$$"
    )
    found = named(check(database), "leaked_key")
    assert "public.call_it()" in found.detail.replace("call_it()", "public.call_it()")
    assert KEY not in found.detail + found.remedy


def test_a_backlog_before_the_first_upgrade(database: Database, connection: Connection) -> None:
    create_queue(connection, 1)
    add_jobs(connection, 7, age=timedelta(days=3))
    report = check(database)
    found = named(report, "queue_backlog")
    assert found.status == "warn"
    assert "7 rows" in found.detail
    assert "3 days" in found.detail


def test_rows_that_will_never_be_claimed(database: Database, connection: Connection) -> None:
    create_queue(connection, 2)
    add_jobs(connection, 2, attempts=3)
    report = check(database)
    assert named(report, "queue_never").detail.startswith("2 rows")
    assert named(report, "queue_backlog").status == "pass"


def test_words_that_nobody_explained(database: Database, connection: Connection) -> None:
    connection.execute("create table public.analysis_jobs (status text)")
    connection.execute("insert into public.analysis_jobs values ('queued'), ('on hold'), (null)")
    assert "NULL, on hold" in named(check(database), "queue_words").detail
    report = check(database, BUNKD_STATUS_WAITING="queued,on hold")
    assert "on hold" not in named(report, "queue_words").detail


def test_an_index_that_would_serve_the_queue(database: Database, connection: Connection) -> None:
    connection.execute(
        "create table public.analysis_jobs (id int primary key, status text, created_at timestamptz)"
    )
    connection.execute(
        "insert into public.analysis_jobs select g, 'done', now() from generate_series(1, 30000) g"
    )
    found = named(check(database), "queue_index")
    assert found.reason == "NO_INDEX"
    assert found.remedy.startswith("create index concurrently on")
    connection.execute(found.remedy)
    report = check(database)
    assert named(report, "queue_index").status == "pass"
    rescue = named(report, "queue_active_index")
    assert rescue.reason == "NO_INDEX"
    connection.execute(rescue.remedy)
    assert named(check(database), "queue_active_index").status == "pass"


def test_an_index_for_other_rows_does_not_serve(database: Database, connection: Connection) -> None:
    connection.execute("create table public.analysis_jobs (id int, status text)")
    connection.execute(
        "insert into analysis_jobs select g, 'done' from generate_series(1, 40000) g"
    )
    connection.execute("create index on analysis_jobs (id) where status = 'done'")
    connection.execute("create index on analysis_jobs (id, status)")
    assert named(check(database), "queue_index").reason == "NO_INDEX"
    connection.execute("create index on analysis_jobs (status)")
    report = check(database)
    assert named(report, "queue_index").status == "pass"
    assert named(report, "queue_active_index").status == "pass"


def test_triggers_that_are_gone(database: Database, installed: Connection) -> None:
    assert named(check(database), "queue_triggers").status == "pass"
    create_queue(installed)
    assert named(check(database), "queue_triggers").reason == "NO_TRIGGERS"


def test_an_unreadable_queue(database: Database, connection: Connection) -> None:
    with database.admin() as admin:
        admin.execute("create role plain login password 'postgres'")
    with database.connect() as owner:
        owner.execute("create schema private; create table private.jobs (status text)")
    for grant, wanted in (("", "usage"), ("grant usage on schema private to plain", "select")):
        if grant:
            connection.execute(grant)
        report = check(database.url_as("plain"), BUNKD_QUEUE_TABLE="private.jobs")
        found = named(report, "queue")
        assert found.status == "skip"
        assert wanted in found.remedy


def test_a_locked_queue_is_not_waited_for(database: Database, connection: Connection) -> None:
    create_queue(connection)
    with connection.transaction():
        connection.execute("lock table public.analysis_jobs in access exclusive mode")
        report = check(database)
    assert "queue" not in report.facts.unanswered
    assert named(report, "queue_backlog").status == "skip"


def test_where_the_calls_go_is_not_taken_for_a_leftover(
    database: Database, installed: Connection
) -> None:
    installed.execute(
        "select cron.schedule('mine', '* * * * *', 'select net.http_get(''https://example.com'')')"
    )
    assert named(check(database), "old_job").status == "pass"
    installed.execute(
        f"select cron.schedule('hand', '* * * * *', 'select net.http_post(''{URL}'')')"
    )
    assert "hand" in named(check(database), "old_job").detail


def test_an_enum_for_a_status(database: Database, connection: Connection) -> None:
    connection.execute("create type public.state as enum ('queued', 'running', 'done')")
    connection.execute("create table public.analysis_jobs (id int, status public.state)")
    connection.execute(
        "insert into public.analysis_jobs select g, 'done' from generate_series(1, 40000) g"
    )
    connection.execute("insert into public.analysis_jobs values (0, 'queued')")
    report = check(database)
    assert report.facts.unanswered == {}
    assert report.facts.waiting is not None
    assert report.facts.waiting.rows == 1
    assert named(report, "queue_words").status == "pass"
    connection.execute(named(report, "queue_index").remedy)
    connection.execute(named(report, "queue_active_index").remedy)
    report = check(database)
    assert not {"NO_INDEX"} & not_well(report)


def test_a_condition_of_ones_own(database: Database, installed: Connection) -> None:
    add_jobs(installed, 2)
    installed.execute("update bunkd.schedule set queue_where = 'attempts > 7'")
    assert check(database).facts.waiting is not None
    # one that does not run takes nothing else with it
    installed.execute("update bunkd.schedule set queue_where = 'attempts >'")
    report = check(database)
    assert set(report.facts.unanswered) == {"count_waiting"}
    assert named(report, "queue_backlog").status == "skip"
    # and nobody else's privileges are lent to it
    installed.execute("update bunkd.schedule set queue_where = 'true'")
    assert check(database.admin_url).facts.waiting is None


def test_a_view_is_no_queue(database: Database, connection: Connection) -> None:
    connection.execute("create view public.analysis_jobs as select 'queued'::text as status")
    assert named(check(database), "queue").reason == "NO_QUEUE"


def test_a_role_from_which_rows_are_hidden(database: Database, connection: Connection) -> None:
    create_queue(connection)
    with database.admin() as admin:
        admin.execute("create role plain login password 'postgres'")
        admin.execute("grant select on public.analysis_jobs to plain")
    assert named(check(database.url_as("plain")), "queue").reason == "HIDDEN_ROWS"


@pytest.mark.usefixtures("installed")
def test_the_last_tick_failed(database: Database) -> None:
    job = check(database).facts.our_jobs[0].id
    with database.admin() as admin:
        admin.execute(
            "insert into cron.job_run_details (jobid, status, return_message, start_time)"
            " values (%s, 'failed', 'ERROR: the credential is missing', now())",
            [job],
        )
    found = named(check(database), "pg_cron_runs")
    assert found.reason == "TICK_FAILED"
    assert "the credential is missing" in found.detail


def test_external_by_choice_and_by_what_was(database: Database, connection: Connection) -> None:
    install(database, BUNKD_MODE="external")
    report = check(database)
    assert report.verdict == "native"
    assert named(report, "schedule").status == "pass"
    connection.execute("update bunkd.schedule set mode_reason = 'pg_net was not available'")
    assert named(check(database), "schedule").reason == "STILL_EXTERNAL"


def test_a_further_schedule(database: Database, installed: Connection) -> None:
    assert named(check(database), "other_schedules").status == "pass"
    installed.execute("insert into bunkd.schedule (name, url) values ('mails', %s)", [URL])
    install(database)
    installed.execute("update bunkd.schedule set mode = 'native' where name = 'mails'")
    found = named(check(database), "other_schedules")
    assert found.reason == "OTHER_SCHEDULES"
    assert "mails (no job)" in found.detail
    installed.execute(
        "select cron.schedule('bunkd:mails', '* * * * *', 'select bunkd.tick(''mails'')')"
    )
    installed.execute("update bunkd.schedule set cron_schedule = '* * * * *' where name = 'mails'")
    assert named(check(database), "other_schedules").status == "pass"


CALLS = (
    "insert into bunkd.call (schedule, reason, sent, settled, outcome, status_code)"
    " select %s, 'tick', now() - make_interval(secs => 3600 + g), now() - make_interval(secs => 3600 + g - %s), %s, %s"
    " from generate_series(1, 20) g"
)


@pytest.mark.parametrize(
    ("seconds", "outcome", "status", "codes"),
    [
        (0.4, "ok", 200, set()),
        (90, "ok", 200, {"BLOCKS_OTHERS"}),
        (36, "timeout", None, {"BLOCKS_OTHERS", "CALLS_FAIL"}),
        (1, "rejected", 401, {"REJECTED"}),
        (1, "http_error", 404, {"NOT_DEPLOYED"}),
        (1, "http_error", 500, {"CALLS_FAIL"}),
        (1, "job_failed", 500, set()),
    ],
)
def test_what_the_ledger_says(
    database: Database,
    installed: Connection,
    seconds: float,
    outcome: str,
    status: int | None,
    codes: set[str],
) -> None:
    installed.execute(CALLS, [SCHEDULE, seconds, outcome, status])
    report = check(database)
    assert {named(report, "calls").reason, named(report, "blocking").reason} - {""} == codes
