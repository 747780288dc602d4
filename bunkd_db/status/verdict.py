"""What is said of a schedule: how well it is, and a line for each thing that is not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """The worst line decides."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


class Code(StrEnum):
    """What is not well, besides the codes of obstacles (docs/checks/calls_made.md)."""

    WAIT_TOO_LONG = "WAIT_TOO_LONG"
    WAIT_LONG = "WAIT_LONG"
    SLOTS_TAKEN = "SLOTS_TAKEN"
    ALL_JOBS_FAIL = "ALL_JOBS_FAIL"
    MANY_JOBS_FAIL = "MANY_JOBS_FAIL"
    ONE_ERROR = "ONE_ERROR"
    STUCK = "STUCK"
    MANY_SLOW = "MANY_SLOW"
    NEVER_CLAIMABLE = "NEVER_CLAIMABLE"
    CALLS_FAIL = "CALLS_FAIL"
    SLOWED_DOWN = "SLOWED_DOWN"
    TICK_PROBLEM = "TICK_PROBLEM"
    BURST = "BURST"
    UNKNOWN_STATUS_VALUES = "UNKNOWN_STATUS_VALUES"
    ALERTS_FAIL = "ALERTS_FAIL"
    WAITING_UNKNOWN = "WAITING_UNKNOWN"


@dataclass(frozen=True)
class Line:
    """One thing that is not well.

    Attributes:
        code: a `Code`, or that of an obstacle; stable.
        level: `unhealthy` or `degraded`.
        found: what was found, one sentence without a full stop.
        remedy: the next thing to do, a sentence; ends with a colon where `commands` do it.
        commands: lines of shell or SQL, to be pasted as they are.
    """

    code: str
    level: Health
    found: str
    remedy: str
    commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    health: Health
    lines: tuple[Line, ...] = ()


WORST_FIRST = (Health.UNHEALTHY, Health.DEGRADED, Health.HEALTHY)


def worst(healths: list[Health]) -> Health:
    """Return the worst of them.

    >>> str(worst([Health.HEALTHY, Health.DEGRADED])), str(worst([]))
    ('degraded', 'healthy')
    """
    return min(healths, key=WORST_FIRST.index, default=Health.HEALTHY)


def verdict_of(lines: list[Line]) -> Verdict:
    """Return the verdict of these lines, the worst ones first."""
    ordered = sorted(lines, key=lambda line: WORST_FIRST.index(line.level))
    return Verdict(worst([line.level for line in lines]), tuple(ordered))
