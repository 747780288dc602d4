"""How long a job may wait or be active, and what that alone says of a schedule."""

from __future__ import annotations

from bunkd_db.status.facts import Schedule
from bunkd_db.status.verdict import Health

WAIT_SECONDS = 120  # none should wait for longer
ALERT_SECONDS = 300  # longer than this is an alert
_SLOW_SECONDS = 60  # few should be active for longer


def by_wait(schedule: Schedule) -> Health | None:
    """What the oldest wait alone says; a schedule that ticks rarely is given two ticks."""
    wait, patience = schedule.queue.oldest_wait_seconds, 2 * schedule.seconds_between_ticks
    if wait is None or wait <= max(WAIT_SECONDS, patience):
        return None
    return Health.UNHEALTHY if wait > max(ALERT_SECONDS, patience) else Health.DEGRADED


def all_taken(schedule: Schedule) -> bool:
    """Whether jobs wait for slots that slow ones hold."""
    held = [each.seconds for each in schedule.slots.holders if each.seconds is not None]
    full = schedule.slots.limited_by == "NO_SLOT"
    return full and bool(schedule.queue.claimable) and max(held, default=0) >= _SLOW_SECONDS
