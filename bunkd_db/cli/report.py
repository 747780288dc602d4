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

_NO_CALLS = "no calls are made now: {}"
_WORST_FIRST = ("fail", "warn", "skip", "pass")
_BY = {"http": " by lanes, with pgsql-http", "both": " by pg_net and lanes"}
_COUNTED = {"fail": "failed", "warn": "with a warning", "skip": "skipped", "pass": "passed"}


def show(report: Report, *, verbose: bool, gated: bool = False) -> None:
    """Write the whole answer to standard output; `gated`: the gate's lines follow."""
    served = report.verdict == "external" and report.active and bool(report.workers)
    hidden = (
        report.blocking if served and not verbose else []
    )  # the first line has what is in the way
    shown = [
        _once(report, check, gated)
        for check in report.checks
        if check not in hidden and (verbose or check.matters or check.name == "probe")
    ]
    causes = {obstacle.code for obstacle in report.facts.obstacles or ()}
    shown = sorted(shown, key=lambda check: _rank(check, causes))
    _verdict(report, sum(check.status == "fail" for check in shown))
    if shown:
        output.say()
    wide = max((len(check.name) for check in shown), default=0)
    for check in shown:
        show_check(check, wide)
    if report.verdict == "external" and not report.workers:
        output.say()
        output.say(output.paragraph(schedulers.FASTEST))
        output.say()
        schedulers.show(report.options, report.every, notes=False)
        output.say()
        output.say("Their limits:  bunkd-db external list")
        output.say("Files for one: bunkd-db external generate NAME")
    output.say()
    output.say(output.paragraph(_count(report.checks) + ("" if verbose else " (-v lists all)")))


def _verdict(report: Report, failed: int) -> None:
    facts = report.facts
    what = _native(report) if report.verdict == "native" else _external(report)
    if failed and report.verdict == "native":
        what += f" {failed} check{' fails' if failed == 1 else 's fail'}."
    text = output.paragraph(f"{report.verdict}: {what}")
    colour = _colour(report)
    # coloured after it was wrapped: colours have no width
    output.say(click.style(report.verdict, fg=colour, bold=True) + text[len(report.verdict) :])
    output.say(
        output.paragraph(
            f"PostgreSQL {facts.server.version.split()[0]} at {report.provider.title},"
            f" database {facts.server.database}, role {facts.server.role}"
        )
    )
    if report.verdict == "native" and not facts.server.installed:
        output.say("To set it up: bunkd-db upgrade")


def _rank(check: Check, causes: set[str]) -> tuple[bool, int]:
    """Return what keeps calls away before the rest, and in both the worst first."""
    is_cause = check.status in ("fail", "warn") and check.reason in causes
    return not is_cause, _WORST_FIRST.index(check.status)


def _colour(report: Report) -> str:
    """Return green where calls are made, red where none are, yellow where that is not said."""
    facts = report.facts
    if not facts.server.installed or facts.obstacles is None:
        return "yellow"
    return "green" if report.active else "red"


def because(report: Report) -> str:
    """Return why the calls must come from outside, as one sentence."""
    why = "; ".join(check.detail for check in report.blocking)
    return f"calls must come from outside the database, because {why}."


def _external(report: Report) -> str:
    if not report.workers:
        return because(report)
    why = "; ".join(check.detail for check in report.blocking)
    return f"{_by_workers(report)} This database cannot make them itself, because {why}."


def _by_workers(report: Report) -> str:
    count = "1 worker" if report.workers == 1 else f"{report.workers} workers"
    if report.active:
        return f"{count} {'makes' if report.workers == 1 else 'make'} the calls."
    return f"{count} {'is' if report.workers == 1 else 'are'} running, but no calls are made now."


def _native(report: Report) -> str:
    facts = report.facts
    schedule = facts.schedule
    if not facts.server.installed:
        return "this database can make the calls itself."
    if facts.is_outdated:
        return (
            "this database can make the calls itself, but its schema bunkd is at another revision"
            " than this bunkd-db."
        )
    if facts.obstacles is None:
        return "this database can make the calls itself; this role cannot see whether it does."
    if schedule and schedule.is_external:
        chosen = ", because BUNKD_MODE is external" if report.chosen_external else ""
        said = f"this database can make the calls itself, but its schedule is external{chosen}."
        return f"{said} {_by_workers(report)}" if report.workers else said
    if report.active:
        by = _BY.get(report.transport or "", "")
        return f"this database makes the calls itself, every {_pace(report)}{by}."
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
    obstacles = report.facts.obstacles or []
    if gated and obstacles:  # its lines have each cause, and stand last, where a log ends
        return replace(check, detail=_NO_CALLS.format("see below"), remedy="", commands=())
    closer = looked_at_closer(report)
    names = dict.fromkeys(closer[o.code] for o in obstacles if o.code in closer)
    rest = [obstacle for obstacle in obstacles if obstacle.code not in closer]
    parts = [f"see {' and '.join(names)}"] if names else []
    parts += [obstacle.detail for obstacle in rest]
    shown = replace(check, detail=_NO_CALLS.format("; ".join(parts)), remedy="", commands=())
    if not rest:
        return shown
    return replace(shown, remedy=rest[0].remedy, commands=tuple(rest[0].commands))


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
