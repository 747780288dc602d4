"""What was found, typed; the fields are the keys of the JSON (docs/explain.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bunkd_db.status.facts import Holder, Obstacle


class State(StrEnum):
    """What a status value means."""

    WAITING = "waiting"
    ACTIVE = "active"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """What happened to a job."""

    QUEUED = "queued"
    CALLED = "called"
    CLAIMED = "claimed"
    ANSWERED = "answered"
    RESCUED = "rescued"
    GIVEN_UP = "given_up"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True)
class Waited(Holder):
    """A call that the job waits for; `until` is when its time is over, None where nobody knows."""

    until: datetime | None


@dataclass(frozen=True)
class Event:
    """One line of the timeline.

    Attributes:
        sure: the answer of the call named this job; else it was the only open one when it was claimed.
        worker: who sent the call; None: pg_net.
        times: how often the job was rescued, this time included.
    """

    at: datetime
    event: Kind
    call: int | None = None
    sure: bool = True
    reason: str | None = None
    worker: str | None = None
    outcome: str | None = None
    status_code: int | None = None
    detail: str | None = None
    times: int | None = None


@dataclass(frozen=True)
class Job:
    """One job, as one schedule sees it.

    Attributes:
        status: the value of its status column.
        started: since when it is active; None where it is not.
        claims: how often Bunkd's second generation counted that it was claimed; None elsewhere.
        cause: a `status.causes.Cause`'s code, None where no usual one fits its error.
        rule: the one that holds it where it is.
        next_at: the earliest moment at which it moves by itself; None: nobody knows, or it never does.
        timeline_exact: every call of its time was looked at.
    """

    schedule: str
    table: str
    id: str
    at: datetime
    status: str | None
    state: State
    created: datetime | None
    started: datetime | None
    claims: int | None
    rescues: int
    error: str | None
    cause: str | None
    rule: Obstacle
    next_at: datetime | None
    holders: tuple[Waited, ...]
    timeline: tuple[Event, ...]
    timeline_exact: bool


@dataclass(frozen=True)
class Candidate:
    """A job whose key begins with what was asked for."""

    schedule: str
    table: str
    id: str


@dataclass(frozen=True)
class Unreadable:
    """A queue in which the job could not be looked for, and why."""

    schedule: str
    table: str
    rule: Obstacle
