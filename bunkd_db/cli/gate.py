"""The deploy gate, `check --require-active`: yes only where calls are made or could be at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bunkd_db.capabilities.codes import Code
from bunkd_db.settings import defaults

if TYPE_CHECKING:
    from bunkd_db.capabilities.report import Report
    from bunkd_db.models import Check


@dataclass(frozen=True)
class Reason:
    """Why the gate does not say yes; `commands` are to be pasted, each from a line of its own."""

    text: str
    commands: tuple[str, ...] = ()

    @classmethod
    def of(cls, detail: str, remedy: str, commands: Iterable[str]) -> Reason:
        return cls(f"{detail}. {remedy}".rstrip(), tuple(commands))


@dataclass(frozen=True)
class Gate:
    """What the gate says: the exit code, and why."""

    code: int
    reasons: tuple[Reason, ...] = ()


PASSED = Gate(0)
_UPGRADE = "bunkd-db upgrade"
_BACK_TO_AUTO = "BUNKD_MODE=auto {}"  # what was chosen stays until it is chosen anew
_ACCEPT = "bunkd-db check --expect external --require-active"


def meets(report: Report, expect: str | None) -> bool:
    """Whether the answer is the expected one: external is, too, where it was chosen."""
    if expect == "external":
        return report.verdict == "external" or report.chosen_external
    return report.verdict == "native"


def gate_of(report: Report, expect: str | None) -> Gate:
    """Return the gate's answer for a report that meets what is expected, None where nothing is."""
    facts = report.facts
    reasons = [_failed_probe(check) for check in report.checks if _is_failed_probe(check)]
    if facts.server.installed:
        reasons += [Reason.of(o.detail, o.remedy, o.commands) for o in facts.obstacles or ()]
        reasons += _not_native(report, expect)
        if facts.asked.schedule_name == defaults.SCHEDULE:  # to name one is to ask about that one
            reasons += [
                Reason.of(check.detail, check.remedy, check.commands)
                for check in report.checks
                if check.reason == Code.OTHER_FENCED
            ]
    elif expect != "external":
        reasons.append(Reason.of("bunkd-db is not installed yet", "Run:", [_UPGRADE]))
    elif not report.moving:
        waits = (
            "the queue cannot be read"
            if report.moving is None
            else "the queue is not being drained"
        )
        reasons.append(Reason(f"no worker is running, and {waits}."))
    if reasons:
        return Gate(1, tuple(replace(each, text=f"Not active: {each.text}") for each in reasons))
    if facts.server.installed and facts.obstacles is None:
        [asked] = [check for check in report.checks if check.name == "calls_made"]
        return Gate(3, (Reason.of(asked.detail, asked.remedy, asked.commands),))
    return PASSED


def _not_native(report: Report, expect: str | None) -> list[Reason]:
    """Return that the schedule is external: allowed where that is expected, or a worker is there."""
    schedule = report.facts.schedule
    if schedule is None or not schedule.is_external or expect == "external":
        return []
    if expect is None and report.workers:
        return []
    why = f"the schedule is external, because {schedule.mode_reason}"
    if expect is None:
        why += ", and no worker is running"
    if not report.chosen_external:
        return [Reason.of(why, "Run:", [_UPGRADE])]
    remedy = "To let the database make the calls, run the first command; to accept that others make them, ask with the second:"
    return [Reason.of(why, remedy, [_BACK_TO_AUTO.format(schedule.upgrade), _ACCEPT])]


def looked_at_closer(report: Report) -> dict[str, str]:
    """Return the names of the checks that have an obstacle's code: what they say is not repeated."""
    return {
        check.reason: check.name
        for check in report.checks
        if check.status in ("fail", "warn") and check.name not in ("calls_made", "probe")
    }


def _is_failed_probe(check: Check) -> bool:
    return check.name == "probe" and check.status in ("fail", "skip")


def _failed_probe(check: Check) -> Reason:
    return Reason.of(f"the probe failed: {check.detail}", check.remedy, check.commands)
