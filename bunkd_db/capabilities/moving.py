"""Whether the queue is drained in time, whoever calls."""

from __future__ import annotations

from bunkd_db.capabilities.facts import Facts
from bunkd_db.capabilities.rows.queue import Waiting
from bunkd_db.interval import seconds_between

# waiting for longer than this is an alert
ALERT_SECONDS = 300


def is_moving(facts: Facts) -> bool | None:
    """Whether nothing that can be claimed waits for too long; None where that cannot be told."""
    waiting = facts.seen_one(Waiting)
    if waiting is None:
        return None
    if not waiting.claimable:
        return True
    if waiting.oldest is None:
        return None
    return waiting.oldest < max(ALERT_SECONDS, 2 * (seconds_between(facts.wanted) or 60))
