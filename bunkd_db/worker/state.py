"""What a worker knows of itself, for its health page and its metrics."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bunkd_db.worker.answer import Answer

_FRESH_SECONDS = 60.0
_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600)


@dataclass
class State:
    """Changed by the worker, read by the health page's thread.

    Attributes:
        doing: `starts`, `works`, `stands by` (the database makes the calls itself), `stops`.
        trouble: what is not well, in words; empty where nothing is.
        alive: when the worker last showed that it works, on the monotonic clock.
    """

    name: str
    doing: str = "starts"
    trouble: str = ""
    alive: float = float("-inf")

    def __post_init__(self) -> None:
        self.registry = CollectorRegistry()
        self._calls = Counter(
            "bunkd_worker_calls",
            "Calls made, by how they ended.",
            ["outcome"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "bunkd_worker_call_seconds",
            "How long calls took.",
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "bunkd_worker_calls_in_flight", "Calls that are open.", registry=self.registry
        )
        self._healthy = Gauge(
            "bunkd_worker_healthy", "1 while this worker can do its work.", registry=self.registry
        )
        self._healthy.set_function(lambda: float(self.healthy))

    @property
    def healthy(self) -> bool:
        """Whether it showed within a minute that it works; a failing function is not its fault."""
        return time.monotonic() - self.alive < _FRESH_SECONDS

    def works(self) -> None:
        """Say that it does, now."""
        self.alive = time.monotonic()

    def count(self, answer: Answer) -> None:
        """Count a call that ended."""
        self._calls.labels(answer.outcome).inc()
        self._seconds.observe(answer.seconds)

    def page(self) -> bytes:
        """The health page: one JSON object."""
        shown = {
            "healthy": self.healthy,
            "worker": self.name,
            "doing": self.doing,
            "trouble": self.trouble,
        }
        return json.dumps(shown).encode() + b"\n"

    def metrics(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return generate_latest(self.registry)
