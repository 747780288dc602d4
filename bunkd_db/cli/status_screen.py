"""The screen of `status`: verdict first, then what is not well and what to do, then the numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from bunkd_db.cli import output
from bunkd_db.printable import printable, printable_command
from bunkd_db.status.causes import causes
from bunkd_db.status.changes import by_whom, differences, reason
from bunkd_db.status.verdict import Health
from bunkd_db.status.words import (
    about,
    age,
    ago,
    answered,
    by_outcome,
    by_reason,
    due,
    duration,
    rotation,
    rotation_commands,
    sent_by,
    shown,
    told,
)

if TYPE_CHECKING:
    from bunkd_db.status.facts import Calls, Percentiles, Queue, Schedule
    from bunkd_db.status.report import Judged, Report
    from bunkd_db.status.verdict import Line

_COLOURS = {Health.HEALTHY: "green", Health.DEGRADED: "yellow", Health.UNHEALTHY: "red"}
_BARS = ("▁▂▃▄▅▆▇█", "_.:-=+*#")
_FEW = 3


def lines(report: Report, *, verbose: bool = False) -> Iterator[str]:
    """Return the screen, a line each."""
    for number, each in enumerate(report.schedules):
        if number:
            yield ""
        yield from _schedule(each, verbose)


def clock(report: Report) -> str:
    """Return when the database was asked, as its clock has it."""
    return f"{report.schedules[0].facts.at:%H:%M:%S} UTC"


def one_line_each(report: Report) -> Iterator[str]:
    """Return a line for each schedule, for a log."""
    for each in report.schedules:
        facts, queue = each.facts, each.facts.queue
        parts = {
            "claimable": _bare(queue.claimable.count),
            "oldest_wait": _seconds(queue.oldest_wait_seconds),
            "active": _bare(queue.active.count),
            "slots": f"{_bare(facts.slots.in_use)}/{facts.slots.total}",
            "tick_age": _seconds(age(facts.ticks.last, facts.at)),
        }
        if queue.last_hour:
            parts["completed_hour"] = _bare(queue.last_hour.completed.count)
            parts["failed_hour"] = _bare(queue.last_hour.failed.count)
        codes = ",".join(dict.fromkeys(line.code for line in each.verdict.lines))
        said = " ".join(f"{key}={value}" for key, value in parts.items())
        yield f"{facts.name} {each.verdict.health} {said} {codes}".rstrip()


def _schedule(each: Judged, verbose: bool) -> Iterator[str]:
    facts, health = each.facts, each.verdict.health
    yield (
        f"{click.style(health, fg=_COLOURS[health], bold=True)}: schedule {facts.name},"
        f" {facts.at:%Y-%m-%d %H:%M:%S} UTC"
    )
    yield output.labelled("", about(facts))
    for line in each.verdict.lines:
        yield ""
        yield from _line(line)
    yield ""
    yield from _queue(facts, verbose)
    yield from _hour(facts.queue)
    yield from _errors(facts.queue)
    yield from _calls(facts.calls)
    yield from _slots(facts, verbose)
    yield from _ticks(facts)
    if facts.rotation:
        yield output.labelled("rotation", rotation(facts))
        yield from (
            f"{'':{output.LABEL}}{each}"
            for each in map(printable_command, rotation_commands(facts))
        )
    yield from _changes(facts)
    yield from _alerts(facts)


def _line(line: Line) -> Iterator[str]:
    mark = click.style(f"{line.level:<9}", fg=_COLOURS[line.level], bold=True)
    text = output.paragraph(printable(f"{line.found} ({line.code})"), " " * 11, " " * 11)
    yield f"{mark}  {text[11:]}"
    if line.remedy:
        yield output.paragraph(f"-> {printable(line.remedy)}", " " * 11, " " * 14)
    for command in line.commands:
        yield f"{'':14}{printable_command(command)}"


def _queue(facts: Schedule, verbose: bool) -> Iterator[str]:
    queue = facts.queue
    if queue.problem:
        yield output.labelled("queue", f"not known: {queue.problem}")
        return
    wait = queue.oldest_wait_seconds
    oldest = f", the oldest for {'' if queue.oldest_wait_exact else '>= '}{duration(wait)}"
    parts = [f"{shown(queue.claimable)} claimable{oldest if wait is not None else ''}"]
    parts.append(f"{shown(queue.active)} active")
    if queue.oldest_active_seconds is not None:
        parts[-1] += f", the oldest for {duration(queue.oldest_active_seconds)}"
    parts += [
        f"{shown(count)} {what}"
        for count, what in ((queue.stuck, "stuck"), (queue.never_claimable, "not claimable"))
        if count
    ]
    yield output.labelled("queue", "; ".join(parts))
    rows = [("status", "jobs", "latest created", "latest completed")]
    rows += [
        (
            printable(each.value),
            shown(each.count),
            ago(each.latest_created, facts.at),
            ago(each.latest_completed, facts.at),
        )
        for each in queue.statuses
        if verbose or each.count.count or each.kind == "waiting"
    ]
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for value, count, created, completed in rows:
        yield (
            f"{'':{output.LABEL}}{value:<{wide[0]}}  {count:>{wide[1]}}  {created:>{wide[2]}}"
            f"  {completed:>{wide[3]}}"
        ).rstrip()


def _hour(queue: Queue) -> Iterator[str]:
    hour = queue.last_hour
    if hour:
        by = "" if hour.source == "queue" else " (by the calls)"
        failed = f"{shown(hour.failed)} failed"
        if hour.failed.count == 0:
            failed = "none failed" if hour.failed.exact else "none seen to fail"
        said = f"{shown(hour.completed)} completed, {failed}{by}"
        yield output.labelled(
            "last hour", f"{said}  {sparkline(hour.per_5_min)}  (a bar for 5 min)"
        )
    for label, found in (("pickup", queue.pickup_seconds), ("run time", queue.run_seconds)):
        if found:
            yield output.labelled(label, _percentiles(found))


def _percentiles(found: Percentiles) -> str:
    of = f"{found.jobs:,} job{'' if found.jobs == 1 else 's'}"
    newest = "" if found.exact else ", the newest"
    return (
        f"p50 {duration(found.p50)}  p95 {duration(found.p95)}  p99 {duration(found.p99)}"
        f"  ({of}{newest})"
    )


def _errors(queue: Queue) -> Iterator[str]:
    for number, error in enumerate(queue.errors):
        cause = f" (usual cause: {causes()[error.cause].means})" if error.cause else ""
        text = f"{error.count:,} in the last day, {error.count_last_hour:,} in the last hour: {error.text}"
        yield output.labelled("" if number else "errors", f"{text}{cause}")


def _calls(calls: Calls) -> Iterator[str]:
    if not calls.count:
        yield output.labelled("calls", "none in the last hour")
        return
    # an answer can be there already: the slot is free then, and the next tick settles the call
    ended = ", ".join(
        f"{number:,} {'not settled yet' if name == 'open' else name}"
        for name, number in by_outcome(calls.by).items()
    )
    began = ", ".join(f"{number:,} {name}" for name, number in by_reason(calls.by).items())
    yield output.labelled(
        "calls", f"{shown(calls.count)} in the last hour: {ended}; by reason: {began}"
    )
    for answer in calls.answers[:_FEW]:
        said = answered(answer.outcome, answer.status_code, answer.detail)
        yield output.labelled("", f"{answer.calls:,} {said}")


def _slots(facts: Schedule, verbose: bool) -> Iterator[str]:
    slots = facts.slots
    if facts.unknown:
        yield output.labelled("slots", f"not known: {facts.unknown}")
        return
    extra = (slots.in_use or 0) - slots.total  # max_in_flight was lowered
    said = f"{slots.in_use} of {slots.total} in use"
    if extra > 0:
        said = f"{slots.in_use} in use, {extra} more than the {slots.total} that are allowed now"
    yield output.labelled("slots", said)
    for each in slots.holders if verbose else slots.holders[:_FEW]:
        yield output.labelled(
            "",
            f"call {each.call} for {duration(each.seconds)}, {sent_by(each.worker)}, {each.state}",
        )
    more = (slots.in_use or 0) - _FEW
    if more > 0 and not verbose:
        yield output.labelled("", f"and {more:,} more (-v lists them)")


def _ticks(facts: Schedule) -> Iterator[str]:
    if facts.unknown:
        return
    ticks = facts.ticks
    last = f"last {ago(ticks.last, facts.at)}" if ticks.last else "none yet"
    yield output.labelled("ticks", "; ".join(filter(None, (last, due(facts)))))


def _changes(facts: Schedule) -> Iterator[str]:
    for number, each in enumerate(facts.changes[:_FEW]):
        text = f"{ago(each.at, facts.at)}: {each.what} by {by_whom(each)}"
        why = reason(each)
        what = "; ".join(differences(each)) or (f"because: {why}" if why else "")
        yield output.labelled(
            "" if number else "changes", f"{text}{f': {what}' if what else ''}", hang=2
        )
    if facts.changes:
        yield output.labelled("", "all of them: bunkd-db history")


def _alerts(facts: Schedule) -> Iterator[str]:
    found = facts.alerts
    if found is None or not (found.webhook or found.heartbeat):
        return
    yield output.labelled("alerts", told(found, facts.at, sent=facts.transport != "external"))
    for each in found.active:
        yield output.labelled(
            "", f"{each.code} for {duration(age(each.since, facts.at))}: {each.detail}"
        )


def sparkline(counts: tuple[int, ...]) -> str:
    """Return a bar for each count, relative to the largest one."""
    bars = next(bars for bars in _BARS if output.can_write(bars))
    top = max(counts, default=0) or 1
    return "".join(bars[-(-count * (len(bars) - 1) // top)] for count in counts)


def _bare(number: int | None) -> str:
    return "?" if number is None else str(number)


def _seconds(number: float | None) -> str:
    return "-" if number is None else f"{number:.1f}s"
