"""Ours and what one would pick instead: the same jobs, the same function, one system after the other."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import psycopg

from benchmarks.function import Function
from benchmarks.peers.installed import Missing
from benchmarks.peers.system import Ours, Peer, System, fill
from benchmarks.peers.systems import LINKS, Bring, ours, peers
from benchmarks.peers.usage import connections, cpu_of, cpu_of_server, postmaster, watch
from benchmarks.place import SLOTS, Place
from benchmarks.progress import say
from benchmarks.result import Results, Row, Unit
from benchmarks.sizes import Sizes
from benchmarks.timing import median
from tests.support.queue import TABLE, create_queue
from tests.support.server import Connection
from tests.support.wait import wait_until

SHORT = 0.5
QUIET = 1.5
HELD = 60.0
"""Seconds for which the jobs that take all slots hold them."""

TARGETS = {
    ("http", "idle_server"): 0.6,  # 1 % of a core
    ("http", "connections"): 2.0,
    ("http", "pickup_p50"): 0.03,
    ("http", "pickup_max"): 0.15,
    ("http", "behind_max"): 0.15,
    ("http", "short"): -85.0,
    ("both", "pickup_p50"): 0.005,
    ("both", "behind_max"): 0.15,
    ("both", "short"): -85.0,
    ("worker", "pickup_p50"): 0.003,
    ("worker", "rate"): -850.0,
    ("worker", "cpu_server"): 0.0013,
}
"""At most this much; at least, where it is negative."""


@dataclass(frozen=True)
class Drain:
    """Seconds: by the clock, and of CPU, of the system's own processes and of PostgreSQL."""

    seconds: float
    own: float
    server: float


def measure_ours(place: Place, results: Results) -> None:
    """A plain INSERT for comparison, then each of our own ways."""
    create_queue(place.link, 1)
    plain, bulk = Ours("plain INSERT", place.link), place.sizes.beside_bulk
    cost = median([plain.add() for _ in range(place.sizes.inserts)])
    results.compare(plain.name, "an insert", cost)
    results.compare(plain.name, f"{bulk:,} rows at once", plain.add_many(bulk))
    measure(place, results, ours(place))


def measure_peers(place: Place, results: Results) -> None:
    """The others."""
    measure(place, results, peers(place))


def measure(place: Place, results: Results, systems: Mapping[str, Bring]) -> None:
    """One that cannot be had here is named in a note; one that fails takes nothing from the others."""
    before = connections(place.link)
    for name, bring in systems.items():
        say(f"beside each other: {name}")
        try:
            wait_until(
                lambda: connections(place.link) <= before, 70, "the one before it leaves the server"
            )
            with bring() as (system, called):
                Measured(place, results, name, system, called, before).run()
        except Missing as reason:
            results.notes.append(f"{name} was not measured: {reason}.")
            say(results.notes[-1])
        except (AssertionError, RuntimeError, OSError, psycopg.Error) as error:
            results.failed.append(name)
            results.notes.append(f"{name} was not measured to its end: {error}")
            say(results.notes[-1])


class Measured:
    """One system while it is there."""

    def __init__(
        self,
        place: Place,
        results: Results,
        name: str,
        system: System,
        called: Function,
        before: int,
    ) -> None:
        self.results, self.name, self.system, self.called = results, name, system, called
        self.sizes: Sizes = place.sizes
        self.link: Connection = system.link
        self.place, self.before = place, before
        self.server = postmaster(place.link) if place.server.kind == "cluster" else None
        if isinstance(system, Peer):
            results.notes.append(f"{name} is {system.version}.")

    def run(self) -> None:
        """What disturbs comes last: the bulk is never worked off."""
        time.sleep(2 * QUIET)
        self.idle()
        self.pickup()
        self.behind()
        self.drain_short()
        self.drain_empty()
        self.inserts()

    def idle(self) -> None:
        """What it costs while nothing happens."""
        own, server = watch(self.sizes.beside_idle, self.system.pids, self.server)
        self._row("idle_own", "idle: CPU a minute, its processes", own)
        self._row("idle_server", "idle: CPU a minute, PostgreSQL", server)
        others = self.before + LINKS + isinstance(self.system, Peer)  # our own look at its database
        self._row(
            "connections", "idle: connections", connections(self.place.link) - others, "calls"
        )

    def pickup(self) -> None:
        """From the commit to the arrival of the call."""
        waited = []
        for _ in range(self.sizes.beside_pickups):
            time.sleep(QUIET)
            self._begin(1)
            committed = self.system.commit()
            self._done(1)
            waited.append(self.called.arrivals[0] - committed)
        self._row("pickup_p50", "pickup, idle, p50", median(waited))
        self._row("pickup_max", "pickup, idle, slowest", max(waited))

    def behind(self) -> None:
        """Jobs that come while a long one runs."""
        long, jobs = self.sizes.beside_long, 10
        self._begin(jobs + 1, long)
        self.system.commit()
        wait_until(lambda: self.called.work.open, 30, "the long job's call")
        self.called.start_anew()
        committed = []
        for _ in range(jobs):
            time.sleep(long / (jobs + 2))
            committed.append(self.system.commit())
        self._done(jobs)
        arrivals = self.called.arrivals
        waits = [came - began for came, began in zip(arrivals, committed, strict=False)]
        self._row("behind_p50", f"pickup behind a {long:g} s job, p50", median(waits))
        self._row("behind_max", f"pickup behind a {long:g} s job, slowest", max(waits))
        time.sleep(long / 10 + QUIET)  # until it has ended

    def drain_short(self) -> None:
        """A backlog of jobs that take their time: a question of slots."""
        jobs = self.sizes.short_jobs
        ideal = jobs / SLOTS * SHORT
        what = f"{jobs} jobs of {SHORT:g} s, {SLOTS} at once, of the ideal"
        self._row("short", what, 100 * ideal / self._drain(jobs, SHORT).seconds, "percent")

    def drain_empty(self) -> None:
        """A backlog of jobs that take none: a question of what each one costs."""
        jobs = self.sizes.beside_empty
        drains = [self._drain(jobs, 0.0) for _ in range(self.sizes.beside_rounds)]
        what = f"{jobs:,} empty jobs, {SLOTS} at once"
        self._row(
            "rate", f"{what}, a second", median([jobs / drain.seconds for drain in drains]), "calls"
        )
        own = median([drain.own for drain in drains]) / jobs
        self._row("cpu_own", f"{what}: CPU a job, its processes", own)
        if self.server is not None:
            server = median([drain.server for drain in drains]) / jobs
            self._row("cpu_server", f"{what}: CPU a job, PostgreSQL", server)

    def inserts(self) -> None:
        """What a job costs whoever puts it in, while every slot is taken; one by one, then many at once."""
        number, bulk = self.sizes.inserts, self.sizes.beside_bulk
        self._begin(SLOTS + number, HELD)
        self.system.add_many(SLOTS)
        wait_until(lambda: self.called.work.open >= SLOTS, 60, "all slots to be taken")
        self._row("insert", "an insert", median([self.system.add() for _ in range(number)]))
        self._row("bulk", f"{bulk:,} rows at once", self.system.add_many(bulk))

    def _drain(self, jobs: int, work: float) -> "Drain":
        """From the end of the INSERT to the end of the last job; it is not part of it, and costs nothing here."""
        self._begin(jobs, work)
        time.sleep(QUIET)
        self.system.add_many(jobs)
        began, before = time.time(), self._cpu()
        self._done(jobs, 120 + jobs * (work + 1) / SLOTS)
        after = self._cpu()
        return Drain(self.called.work.ended - began, after[0] - before[0], after[1] - before[1])

    def _begin(self, jobs: int, work: float = 0.0) -> None:
        """Count anew; where a job is not itself a row of the function's table, there are enough of them."""
        if isinstance(self.system, Peer):
            fill(self.link, TABLE, jobs)
        self.called.start_anew(work)

    def _done(self, jobs: int, timeout: float = 60.0) -> None:
        wait_until(lambda: self.called.work.jobs >= jobs, timeout, f"{jobs} finished jobs")

    def _cpu(self) -> tuple[float, float]:
        server = 0.0 if self.server is None else cpu_of_server(self.server)
        return cpu_of(self.system.pids), server

    def _row(self, key: str, what: str, value: float | None, unit: Unit = "seconds") -> None:
        """A cell of the table of systems, and a line of the other one where there is a target."""
        if value is None:
            return
        self.results.compare(self.name, what, value, unit)
        if (found := TARGETS.get((self.name, key))) is not None:
            row = Row(f"{self.name}_{key}", f"{self.name}: {what}", value, unit)
            self.results.add(replace(row, target=abs(found), at_least=found < 0))
