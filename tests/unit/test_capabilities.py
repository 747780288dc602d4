"""The verdict and the checks as pure functions of the facts."""

from dataclasses import replace
from typing import Any

import pytest

from bunkd_db.capabilities import judge
from bunkd_db.capabilities.answers import Calls, CronGrants, Role, Run, Schedule
from bunkd_db.capabilities.report import Report
from bunkd_db.models import Check
from tests.support.facts import HEALTHY, facts, with_extension


def named(report: Report, name: str) -> Check:
    [found] = [check for check in report.checks if check.name == name]
    return found


def without(*names: str) -> dict[str, str | None]:
    return {k: v for k, v in HEALTHY.settings.items() if k not in names}


def test_a_supabase_project_can() -> None:
    report = judge(facts())
    assert (report.verdict, report.reasons) == ("native", [])
    assert not report.active


CASES: dict[str, tuple[dict[str, Any], str]] = {
    "no files": ({"extensions": with_extension("pg_net", available=None)}, "NO_FILES"),
    "foreign schema": (
        {"extensions": with_extension("pg_net", foreign_schema=True)},
        "FOREIGN_SCHEMA",
    ),
    "not preloaded": ({"settings": without("pg_net.database_name")}, "NOT_PRELOADED"),
    "wrong database": ({"database": "shop"}, "WRONG_DB"),
    "not privileged": ({"settings": without("supautils.privileged_extensions")}, "NEED_PRIV"),
    "not allowed": (
        {"settings": {**HEALTHY.settings, "azure.extensions": "PG_CRON"}},
        "NOT_ALLOWED",
    ),
    "standby": ({"in_recovery": True}, "STANDBY"),
    "old server": ({"version_number": 130012, "version": "13.12"}, "OLD_SERVER"),
}


@pytest.mark.parametrize("case", CASES)
def test_each_reason_makes_it_external(case: str) -> None:
    changes, code = CASES[case]
    report = judge(facts(**changes))
    assert report.verdict == "external"
    assert code in [reason.code for reason in report.reasons]
    # and a check says the same, with a remedy
    found = [check for check in report.checks if check.reason == code]
    assert found
    assert all(check.status == "fail" and check.remedy for check in found)


@pytest.mark.parametrize("host", ["db.x.supabase.co", "x.rds.amazonaws.com", "ep-x.neon.tech", ""])
@pytest.mark.parametrize("case", ["none", *CASES])
def test_the_provider_never_decides(host: str, case: str) -> None:
    changes, _ = CASES.get(case, ({}, ""))
    anywhere = judge(facts(**changes))
    here = judge(facts(**changes, host=host))
    assert (here.verdict, here.reasons) == (anywhere.verdict, anywhere.reasons)


def test_a_preload_that_may_not_be_read_is_no_reason() -> None:
    report = judge(
        facts(
            settings=without("cron.database_name"),
            unreadable=frozenset({"cron.database_name"}),
            workers=[],
        )
    )
    assert report.verdict == "native"
    found = named(report, "pg_cron_database")
    assert (found.status, found.reason) == ("skip", "PRELOAD_UNREADABLE")
    assert "grant pg_read_all_settings to postgres" in found.remedy


def test_a_stand_in_for_a_superuser_may_create_them() -> None:
    settings = without("supautils.privileged_extensions")
    member = [Role("rds_superuser", member=True)]
    assert judge(facts(settings=settings, roles=member)).verdict == "native"
    other = [Role("rds_superuser", member=False)]
    assert judge(facts(settings=settings, roles=other)).verdict == "external"


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
    report = judge(facts(extensions=with_extension("pg_cron", installed=version), wanted=wanted))
    found = named(report, "pg_cron_version")
    assert found.status == status
    assert found.reason == ("OLD_CRON" if status == "warn" else "")


@pytest.mark.parametrize(
    ("version", "reason"), [("0.7.1", "OLD_NET"), ("0.8.0", ""), ("0.18.0", ""), ("0.20.4", "")]
)
def test_versions_of_pg_net(version: str, reason: str) -> None:
    report = judge(facts(extensions=with_extension("pg_net", installed=version)))
    assert named(report, "pg_net_version").reason == reason


@pytest.mark.parametrize(("name", "reason"), [("pg_cron", "CRON_DEAD"), ("pg_net", "NET_DEAD")])
def test_a_dead_worker_of_what_is_installed(name: str, reason: str) -> None:
    report = judge(facts(extensions=with_extension(name, installed="1.6"), workers=[]))
    assert named(report, f"{name}_worker").reason == reason
    # the plan still can
    assert report.verdict == "native"


def test_a_role_that_may_not_install() -> None:
    found = named(judge(facts(may_create_schema=False)), "install")
    assert found.reason == "CREATE"
    assert (
        found.remedy
        == "As the owner of the database: grant create on database postgres to postgres;"
    )


GRANTS = CronGrants(True, True, True, True, True, True)
SCHEDULE = Schedule(
    name="process-analysis-jobs",
    url="https://x.supabase.co/functions/v1/run_job",
    every="30s",
    mode="native",
    mode_reason=None,
    paused=False,
    cron_schedule="30 seconds",
    cron_is_current=True,
    timeout_ms=35000,
    max_in_flight=5,
    queue_table="public.analysis_jobs",
    status_column="status",
    status_waiting=["queued"],
    status_active=["running"],
    status_done=["done"],
    status_failed=["failed"],
    queue_where=None,
    wake=True,
    credential=True,
    fence=None,
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
    calls = Calls(100, timeouts, 0, timeouts, p95, "ok 200")
    found = named(judge(facts(schedule=SCHEDULE, calls=calls)), "blocking")
    assert found.reason == reason


@pytest.mark.parametrize(
    ("last", "failed", "reason"),
    [
        ("ok 200", 1, ""),
        ("rejected 401", 1, "REJECTED"),
        ("http_error 404", 1, "NOT_DEPLOYED"),
        ("http_error 500", 90, "CALLS_FAIL"),
    ],
)
def test_how_calls_end(last: str, failed: int, reason: str) -> None:
    calls = Calls(100, 0, 0, failed, 1.0, last)
    assert named(judge(facts(schedule=SCHEDULE, calls=calls)), "calls").reason == reason


def test_a_tick_that_fails_is_quoted() -> None:
    runs = [Run(True, "failed", "ERROR:  bunkd: schedule x has no credential\n", 3.0)]
    found = named(judge(facts(runs=runs, cron_grants=GRANTS)), "pg_cron_runs")
    assert found.reason == "TICK_FAILED"
    assert "has no credential" in found.detail


def test_a_question_that_was_declined_is_a_skip() -> None:
    report = judge(facts(unanswered={"workers": "permission denied", "reachable": "too slow"}))
    assert named(report, "pg_cron_worker").status == "skip"
    assert named(report, "our_functions").status == "skip"


def test_what_the_installer_may_do_counts_not_who_asks() -> None:
    installed = facts(installed=True, role="reader", installer="postgres")
    assert judge(installed).verdict == "native"
    found = named(judge(replace(installed, unanswered={"workers": "no"})), "pg_net_worker")
    assert found.remedy == "Ask again as role postgres."
