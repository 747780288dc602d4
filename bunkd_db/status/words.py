"""Numbers and times as people read them."""

from __future__ import annotations

from bunkd_db.status.facts import Count


def shown(count: Count) -> str:
    """Return a number with how sure it is.

    >>> shown(Count(1204, True)), shown(Count(9_900_000)), shown(Count(10_000, False, True))
    ('1,204', 'about 9,900,000', '>= 10,000')
    >>> shown(Count()), shown(Count(0, False, True))
    ('not known', '0 seen')
    """
    if count.count is None:
        return "not known"
    if count.at_least and not count.count:
        return "0 seen"
    sure = "" if count.exact else ">= " if count.at_least else "about "
    return f"{sure}{count.count:,}"


def jobs(count: Count) -> str:
    """Return a number of jobs.

    >>> jobs(Count(1, True)), jobs(Count(10_000, False, True))
    ('1 job', 'at least 10,000 jobs')
    """
    number = shown(count).replace(">= ", "at least ")
    return f"{number} job{'' if count.count == 1 else 's'}"


def duration(seconds: float | None) -> str:
    """Return a duration with its unit, two units at most.

    >>> duration(0.0241), duration(1.84), duration(75), duration(7_400), duration(200_000)
    ('24 ms', '1.8 s', '1 min 15 s', '2 h 3 min', '2 d 7 h')
    >>> duration(120), duration(None)
    ('2 min', '-')
    """
    if seconds is None:
        return "-"
    if seconds < 1:
        return f"{max(seconds, 0) * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    if seconds < 60:
        return f"{seconds:.0f} s"
    for unit, size, less, part in (
        ("min", 60, "s", 1),
        ("h", 3600, "min", 60),
        ("d", 86_400, "h", 3600),
    ):
        if seconds < {"min": 3600, "h": 86_400}.get(unit, float("inf")):
            whole, rest = divmod(int(seconds), size)
            return (
                f"{whole:,} {unit} {rest // part} {less}" if rest // part else f"{whole:,} {unit}"
            )
    raise AssertionError(seconds)
