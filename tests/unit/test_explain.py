"""What `explain` chooses, says and prints, without a server."""

import doctest
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import click
import pytest

from bunkd_db.cli import explain_screen, output
from bunkd_db.errors import NotPossible
from bunkd_db.explain import words
from bunkd_db.explain.ask import Row, choose
from bunkd_db.explain.codes import Code
from bunkd_db.explain.facts import Event, Job, Kind, State, Unreadable, Waited
from bunkd_db.explain.report import Report
from bunkd_db.status.facts import Obstacle
from tests.support.command import ROOT
from tests.support.schema import faults

PAGE = (ROOT / "docs/explain.md").read_text()
TABLES = re.sub(r"^```.*?^```", "", PAGE, flags=re.DOTALL | re.MULTILINE)
NOW = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


JOB = Job(
    schedule="process-analysis-jobs",
    table="public.analysis_jobs",
    id="25d5e9f5-ab88-4098-ae77-bef76c215c1c",
    at=NOW,
    status="queued",
    state=State.WAITING,
    created=ago(710),
    started=None,
    claims=None,
    rescues=1,
    error=None,
    cause=None,
    rule=Obstacle(
        "NO_SLOT",
        "all 5 slots are in use",
        "Wait for a call to end. Or allow more calls at once, if the function and its providers can"
        " take them:",
        ("bunkd-db schedule set --max-in-flight 10 --schedule process-analysis-jobs",),
    ),
    next_at=NOW + timedelta(seconds=4),
    holders=tuple(
        Waited(812 + n, 31.0 - n, None, "open", NOW + timedelta(seconds=4 + n)) for n in range(5)
    ),
    timeline=(
        Event(ago(710), Kind.QUEUED),
        Event(ago(709.9), Kind.CALLED, 790, reason="wake"),
        Event(ago(48), Kind.RESCUED, times=1),
    ),
    timeline_exact=True,
)


def answer(
    *ids: str, whole: bool = False, table: str = "public.jobs", **more: Any
) -> dict[str, Any]:
    return {"queue_table": table, "ids": list(ids), "whole": whole, "beginnings": True, **more}


LOCKED = {
    "queue_table": "public.x",
    "unreadable": {"code": "LOCKED", "detail": "d", "remedy": "r.", "commands": []},
}


def test_several_keys_are_candidates_five_at_most() -> None:
    rows = [Row("b", answer(*"bcdefg")), Row("a", answer("a"))]
    report = choose("x", rows)
    assert [each.id for each in report.candidates] == list("abcde")
    assert (report.jobs, report.unreadable) == ((), ())


def test_what_is_found_nowhere_may_be_where_nobody_can_look() -> None:
    report = choose("x", [Row("a", answer()), Row("b", LOCKED)])
    assert [each.schedule for each in report.unreadable] == ["b"]
    with pytest.raises(NotPossible, match=r"there is no job x in public\.jobs\n") as raised:
        choose("x", [Row("a", answer()), Row("b", answer())])
    assert "deleted" in raised.value.remedy
    with pytest.raises(NotPossible) as raised:
        choose("x", [Row("a", {**answer(), "beginnings": False})])
    assert raised.value.remedy.startswith("Give the whole id")


def test_its_examples() -> None:
    found = doctest.testmod(words)
    assert (found.failed, bool(found.attempted)) == (0, True)


def test_the_screen_of_the_page_is_what_the_command_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "width", lambda: 100)
    shown = "\n".join(map(click.unstyle, explain_screen.lines(Report("25d5e9f5", (JOB,)))))
    assert f"```console\n$ bunkd-db explain 25d5e9f5\n{shown}\n```" in PAGE, shown


def test_the_timeline_has_days_where_it_spans_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "width", lambda: 60)
    said = Event(
        ago(5), Kind.ANSWERED, 812, outcome="http_error", status_code=503, detail="b " * 30
    )
    timeline = (Event(ago(90_000), Kind.QUEUED), said)
    waited = replace(JOB.holders[0], until=ago(9))
    job = replace(JOB, state=State.ACTIVE, timeline=timeline, holders=(waited,), next_at=None)
    job = replace(job, rule=replace(JOB.rule, code="STUCK"))
    shown = "\n".join(map(click.unstyle, explain_screen.lines(Report("x", (job,)))))
    assert "open, overdue since 02:59:51" in " ".join(shown.split())
    assert "\nnext      not by itself\n" in shown
    assert "timeline  2026-11-26 02:00:00  queued\n          2026-11-27 02:59:55  call 812" in shown
    assert f"\n{' ' * 31}b b b" in shown
    assert "          2026-11-27 03:00:00  now (UTC)" in shown


def test_the_beginning_of_a_screen_on_the_page_is_what_the_command_shows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(output, "width", lambda: 100)
    rule = Obstacle(
        "REJECTED",  # tests/monitoring/test_runbook.py has a server say so
        "the function rejects the credential (last call: 401)",
        "Set the credential that the function accepts:",
        ("bunkd-db credential set --schedule process-analysis-jobs",),
    )
    next_at = NOW + timedelta(minutes=2)
    job = replace(JOB, created=ago(65), rule=rule, next_at=next_at, holders=())
    lines = map(click.unstyle, explain_screen.lines(Report("25d5e9f5", (job,))))
    shown = "\n".join(lines).partition("\n\ntimeline")[0]
    assert f"```console\n$ bunkd-db explain 25d5e9f5\n{shown}\n```" in PAGE, shown


def test_the_schema_names_every_key() -> None:
    report = Report("x", (JOB,), unreadable=(Unreadable("a", "t", JOB.rule),))
    told = json.loads(json.dumps(report.as_json()))
    assert faults(told, "explain") == []
    told["jobs"][0]["surprise"] = 1
    assert faults(told, "explain", only_known=False) == []
    assert len(faults(told, "explain")) == 1


def test_every_key_and_every_code_is_documented() -> None:
    documented = set(re.findall(r"`([^`\n]+)`", TABLES))
    obstacles = (ROOT / "docs/checks/calls_made.md").read_text()
    assert {str(code) for code in Code} - documented == set()
    told = Report("x", (JOB,)).as_json()
    [job] = told["jobs"]
    keys = {*told, *job, *job["rule"], *job["holders"][0], *job["timeline"][0]}
    assert keys - documented == set()
    for kind in (*Kind, *State):
        assert str(kind) in documented
    for code in re.findall(r"`([A-Z_]{4,})`", TABLES):
        assert code in list(Code) or code in obstacles or code.startswith("BUNKD_"), code


def test_every_rule_has_a_test() -> None:
    tests = "".join(
        (ROOT / "tests" / name).read_text()
        for name in ("sql/test_explain.py", "cli/test_explain.py")
    )
    assert [
        code
        for code in Code
        if f"Code.{code}" not in tests and f'"{code}"' not in tests and f"({code})" not in tests
    ] == []
