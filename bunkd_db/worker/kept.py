"""What is asked again only when it is old, however often it is wanted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """An answer for some seconds. While it is asked for anew, everybody else gets the old one."""

    def __init__(self, seconds: float, ask: Callable[[], T]) -> None:
        self._seconds = seconds
        self._ask = ask
        self._answer: list[T] = []
        self._until = float("-inf")
        self._asking = threading.Lock()

    def get(self) -> T:
        """Return the answer; only the first one is waited for."""
        if not self._asking.acquire(blocking=not self._answer):
            return self._answer[0]
        try:
            if not self._answer or time.monotonic() >= self._until:
                self._answer = [self._ask()]
                self._until = time.monotonic() + self._seconds
            return self._answer[0]
        finally:
            self._asking.release()
