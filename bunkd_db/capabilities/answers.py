"""The rows that the questions in sql/queries are answered with: fields are columns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Server:
    """The server and the role that asks.

    Attributes:
        installer: the role whose privileges count: who owns schema bunkd, else who asks.
        superuser, may_create_schema: the installer's.
        installed: there is a schema bunkd; `may_read_ours`: the asking role may use it.
    """

    version: str
    version_number: int
    build: str
    database: str
    role: str
    in_recovery: bool
    backend: int
    database_owner: str
    installer: str
    superuser: bool
    may_create_schema: bool
    installed: bool
    may_read_ours: bool
    heroku_schema: bool
    aurora_function: bool


@dataclass(frozen=True)
class Extension:
    """What the catalog says about `pg_cron` or `pg_net`.

    Attributes:
        available: the version that could be created, None where the server does not have it.
        installed: the version that is, None where it is not.
        foreign_schema: its schema is there, but is not the extension's.
        superuser_only: only a superuser, or a provider's stand-in for one, may create it.
    """

    name: str
    available: str | None
    installed: str | None
    schema: str | None
    foreign_schema: bool
    superuser_only: bool


@dataclass(frozen=True)
class Setting:
    """A server setting; `value` is None where there is none."""

    name: str
    value: str | None


@dataclass(frozen=True)
class Worker:
    """A background worker that runs, and the database it works in."""

    name: str
    database: str | None


@dataclass(frozen=True)
class Role:
    """A role that is evidence of a provider; `member`: what counts for us has its privileges."""

    name: str
    member: bool


@dataclass(frozen=True)
class CronGrants:
    """What the installer may do with pg_cron, and what the asking role sees of it."""

    usage: bool
    schedule: bool
    alter_job: bool
    may_read: bool
    sees_all: bool
    may_read_runs: bool


@dataclass(frozen=True)
class NetGrants:
    """What the installer may do with pg_net."""

    usage: bool
    queue: bool
    response: bool


@dataclass(frozen=True)
class Schedule:
    """A row of bunkd.schedule, as far as checks need it."""

    name: str
    url: str | None
    every: str
    mode: str | None
    mode_reason: str | None
    paused: bool
    cron_schedule: str | None
    cron_is_current: bool | None
    timeout_ms: int
    max_in_flight: int
    queue_table: str
    status_column: str
    status_waiting: list[str]
    status_active: list[str]
    status_done: list[str]
    status_failed: list[str]
    queue_where: str | None
    wake: bool
    credential: bool
    fence: str | None


@dataclass(frozen=True)
class Job:
    """A cron job, without its command: that may carry a key."""

    id: int
    name: str | None
    role: str
    active: bool
    cron: str
    ours: bool | None
    command_is_ours: bool
    here: bool
    old_recipe: bool
    has_key: bool


@dataclass(frozen=True)
class Run:
    """One run of a cron job; `age` in seconds, None for one that never started."""

    ours: bool | None
    status: str | None
    message: str | None
    age: float | None


@dataclass(frozen=True)
class Queue:
    """The queue's table, from the catalog; the last two are queries that the server has quoted.

    `owner_is_us`: its owner is, or may become, the role that counts.
    """

    table: str
    is_table: bool
    may_read: bool
    owner: str
    owner_is_us: bool
    has_status: bool
    hides_rows: bool
    create_index: str
    create_active_index: str
    count_waiting: str | None
    unknown_words: str | None


@dataclass(frozen=True)
class Waiting:
    """Waiting rows, counted to 10,000; `oldest` in seconds, of those that can be claimed."""

    rows: int
    never_claimable: int
    oldest: float | None

    @property
    def claimable(self) -> int:
        return self.rows - self.never_claimable


@dataclass(frozen=True)
class Words:
    """Status words that no setting names, as one text."""

    words: str


@dataclass(frozen=True)
class Calls:
    """The calls of the last day; `p95` is seconds from sent to settled."""

    calls: int
    timeouts: int
    rejected: int
    failed: int
    p95: float | None
    last_outcome: str | None


@dataclass(frozen=True)
class OurWorkers:
    """The workers of the last day; `last_seen` is seconds ago."""

    alive: int
    listening: int
    last_seen: float | None


@dataclass(frozen=True)
class OldFunction:
    """A function that an older recipe left, or one with a key in its body."""

    schema: str
    definer: bool
    public: bool
    has_key: bool
    signature: str


@dataclass(frozen=True)
class KeptSetting:
    """A setting of a database or role that holds a key; only its name."""

    name: str
    database: str | None
    role: str | None


@dataclass(frozen=True)
class Name:
    """One name."""

    name: str


@dataclass(frozen=True)
class Reachable:
    """A schema that an API role has USAGE on."""

    schema: str
    role: str
    executes: bool


@dataclass(frozen=True)
class Credential:
    """Where the credential is and what kind it is; never its value."""

    schedule: str
    kind: str
    kept_in: str
    sent_in: str
    set_at: str


@dataclass(frozen=True)
class Expiry:
    """Seconds until a JWT expires; None where it says nothing about it."""

    seconds: float | None


@dataclass(frozen=True)
class Index:
    """Whether an index serves the waiting and the active rows, or the table needs none."""

    is_small: bool
    waiting: bool
    active: bool


@dataclass(frozen=True)
class OtherSchedule:
    """A further schedule's cron jobs; `as_meant`: all are active and what the schedule says."""

    name: str
    jobs: int
    as_meant: bool
