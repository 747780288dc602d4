"""Names and ages as a line can hold them."""

from __future__ import annotations

from collections.abc import Sequence

_SHOWN = 4


def some_of(names: Sequence[str]) -> str:
    """Return the first few, and how many more there are.

    >>> some_of(["a", "b"]), some_of(["a", "b", "c", "d", "e"])
    ('a, b', 'a, b, c, d and 1 more')
    """
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def ago(seconds: float) -> str:
    """Return an age in its largest whole unit.

    >>> ago(42), ago(90), ago(90 * 60), ago(3 * 86400)
    ('42 s', '1 min', '1 h', '3 days')
    """
    seconds = max(0, int(seconds))
    for size, unit in ((2 * 86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // (86400 if unit == 'days' else size)} {unit}"
    return f"{seconds} s"
