"""Ours and what one would pick instead: the same jobs, the same function, one system after the other."""

import time
from collections.abc import Mapping

import psycopg

from benchmarks.function import Function
from benchmarks.peers.installed import Missing
from benchmarks.peers.system import Peer, System, fill
from benchmarks.peers.systems import Bring
from benchmarks.peers.usage import connections, cpu_of, cpu_of_server, postmaster, watch
from benchmarks.place import SLOTS, Place
from benchmarks.progress import say
from benchmarks.result import Results, Unit
from benchmarks.sizes import Sizes
from benchmarks.timing import median, percentile
from tests.support.queue import TABLE
from tests.support.server import Connection
from tests.support.wait import wait_until

SHORT = 0.5
QUIET = 1.5


def measure(place: Place, results: Results, systems: Mapping[str, Bring]) -> None:
    """One that cannot be had here is named in a note; one that fails takes nothing from the others."""
    for name, bring in systems.items():
        say(f"beside each other: {name}")
        try:
            with bring() as (system, called):
                Measured(place, results, name, system, called).run()
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
        self, place: Place, results: Results, name: str, system: System, called: Function
    ) -> None:
        self.results, self.name, self.system, self.called = results, name, system, called
        self.sizes: Sizes = place.sizes
        self.link: Connection = system.link
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
        self._row("idle: CPU a minute, its processes", own)
        self._row("idle: CPU a minute, PostgreSQL", server)
        self._row("idle: connections", connections(self.link) - SLOTS - 5, "calls")

    def pickup(self) -> None:
        """From the commit to the arrival of the call."""
        waited = []
        for _ in range(self.sizes.beside_pickups):
            time.sleep(QUIET)
            self._begin(1)
            committed = self.system.commit()
            self._done(1)
            waited.append(self.called.work.arrivals[0] - committed)
        self._row("pickup, idle, p50", median(waited))
        self._row("pickup, idle, slowest", max(waited))

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
        arrivals = self.called.work.arrivals
        waits = [came - began for came, began in zip(arrivals, committed, strict=False)]
        self._row(f"pickup behind a {long:g} s job, p50", median(waits))
        self._row(f"pickup behind a {long:g} s job, slowest", percentile(waits, 100))
        time.sleep(max(0.0, QUIET))

    def drain_short(self) -> None:
        """A backlog of jobs that take their time: a question of slots."""
        jobs = self.sizes.short_jobs
        took, _ = self._drain(jobs, SHORT)
        ideal = jobs / SLOTS * SHORT
        self._row(
            f"{jobs} jobs of {SHORT:g} s, {SLOTS} at once, of the ideal",
            100 * ideal / took,
            "percent",
        )

    def drain_empty(self) -> None:
        """A backlog of jobs that take none: a question of what each one costs."""
        jobs = self.sizes.beside_empty
        rates, own, server = [], [], []
        for _ in range(self.sizes.beside_rounds):
            before = self._cpu()
            took, _ = self._drain(jobs, 0.0)
            after = self._cpu()
            rates.append(jobs / took)
            own.append((after[0] - before[0]) / jobs)
            server.append((after[1] - before[1]) / jobs)
        what = f"{jobs:,} empty jobs, {SLOTS} at once"
        self._row(f"{what}, a second", median(rates), "calls")
        self._row(f"{what}: CPU a job, its processes", median(own))
        self._row(f"{what}: CPU a job, PostgreSQL", None if self.server is None else median(server))

    def inserts(self) -> None:
        """What a job costs whoever puts it in, while every slot is taken; one by one, then many at once."""
        number, bulk = self.sizes.inserts, self.sizes.beside_bulk
        self._begin(SLOTS + number, 60.0)
        self.system.add_many(SLOTS)
        wait_until(lambda: self.called.work.open >= SLOTS, 60, "all slots to be taken")
        self._row("an insert", median([self.system.add() for _ in range(number)]))
        self._row(f"{bulk:,} rows at once", self.system.add_many(bulk))

    def _drain(self, jobs: int, work: float) -> tuple[float, int]:
        """Seconds from the end of the INSERT to the end of the last job, and the calls."""
        self._begin(jobs, work)
        time.sleep(QUIET)
        self.system.add_many(jobs)
        began = time.time()
        self._done(jobs, 120 + jobs * (work + 1) / SLOTS)
        found = self.called.work
        return found.ended - began, len(found.arrivals)

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

    def _row(self, what: str, value: float | None, unit: Unit = "seconds") -> None:
        if value is not None:
            self.results.compare(self.name, what, value, unit)
