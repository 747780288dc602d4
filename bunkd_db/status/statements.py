"""SQL that remedies ask for, to be pasted."""

from __future__ import annotations

from bunkd_db.sql.literal import literal

_RECENT_CALLS = "select * from bunkd.recent_calls where schedule = {};"
_SLOTS = "update bunkd.schedule set max_in_flight = {} where name = {};"


def recent_calls(schedule: str) -> str:
    """Return what shows the last calls of a schedule and how they ended.

    >>> recent_calls("reports")
    "select * from bunkd.recent_calls where schedule = 'reports';"
    """
    return _RECENT_CALLS.format(literal(schedule))


def more_slots(schedule: str, slots: int) -> str:
    """Return what lets this many calls be in flight at once."""
    return _SLOTS.format(slots, literal(schedule))
