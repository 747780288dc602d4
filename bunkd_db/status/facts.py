"""What was found, typed; the fields are the keys of the JSON (docs/status-json.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bunkd_db.status.changes import Change
from bunkd_db.status.settings import Settings


class Source(StrEnum):
    """Where a number of the last hour comes from: the queue's own times, or the ledger of calls."""

    QUEUE = "queue"
    LEDGER = "ledger"


@dataclass(frozen=True)
class Count:
    """A number of rows, None where it is not known.

    Attributes:
        exact: all of them were counted; else it is an estimate, or
        at_least: there are no fewer than that.
    """

    count: int | None = None
    exact: bool = False
    at_least: bool = False

    def __bool__(self) -> bool:
        return bool(self.count)


NOT_KNOWN = Count()


@dataclass(frozen=True)
class StatusCount:
    """One value of the status column; `kind` is waiting, active, done, failed or unknown.

    Attributes:
        latest_exact: the two times are those of all rows, not of the newest ones only.
    """

    value: str
    kind: str
    count: Count
    latest_created: datetime | None
    latest_completed: datetime | None
    latest_exact: bool


@dataclass(frozen=True)
class Percentiles:
    """Seconds; `exact` where every job of the last hour was looked at."""

    jobs: int
    p50: float | None
    p95: float | None
    p99: float | None
    exact: bool


@dataclass(frozen=True)
class LastHour:
    """What ended in the last hour; `per_5_min` is of what was completed, the oldest first."""

    completed: Count
    failed: Count
    per_5_min: tuple[int, ...]
    source: Source


@dataclass(frozen=True)
class JobError:
    """An error of the last day, as the application wrote it.

    Attributes:
        text: one of those that differ in nothing but numbers and ids.
        cause: a `Cause`'s code, None where no usual one fits.
    """

    text: str
    count: int
    count_last_hour: int
    latest: datetime | None
    cause: str | None


@dataclass(frozen=True)
class Queue:
    """The queue, as far as it can be read cheaply.

    Attributes:
        problem: why it cannot be read; then nothing else is known.
        oldest_wait_seconds: of what is claimable.
        oldest_wait_exact: no row that was not looked at can have waited for longer.
        slow: active for more than a minute.
        stuck: active for so long that it should have been rescued.
        created_last_hour: None in it where no index finds them.
        usual_per_hour: of the 24 hours before that; None where it is not known.
    """

    table: str
    problem: str | None
    statuses: tuple[StatusCount, ...] = ()
    claimable: Count = NOT_KNOWN
    never_claimable: Count = NOT_KNOWN
    oldest_wait_seconds: float | None = None
    oldest_wait_exact: bool = False
    active: Count = NOT_KNOWN
    oldest_active_seconds: float | None = None
    slow: Count = NOT_KNOWN
    stuck: Count = NOT_KNOWN
    pickup_seconds: Percentiles | None = None
    run_seconds: Percentiles | None = None
    last_hour: LastHour | None = None
    created_last_hour: Count = NOT_KNOWN
    usual_per_hour: float | None = None
    errors: tuple[JobError, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """Calls of the last hour that were made for one reason and ended in one way."""

    outcome: str
    reason: str
    calls: int
    failed: bool


@dataclass(frozen=True)
class Answer:
    """What calls that did not go well were answered."""

    outcome: str
    status_code: int | None
    detail: str | None
    calls: int
    cause: str | None


@dataclass(frozen=True)
class Calls:
    """The calls of the last hour, by the ledger.

    Attributes:
        last_settled: when the latest call of the ledger's 7 days was settled; None: none was.
    """

    count: Count
    by: tuple[Outcome, ...]
    answers: tuple[Answer, ...]
    last_settled: datetime | None = None


@dataclass(frozen=True)
class Holder:
    """Who holds a slot: a call, sent by pg_net or by the worker that is named.

    Attributes:
        state: unsent, open, ended (not settled yet) or detached.
    """

    call: int
    seconds: float | None
    worker: str | None
    state: str


@dataclass(frozen=True)
class Slots:
    """Units of concurrency; the 20 that have been held for longest.

    Attributes:
        in_use: None where it is not known.
        planned: how many calls a tick would make now.
        limited_by: why not more: bunkd.plan_calls says it.
    """

    total: int
    in_use: int | None = None
    holders: tuple[Holder, ...] = ()
    planned: int | None = None
    limited_by: str | None = None


@dataclass(frozen=True)
class Ticks:
    last: datetime | None = None
    next: datetime | None = None
    problem: str | None = None
    back_off: str | None = None


@dataclass(frozen=True)
class Obstacle:
    """What keeps calls from being made, as `bunkd.find_obstacles` says it."""

    code: str
    detail: str
    remedy: str
    commands: tuple[str, ...]


@dataclass(frozen=True)
class Pause:
    """A pause, as far as it is known.

    Attributes:
        until: when it ends by itself, None where it does not.
        because: in the words of whoever paused it.
        by: the person's name, else the role.
    """

    since: datetime | None = None
    until: datetime | None = None
    because: str | None = None
    by: str | None = None


class Stage(StrEnum):
    """How far a rotation of the credential has come."""

    STAGED = "staged"  # the next one is stored; calls have the current one
    WATCHED = "watched"  # calls have the new one; the former one is kept


@dataclass(frozen=True)
class Rotation:
    """A rotation of the credential that is under way.

    Attributes:
        refused: why `rotate --commit` would be refused now, as `bunkd.find_rotation_obstacle` says it.
        busy_until: until when a command counts as at work on it, even if it was killed.
    """

    stage: Stage
    since: datetime | None
    refused: str | None = None
    busy_until: datetime | None = None


@dataclass(frozen=True)
class Alert:
    """What somebody is told of: it has lasted for long enough, and is not over."""

    code: str
    detail: str
    since: datetime | None
    started: datetime | None


@dataclass(frozen=True)
class Message:
    """The last message of a code: an alert's, HEARTBEAT, or a test's.

    Attributes:
        place: alert or heartbeat: whose URL it goes to.
        state: started, over, beat or test.
        told: when one of this code last arrived.
        due: when it is sent again; None where it has arrived or was given up.
        problem: how the last try failed; None where it did not.
    """

    code: str
    place: str
    state: str
    told: datetime | None
    due: datetime | None
    problem: str | None


@dataclass(frozen=True)
class Alerts:
    """Who is told when something is wrong, and of what.

    Attributes:
        webhook: the host that alerts go to, None where none is set.
        heartbeat: the host that is called while the queue moves, None where none is set.
        problem: the SQLSTATE of why nothing could be judged; None where it could.
    """

    webhook: str | None = None
    heartbeat: str | None = None
    active: tuple[Alert, ...] = ()
    messages: tuple[Message, ...] = ()
    problem: str | None = None


@dataclass(frozen=True)
class Schedule:
    """One schedule.

    Attributes:
        mode_code: why it is external, as `check` codes it; MODE_EXTERNAL: that was chosen.
        transport: pg_net, http (lanes), both, worker, or external: something that the database does not see.
        held_since: since when no call is made because this looks like a restored copy.
        unknown: why slots, ticks and workers are not known; None where they are.
        rescue_after_seconds: None where stuck jobs are not rescued.
        settings: None where the database was upgraded by a version that does not say them.
        pause: None where it is not paused.
        rotation: None where the credential is not being replaced.
        changes: the last five, with those of the installation, the newest first.
        alerts: likewise, and where a lock kept them from being read.
    """

    name: str
    at: datetime
    mode: str | None
    mode_code: str | None
    mode_reason: str | None
    transport: str
    every: str
    seconds_between_ticks: int
    paused: bool
    held_since: datetime | None
    workers: int | None
    rescue_after_seconds: float | None
    unknown: str | None
    obstacles: tuple[Obstacle, ...]
    queue: Queue
    calls: Calls
    slots: Slots
    ticks: Ticks
    settings: Settings | None = None
    pause: Pause | None = None
    rotation: Rotation | None = None
    changes: tuple[Change, ...] = ()
    alerts: Alerts | None = None
