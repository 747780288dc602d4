"""What `check` looks like on a terminal and on a pipe."""

import re
from dataclasses import replace

import pytest

from bunkd_db.capabilities import evaluate
from bunkd_db.capabilities.report import Report
from bunkd_db.capabilities.rows.obstacle import Obstacle
from bunkd_db.capabilities.rows.workers import Workers
from bunkd_db.cli.gate import Reason, gate_of
from bunkd_db.cli.report import show
from bunkd_db.models import Check
from tests.support.checked import install_and_wait
from tests.support.command import bunkd
from tests.support.database import Database
from tests.support.facts import extensions, facts
from tests.support.queue import create_queue
from tests.support.server import Server
from tests.support.terminal import ESCAPE, terminal
from tests.support.upgrade import upgrade
from tests.unit.test_capabilities import SCHEDULE


def test_colours_and_columns_on_a_terminal(embedded: Server) -> None:
    shown = terminal(70, "check", DATABASE_URL=embedded.url)
    assert "\x1b[31m" in shown
    plain = ESCAPE.sub("", shown)
    assert plain.startswith("external: calls must come from outside the database")
    assert max(map(len, plain.splitlines())) <= 70


def test_the_first_line_does_not_hide_what_fails(database: Database) -> None:
    install_and_wait(database)
    assert "fail" not in bunkd("check", DATABASE_URL=database.url).out.splitlines()[0]
    with database.connect() as owner:
        owner.execute(
            "create function public.trigger_job_processing() returns void language sql"
            " security definer as 'select'"
        )
    first, *_ = bunkd("check", DATABASE_URL=database.url).out.splitlines()
    assert first.startswith("native: this database makes the calls itself, every ")
    assert first.endswith(" 1 check fails.")


@pytest.mark.parametrize(
    "env", [{"NO_COLOR": "1"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, {"TERM": "dumb"}]
)
def test_no_colour_where_it_is_not_wanted(embedded: Server, env: dict[str, str]) -> None:
    assert "\x1b[" not in terminal(70, "check", DATABASE_URL=embedded.url, **env)


def test_colour_where_it_is_wanted(embedded: Server) -> None:
    """As the logs of CI services want it, of a pipe."""
    assert "\x1b[" in bunkd("check", DATABASE_URL=embedded.url, FORCE_COLOR="1").out
    assert "\x1b[" not in bunkd("check", DATABASE_URL=embedded.url, FORCE_COLOR="0").out


def test_plain_on_a_pipe(embedded: Server) -> None:
    shown = bunkd("check", DATABASE_URL=embedded.url).out
    assert "\x1b[" not in shown
    [line] = [line for line in shown.splitlines() if "-> Only" in line and "pg_net" in line]
    assert line.endswith("use an external scheduler.")


def test_a_terminal_that_knows_no_unicode(embedded: Server) -> None:
    done = bunkd("check", "-v", DATABASE_URL=embedded.url, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.code == 1
    assert done.out.isascii()


def report_of(*checks: Check, obstacles: tuple[Obstacle, ...] = ()) -> Report:
    whole = evaluate(facts(SCHEDULE, *obstacles, installed=True, may_read_ours=True))
    return replace(whole, checks=list(checks))


def test_commands_are_copied_so_each_has_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    commands = (
        """create index concurrently on jobs."My Queue; --" (created_at);""",
        "select 'it''s; so';",
    )
    show(report_of(Check("x", "fail", "is not", "As its owner:", "X", commands)), verbose=False)
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    at = lines.index("-> As its owner:")
    assert tuple(lines[at + 1 : at + 3]) == commands


PAUSED = Check("schedule", "warn", "it is paused", "To resume:", "PAUSED", ("update …;",))


@pytest.mark.parametrize(
    ("codes", "gated", "detail"),
    [
        (["PAUSED"], False, "see schedule"),
        (["PAUSED"], True, "see below"),
        (["PAUSED", "TICK_LATE"], False, "see schedule; the tick is late"),
        (["PAUSED", "TICK_LATE"], True, "see below"),
        (["TICK_LATE"], False, "the tick is late"),
        (["TICK_LATE"], True, "see below"),
    ],
)
def test_one_cause_is_shown_once(
    capsys: pytest.CaptureFixture[str], codes: list[str], gated: bool, detail: str
) -> None:
    """`calls_made` points to the check, or to the gate's line, that has the cause."""
    summed = Check("calls_made", "fail", "no calls are made now: …", "Do it.", codes[0])
    obstacles = tuple(Obstacle(code, "the tick is late", "Look:", ["select 1;"]) for code in codes)
    report = report_of(summed, PAUSED, obstacles=obstacles)
    show(report, verbose=False, gated=gated)
    lines = capsys.readouterr().out.splitlines()
    assert f"fail  calls_made  no calls are made now: {detail}" in lines
    plain = [line.strip() for line in lines]
    assert ("-> Look:" in plain) is ("TICK_LATE" in codes and not gated)
    assert "select 1;" not in plain or plain[plain.index("select 1;") - 1] == "-> Look:"
    reasons = gate_of(report, "native").reasons
    if "TICK_LATE" in codes:
        late = Reason("Not active: the tick is late. Look:", ("select 1;",))
        assert reasons[codes.index("TICK_LATE")] == late
    if "PAUSED" in codes:
        paused = Reason("Not active: the tick is late. Look:", ("select 1;",))
        assert reasons[0] == paused  # with its command: a log ends with it


def test_the_fence_is_said_once(database: Database) -> None:
    install_and_wait(database)
    with database.connect() as owner:
        owner.execute("update bunkd.schedule set system_identifier = 1")
        [(fence,)] = owner.execute("select bunkd.fence(s) from bunkd.schedule s").fetchall()
    for arguments in (("check",), ("check", "--require-active")):
        assert bunkd(*arguments, DATABASE_URL=database.url).out.count(str(fence)) == 1


def test_the_cause_of_a_missing_job_stands_alone(database: Database) -> None:
    upgrade(database, BUNKD_CALL_URL="https://example.com/run")
    with database.connect() as owner:
        create_queue(owner)
    out = bunkd("check", DATABASE_URL=database.url).out
    assert re.findall(r"^fail  (\w+)", out, re.MULTILINE) == ["calls_made", "schedule"]
    assert "no calls are made now: see schedule" in out
    assert out.count("no credential") == 1


def test_the_count_and_the_fastest_option(embedded: Server) -> None:
    out = bunkd("check", DATABASE_URL=embedded.url).out
    assert re.fullmatch(
        r"\d+ checks: \d+ passed, (\d+ with a warning, )?\d+ failed, \d+ skipped \(-v lists all\)",
        out.splitlines()[-1],
    )
    assert out.index("Fastest option: bunkd-db worker") < out.index("External schedulers")


def colour_of(report: Report, monkeypatch: pytest.MonkeyPatch) -> str:
    said: list[str] = []
    monkeypatch.setattr("bunkd_db.cli.output.say", lambda text="": said.append(text))
    show(report, verbose=False)
    return {"\x1b[32m": "green", "\x1b[33m": "yellow", "\x1b[31m": "red"}[said[0][:5]]


def test_only_what_is_active_is_green(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = facts(SCHEDULE, installed=True, may_read_ours=True)
    late = Obstacle("TICK_LATE", "the tick is late", "Look:", ["select 1;"])
    found = {**installed.found}
    for rows, colour in (([], "green"), ([late], "red"), (None, "yellow")):
        shown = found if rows is None else {**found, Obstacle: rows}
        assert colour_of(evaluate(replace(installed, found=shown)), monkeypatch) == colour
    assert colour_of(evaluate(facts()), monkeypatch) == "yellow"


def test_a_command_has_no_text_after_it(capsys: pytest.CaptureFixture[str]) -> None:
    show(replace(evaluate(facts()), checks=[Check("x", "fail", "is not")]), verbose=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "native: this database can make the calls itself. 1 check fails."
    assert lines[2] == "To set it up: bunkd-db upgrade"


def test_what_keeps_calls_away_is_listed_first(capsys: pytest.CaptureFixture[str]) -> None:
    worse = Check("other", "fail", "something else")
    paused = Obstacle("PAUSED", "it is paused", "Resume it:", ["update …;"])
    show(report_of(worse, PAUSED, obstacles=(paused,)), verbose=False)
    out = capsys.readouterr().out
    assert out.index("warn  schedule") < out.index("fail  other")


def test_a_healthy_worker_is_said_first_and_no_scheduler_is_offered(
    capsys: pytest.CaptureFixture[str],
) -> None:
    schedule = replace(SCHEDULE, mode="external", mode_code="NO_FILES", mode_reason="no pg_net")
    rows = (schedule, Workers(1, 1, 1.0), *extensions("pg_net", available=None))
    whole = facts(*rows, installed=True, may_read_ours=True)
    report = evaluate(replace(whole, found={**whole.found, Obstacle: []}))
    show(report, verbose=False)
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("external: 1 worker makes the calls. This database cannot")
    assert not [line for line in rest if "pg_net_available" in line or "External sched" in line]
    assert gate_of(report, "external").code == 0
    show(report, verbose=True)
    assert "pg_net_available" in capsys.readouterr().out
