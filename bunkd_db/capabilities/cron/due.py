"""How long the time between two runs of a cron job can be."""

from __future__ import annotations

_MINUTE = 60
_HOUR = 3600
_DAY = 24 * _HOUR
_NAMED = {
    "@hourly": _HOUR,
    "@daily": _DAY,
    "@midnight": _DAY,
    "@weekly": 7 * _DAY,
    "@monthly": 31 * _DAY,
}


def longest_gap(cron: str) -> int | None:
    """Return the most seconds between two runs, rounded up to a whole unit; None where a year is not enough.

    >>> longest_gap("30 seconds"), longest_gap("*/5 * * * *"), longest_gap("0 3 * * *")
    (60, 3600, 86400)
    >>> longest_gap("0 3 * * 1"), longest_gap("0 3 1 * *"), longest_gap("0 3 1 1 *")
    (604800, 5356800, None)
    """
    fields = cron.split()
    if len(fields) == 2 and fields[1].startswith("second"):
        return _MINUTE
    if len(fields) != 5:
        return _NAMED.get(cron.strip().lower())
    minute, hour, day, month, weekday = fields
    if month != "*":
        return None
    if weekday != "*":
        return 7 * _DAY  # beside a day of the month it is one or the other
    if day != "*":
        return 62 * _DAY
    if hour != "*":
        return _DAY
    return _MINUTE if minute == "*" else _HOUR
