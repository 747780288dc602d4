"""The deployment's own state: its job, what an older recipe left, its queue, its calls."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bunkd_db.capabilities.rows.queue import Queue, Waiting
from tests.support.checked import check, install_and_wait, named, not_well
from tests.support.database import Database
from tests.support.queue import add_jobs, create_queue
from tests.support.server import Connection
from tests.support.upgrade import COMMAND, JOB, SCHEDULE, URL, install
from tests.support.wait import wait_until

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
    assert named(report, "job").commands == ("bunkd-db upgrade",)
    assert not report.active


@pytest.mark.usefixtures("installed")
def test_the_job_is_doubled_by_another_role(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("select cron.schedule(%s, '* * * * *', %s)", [JOB, COMMAND])
    report = check(database)
    found = named(report, "job")
    assert found.reason == "JOB_DOUBLED"
    assert "supabase_admin" in found.detail
    assert not report.active


def test_the_job_is_only_another_roles(database: Database, installed: Connection) -> None:
    installed.execute("select cron.unschedule(%s)", [JOB])
    with database.admin() as admin:
        admin.execute("select cron.schedule(%s, '* * * * *', %s)", [JOB, COMMAND])
    assert named(check(database), "job").reason == "JOB_OF_ANOTHER"


def test_a_stranger_s_job_of_the_same_name_is_no_job_of_ours(
    database: Database, installed: Connection
) -> None:
    with database.admin() as admin:
        admin.execute("create role stranger login password 'postgres'")
        admin.execute("grant usage on schema cron to stranger")
    with database.connect("stranger") as stranger:
        # it may have our command as well as our name: that role cannot run it
        stranger.execute("select cron.schedule(%s, '* * * * *', %s)", [JOB, COMMAND])
    report = check(database)
    assert named(report, "job").status == "pass"
    assert report.active
    installed.execute("select cron.unschedule(jobid) from cron.job where username = current_user")
    assert named(check(database), "job").reason == "JOB_MISSING"


def test_the_job_is_switched_off(database: Database, installed: Connection) -> None:
    job = check(database).facts.our_jobs[0].id
    installed.execute("select cron.alter_job(%s, active := false)", [job])
    report = check(database)
    assert named(report, "job_active").reason == "JOB_INACTIVE"
    switch_on, pause = named(report, "job_active").commands
    assert switch_on == f"select cron.alter_job({job}, active := true);"
    assert pause == f"bunkd-db schedule pause --schedule {SCHEDULE}"
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
    assert (found.status, found.reason) == ("fail", "NO_CREDENTIAL")
    assert found.commands == (f"bunkd-db credential set --schedule {SCHEDULE}",)


def test_a_paused_schedule(database: Database, installed: Connection) -> None:
    installed.execute("update bunkd.schedule set paused = true")
    assert named(check(database), "schedule").reason == "PAUSED"


def test_a_copy(database: Database, installed: Connection) -> None:
    installed.execute("update bunkd.schedule set system_identifier = 1")
    report = check(database)
    assert named(report, "schedule").reason == "COPY"
    assert not report.active


def test_a_legacy_job_is_named_and_its_key_is_not(database: Database) -> None:
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
    assert {"LEGACY_JOB", "LEGACY_FUNCTION", "LEAKED_KEY"} <= not_well(report)
    assert "process-analysis-jobs" in named(report, "legacy_job").detail
    assert named(report, "legacy_function").status == "fail"
    leaked = named(report, "leaked_key")
    assert "app.settings.service_role_key" in leaked.detail
    assert "cron job process-analysis-jobs" in leaked.detail
    assert leaked.commands == ("alter database postgres reset app.settings.service_role_key;",)
    assert KEY not in repr(report)
    assert KEY.rpartition(".")[2] not in repr(report)


def test_a_key_in_a_function(database: Database, connection: Connection) -> None:
    connection.execute(
        f"create function public.call_it() returns text language sql as $$select '{KEY}'$$"
    )
    found = named(check(database), "leaked_key")
    assert "public.call_it()" in found.detail.replace("call_it()", "public.call_it()")
    assert KEY not in repr(found)


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
    assert "NULL, on hold" in named(check(database), "queue_status_values").detail
    report = check(database, BUNKD_STATUS_WAITING="queued,on hold")
    assert "on hold" not in named(report, "queue_status_values").detail


def test_an_index_that_would_serve_the_queue(database: Database, connection: Connection) -> None:
    connection.execute(
        "create table public.analysis_jobs (id int primary key, status text, created_at timestamptz)"
    )
    connection.execute(
        "insert into public.analysis_jobs select g, 'done', now() from generate_series(1, 30000) g"
    )
    found = named(check(database), "queue_index")
    assert found.reason == "NO_INDEX"
    [create] = found.commands
    assert create.startswith("create index concurrently on")
    connection.execute(create.encode())
    report = check(database)
    assert named(report, "queue_index").status == "pass"
    rescue = named(report, "queue_active_index")
    assert rescue.reason == "NO_INDEX"
    connection.execute(rescue.commands[0].encode())
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
    installed.execute("delete from bunkd.credential")
    assert named(check(database), "queue_triggers").status == "skip"


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
        assert wanted in " ".join((found.remedy, *found.commands)).lower()


def test_a_locked_queue_is_not_waited_for(database: Database, connection: Connection) -> None:
    create_queue(connection)
    with connection.transaction():
        connection.execute("lock table public.analysis_jobs in access exclusive mode")
        report = check(database)
    assert Queue not in report.facts.unanswered
    assert named(report, "queue_backlog").status == "skip"


def test_where_the_calls_go_is_not_taken_for_a_leftover(
    database: Database, installed: Connection
) -> None:
    installed.execute(
        "select cron.schedule('mine', '* * * * *', 'select net.http_get(''https://example.com'')')"
    )
    assert named(check(database), "legacy_job").status == "pass"
    installed.execute(
        f"select cron.schedule('hand', '* * * * *', 'select net.http_post(''{URL}'')')"
    )
    assert "hand" in named(check(database), "legacy_job").detail


def test_an_enum_for_a_status(database: Database, connection: Connection) -> None:
    connection.execute("create type public.state as enum ('queued', 'running', 'done')")
    connection.execute("create table public.analysis_jobs (id int, status public.state)")
    connection.execute(
        "insert into public.analysis_jobs select g, 'done' from generate_series(1, 40000) g"
    )
    connection.execute("insert into public.analysis_jobs values (0, 'queued')")
    report = check(database)
    assert report.facts.unanswered == {}
    assert [found.rows for found in report.facts.all(Waiting)] == [1]
    assert named(report, "queue_status_values").status == "pass"
    for name in ("queue_index", "queue_active_index"):
        connection.execute(named(report, name).commands[0].encode())
    report = check(database)
    assert not {"NO_INDEX"} & not_well(report)


def test_a_condition_of_ones_own(database: Database, installed: Connection) -> None:
    add_jobs(installed, 2)
    installed.execute("update bunkd.schedule set queue_where = 'attempts > 7'")
    assert check(database).facts.one(Waiting) is not None
    # one that does not run takes nothing else with it
    installed.execute("update bunkd.schedule set queue_where = 'attempts >'")
    report = check(database)
    assert set(report.facts.unanswered) == {Waiting}
    assert named(report, "queue_backlog").status == "skip"
    # and nobody else's privileges are lent to it
    installed.execute("update bunkd.schedule set queue_where = 'true'")
    assert check(database.admin_url).facts.seen_one(Waiting) is None


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


RUN = (
    "insert into cron.job_run_details (jobid, status, return_message, start_time)"
    " values (%s, %s, %s, now())"
)


@pytest.mark.usefixtures("installed")
def test_ticks_that_found_no_place_to_run_in(database: Database) -> None:
    """One among others that ran is no alarm: the next one makes up for it."""
    job = check(database).facts.our_jobs[0].id
    with database.admin() as admin:
        admin.execute("select cron.alter_job(%s, active := false)", [job])
        admin.execute("delete from cron.job_run_details")
        for _ in range(3):
            admin.execute(RUN, [job, "failed", "job startup timeout"])
        found = named(check(database), "pg_cron_runs")
        assert (found.status, found.reason) == ("fail", "CRON_FULL")
        assert "max_worker_processes" in found.remedy
        assert "cron.max_running_jobs" in found.remedy
        admin.execute(RUN, [job, "succeeded", "1 row"])
        admin.execute(RUN, [job, "failed", "job startup timeout"])
        assert named(check(database), "pg_cron_runs").status == "pass"


def test_external_by_choice_and_by_what_was(database: Database, connection: Connection) -> None:
    install(database, BUNKD_MODE="external")
    report = check(database)
    assert report.verdict == "native"
    assert named(report, "schedule").status == "pass"
    connection.execute(
        "update bunkd.schedule set mode_code = 'NO_FILES', mode_reason = 'no pg_net'"
    )
    found = named(check(database), "schedule")
    assert (found.reason, "(no pg_net)" in found.detail) == ("STILL_EXTERNAL", True)


def test_a_further_schedule(database: Database, installed: Connection) -> None:
    assert named(check(database), "other_schedules").status == "pass"
    installed.execute("insert into bunkd.schedule (name, url) values ('mails', %s)", [URL])
    install(database)
    installed.execute("update bunkd.schedule set mode = 'native' where name = 'mails'")
    found = named(check(database), "other_schedules")
    assert (found.reason, found.commands) == (
        "OTHER_SCHEDULES",
        ("bunkd-db check --schedule mails",),
    ), "it has no credential yet"
    installed.execute("insert into bunkd.credential_inbox values ('mails', 'token', 'operator')")
    installed.execute("select cron.unschedule('bunkd:mails')")
    found = named(check(database), "other_schedules")
    assert found.reason == "OTHER_SCHEDULES"
    assert "mails (no job)" in found.detail
    installed.execute(
        "select cron.schedule('bunkd:mails', '* * * * *', bunkd.write_cron_command('mails'))"
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
        (1, "lost", None, {"CALLS_LOST"}),
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
    assert named(check(database), "calls").status == "skip"  # they were of another url
    installed.execute("update bunkd.schedule set endpoint_since = now() - interval '1 day'")
    report = check(database)
    assert {named(report, "calls").reason, named(report, "blocking").reason} - {""} == codes


def test_rejected_calls_have_failed_too(database: Database, installed: Connection) -> None:
    installed.execute("update bunkd.schedule set endpoint_since = now() - interval '1 day'")
    installed.execute(CALLS, [SCHEDULE, 1, "rejected", 403])
    installed.execute(CALLS, [SCHEDULE, 3, "ok", 200])
    found = named(check(database), "calls")
    assert found.detail == "40 calls in the last day, 20 failed"


@pytest.mark.parametrize(
    ("credential", "status", "url", "says"),
    [
        ("sb_secret_abcdef", 401, URL, "verify_jwt = false"),
        ("sb_publishable_abcdef", 401, "https://x.example/run", "verify_jwt = false"),
        ("a-token", 401, URL, "verify_jwt = false"),
        ("a-token", 401, "https://x.example/run", "Set the credential"),
        ("a-token", 403, URL, "Set the credential"),
        (KEY, 401, URL, "Set the credential"),
    ],
)
@pytest.mark.usefixtures("installed")
def test_a_gateway_that_wants_a_jwt(
    database: Database,
    credential: str,
    status: int,
    url: str,
    says: str,
) -> None:
    install(database, BUNKD_CREDENTIAL=credential, BUNKD_CALL_URL=url)
    with database.connect() as owner:
        owner.execute(
            "insert into bunkd.call (schedule, reason, sent, settled, outcome, status_code)"
            " values (%s, 'tick', clock_timestamp(), clock_timestamp(), 'rejected', %s)",
            [SCHEDULE, status],
        )
    found = named(check(database), "calls")
    assert found.reason == "REJECTED"
    assert found.remedy.startswith("The credential is not a JWT") == (says == "verify_jwt = false")
    assert says in found.remedy
    assert found.commands == (f"bunkd-db credential set --schedule {SCHEDULE}",)


@pytest.mark.parametrize(
    ("kept", "every", "reason"),
    [
        ("6 hours", "30s", ""),
        ("1 minute", "30s", "ANSWERS_LOST"),
        ("2 minutes", "30s", ""),
        ("6 hours", "12h", "ANSWERS_LOST"),
        ("2 days", "0 9 * * 1-5", "ANSWERS_LOST"),
        ("4 days", "0 9 * * 1-5", ""),
    ],
)
def test_answers_that_are_gone_before_a_tick_reads_them(
    database: Database, installed: Connection, kept: str, every: str, reason: str
) -> None:
    with database.admin() as admin:
        admin.execute(f"alter system set pg_net.ttl = '{kept}'")
        admin.execute("select pg_reload_conf()")
    shown = "select current_setting('pg_net.ttl')"
    wait_until(lambda: installed.execute(shown).fetchone() == (kept,))
    install(database, BUNKD_EVERY=every)
    found = named(check(database), "pg_net_ttl")
    assert found.reason == reason
    assert ("Set pg_net.ttl to more than" in found.remedy) == bool(reason)
