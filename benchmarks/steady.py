"""Whether the wall clock was set meanwhile: pg_cron fires by it, and commits are stamped by it."""

import time
from collections.abc import Callable
from typing import TypeVar

from benchmarks.progress import say

T = TypeVar("T")
SET = 0.25
"""Seconds between the clocks from which on one was set; what a time server slews is far less."""
TRIES = 3


class Watch:
    """A look at both clocks, to compare a later one with."""

    def __init__(self) -> None:
        self._began = _apart()

    @property
    def step(self) -> float:
        """Seconds by which the wall clock was set since; 0 where it was not."""
        step = _apart() - self._began
        return step if abs(step) > SET else 0.0


def steady(what: str, measure: Callable[[], T]) -> T:
    """What `measure` returns, from a time in which the clock was not set; RuntimeError after three."""
    for _ in range(TRIES):
        watch = Watch()
        try:
            found = measure()
        except AssertionError:
            if not watch.step:
                raise
        else:
            if not watch.step:
                return found
        say(f"{what}: the clock was set by {watch.step:+.1f} s meanwhile, so again")
    raise RuntimeError(f"{what}: the clock was set in each of {TRIES} tries")


def _apart() -> float:
    return time.time() - time.monotonic()
