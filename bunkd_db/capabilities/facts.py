"""What was found: the facts, from which checks and verdict follow without asking again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bunkd_db.capabilities.answers import (
    Calls,
    Credential,
    CronGrants,
    Extension,
    Index,
    Job,
    KeptSetting,
    NetGrants,
    OldFunction,
    OtherSchedule,
    OurWorkers,
    Queue,
    Reachable,
    Role,
    Run,
    Schedule,
    Server,
    Waiting,
    Worker,
)

Pooling = Literal["none", "proxy", "transaction"]


@dataclass(frozen=True)
class Facts:
    """Everything that was found.

    A list is empty and an optional value None where it was not asked or not answered;
    `unanswered` then has the question's name and why.

    Attributes:
        host: of the database URL, empty for a local socket.
        wanted: the interval that is asked for.
        pooling: what stands between us and the server.
    """

    server: Server
    host: str
    port: int
    wanted: str
    schedule_name: str
    pooling: Pooling
    extensions: Mapping[str, Extension]
    settings: Mapping[str, str | None] = field(default_factory=dict)
    unreadable: frozenset[str] = frozenset()
    workers: list[Worker] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    cron_grants: CronGrants | None = None
    net_grants: NetGrants | None = None
    schedule: Schedule | None = None
    other_schedules: list[OtherSchedule] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    queue_name: str = ""
    queue: Queue | None = None
    queue_index: Index | None = None
    waiting: Waiting | None = None
    unknown_words: str = ""
    calls: Calls | None = None
    our_workers: OurWorkers | None = None
    old_functions: list[OldFunction] = field(default_factory=list)
    kept_settings: list[KeptSetting] = field(default_factory=list)
    header_readers: list[str] = field(default_factory=list)
    reachable: list[Reachable] = field(default_factory=list)
    exposed_schemas: list[str] = field(default_factory=list)
    credential: Credential | None = None
    expires_in: float | None = None
    wakes_on: list[str] = field(default_factory=list)
    unanswered: Mapping[str, str] = field(default_factory=dict)

    def setting(self, name: str) -> str | None:
        """A setting's value; None where there is none, or it may not be read."""
        return self.settings.get(name)

    def worker(self, extension: str) -> Worker | None:
        """The extension's background worker, None where it does not run."""
        start = "pg_cron scheduler" if extension == "pg_cron" else "pg_net "
        return next((w for w in self.workers if w.name.startswith(start)), None)

    def preloaded(self, extension: str) -> bool:
        """Whether the extension's library was loaded when the server started."""
        name = "cron.database_name" if extension == "pg_cron" else "pg_net.database_name"
        return name in self.unreadable or self.setting(name) is not None

    def database_of(self, extension: str) -> str | None:
        """The one database that the extension works in, None where that cannot be known."""
        name = "cron.database_name" if extension == "pg_cron" else "pg_net.database_name"
        worker = self.worker(extension)
        return self.setting(name) or (worker.database if worker else None)

    @property
    def our_jobs(self) -> list[Job]:
        """Our schedule's cron jobs, whoever owns them."""
        return [job for job in self.jobs if job.ours]
