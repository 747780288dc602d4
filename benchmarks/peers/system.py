"""One system that calls the function once a job: how it is started, and how a job is put into it."""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from psycopg import sql

from benchmarks.job import insert, statement
from tests.support.queue import TABLE, add_jobs
from tests.support.server import Connection

NEXT = "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
COMMITTED = """
select extract(epoch from pg_xact_commit_timestamp(x::text::xid))
  from generate_series(%s::bigint, least(%s::bigint + 20, pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1))
    as x order by x
"""


class System(Protocol):
    """What is measured."""

    name: str
    link: Connection
    pids: Sequence[int]

    def commit(self) -> float:
        """Put one job in; when it was committed by the server's clock, in seconds of the epoch."""

    def add(self) -> float:
        """Put one job in; the seconds that it took whoever put it in."""

    def add_many(self, jobs: int) -> float:
        """Put many in by one call; seconds likewise."""


@dataclass
class Ours:
    """bunkd-db: a job is a row of the application's own table."""

    name: str
    link: Connection
    pids: Sequence[int] = ()
    table: str = TABLE

    def commit(self) -> float:
        return insert(self.link, self.table).committed

    def add(self) -> float:
        began = time.perf_counter()
        self.link.execute(statement(self.table))
        return time.perf_counter() - began

    def add_many(self, jobs: int) -> float:
        began = time.perf_counter()
        add_jobs(self.link, jobs, table=self.table)
        return time.perf_counter() - began


@dataclass
class Peer:
    """Another system: a process that works, and one that puts jobs in, told so line by line.

    The row that its call works on is in a table without triggers of ours: `add` writes no row there, so
    enough of them are there from the start.
    """

    name: str
    adding: "subprocess.Popen[str]"
    working: "subprocess.Popen[str]"
    link: Connection
    version: str = ""
    pids: Sequence[int] = field(init=False)

    def __post_init__(self) -> None:
        self.pids = [self.working.pid]

    def commit(self) -> float:
        """Of the transactions that began since, the first that was committed while it was put in."""
        row = self.link.execute(NEXT).fetchone()
        assert row is not None
        began = time.time()
        self.add()
        ended = time.time()
        for (committed,) in self.link.execute(COMMITTED, [row[0], row[0]]):
            if committed is not None and began <= float(str(committed)) <= ended:
                return float(str(committed))
        raise AssertionError("the server did not record when the job was committed")

    def add(self) -> float:
        return self._tell(1)

    def add_many(self, jobs: int) -> float:
        return self._tell(jobs)

    def _tell(self, jobs: int) -> float:
        assert self.adding.stdin is not None
        self.adding.stdin.write(f"{jobs}\n")
        self.adding.stdin.flush()
        return float(said(self.adding)["seconds"])


def said(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """The next line of a peer's process; RuntimeError where it has ended."""
    assert process.stdout is not None
    while line := process.stdout.readline():
        if line.startswith("{"):
            found = json.loads(line)
            assert isinstance(found, dict)
            return found
    raise RuntimeError(f"{process.args!r} ended")


@contextmanager
def started(
    name: str, command: Sequence[str], url: str, target: str, slots: int, link: Connection
) -> Iterator[Peer]:
    """Run a peer's two processes; the first one makes its tables."""
    env = {**os.environ, "PEER_URL": url, "PEER_TARGET": target, "PEER_SLOTS": str(slots)}
    processes: list[subprocess.Popen[str]] = []
    try:
        for part in ("work", "add"):
            processes.append(
                subprocess.Popen(
                    [*command, part],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                    env=env,
                )
            )
            version = said(processes[-1])["version"]
        yield Peer(name, processes[1], processes[0], link, str(version))
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def fill(link: Connection, table: str, rows: int) -> None:
    """Rows for the function to work on, in a table that nobody watches."""
    link.execute(sql.SQL("truncate {}").format(sql.Identifier(*table.split("."))))
    add_jobs(link, rows, table=table)
