"""How often: the words of BUNKD_EVERY, checked and brought into one form.

The canonical forms are ``30s`` (1-59), ``5m`` (minutes that divide an hour), ``2h`` (hours that
divide a day) and a five-field cron expression. ``bunkd.cron_schedule`` turns them into pg_cron's.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise

from bunkd_db.errors import ConfigurationError

_FORMS = "1s-59s, minutes that divide an hour (1m, 5m), hours that divide a day (1h, 6h, 24h) or a five-field cron expression"
_MINUTES = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)
_HOURS = (1, 2, 3, 4, 6, 8, 12, 24)
_CRON_FIELDS = (
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of month", 1, 31),
    ("month", 1, 12),
    ("day of week", 0, 7),
)
_NAMES = {
    "month": ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    "day of week": ["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
}


def parse_every(text: str) -> str:
    """Return the canonical form of an interval.

    Raises:
        ConfigurationError: the interval is not one that a schedule can keep.

    >>> parse_every("30s"), parse_every("60s"), parse_every("60m"), parse_every("*/5 * * * *")
    ('30s', '1m', '1h', '*/5 * * * *')
    """
    word = " ".join(text.split())
    if match := re.fullmatch(r"(\d{1,6})([smh]?)", word, re.ASCII):
        return _plain(word, int(match[1]), match[2])
    fields = word.split(" ")
    if len(fields) == 5:
        _, _, days, months, weekdays = cron_values(word)
        if not _dates(days, months, weekdays):
            raise ConfigurationError(
                f"interval {word!r} names a day that never comes", f"Use {_FORMS}."
            )
        return word
    if len(fields) == 6:
        raise ConfigurationError(
            f"interval {word!r} has six fields: pg_cron ignores the sixth and would run it"
            " by the first five",
            f"For seconds write 30s; otherwise use {_FORMS}.",
        )
    raise ConfigurationError(f"unrecognised interval {word!r}", f"Use {_FORMS}.")


def _plain(word: str, number: int, unit: str) -> str:
    if not unit:
        raise ConfigurationError(
            f"interval {word!r} has no unit", f"Did you mean {word}s? Otherwise use {_FORMS}."
        )
    seconds = number * {"s": 1, "m": 60, "h": 3600}[unit]
    if 1 <= seconds <= 59:
        return f"{seconds}s"
    minutes, rest = divmod(seconds, 60)
    if not rest and minutes in _MINUTES:
        return f"{minutes}m"
    hours, rest = divmod(seconds, 3600)
    if not rest and hours in _HOURS:
        return f"{hours}h"
    raise ConfigurationError(f"interval {word!r} cannot be scheduled", f"Use {_FORMS}.")


def cron_values(expression: str) -> tuple[tuple[int, ...], ...]:
    """The minutes, hours, days of month, months and days of week (0-6) that an expression names.

    Raises:
        ConfigurationError: a field says something that does not exist.

    >>> cron_values("*/30 9 1 jan 5-7")
    ((0, 30), (9,), (1,), (1,), (0, 5, 6))
    """
    named = zip(expression.split(" "), _CRON_FIELDS, strict=True)
    minutes, hours, days, months, weekdays = (
        _values_of(expression, field, name, low, high) for field, (name, low, high) in named
    )
    weekdays = {day % 7 for day in weekdays}
    return tuple(tuple(sorted(found)) for found in (minutes, hours, days, months, weekdays))


def _values_of(word: str, field: str, name: str, low: int, high: int) -> set[int]:
    def number(text: str) -> int:
        names = _NAMES.get(name, [])
        if text.lower() in names:
            return names.index(text.lower()) + (1 if name == "month" else 0)
        if not re.fullmatch(r"\d{1,2}", text, re.ASCII):
            raise ValueError(text)
        return int(text)

    values: set[int] = set()
    try:
        for part in field.split(","):
            span, _, step = part.partition("/")
            bounds = [low, high] if span == "*" else [number(edge) for edge in span.split("-", 1)]
            if not all(low <= bound <= high for bound in bounds) or bounds != sorted(bounds):
                raise ValueError(part)
            if "/" in part and not 1 <= number(step) <= high:
                raise ValueError(part)
            values.update(range(bounds[0], bounds[-1] + 1, number(step) if "/" in part else 1))
    except ValueError:
        raise ConfigurationError(
            f"interval {word!r}: {field!r} is not a valid {name}", f"Use {_FORMS}."
        ) from None
    return values


def seconds_between(every: str) -> int | None:
    """Seconds between two ticks of a canonical interval; None for a cron expression of its own.

    >>> seconds_between("30s"), seconds_between("2h"), seconds_between("* * * * *")
    (30, 7200, 60)
    """
    if match := re.fullmatch(r"(\d+)([smh])", every):
        return int(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]]
    if match := re.fullmatch(r"\*(?:/(\d+))? \* \* \* \*", every):
        return 60 * int(match[1] or 1)
    return None


def is_cron(every: str) -> bool:
    """Whether a canonical interval is a cron expression."""
    return " " in every


def shortest_gap(every: str) -> int:
    """Seconds between the two closest times that a canonical interval or cron expression names.

    >>> shortest_gap("30s"), shortest_gap("*/25 * * * *"), shortest_gap("0,5 9-17 * * 1-5")
    (30, 600, 300)
    """
    if not is_cron(every):
        return seconds_between(every) or 0
    minutes, hours, *_ = cron_values(every)
    times = [60 * hour + minute for hour in hours for minute in minutes]
    return 60 * min(after - time for time, after in pairwise([*times, times[0] + 24 * 60]))


def longest_gap(every: str) -> int:
    """Seconds between the two times furthest apart that an interval or cron expression names.

    >>> longest_gap("30s"), longest_gap("*/25 * * * *"), longest_gap("0 9 * * 1-5")
    (30, 1500, 259200)
    """
    if not is_cron(every):
        return seconds_between(every) or 0
    minutes, hours, days, months, weekdays = cron_values(every)
    found = _dates(days, months, weekdays)
    times = [60 * hour + minute for hour in hours for minute in minutes]
    within = max((after - time for time, after in pairwise(times)), default=0)
    between = max((after - day for day, after in pairwise(found)), default=5 * 366)
    return 60 * max(within, between * 24 * 60 + times[0] - times[-1])


def _dates(days: tuple[int, ...], months: tuple[int, ...], weekdays: tuple[int, ...]) -> list[int]:
    """The days that are named, counted from the first of five years, which have a 29th of February."""
    first = date(2024, 1, 1)
    return [
        number
        for number in range(5 * 366)
        for day in [first + timedelta(days=number)]
        if day.month in months and _is_named(day, days, weekdays)
    ]


def _is_named(day: date, days: tuple[int, ...], weekdays: tuple[int, ...]) -> bool:
    in_month, in_week = day.day in days, day.isoweekday() % 7 in weekdays
    # of two that are restricted either is enough
    return in_month or in_week if len(days) < 31 and len(weekdays) < 7 else in_month and in_week
