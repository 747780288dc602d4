"""Commands that remedies ask for, to be pasted."""

from __future__ import annotations

from bunkd_db.sql.literal import literal

_RECENT_CALLS = "select * from bunkd.recent_calls where schedule = {};"
_SET_URL = "update bunkd.schedule set url = 'URL' where name = {};"


def recent_calls(schedule: str) -> str:
    """Return what shows the last calls of a schedule and how they ended.

    >>> recent_calls("reports")
    "select * from bunkd.recent_calls where schedule = 'reports';"
    """
    return _RECENT_CALLS.format(literal(schedule))


def more_slots(schedule: str, slots: int) -> str:
    """Return what lets this many calls be in flight at once."""
    return f"bunkd-db schedule set --max-in-flight {slots} --schedule {schedule}"


def set_credential(schedule: str) -> str:
    """Return what sets another credential, or the first one."""
    return f"bunkd-db credential set --schedule {schedule}"


def set_url(schedule: str) -> str:
    """Return what sets the URL of a schedule that upgrades do not configure; the placeholder is refused."""
    return _SET_URL.format(literal(schedule))
