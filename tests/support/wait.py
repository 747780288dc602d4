"""Wait for a condition instead of for a while."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(
    condition: Callable[[], T],
    timeout: float = 10.0,
    message: str = "",
    tell: Callable[[], str] = str,
) -> T:
    """Poll until `condition()` is truthy and return that; else AssertionError with the last.

    `tell` is asked then: what is the case instead.
    """
    began = time.monotonic()
    deadline = began + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            what = message or getattr(condition, "__name__", "condition")
            raise AssertionError(
                f"{what}: not within {timeout:g} s; last value: {value!r} {tell()}".rstrip()
            )
        # what takes long is asked about more rarely: the question itself keeps a processor busy
        time.sleep(min(0.05, 0.015 + (time.monotonic() - began) / 10))
