"""How often, in the words of the hosts: seconds, cron fields, calls within a minute."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.interval import cron_values, is_cron, seconds_between

_ALL = (range(60), range(24), range(1, 32), range(1, 13), range(7))
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")

Values = tuple[int, ...]


@dataclass(frozen=True)
class Pace:
    """An interval.

    Attributes:
        every: its canonical form (`bunkd_db.interval`).
        seconds: from one call to the next; None for a cron expression that is not even.
        cron: five fields in numbers, Sunday is 0; every minute where `seconds` is less than one.
        offsets: at which seconds of each firing of `cron` to call, the first is 0.
        minutes, hours, days, months, weekdays: what `cron` names; empty for "every".
    """

    every: str
    seconds: int | None
    cron: str
    offsets: Values
    minutes: Values
    hours: Values
    days: Values
    months: Values
    weekdays: Values

    @classmethod
    def of(cls, every: str) -> Pace:
        """Take a canonical interval.

        >>> Pace.of("30s").offsets, Pace.of("45s").offsets, Pace.of("2h").cron
        ((0, 30), (0, 30), '0 */2 * * *')
        >>> Pace.of("0 9 * * mon-fri").cron
        '0 9 * * 1,2,3,4,5'
        """
        seconds = seconds_between(every)
        if is_cron(every) and seconds and 3600 % seconds:
            seconds = None  # */7 starts anew with each hour
        cron = _numbers(every) if is_cron(every) else _cron(seconds or 0)
        calls = -(-60 // seconds) if seconds and seconds < 60 else 1
        return cls(
            every,
            seconds,
            cron,
            tuple(call * 60 // calls for call in range(calls)),
            *(
                () if set(found) == set(everything) else found
                for found, everything in zip(cron_values(cron), _ALL, strict=True)
            ),
        )

    @property
    def calls(self) -> int:
        """How many calls one firing of `cron` makes."""
        return len(self.offsets)

    def cron_from(self, minute: int) -> str:
        """Return `cron` away from the full hour, where everybody else is; not of one's own words.

        >>> Pace.of("5m").cron_from(3), Pace.of("2h").cron_from(3), Pace.of("0 9 * * *").cron_from(3)
        ('3-59/5 * * * *', '3 */2 * * *', '0 9 * * *')
        """
        if is_cron(self.every) or self.seconds is None or self.seconds <= 60:
            return self.cron
        if self.seconds >= 3600:
            return f"{minute} {self.cron.split(' ', 1)[1]}"
        step = self.seconds // 60
        return f"{minute % step}-59/{step} * * * *"

    @property
    def cron_with_day_names(self) -> str:
        """`cron` for hosts whose week does not start with Sunday as 0: SUN, MON …

        >>> Pace.of("0 9 * * 1-5").cron_with_day_names
        '0 9 * * MON,TUE,WED,THU,FRI'
        """
        days = ",".join(_DAYS[day] for day in self.weekdays) or "*"
        return f"{self.cron.rsplit(' ', 1)[0]} {days}"

    @property
    def either_day(self) -> bool:
        """Whether a day of month and a day of week are named: cron then fires on either."""
        return bool(self.days and self.weekdays)

    @property
    def calendars(self) -> tuple[str, ...]:
        """systemd's OnCalendar lines, in UTC as pg_cron's times are.

        >>> Pace.of("5m").calendars
        ('*-*-* *:00/05:00 UTC',)
        >>> Pace.of("0 9 1 * mon").calendars
        ('*-*-01 09:00:00 UTC', 'Mon *-*-* 09:00:00 UTC')
        """
        times = f"{_list(self.hours, 24)}:{_list(self.minutes, 60)}:00 UTC"
        week = ",".join(_DAYS[day].title() for day in self.weekdays)
        dates = f"*-{_list(self.months)}-{_list(self.days)} {times}"
        if not week:
            return (dates,)
        if not self.days:
            return (f"{week} {dates}",)
        return (dates, f"{week} *-{_list(self.months)}-* {times}")


def _list(values: Values, end: int = 0) -> str:
    if len(values) > 1 and values == tuple(range(0, end, values[1])):
        return f"00/{values[1]:02}"
    return ",".join(f"{value:02}" for value in values) or "*"


def _cron(seconds: int) -> str:
    if seconds <= 60:
        return "* * * * *"
    if seconds < 3600:
        return f"*/{seconds // 60} * * * *"
    hours = {3600: "*", 86400: "0"}.get(seconds, f"*/{seconds // 3600}")
    return f"0 {hours} * * *"


def _numbers(expression: str) -> str:
    """Return the expression with each field that has more than `*` and `*/n` as a list of numbers."""
    fields = expression.split(" ")
    return " ".join(
        field if field.startswith("*") and "," not in field else ",".join(map(str, values))
        for field, values in zip(fields, cron_values(expression), strict=True)
    )
