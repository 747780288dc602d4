"""The verdict of `status` as a pure function of facts; its words, its causes and its pages."""

import json
import re
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args, get_type_hints

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from bunkd_db.cli import output, status_screen
from bunkd_db.status import causes, facts, verdict
from bunkd_db.status.facts import Count
from bunkd_db.status.judge import judge
from bunkd_db.status.metrics import metrics
from bunkd_db.status.report import Judged, Report
from bunkd_db.status.verdict import Code, Health
from tests.support.schema import faults
from tests.support.well import NONE, NOW, QUEUE, WELL

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/status-json.md").read_text()
BAD = facts.Obstacle("PAUSED", "the schedule is paused", "Resume the schedule:", ("select 1;",))


def schedule(**changes: Any) -> facts.Schedule:
    """A healthy schedule, but for some fields of it or of its queue."""
    of_queue = {f.name for f in fields(facts.Queue)}
    queue = {name: changes.pop(name) for name in list(changes) if name in of_queue}
    return replace(WELL, queue=replace(QUEUE, **queue), **changes)


def report(*found: facts.Schedule) -> Report:
    return Report(tuple(Judged(each, judge(each)) for each in found))


HOUR = facts.Source.QUEUE


def hour(completed: int, failed: int) -> facts.LastHour:
    return facts.LastHour(Count(completed, True), Count(failed, True), (0,) * 12, HOUR)


@pytest.mark.parametrize(
    ("changes", "health", "codes"),
    [
        ({}, "healthy", []),
        ({"oldest_wait_seconds": 119.0}, "healthy", []),
        ({"oldest_wait_seconds": 121.0}, "degraded", ["WAIT_LONG"]),
        ({"oldest_wait_seconds": 301.0}, "unhealthy", ["WAIT_TOO_LONG"]),
        ({"oldest_wait_seconds": 301.0, "seconds_between_ticks": 300}, "healthy", []),
        ({"oldest_wait_seconds": 601.0, "seconds_between_ticks": 300}, "unhealthy", ["WAIT_TOO_LONG"]),
        ({"obstacles": (BAD,)}, "unhealthy", ["PAUSED"]),
        ({"obstacles": (BAD,), "oldest_wait_seconds": 999.0}, "unhealthy", ["PAUSED", "WAIT_TOO_LONG"]),
        ({"last_hour": hour(0, 2)}, "healthy", []),
        ({"last_hour": hour(0, 3)}, "unhealthy", ["ALL_JOBS_FAIL"]),
        ({"last_hour": hour(2, 3)}, "degraded", ["MANY_JOBS_FAIL"]),
        ({"last_hour": hour(3, 3)}, "healthy", []),
        ({"last_hour": None}, "healthy", []),
        ({"errors": (facts.JobError("boom", 20, 10, NOW, None),)}, "degraded", ["ONE_ERROR"]),
        ({"errors": (facts.JobError("boom", 20, 9, NOW, None),)}, "healthy", []),
        ({"stuck": Count(1, True)}, "degraded", ["STUCK"]),
        ({"slow": Count(2, True)}, "healthy", []),
        ({"slow": Count(3, True)}, "degraded", ["MANY_SLOW"]),
        ({"never_claimable": Count(1, True)}, "degraded", ["NEVER_CLAIMABLE"]),
        ({"created_last_hour": Count(10_000, True)}, "degraded", ["BURST"]),
        ({"created_last_hour": Count(99, True), "usual_per_hour": 1.0}, "healthy", []),
        ({"created_last_hour": Count(10_000, False, True), "usual_per_hour": None}, "healthy", []),
        ({"claimable": Count()}, "degraded", ["WAITING_UNKNOWN"]),
        ({"problem": "x is locked"}, "degraded", ["WAITING_UNKNOWN"]),
        ({"ticks": facts.Ticks(back_off="10 jobs in a row failed")}, "degraded", ["SLOWED_DOWN"]),
        ({"ticks": facts.Ticks(problem="no rescue: x")}, "degraded", ["TICK_PROBLEM"]),
        ({"ticks": facts.Ticks(problem="the schedule is paused"), "obstacles": (BAD,)}, "unhealthy", ["PAUSED"]),
        ({"statuses": (facts.StatusCount("odd", "unknown", Count(1, True), None, None, True),)},
         "degraded", ["UNKNOWN_STATUS_VALUES"]),
    ],
)  # fmt: skip
def test_each_rule(changes: dict[str, Any], health: str, codes: list[str]) -> None:
    found = judge(schedule(**changes))
    assert found.health == health
    assert [line.code for line in found.lines] == codes


def test_an_error_is_looked_for_only_where_there_is_one() -> None:
    calls = replace(WELL.calls, answers=())
    [line] = judge(schedule(last_hour=hour(0, 3), errors=(), calls=calls)).lines
    assert line.remedy.startswith("Read the function's log.")
    boom = (facts.JobError("boom", 20, 10, NOW, None),)
    [line] = judge(schedule(last_hour=hour(0, 10), errors=boom)).lines
    assert line.remedy.startswith("Look for that text in the function's log.")


def test_slow_jobs_hold_the_slots_only_where_jobs_wait_for_them() -> None:
    slow = replace(WELL.slots, holders=(facts.Holder(812, 61.0, None, "open"),))
    found = judge(schedule(slots=slow))
    assert [line.code for line in found.lines] == [Code.SLOTS_TAKEN]
    assert "call 812 for 1 min 1 s, while 3 jobs wait" in found.lines[0].found
    assert judge(schedule(slots=slow, claimable=NONE)).lines == ()
    assert judge(schedule(slots=replace(slow, limited_by="PAUSED"))).lines == ()


def test_calls_that_fail_are_said_once() -> None:
    calls = facts.Calls(
        Count(6, True),
        (facts.Outcome("ok", "wake", 2, False), facts.Outcome("http_error", "wake", 4, True)),
        (facts.Answer("http_error", 502, "Bad Gateway", 4, None),),
    )
    [line] = judge(schedule(calls=calls)).lines
    assert (line.code, line.level) == (Code.CALLS_FAIL, Health.DEGRADED)
    assert (
        "4 of the last hour's 6 calls failed, most often http_error (502): Bad Gateway"
        in line.found
    )
    assert [line.code for line in judge(schedule(calls=calls, obstacles=(BAD,))).lines] == [
        "PAUSED"
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("PPLX_API_KEY not configured", "key_missing"),
        ("Missing OPENAI API key", "key_missing"),
        ("Perplexity API error: 401 Unauthorized", "key_rejected"),
        ("Incorrect API key provided: sk-***", "key_rejected"),
        ("Perplexity API error: 429 Too Many Requests", "quota"),
        ("You exceeded your current quota, please check your plan and billing details", "quota"),
        ("The operation timed out", "timeout"),
        ("AbortError: The signal has been aborted", "timeout"),
        ("Failed to fetch page: 403", "unreachable"),
        ("getaddrinfo ENOTFOUND shop.example", "unreachable"),
        ("Invalid response format: missing bs_score", "bad_answer"),
        ("Unexpected token < in JSON at position 0", "bad_answer"),
        ("given up by bunkd-db: active for more than 00:10:00, for the last of 4 times", "given_up"),
        ("product is discontinued", None),
        ("", None),
    ],
)  # fmt: skip
def test_the_usual_causes(text: str, code: str | None) -> None:
    assert causes.cause_of(text) == code


def test_an_error_of_yesterday_is_not_named_for_the_last_hour() -> None:
    old = (facts.JobError("old", 9, 0, NOW, None),)
    [line] = judge(schedule(errors=old, last_hour=hour(0, 3))).lines
    assert line.found == "all 3 jobs that ended in the last hour failed"


def test_every_cause_has_words() -> None:
    for cause in causes.causes().values():
        assert cause.means[0].islower()
        assert not cause.means.endswith(".")
        assert cause.remedy.endswith(".")


counts = st.builds(Count, st.one_of(st.none(), st.integers(0, 10**9)), st.booleans(), st.booleans())
seconds = st.one_of(st.none(), st.floats(0, 1e9))
QUEUES = st.builds(
    facts.Queue,
    table=st.text(max_size=5),
    problem=st.one_of(st.none(), st.text(max_size=5)),
    statuses=st.lists(
        st.builds(
            facts.StatusCount,
            st.text(max_size=5),
            st.sampled_from(["waiting", "unknown"]),
            counts,
            st.one_of(st.none(), st.just(NOW)),
            st.none(),
            st.booleans(),
        ),
        max_size=3,
        unique_by=lambda each: each.value,
    ).map(tuple),
    claimable=counts,
    never_claimable=counts,
    oldest_wait_seconds=seconds,
    oldest_wait_exact=st.booleans(),
    active=counts,
    oldest_active_seconds=seconds,
    slow=counts,
    stuck=counts,
    pickup_seconds=st.one_of(st.none(), st.builds(facts.Percentiles, st.integers(1, 9), seconds, seconds, seconds, st.booleans())),
    run_seconds=st.none(),
    last_hour=st.one_of(
        st.none(),
        st.builds(
            facts.LastHour,
            counts,
            counts,
            st.lists(st.integers(0, 10**6), min_size=12, max_size=12).map(tuple),
            st.sampled_from(facts.Source),
        ),
    ),
    created_last_hour=counts,
    usual_per_hour=seconds,
    errors=st.lists(
        st.builds(
            facts.JobError,
            st.text(max_size=200),
            st.integers(1, 99),
            st.integers(0, 99),
            st.just(NOW),
            st.sampled_from([None, *causes.causes()]),
        ),
        max_size=2,
    ).map(tuple),
)  # fmt: skip
SCHEDULES = st.builds(
    facts.Schedule,
    name=st.just("reports"),
    at=st.just(NOW),
    mode=st.sampled_from([None, "native", "external"]),
    mode_reason=st.none(),
    transport=st.sampled_from(["pg_net", "worker", "external"]),
    every=st.just("30s"),
    seconds_between_ticks=st.integers(1, 86_400),
    paused=st.booleans(),
    held_since=st.one_of(st.none(), st.just(NOW)),
    workers=st.one_of(st.none(), st.integers(0, 3)),
    rescue_after_seconds=seconds,
    unknown=st.one_of(st.none(), st.just("this is a standby")),
    obstacles=st.lists(st.just(BAD), max_size=2).map(tuple),
    queue=QUEUES,
    calls=st.just(WELL.calls),
    slots=st.builds(
        facts.Slots,
        st.integers(1, 9),
        st.integers(0, 9),
        st.lists(
            st.builds(
                facts.Holder,
                st.integers(1, 9),
                seconds,
                st.one_of(st.none(), st.text(max_size=4)),
                st.just("open"),
            ),
            max_size=5,
        ).map(tuple),
        st.integers(0, 9),
        st.sampled_from(["NO_SLOT", "DEMAND"]),
    ),
    ticks=st.builds(facts.Ticks, st.one_of(st.none(), st.just(NOW)), st.none()),
)


@settings(max_examples=100)
@given(found=SCHEDULES)
def test_whatever_is_found_there_is_a_verdict_and_every_view_of_it(found: facts.Schedule) -> None:
    told = report(found)
    [each] = told.schedules
    assert each.verdict.health == verdict.worst([line.level for line in each.verdict.lines])
    assert (each.verdict.health is Health.UNHEALTHY) >= bool(found.obstacles)
    for line in each.verdict.lines:
        assert line.found
        assert line.remedy.endswith(":" if line.commands else "."), line
    assert faults(json.loads(json.dumps(told.as_json()))) == []
    for shown in status_screen.lines(told, verbose=True):
        assert click.unstyle(shown).isprintable()
    families = {family.name for family in text_string_to_metric_families(metrics(told))}
    assert {"bunkd_health", "bunkd_slots"} <= families
    assert len(list(status_screen.one_line_each(told))) == 1


def test_the_metrics_say_what_the_facts_say() -> None:
    text = metrics(report(WELL, schedule(name="other", obstacles=(BAD,), claimable=NONE)))
    values = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    reports = ("schedule", "reports")
    assert values["bunkd_health", (("health", "healthy"), reports)] == 1
    assert values["bunkd_health", (("health", "unhealthy"), ("schedule", "other"))] == 1
    assert values["bunkd_problem", (("code", "PAUSED"), ("level", "unhealthy"), ("schedule", "other"))] == 1  # fmt: skip
    assert values["bunkd_jobs", (("kind", "waiting"), reports, ("status", "queued"))] == 3
    assert values["bunkd_pickup_seconds", (("quantile", "0.95"), reports)] == 1.1
    assert values["bunkd_oldest_wait_seconds", (reports,)] == 1.8
    assert values["bunkd_oldest_wait_seconds", (("schedule", "other"),)] == 0
    assert values["bunkd_calls_last_hour", (("outcome", "http_error"), ("reason", "tick"), reports)] == 4  # fmt: skip
    assert values["bunkd_last_tick_timestamp_seconds", (reports,)] == NOW.timestamp() - 4


# The pages

_EARLIER = {n: NOW - timedelta(seconds=n) for n in (4, 12, 240, 300)}
BUSY = schedule(
    name="process-analysis-jobs",
    statuses=(
        facts.StatusCount("queued", "waiting", Count(17, True), _EARLIER[12], None, False),
        facts.StatusCount("processing", "active", Count(5, True), _EARLIER[240], None, False),
        facts.StatusCount(
            "completed", "done", Count(9_804_000), _EARLIER[300], _EARLIER[240], False
        ),
    ),
    claimable=Count(17, True),
    oldest_wait_seconds=420.0,
    oldest_active_seconds=240.0,
    last_hour=facts.LastHour(
        Count(212, False, True),
        Count(0, False, True),
        (21, 24, 24, 30, 44, 30, 21, 12, 6, 0, 0, 0),
        facts.Source.QUEUE,
    ),
    pickup_seconds=facts.Percentiles(212, 0.024, 1.1, 2.9, False),
    run_seconds=facts.Percentiles(212, 14, 31, 44, False),
    created_last_hour=Count(234, True),
    errors=(),
    calls=facts.Calls(
        Count(217, True),
        (
            facts.Outcome("ok", "refill", 185, False),
            facts.Outcome("ok", "wake", 27, False),
            facts.Outcome("open", "refill", 5, False),
        ),
        (),
    ),
    slots=facts.Slots(
        5,
        5,
        tuple(facts.Holder(812 + n, 240.0 - n, None, "open") for n in range(5)),
        0,
        "NO_SLOT",
    ),
)


def test_the_screen_of_the_page_is_what_the_command_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "width", lambda: 100)
    page = (ROOT / "docs/operate.md").read_text()
    shown = "\n".join(click.unstyle(line) for line in status_screen.lines(report(BUSY)))
    assert f"```console\n$ bunkd-db status\n{shown}\n```" in page, shown


def test_what_has_to_be_said_of_slots_and_ticks() -> None:
    """Fewer slots than are in use; a tick that does not come, and one that nobody makes."""
    late = replace(BUSY.ticks, next=BUSY.at - timedelta(minutes=5))
    lowered = replace(BUSY, slots=replace(BUSY.slots, total=2), ticks=late)
    shown = "\n".join(status_screen.lines(report(lowered)))
    assert "5 in use, 3 more than the 2 that are allowed now" in shown
    assert "next overdue by 5 min" in shown
    alone = "\n".join(status_screen.lines(report(replace(lowered, transport="external"))))
    assert "An external scheduler must make the calls, every 30s; queue public" in alone
    assert "overdue" not in alone


def test_the_schema_names_every_key() -> None:
    told = json.loads(json.dumps(report(WELL, schedule(obstacles=(BAD,))).as_json()))
    assert faults(told) == []
    told["schedules"][0]["surprise"] = 1
    assert faults(told, only_known=False) == []
    assert len(faults(told)) == 1


def _keys(kind: type) -> set[str]:
    found: set[str] = set()
    for name, hint in get_type_hints(kind).items():
        found.add(name)
        for part in (hint, *get_args(hint)):
            if is_dataclass(part) and isinstance(part, type):
                found |= _keys(part)
    return found


def test_every_key_every_code_and_every_metric_is_documented() -> None:
    documented = set(re.findall(r"`([^`]+)`", PAGE))
    last = {each.replace("[]", "").rpartition(".")[2] for each in documented}
    assert _keys(facts.Schedule) - last == set()
    assert {str(code) for code in Code} - documented == set()
    assert set(causes.causes()) - documented == set()
    named = {family.name for family in text_string_to_metric_families(metrics(report(WELL)))}
    assert named - documented == set()
