"""SQL that several remedies ask for, to be pasted."""

from __future__ import annotations

from bunkd_db.sql.literal import literal

_PAUSE = "update bunkd.schedule set paused = {} where name = {};"


def pause(schedule: str) -> str:
    """Return what stops every call of a schedule.

    >>> pause("bob's")
    "update bunkd.schedule set paused = true where name = 'bob''s';"
    """
    return _PAUSE.format("true", literal(schedule))


def resume(schedule: str) -> str:
    """Return what lets a paused schedule call again."""
    return _PAUSE.format("false", literal(schedule))
