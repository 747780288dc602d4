"""Where a test job is, asked again and again until it ends."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bunkd_db import database
from bunkd_db.explain.facts import State

_READ = "select bunkd.read_test_job(%(schedule)s, %(job)s, %(since)s) as found"
_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 0.5


@dataclass(frozen=True)
class AddedJob:
    """One test job; `since` is when it was queued, in seconds of the epoch by the database's clock."""

    schedule: str
    id: str
    since: float


@dataclass(frozen=True)
class Seen:
    """One look at it.

    Attributes:
        seconds: since it was queued.
        state: None where its row cannot be read at the moment.
        gone: its row is not there any more, as where a queue deletes what is done.
        started: seconds since it was queued; None where the row does not say so.
        calls: those of its schedule since it was queued.
        problem: why nothing could be read; else empty.
        removal: the statement that removes its row; empty where there is none.
    """

    seconds: float
    state: State | None
    gone: bool
    error: str
    started: float | None
    rescued: bool
    calls: tuple[Mapping[str, Any], ...]
    problem: str
    removal: str


def look(connection: database.Connection, job: AddedJob) -> Seen:
    """Look once."""
    given = {"schedule": job.schedule, "job": job.id, "since": job.since}
    [row] = database.rows(connection, _READ, given)
    found: dict[str, Any] = database.as_object(row["found"])
    started = found.get("started")
    return Seen(
        found["at"] - job.since,
        State(found["state"]) if found.get("state") else None,
        bool(found.get("gone")),
        found.get("error") or "",
        # a clock of the function's own can be behind ours
        None if started is None else max(started - job.since, 0.0),
        bool(found.get("rescued")),
        tuple(found.get("calls") or ()),
        found.get("problem") or "",
        found.get("removal") or "",
    )


def looks(connection: database.Connection, job: AddedJob, timeout: float) -> Iterator[Seen]:
    """Look until nobody listens any more, or `timeout` seconds after it was queued."""
    start, pause = time.monotonic(), _PAUSE_SECONDS
    while True:
        yield look(connection, job)
        left = start + timeout - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(pause, left))
        pause = min(pause * 1.1, _LONGEST_PAUSE_SECONDS)
