"""Where things are in a chart, in per cent of its width: so it fits any screen, and its text does not shrink."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bunkd_db.status.facts import Percentiles
from bunkd_db.status.words import duration

_LEFT, _RIGHT = 2.0, 98.0
_SHORTEST, _LONGEST = 0.01, 36_000.0
_LABELLED = (0.01, 1.0, 60.0, 3600.0)  # more would meet on a narrow screen
_BETWEEN = (0.1, 10.0, 600.0, 36_000.0)


@dataclass(frozen=True)
class Column:
    """A bar that stands; `height` and what is above it, in per cent."""

    x: float
    width: float
    top: float
    height: float
    says: str


@dataclass(frozen=True)
class Mark:
    """A place on the axis of times."""

    name: str
    x: float
    says: str


def lengths(values: Mapping[str, int | None], *, logarithmic: bool = False) -> dict[str, float]:
    """Return how long the bars are that lie, the longest of them 100 per cent.

    >>> lengths({"queued": 5, "done": 10, "failed": None, "lost": 0})
    {'queued': 50.0, 'done': 100.0, 'failed': 0.0, 'lost': 0.0}
    >>> lengths({"queued": 9, "done": 9_999}, logarithmic=True)
    {'queued': 25.0, 'done': 100.0}
    """
    sizes = {
        name: math.log10((value or 0) + 1) if logarithmic else float(value or 0)
        for name, value in values.items()
    }
    longest = max(sizes.values(), default=0) or 1
    # one among millions is still to be seen
    return {
        name: round(max(100 * size / longest, 0.6), 2) if size else 0.0
        for name, size in sizes.items()
    }


def columns(counts: Sequence[int], minutes: int) -> list[Column]:
    """Return a bar for each count, of so many minutes each, the oldest first."""
    top, width = max(counts, default=0) or 1, 100 / (len(counts) or 1)
    found = []
    for place, count in enumerate(counts):
        height = max(100 * count / top, 3) if count else 1.5
        began = (len(counts) - place) * minutes
        says = f"{began} to {began - minutes} min ago: {count:,} completed"
        x, gap = place * width, 0.15 * width
        found.append(
            Column(
                round(x + gap / 2, 2),
                round(width - gap, 2),
                round(100 - height, 2),
                round(height, 2),
                says,
            )
        )
    return found


def place(seconds: float) -> float:
    """Return where a time is on the axis, which is logarithmic.

    >>> place(0.001), place(36_000), place(10**9)
    (2.0, 98.0, 98.0)
    """
    seconds = min(max(seconds, _SHORTEST), _LONGEST)
    share = math.log10(seconds / _SHORTEST) / math.log10(_LONGEST / _SHORTEST)
    return round(_LEFT + share * (_RIGHT - _LEFT), 2)


def ticks() -> list[Mark]:
    """Return what stands along the axis."""
    labelled = [Mark("", place(seconds), duration(seconds)) for seconds in _LABELLED]
    return [*labelled, *(Mark("", place(seconds), "") for seconds in _BETWEEN)]


def marks(found: Percentiles) -> list[Mark]:
    """Return the percentiles that are known."""
    known = (("p50", found.p50), ("p95", found.p95), ("p99", found.p99))
    return [Mark(name, place(s), duration(s)) for name, s in known if s is not None]
