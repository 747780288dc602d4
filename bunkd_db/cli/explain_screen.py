"""The screen of `explain`: the job, the rule that holds it and what to do, then what happened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from bunkd_db.cli import output
from bunkd_db.explain.facts import State
from bunkd_db.explain.words import clock, next_move, told
from bunkd_db.printable import printable, printable_command
from bunkd_db.status.causes import causes
from bunkd_db.status.words import duration, sent_by

if TYPE_CHECKING:
    from datetime import datetime

    from bunkd_db.explain import Report
    from bunkd_db.explain.facts import Job, Unreadable, Waited
    from bunkd_db.status.facts import Obstacle

_COLOURS = {
    State.WAITING: "yellow",
    State.ACTIVE: "cyan",
    State.DONE: "green",
    State.FAILED: "red",
    State.UNKNOWN: "red",
}
_INDENT = " " * output.LABEL
_FEW = 3


def lines(report: Report, *, verbose: bool = False) -> Iterator[str]:
    """Return the screen, a line each."""
    for number, job in enumerate(report.jobs):
        if number:
            yield ""
        yield from _job(job, verbose)
    for number, queue in enumerate(report.unreadable):
        if number:
            yield ""
        yield from _unreadable(report.job, queue)
    for candidate in report.candidates:
        yield printable(f"{candidate.id}  {candidate.table}")


def _job(job: Job, verbose: bool) -> Iterator[str]:
    state = click.style(job.state, fg=_COLOURS[job.state], bold=True)
    since = ""
    if job.started:
        since = f", active for {_since(job.started, job)}"
    elif job.created:
        since = f", queued {_since(job.created, job)} ago"
    yield f"{state}: job {printable(job.id)}{since}"
    status = "NULL" if job.status is None else job.status
    yield output.labelled("", f"{job.table}, status {status}; schedule {job.schedule}")
    yield ""
    yield from _rule(job.rule)
    for waited in job.holders if verbose else job.holders[:_FEW]:
        yield output.labelled("", _waited(waited, job))
    more = len(job.holders) - _FEW
    if more > 0 and not verbose:
        yield output.labelled("", f"and {more} more (-v lists them)")
    if job.error:
        cause = f" (usual cause: {causes()[job.cause].means})" if job.cause else ""
        yield output.labelled("error", f"{job.error}{cause}")
    if move := next_move(job):
        yield output.labelled("next", move)
    yield from _remedy(job.rule)
    yield ""
    days = (job.at, *(event.at for event in job.timeline))  # with the day all of them, or none
    stamps = [clock(moment, *days) for moment in (*days[1:], job.at)]
    happened = [*map(told, job.timeline), "now (UTC)"]
    for label, stamp, text in zip(
        ["timeline", *[""] * len(happened)], stamps, happened, strict=False
    ):
        yield output.labelled(label, f"{stamp}  {text}", len(stamp) + 2)
    if not job.timeline_exact:
        yield output.labelled("", "There were more calls in its time than were looked at.")


def _unreadable(asked: str, queue: Unreadable) -> Iterator[str]:
    yield f"{click.style('not known', fg='red', bold=True)}: job {printable(asked)}"
    yield output.labelled("", f"{queue.table}; schedule {queue.schedule}")
    yield ""
    yield from _rule(queue.rule)
    yield from _remedy(queue.rule)


def _rule(rule: Obstacle) -> Iterator[str]:
    yield output.labelled("why", f"{rule.detail} ({rule.code})")


def _remedy(rule: Obstacle) -> Iterator[str]:
    if rule.remedy:
        yield output.paragraph(f"-> {printable(rule.remedy)}", _INDENT, _INDENT + "   ")
    for command in rule.commands:
        yield f"{_INDENT}   {printable_command(command)}"


def _waited(waited: Waited, job: Job) -> str:
    by = sent_by(waited.worker)
    until = ""
    if waited.until:
        until = f", until {clock(waited.until, job.at)} at the latest"
        if waited.until < job.at:
            until = f", overdue since {clock(waited.until, job.at)}"
    return f"call {waited.call} for {duration(waited.seconds)}, {by}, {waited.state}{until}"


def _since(moment: datetime, job: Job) -> str:
    return duration(max((job.at - moment).total_seconds(), 0))
