"""What a worker knows of itself, for its health page and its metrics."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bunkd_db.calling.answer import Answer
from bunkd_db.page.facts import Own

_FRESH_SECONDS = 60.0
_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600)


class Doing(StrEnum):
    """What a worker does; the health page says it in these words."""

    STARTING = "starting"
    WORKING = "working"
    BACKING_OFF = "backing off"  # calls fail: one probe call at increasing intervals
    PAUSED = "paused"  # an operator has paused the schedule
    STANDBY = "on standby"  # the database makes the calls itself
    BLOCKED = "blocked"  # something has to be set right first: `trouble` says what
    DISCONNECTED = "disconnected"  # the database cannot be asked
    STOPPING = "stopping"


_WELL = (Doing.WORKING, Doing.PAUSED, Doing.STANDBY)


@dataclass
class State:
    """Changed by the worker, read by the health page's thread.

    Attributes:
        trouble: what is wrong, in words; empty where nothing is.
        alive: when the worker last asked the database or was due to call, on the monotonic clock.
        beat: when its event loop last ran, whatever it was busy with.
        open_calls: how many calls are open.
    """

    name: str
    doing: Doing = Doing.STARTING
    trouble: str = ""
    alive: float = float("-inf")
    beat: float = field(default_factory=time.monotonic)
    open_calls: int = 0

    def __post_init__(self) -> None:
        self.registry = CollectorRegistry()
        self._calls = Counter(
            "bunkd_worker_calls",
            "Calls made, by outcome.",
            ["outcome"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "bunkd_worker_call_seconds",
            "How long calls took.",
            buckets=_BUCKETS,
            registry=self.registry,
        )
        in_flight = Gauge(
            "bunkd_worker_calls_in_flight", "Calls in flight.", registry=self.registry
        )
        in_flight.set_function(lambda: float(self.open_calls))
        self._healthy = Gauge(
            "bunkd_worker_healthy", "1 while this worker can do its work.", registry=self.registry
        )
        self._healthy.set_function(lambda: float(self.healthy))

    @property
    def healthy(self) -> bool:
        """Whether it can do its work, and showed so within a minute."""
        return self.doing in _WELL and time.monotonic() - self.alive < _FRESH_SECONDS

    @property
    def live(self) -> bool:
        """Whether the process is not hung: a restart helps against nothing else."""
        return time.monotonic() - self.beat < _FRESH_SECONDS

    def mark_alive(self) -> None:
        """Note that the worker got here, now."""
        self.alive = time.monotonic()

    def began(self) -> None:
        """Count a call that is open from now on."""
        self.open_calls += 1

    def ended(self) -> None:
        """Count it as over."""
        self.open_calls -= 1

    def count(self, answer: Answer) -> None:
        """Count a call that ended."""
        self._calls.labels(answer.outcome).inc()
        self._seconds.observe(answer.seconds)

    @property
    def own(self) -> Own:
        """What the page for browsers shows of it."""
        return Own(self.name, self.healthy, self.doing, self.trouble, self.open_calls)

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
