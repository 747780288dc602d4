"""The deploy gate, `check --require-active`: yes only where calls are made or could be at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bunkd_db.capabilities.report import Report
    from bunkd_db.models import Check


@dataclass(frozen=True)
class Gate:
    """What the gate says: the exit code, and why, a reason a line."""

    code: int
    lines: tuple[str, ...] = ()


PASSED = Gate(0)


def gate_of(report: Report, expect: str) -> Gate:
    """Return the gate's answer for a report whose verdict is the expected one."""
    facts = report.facts
    reasons = [_failed_probe(check) for check in report.checks if _is_failed_probe(check)]
    if facts.server.installed:
        closer = looked_at_closer(report)
        reasons += [
            f"see {closer[o.code]} ({o.code})"
            if o.code in closer
            else _sentence(o.detail, o.remedy)
            for o in facts.obstacles or ()
        ]
        if expect == "native" and facts.schedule and facts.schedule.is_external:
            why = f"the schedule is external, because {facts.schedule.mode_reason}"
            reasons.append(_sentence(why, "Run: bunkd-db upgrade"))
    elif expect == "native":
        reasons.append("bunkd-db is not installed yet. Run: bunkd-db upgrade")
    elif not report.moving:
        waits = (
            "the queue cannot be read"
            if report.moving is None
            else "the queue is not being drained"
        )
        reasons.append(f"no worker is running, and {waits}.")
    if reasons:
        return Gate(1, tuple(f"Not active: {reason}" for reason in reasons))
    if facts.server.installed and facts.obstacles is None:
        [asked] = [check for check in report.checks if check.name == "calls_made"]
        return Gate(3, (_sentence(asked.detail, asked.remedy, *asked.commands),))
    return PASSED


def looked_at_closer(report: Report) -> dict[str, str]:
    """Return the names of the checks that have an obstacle's code: what they say is not repeated."""
    return {
        check.reason: check.name
        for check in report.checks
        if check.status in ("fail", "warn") and check.name not in ("calls_made", "probe")
    }


def _is_failed_probe(check: Check) -> bool:
    return check.name == "probe" and check.status in ("fail", "skip")


def _failed_probe(check: Check) -> str:
    return _sentence(f"the probe failed: {check.detail}", check.remedy, *check.commands)


def _sentence(detail: str, remedy: str, *commands: str) -> str:
    return " ".join([f"{detail}.", remedy, *commands]).strip()
