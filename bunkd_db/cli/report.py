"""The screen of `check`: the verdict, what is not well and its remedy, then the options."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from bunkd_db.cli import output, schedulers
from bunkd_db.cli.gate import looked_at_closer
from bunkd_db.models import in_line

if TYPE_CHECKING:
    from bunkd_db.capabilities.report import Report
    from bunkd_db.models import Check

_FASTEST = "Fastest option: bunkd-db worker (a process of your own, woken by each new job)"
_NO_CALLS = "no calls are made now: {}"
_WORST_FIRST = ("fail", "warn", "skip", "pass")
_COUNTED = {"fail": "failed", "warn": "with a warning", "skip": "skipped", "pass": "passed"}


def show(report: Report, *, verbose: bool, gated: bool = False) -> None:
    """Write the whole answer to standard output; `gated`: the gate's lines follow."""
    shown = [_once(report, check, gated) for check in report.checks if verbose or _matters(check)]
    shown = sorted(shown, key=lambda check: _WORST_FIRST.index(check.status))
    _verdict(report, sum(check.status == "fail" for check in shown))
    if shown:
        output.say()
    wide = max((len(check.name) for check in shown), default=0)
    for check in shown:
        show_check(check, wide)
    if report.verdict == "external":
        output.say()
        output.say(output.paragraph(_FASTEST))
        output.say()
        schedulers.show(report.options, report.every, notes=False)
        output.say()
        output.say("Their limits:  bunkd-db external list")
        output.say("Files for one: bunkd-db external generate NAME")
    output.say()
    output.say(output.paragraph(_count(report.checks) + ("" if verbose else " (-v lists all)")))


def _verdict(report: Report, failed: int) -> None:
    facts = report.facts
    what = because(report)
    if report.verdict == "native":
        fails = f" {failed} check{' fails' if failed == 1 else 's fail'}:" if failed else ""
        what = _native(report) + fails
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
    return f"external cron is needed, because {'; '.join(c.detail for c in report.blocking)}."


def _native(report: Report) -> str:
    facts = report.facts
    schedule = facts.schedule
    if not facts.server.installed:
        return "this database can make the calls itself. To set it up: bunkd-db upgrade"
    if facts.obstacles is None:
        return "this database can make the calls itself; this role cannot see whether it does."
    if schedule and schedule.is_external:
        return "this database can make the calls itself, but its schedule is external."
    if report.active:
        return f"this database makes the calls itself, every {_pace(report)}."
    return "this database can make the calls itself, but is not making them now."


def _pace(report: Report) -> str:
    schedule = report.facts.schedule
    return schedule.pace if schedule else report.facts.wanted


def _count(checks: list[Check]) -> str:
    counts = {status: sum(check.status == status for check in checks) for status in _COUNTED}
    order = ("pass", "warn", "fail", "skip")
    shown = (f"{counts[status]} {_COUNTED[status]}" for status in order if counts[status])
    return f"{len(checks)} checks: {', '.join(shown)}"


def _once(report: Report, check: Check, gated: bool) -> Check:
    """Return `calls_made` without what other checks, or the gate's lines, say; any other as it is."""
    if check.name != "calls_made" or check.status != "fail":
        return check
    closer, obstacles = looked_at_closer(report), report.facts.obstacles or []
    names = dict.fromkeys(closer[o.code] for o in obstacles if o.code in closer)
    rest = [obstacle for obstacle in obstacles if obstacle.code not in closer]
    parts = [f"see {' and '.join(names)}"] if names else []
    parts += ["see below"] if rest and gated else [obstacle.detail for obstacle in rest]
    shown = replace(check, detail=_NO_CALLS.format("; ".join(parts)), remedy="", commands=())
    if gated or not rest:
        return shown
    return replace(shown, remedy=rest[0].remedy, commands=tuple(rest[0].commands))


def _matters(check: Check) -> bool:
    asked_for = check.name == "probe"
    return (
        asked_for
        or check.status in ("fail", "warn")
        or (check.status == "skip" and bool(check.remedy))
    )


def show_check(check: Check, wide: int, indent: str = "") -> None:
    """Write a check with its remedy; `wide` is the longest name's width."""
    lead = f"{indent}{output.mark(check.status)}  {check.name:<{wide}}  "
    indent += " " * (wide + 8)
    body = output.paragraph(check.detail, indent, indent)
    output.say(lead + body[len(indent) :])
    if check.remedy:
        output.say(output.paragraph(f"-> {check.remedy}", indent, indent + "   "))
    output.commands(check.commands, f"{indent}   ")


def annotate(report: Report) -> None:
    """Write what is not well as annotations of a GitHub Actions run."""
    if report.verdict == "external":
        output.annotate("warning", "bunkd-db", because(report))
    annotate_checks(report.checks)


def annotate_checks(checks: Iterable[Check]) -> None:
    """Write those that are not well as annotations."""
    for check in checks:
        if check.status in ("fail", "warn"):
            level = "error" if check.status == "fail" else "warning"
            text = f"{check.detail}. {in_line(check.remedy, check.commands)}".rstrip()
            output.annotate(level, f"bunkd-db {check.name}", text)
