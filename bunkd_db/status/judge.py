"""How well a schedule is, and why: facts in, verdict out.

Healthy: most jobs are completed, few are active for more than a minute, and none waits for more than
two minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bunkd_db.status.facts import Schedule
from bunkd_db.status.rules.failing import failing_calls, failing_jobs
from bunkd_db.status.rules.telling import alerts_fail
from bunkd_db.status.rules.unknown import unknown
from bunkd_db.status.rules.waiting import burst, never_claimable, slots_taken, waits
from bunkd_db.status.rules.working import slowed_down, stuck
from bunkd_db.status.verdict import Health, Line, Verdict, verdict_of

Rule = Callable[[Schedule], Iterator[Line]]


def judge(schedule: Schedule) -> Verdict:
    """Return how well a schedule is, with the reason and the next thing to do."""
    return verdict_of([line for rule in _RULES for line in rule(schedule)])


def _obstacles(schedule: Schedule) -> Iterator[Line]:
    """The same function as the gate and `check` ask: they never disagree."""
    for each in schedule.obstacles:
        yield Line(each.code, Health.UNHEALTHY, each.detail, each.remedy, each.commands)


_RULES: tuple[Rule, ...] = (
    _obstacles,
    slots_taken,
    failing_jobs,
    failing_calls,
    waits,
    stuck,
    never_claimable,
    slowed_down,
    burst,
    alerts_fail,
    unknown,
)
