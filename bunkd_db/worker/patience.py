"""How long a worker waits for what only a person can change."""

from __future__ import annotations

import time


class Patience:
    """A minute, say: an upgrade that runs at the same time may be about to change it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._since: float | None = None

    def is_over(self, stuck: bool) -> bool:
        """Note whether it is stuck now, and return whether it has been for too long."""
        now = time.monotonic()
        self._since = (self._since or now) if stuck else None
        return self._since is not None and now - self._since >= self.seconds
