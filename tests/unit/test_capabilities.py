"""The verdict and the checks as pure functions of the facts."""

from dataclasses import replace

import pytest

from bunkd_db.capabilities import evaluate
from bunkd_db.capabilities.checks.api_roles import Reachable
from bunkd_db.capabilities.checks.calls import Calls
from bunkd_db.capabilities.checks.pg_cron_runs import Run
from bunkd_db.capabilities.facts import Facts
from bunkd_db.capabilities.rows.background_worker import BackgroundWorker
from bunkd_db.capabilities.rows.cron_grants import CronGrants
from bunkd_db.capabilities.rows.job import Job
from bunkd_db.capabilities.rows.role import Role
from bunkd_db.capabilities.rows.schedule import Schedule
from tests.support.checked import codes, named
from tests.support.facts import HEALTHY, extensions, facts, without


def settings_without(*names: str) -> dict[str, str | None]:
    return {k: v for k, v in HEALTHY.settings.items() if k not in names}


def test_a_supabase_project_can() -> None:
    report = evaluate(facts())
    assert (report.verdict, report.blocking) == ("native", [])
    assert not report.active


CASES: dict[str, tuple[Facts, str]] = {
    "no files": (facts(*extensions("pg_net", available=None)), "NO_FILES"),
    "foreign schema": (facts(*extensions("pg_net", foreign_schema=True)), "FOREIGN_SCHEMA"),
    "not preloaded": (facts(settings=settings_without("pg_net.database_name")), "NOT_PRELOADED"),
    "wrong database": (facts(database="shop"), "WRONG_DB"),
    "not privileged": (
        facts(settings=settings_without("supautils.privileged_extensions")),
        "NEED_PRIV",
    ),
    "not allowed": (
        facts(settings={**HEALTHY.settings, "azure.extensions": "PG_CRON"}),
        "NOT_ALLOWED",
    ),
    "standby": (facts(in_recovery=True), "STANDBY"),
    "old server": (facts(version_number=130012, version="13.12"), "OLD_SERVER"),
}


@pytest.mark.parametrize("case", CASES)
def test_each_reason_makes_it_external(case: str) -> None:
    found, code = CASES[case]
    report = evaluate(found)
    assert report.verdict == "external"
    assert code in codes(report)
    # each is a check that fails, with a remedy
    assert all(check in report.checks for check in report.blocking)
    assert all(check.status == "fail" and check.remedy for check in report.blocking)


@pytest.mark.parametrize("host", ["db.x.supabase.co", "x.rds.amazonaws.com", "ep-x.neon.tech", ""])
@pytest.mark.parametrize("case", ["none", *CASES])
def test_the_provider_never_decides(host: str, case: str) -> None:
    found, _ = CASES.get(case, (HEALTHY, ""))
    anywhere = evaluate(found)
    here = evaluate(replace(found, host=host))
    assert (here.verdict, codes(here)) == (anywhere.verdict, codes(anywhere))


def test_a_preload_that_may_not_be_read_is_no_reason() -> None:
    report = evaluate(
        facts(
            BackgroundWorker("pg_net 0.20.4", "postgres"),
            settings=settings_without("cron.database_name"),
            unreadable=frozenset({"cron.database_name"}),
        )
    )
    assert report.verdict == "native"
    found = named(report, "pg_cron_database")
    assert (found.status, found.reason) == ("skip", "PRELOAD_UNREADABLE")
    assert found.commands == ("grant pg_read_all_settings to postgres;",)


def test_a_stand_in_for_a_superuser_may_create_them() -> None:
    settings = settings_without("supautils.privileged_extensions")
    member = Role("rds_superuser", member=True)
    assert evaluate(facts(member, settings=settings)).verdict == "native"
    other = Role("rds_superuser", member=False)
    assert evaluate(facts(other, settings=settings)).verdict == "external"


@pytest.mark.parametrize(
    ("version", "wanted", "status"),
    [
        ("1.4-1", "30s", "warn"),
        ("1.4-1", "5m", "pass"),
        ("1.5", "30s", "pass"),
        ("1.6", "1s", "pass"),
    ],
)
def test_seconds_need_a_recent_pg_cron(version: str, wanted: str, status: str) -> None:
    report = evaluate(facts(*extensions("pg_cron", installed=version), every=wanted))
    found = named(report, "pg_cron_version")
    assert found.status == status
    assert found.reason == ("OLD_CRON" if status == "warn" else "")


@pytest.mark.parametrize(
    ("version", "reason"), [("0.7.1", "OLD_NET"), ("0.8.0", ""), ("0.18.0", ""), ("0.20.4", "")]
)
def test_versions_of_pg_net(version: str, reason: str) -> None:
    report = evaluate(facts(*extensions("pg_net", installed=version)))
    assert named(report, "pg_net_version").reason == reason


def no_workers(name: str) -> Facts:
    whole = facts(*extensions(name, installed="1.6"))
    return replace(whole, found={**whole.found, BackgroundWorker: []})


@pytest.mark.parametrize(("name", "reason"), [("pg_cron", "CRON_DEAD"), ("pg_net", "NET_DEAD")])
def test_a_dead_worker_of_what_is_installed(name: str, reason: str) -> None:
    report = evaluate(no_workers(name))
    assert named(report, f"{name}_worker").reason == reason
    # the plan still can
    assert report.verdict == "native"


def test_a_role_that_may_not_install() -> None:
    found = named(evaluate(facts(may_create_schema=False)), "install")
    assert found.reason == "CREATE"
    assert found.remedy == "As the owner of the database:"
    assert found.commands == ("grant create on database postgres to postgres;",)


GRANTS = CronGrants(True, True, True, True, True, True)
SCHEDULE = Schedule(
    name="process-analysis-jobs",
    url="https://x.supabase.co/functions/v1/run_job",
    every="30s",
    mode="native",
    mode_code=None,
    mode_reason=None,
    transport="auto",
    transport_used="pg_net",
    paused=False,
    cron_schedule="30 seconds",
    pace="30s",
    cron_is_current=True,
    timeout_ms=35000,
    queue_table="public.analysis_jobs",
    status_column="status",
    status_waiting=["queued"],
    status_active=["running"],
    status_done=["done"],
    status_failed=["failed"],
    queue_where=None,
    queue_owner=None,
    wake=True,
    rescues=True,
    credential=True,
    fence=None,
    opening=["bunkd-db upgrade"],
    knows_cluster=True,
    knows_timeline=True,
    by_name=False,
    retired=False,
)


@pytest.mark.parametrize(
    ("p95", "timeouts", "reason"),
    [
        (28.0, 0, ""),  # less than a tick: nothing can be said
        (34.0, 0, ""),
        (50.0, 0, "BLOCKS_OTHERS"),
        (36.0, 3, "BLOCKS_OTHERS"),  # a timeout held pg_net for as long as it took
    ],
)
def test_how_long_a_call_blocks_others(p95: float, timeouts: int, reason: str) -> None:
    calls = Calls(100, timeouts, timeouts, 0, p95, "ok", 200)
    found = named(evaluate(facts(SCHEDULE, calls)), "blocking")
    assert found.reason == reason


BY_LANES = replace(SCHEDULE, transport="http", transport_used="http")
WITH_HTTP = extensions("http", available="1.6", superuser_only=False)


def test_a_call_by_a_lane_blocks_nobody() -> None:
    calls = Calls(100, 3, 3, 0, 90.0, "ok", 200)
    found = named(evaluate(facts(BY_LANES, calls)), "blocking")
    assert (found.status, "lane" in found.detail) == ("pass", True)


def test_lanes_are_offered_where_calls_are_long_and_http_is_there() -> None:
    calls = Calls(100, 0, 0, 0, 50.0, "ok", 200)
    lanes = named(evaluate(facts(SCHEDULE, calls, *WITH_HTTP)), "blocking")
    assert lanes.commands == ("BUNKD_TRANSPORT=http bunkd-db upgrade",)
    assert named(evaluate(facts(SCHEDULE, calls)), "blocking").commands == ()


def test_lost_calls_of_lanes_are_not_put_down_to_pg_net() -> None:
    calls = Calls(100, 0, 0, 90, 1.0, "ok", 200)
    found = named(evaluate(facts(BY_LANES, calls)), "calls")
    assert found.reason == "CALLS_LOST"
    assert "pg_net" not in found.detail + found.remedy
    assert "pg_net.ttl" in named(evaluate(facts(SCHEDULE, calls)), "calls").remedy


@pytest.mark.parametrize(
    ("level", "reason"), [("debug2", "HEADERS_LOGGED"), ("debug1", ""), ("warning", ""), (None, "")]
)
def test_a_log_that_tells_what_lanes_send(level: str | None, reason: str) -> None:
    settings = {**HEALTHY.settings, "log_min_messages": level}
    report = evaluate(facts(BY_LANES, settings=settings))
    found = named(report, "header_readers")
    assert found.reason == reason
    assert found.commands == (
        (f"bunkd-db credential rotate --schedule {BY_LANES.name}",) if reason else ()
    )
    assert named(evaluate(facts(SCHEDULE, settings=settings)), "header_readers").reason == ""


@pytest.mark.parametrize("name", ["worker", "version", "ttl"])
def test_nothing_of_pg_net_matters_to_lanes(name: str) -> None:
    found = named(evaluate(facts(BY_LANES)), f"pg_net_{name}")
    assert (found.status, found.remedy) == ("skip", "")
    assert found.detail.startswith("not needed")


def test_a_transport_that_is_not_needed_has_no_remedy() -> None:
    report = evaluate(facts())
    found = named(report, "http_available")
    assert (report.transport, found.status, found.reason) == ("pg_net", "skip", "NO_FILES")
    assert (found.remedy, found.commands) == ("", ())
    neither = evaluate(facts(*extensions("pg_net", available=None)))
    assert neither.transport is None
    assert named(neither, "http_available").remedy


@pytest.mark.parametrize(
    ("last", "status", "failed", "reason"),
    [
        ("ok", 200, 1, ""),
        ("rejected", 401, 1, "REJECTED"),
        ("http_error", 404, 1, "NOT_DEPLOYED"),
        ("http_error", 500, 90, "CALLS_FAIL"),
    ],
)
def test_how_calls_end(last: str, status: int, failed: int, reason: str) -> None:
    calls = Calls(100, 0, failed, 0, 1.0, last, status)
    assert named(evaluate(facts(SCHEDULE, calls)), "calls").reason == reason


def test_a_tick_that_fails_is_quoted() -> None:
    run = Run(True, "failed", "ERROR:  bunkd: schedule x has no credential\n", None)
    found = named(evaluate(facts(run, GRANTS)), "pg_cron_runs")
    assert found.reason == "TICK_FAILED"
    assert "has no credential" in found.detail


def test_a_question_that_was_declined_is_a_skip() -> None:
    report = evaluate(without(BackgroundWorker, without(Reachable, facts())))
    for name in ("pg_cron_worker", "our_functions"):
        found = named(report, name)
        assert (found.status, found.reason) == ("skip", "UNANSWERED")
        assert "could not be read: permission denied" in found.detail


def test_what_the_installing_role_can_do_counts_not_who_asks() -> None:
    installed = facts(installed=True, role="reader", installer="postgres")
    assert evaluate(installed).verdict == "native"
    found = named(evaluate(without(BackgroundWorker, installed)), "pg_net_worker")
    assert found.remedy == "Ask again as role postgres."


@pytest.mark.parametrize("lacks", [{"url": None}, {"credential": False}])
def test_a_missing_job_is_no_second_failure(lacks: dict[str, object]) -> None:
    """Without a url or a credential nothing is registered: that is the cause, and stands alone."""
    schedule = replace(SCHEDULE, **lacks)  # type: ignore[arg-type]
    whole = facts(
        schedule,
        GRANTS,
        *extensions("pg_cron", installed="1.6"),
        installed=True,
        may_read_ours=True,
    )
    report = evaluate(replace(whole, found={**whole.found, Job: []}))
    assert named(report, "schedule").reason == ("NO_URL" if "url" in lacks else "NO_CREDENTIAL")
    assert named(report, "job").status == "skip"
    complete = replace(whole, found={**whole.found, Job: [], Schedule: [SCHEDULE]})
    assert named(evaluate(complete), "job").reason == "JOB_MISSING"
