"""Run the checks: pure functions of the facts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.facts import Declined
from bunkd_db.capabilities.finding import Finding, skip, unanswered
from bunkd_db.capabilities.registry import RegisteredCheck, registered
from bunkd_db.capabilities.rows.extension import TRANSPORTS
from bunkd_db.capabilities.rows.queue import Queue, QueueRow
from bunkd_db.capabilities.verdict import choose, failing
from bunkd_db.models import Check


@dataclass(frozen=True)
class Outcome:
    """What the checks say together.

    Attributes:
        checks: in the order in which they are shown.
        blocking: those that block native calls.
        transport: the one that can be used, None where none can.
        transports: what fails of each.
    """

    checks: list[Check]
    blocking: list[Check]
    transport: str | None
    transports: dict[str, list[Check]]


def run(context: Context) -> Outcome:
    """Ask every check, first those that decide the verdict."""
    made = {check.name: _made(check, context) for check in registered() if check.decides}
    deciding = [check for check in made.values() if check]
    transports = {name: failing(deciding, name) for name in TRANSPORTS}
    transport, decided = choose(transports, context.facts.transport)
    for check in deciding:
        # what is not needed is told, but nothing is wrong with it, nor to be done if another one sends
        if check.extension in TRANSPORTS and check.status == "fail" and check not in decided:
            skipped = replace(check, status="skip")
            made[check.name] = replace(skipped, remedy="", commands=()) if transport else skipped
    usable = tuple(name for name, lacking in transports.items() if not lacking)
    later = replace(context, blocking=tuple(decided), usable=usable)
    made |= {check.name: _made(check, later) for check in registered() if not check.decides}
    shown = (made[check.name] for check in registered())
    return Outcome([check for check in shown if check], decided, transport, transports)


def _made(check: RegisteredCheck, context: Context) -> Check | None:
    finding = _finding(check, context)
    if finding is None:
        return None
    return Check(
        name=check.name,
        status=finding.status,
        detail=finding.detail,
        remedy=finding.remedy,
        commands=finding.commands,
        reason=finding.reason,
        extension=check.extension,
    )


def _finding(check: RegisteredCheck, context: Context) -> Finding | None:
    try:
        if check.of_sender and context.facts.schedule and context.facts.schedule.by_lanes:
            return skip("not needed: pgsql-http sends the calls")
        return check.rule(context)
    except Declined as declined:
        queue = context.facts.seen_one(Queue)
        if issubclass(declined.kind, QueueRow) and queue and queue.foreign_code:
            return unanswered(f"{declined.kind.what} was not read: see queue")  # said there, once
        detail = f"{declined.kind.what} could not be read: {declined.why}"
        return unanswered(detail, context.ask_again)
