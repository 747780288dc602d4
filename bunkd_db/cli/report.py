"""The screen of `check`: the verdict, what is not well and its remedy, then the options."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from bunkd_db.cli import output, schedulers

if TYPE_CHECKING:
    from bunkd_db.capabilities.report import Report
    from bunkd_db.models import Check

_WORST_FIRST = ("fail", "warn", "skip", "pass")
_SQL = re.compile(r"(?:^|(?<=: ))(?:select|alter|create|drop|grant|update) .*;$")


def show(report: Report, *, verbose: bool) -> None:
    """Write the whole answer to standard output."""
    _verdict(report)
    shown = report.checks if verbose else [c for c in report.checks if _matters(c)]
    shown = sorted(shown, key=lambda check: _WORST_FIRST.index(check.status))
    if shown:
        output.say()
    wide = max((len(check.name) for check in shown), default=0)
    for check in shown:
        _check(check, wide)
    if report.verdict == "external":
        output.say()
        schedulers.show(report.options, report.every, notes=False)
        output.say()
        output.say("Their limits:  bunkd-db external list")
        output.say("Files for one: bunkd-db external generate NAME")
        output.say("Or a process that is woken by each new job: bunkd-db worker")
    output.say()
    output.say(_count(report.checks) + ("." if verbose else "; -v shows all."))


def _verdict(report: Report) -> None:
    facts = report.facts
    what = because(report)
    if report.verdict == "native":
        failed = sum(check.status == "fail" for check in report.checks)
        but = f" But {failed} check{' fails' if failed == 1 else 's fail'}:" if failed else ""
        what = _native(report) + but
    text = output.paragraph(f"{report.verdict}: {what}")
    colour = "green" if report.verdict == "native" else "yellow"
    # coloured after it was wrapped: colours have no width
    output.say(click.style(report.verdict, fg=colour, bold=True) + text[len(report.verdict) :])
    output.say(
        output.paragraph(
            f"PostgreSQL {facts.server.version.split()[0]} at {report.provider.title},"
            f" database {facts.server.database}, role {facts.server.role}"
        )
    )
    if report.workers:
        count = "1 worker makes" if report.workers == 1 else f"{report.workers} workers make"
        output.say(f"{count} the calls.")


def because(report: Report) -> str:
    """Return why external cron is needed, as one sentence."""
    return f"external cron is needed, because {'; '.join(r.detail for r in report.reasons)}."


def _native(report: Report) -> str:
    facts = report.facts
    if report.active:
        paused = " (paused: it sends nothing)" if facts.schedule and facts.schedule.paused else ""
        return f"this database makes the calls itself, every {_pace(report)}{paused}."
    if not facts.server.installed:
        return "this database can make the calls itself; bunkd-db upgrade sets it up."
    if facts.our_jobs or not any(
        check.name == "job" and check.status == "skip" for check in report.checks
    ):
        return "this database can make the calls itself, but does not do so now."
    return "this database can make the calls itself; whether it does, this role cannot see."


def _pace(report: Report) -> str:
    facts = report.facts
    schedule = facts.schedule
    if schedule and schedule.cron_schedule == "* * * * *":
        return "1m"
    return schedule.every if schedule else facts.wanted


def _count(checks: list[Check]) -> str:
    counts = {status: sum(check.status == status for check in checks) for status in _WORST_FIRST}
    shown = (f"{count} {status}" for status, count in counts.items() if count)
    return f"{len(checks)} checks: {', '.join(shown)}"


def _matters(check: Check) -> bool:
    return check.status in ("fail", "warn") or (check.status == "skip" and bool(check.remedy))


def _check(check: Check, wide: int) -> None:
    indent = " " * (wide + 8)
    lead = f"{output.mark(check.status)}  {check.name:<{wide}}  "
    body = output.paragraph(check.detail, indent, indent)
    output.say(lead + body[len(indent) :])
    prose, commands = split_commands(check.remedy)
    if prose:
        output.say(output.paragraph(f"-> {prose}", indent, indent + "   "))
    for command in commands:
        output.say(f"{indent}   {command}")


def split_commands(remedy: str) -> tuple[str, list[str]]:
    """Part the SQL that ends a remedy from its words: it is copied, so it must not be wrapped.

    >>> split_commands("As its owner: grant a to b; grant c to b;")
    ('As its owner:', ['grant a to b;', 'grant c to b;'])
    >>> split_commands("Run: bunkd-db upgrade")
    ('Run: bunkd-db upgrade', [])
    """
    found = _SQL.search(remedy)
    if not found:
        return remedy, []
    commands = [f"{command.strip()};" for command in found[0].rstrip(";").split("; ")]
    return remedy[: found.start()].rstrip() or "Run:", commands


def annotate(report: Report) -> None:
    """Write what is not well as annotations of a GitHub Actions run."""
    if report.verdict == "external":
        output.annotate("warning", "bunkd-db", because(report))
    for check in report.checks:
        if check.status in ("fail", "warn"):
            level = "error" if check.status == "fail" else "warning"
            text = " ".join(part for part in (f"{check.detail}.", check.remedy) if part)
            output.annotate(level, f"bunkd-db {check.name}", text)
