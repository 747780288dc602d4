"""Run the checks: pure functions of the facts."""

from __future__ import annotations

from dataclasses import replace

from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.facts import Declined
from bunkd_db.capabilities.finding import Finding, unanswered
from bunkd_db.capabilities.registry import RegisteredCheck, registered
from bunkd_db.capabilities.rows.queue import Queue, QueueRow
from bunkd_db.capabilities.verdict import blocking
from bunkd_db.models import Check


def run(context: Context) -> tuple[list[Check], list[Check]]:
    """Return every check in the order in which they are shown, and those that block native calls."""
    made = {check.name: _made(check, context) for check in registered() if check.decides}
    decided = blocking(check for check in made.values() if check)
    later = replace(context, blocking=tuple(decided))
    made |= {check.name: _made(check, later) for check in registered() if not check.decides}
    shown = (made[check.name] for check in registered())
    return [check for check in shown if check], decided


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
        return check.rule(context)
    except Declined as declined:
        queue = context.facts.seen_one(Queue)
        if issubclass(declined.kind, QueueRow) and queue and queue.foreign_code:
            return unanswered(f"{declined.kind.what} was not read: see queue")  # said there, once
        detail = f"{declined.kind.what} could not be read: {declined.why}"
        return unanswered(detail, context.ask_again)
