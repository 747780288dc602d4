"""The rules for Prometheus, judged by promtool, and the names that they and the dashboard use."""

import json
import re
from pathlib import Path

import pytest

from bunkd_db.status.metrics import metrics
from bunkd_db.worker.state import State
from tests.monitoring.files import RULES, prometheus_rules, targets
from tests.monitoring.promtool import check, constant, fired
from tests.unit.test_status import BAD, report, schedule

ONE = '{schedule="a"}'
ASKED = constant(f"bunkd_asked_timestamp_seconds{ONE}", 7200)


def problem(code: str, level: str = "unhealthy") -> str:
    return f'bunkd_problem{{schedule="a", code="{code}", level="{level}"}}'


def test_promtool_accepts_the_rules() -> None:
    assert check(RULES) == ""


def test_promtool_rejects_what_is_wrong(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(RULES.read_text().replace("absent(", "absent_("))
    assert "unknown function" in check(wrong)


def test_promtool_reads_every_query_of_the_dashboard(tmp_path: Path) -> None:
    queries = [
        expr.replace("$__rate_interval", "1m").replace("$schedule", ".*")
        for expr in targets("prometheus", "expr").values()
    ]
    assert len(queries) > 15
    rules = [{"record": f"query:{n}", "expr": expr} for n, expr in enumerate(queries)]
    path = tmp_path / "queries.yml"
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert check(path) == ""


def test_every_metric_that_is_asked_for_is_written() -> None:
    state = State("w")
    written = metrics(report(schedule(obstacles=(BAD,)))) + state.metrics().decode()
    there = set(re.findall(r"^# TYPE (\w+)", written, re.MULTILINE))
    there |= {f"{name}_bucket" for name in there}
    asked = [rule["expr"] for rule in prometheus_rules()]
    asked += targets("prometheus", "expr").values()
    names = {
        name for expr in asked for name in re.findall(r"\b[a-z]+_\w+\b(?=[^(]|$)", unquoted(expr))
    }
    foreign = {"histogram_quantile", "__rate_interval"}
    assert "bunkd_oldest_wait_seconds" in names
    assert names - foreign <= there


def unquoted(expr: str) -> str:
    """Without the values of labels."""
    return re.sub(r'"[^"]*"', '""', expr)


@pytest.mark.parametrize(
    ("series", "alerts"),
    [
        ([], set()),
        ([(f"bunkd_oldest_wait_seconds{ONE}", 400)], set()),
        (
            [(f"bunkd_oldest_wait_seconds{ONE}", 400), (problem("WAIT_TOO_LONG"), 1)],
            {"BunkdJobsWaitTooLong"},
        ),
        ([(f"bunkd_jobs_{what}_last_hour{ONE}", 3) for what in ("failed", "completed")], set()),
        (
            [
                (f"bunkd_jobs_failed_last_hour{ONE}", 4),
                (f"bunkd_jobs_completed_last_hour{ONE}", 3),
            ],
            {"BunkdJobsFail"},
        ),
        (
            [
                (f"bunkd_jobs_failed_last_hour{ONE}", 2),
                (f"bunkd_jobs_completed_last_hour{ONE}", 0),
            ],
            set(),
        ),
        ([(f"bunkd_jobs_claimable{ONE}", 3)], set()),  # an external scheduler's
        (
            [(f"bunkd_jobs_claimable{ONE}", 3), (f"bunkd_workers{ONE}", 1)],
            {"BunkdNoCallSettled"},
        ),
        ([(f"bunkd_jobs_claimable{ONE}", 0), (f"bunkd_workers{ONE}", 1)], set()),
        (
            [
                (f"bunkd_jobs_claimable{ONE}", 3),
                (f"bunkd_workers{ONE}", 1),
                (f"bunkd_last_settled_timestamp_seconds{ONE}", 7100),
            ],
            set(),
        ),
        ([(problem("CALLS_FAIL", "degraded"), 1)], {"BunkdCallsFail"}),
        ([(problem("HELD"), 1)], {"BunkdHeld"}),
        ([(problem("REJECTED"), 1)], {"BunkdCredentialRejected"}),
        ([(problem("JOB_DRIFTED"), 1)], {"BunkdCronJobChanged"}),
        ([(problem("CRON_DEAD"), 1)], {"BunkdCallsBlocked"}),
        ([(problem("PAUSED"), 1)], {"BunkdPaused"}),
        ([(problem("STANDBY"), 1)], set()),
        (
            [('bunkd_mode{schedule="a", mode="external", code="EXTENSION_MISSING"}', 1)],
            {"BunkdNotNative"},
        ),
        ([('bunkd_mode{schedule="a", mode="external", code="MODE_EXTERNAL"}', 1)], set()),
        ([('bunkd_worker_healthy{instance="w:80"}', 0)], {"BunkdWorkerUnhealthy"}),
    ],
)
def test_what_fires(series: list[tuple[str, float]], alerts: set[str]) -> None:
    assert fired([ASKED, *(constant(name, value) for name, value in series)]) == alerts


def test_what_is_not_written_any_more_is_said() -> None:
    assert fired([]) == {"BunkdNotAsked"}
    assert fired([constant(f"bunkd_asked_timestamp_seconds{ONE}", 6000)]) == {"BunkdNotAsked"}


def test_no_alert_comes_at_once() -> None:
    wait = [(f"bunkd_oldest_wait_seconds{ONE}", 400.0), (problem("WAIT_TOO_LONG"), 1.0)]
    series = [ASKED, *(constant(name, value) for name, value in wait)]
    assert fired(series, after=60) == set()
    assert fired(series, after=180) == {"BunkdJobsWaitTooLong"}
    paused = [ASKED, constant(problem("PAUSED"), 1)]
    assert fired(paused, after=1800) == set()


def test_every_problem_has_one_alert() -> None:
    """Whatever keeps calls from being made, somebody is told, and once."""
    page = (RULES.parents[1] / "checks/calls_made.md").read_text()
    codes = set(re.findall(r"^\| `([A-Z_]+)` \| fail", page, re.MULTILINE))
    assert "PAUSED" in codes
    of = {
        rule["alert"]: [
            (sign, re.compile(pattern))
            for sign, pattern in re.findall(r'code(=~|!~|=)"([^"]+)"', rule["expr"])
            if rule["expr"].startswith("bunkd_problem")
        ]
        for rule in prometheus_rules()
    }
    for code in codes - {"STANDBY"}:
        names = [
            name
            for name, signs in of.items()
            if signs and all(bool(p.fullmatch(code)) is (sign != "!~") for sign, p in signs)
        ]
        assert len(names) == 1, f"{code}: {names}"
