"""What was found: the facts, from which checks and verdict follow without asking again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from bunkd_db.capabilities.asked import Asked, QueueNames
from bunkd_db.capabilities.row import Row
from bunkd_db.capabilities.rows.background_worker import BackgroundWorker
from bunkd_db.capabilities.rows.extension import Extension
from bunkd_db.capabilities.rows.job import Job
from bunkd_db.capabilities.rows.obstacle import Obstacle
from bunkd_db.capabilities.rows.schedule import Schedule
from bunkd_db.capabilities.rows.server import Server
from bunkd_db.settings import defaults

Pooling = Literal["none", "proxy", "transaction"]
R = TypeVar("R", bound=Row)


class Declined(Exception):
    """A rule looked at rows that the database did not give; the runner makes a skip of it.

    Attributes:
        kind: what was asked for.
        why: in the database's words.
    """

    def __init__(self, kind: type[Row], why: str) -> None:
        super().__init__(why)
        self.kind, self.why = kind, why


@dataclass(frozen=True)
class Facts:
    """Everything that was found.

    Attributes:
        host: of the database URL, empty for a local socket.
        pooling: what stands between us and the server.
        settings: the server's, by name; `unreadable` are those that the role cannot read.
        evidence: names of roles that tell providers apart.
        found: the rows by their kind; a kind that was not asked for is not there.
        unanswered: why the database declined a question, by the kind of its rows.
        outdated: the kinds that the schema bunkd, of another revision, knows nothing of.
    """

    asked: Asked
    host: str
    port: int
    pooling: Pooling
    settings: Mapping[str, str | None] = field(default_factory=dict)
    unreadable: frozenset[str] = frozenset()
    evidence: Sequence[str] = ()
    found: dict[type[Row], Sequence[Row]] = field(default_factory=dict)
    unanswered: dict[type[Row], str] = field(default_factory=dict)
    outdated: set[type[Row]] = field(default_factory=set)

    def all(self, kind: type[R]) -> list[R]:
        """Return the rows of a kind, none where it was not asked for.

        Raises:
            Declined: it was asked for, and the database did not answer.
        """
        if kind in self.unanswered:
            raise Declined(kind, self.unanswered[kind])
        return self.seen(kind)

    def one(self, kind: type[R]) -> R | None:
        """Return the first row of a kind; see `all`."""
        return next(iter(self.all(kind)), None)

    def seen(self, kind: type[R]) -> list[R]:
        """Return the rows of a kind, none where the database did not answer either."""
        return [row for row in self.found.get(kind, ()) if isinstance(row, kind)]

    def seen_one(self, kind: type[R]) -> R | None:
        return next(iter(self.seen(kind)), None)

    @property
    def server(self) -> Server:
        return self.seen(Server)[0]

    @property
    def extensions(self) -> dict[str, Extension]:
        return {extension.name: extension for extension in self.seen(Extension)}

    @property
    def transport(self) -> str:
        """The transport that is wanted: auto, pg_net, http or both."""
        return self.asked.transport or (self.schedule and self.schedule.transport) or "auto"

    @property
    def schedule(self) -> Schedule | None:
        """The schedule, None where there is none or it cannot be read."""
        return self.seen_one(Schedule)

    @property
    def obstacles(self) -> list[Obstacle] | None:
        """Why no calls are made now, empty where they are; None where nobody could say."""
        return self.seen(Obstacle) if Obstacle in self.found else None

    @property
    def is_outdated(self) -> bool:
        """Whether nobody could say if calls are made, because the schema is of another revision."""
        return bool(self.outdated & {Obstacle, Schedule})

    @property
    def calls_made(self) -> bool:
        """Whether calls are made, or could be at once: no where nobody could say."""
        return self.obstacles == []

    @property
    def our_jobs(self) -> list[Job]:
        """Our schedule's cron jobs that can be seen, whoever owns them."""
        return [job for job in self.seen(Job) if job.ours]

    @property
    def wanted(self) -> str:
        """The interval that is asked for, else the schedule's."""
        return self.asked.every or (self.schedule.every if self.schedule else defaults.EVERY)

    @property
    def call_url(self) -> str | None:
        """The schedule's, before an upgrade the settings'."""
        return self.schedule.url if self.schedule else self.asked.url

    @property
    def queue(self) -> QueueNames:
        """The queue of the schedule, before an upgrade that of the settings."""
        return self.schedule.queue if self.schedule else self.asked.queue

    @property
    def parameters(self) -> dict[str, object]:
        """What the questions are about, by the names of their parameters."""
        queue, server = self.queue, self.seen_one(Server)
        return {
            "schedule": self.asked.schedule_name,
            "url": (self.schedule.url if self.schedule else None) or self.asked.url or "",
            "installer": server.installer if server else None,
            "names": list(self.evidence),
            "table": queue.table,
            "column": queue.column,
            "waiting": queue.waiting,
            "active": queue.active,
            "known": [*queue.waiting, *queue.active, *queue.done, *queue.failed],
            "where": queue.where,
            "queue_owner": queue.owner,
        }

    def setting(self, name: str) -> str | None:
        """A server setting's value; None where there is none, or it cannot be read."""
        return self.settings.get(name)

    def worker(self, extension: str) -> BackgroundWorker | None:
        """The extension's background worker, None where none can be seen."""
        start = "pg_cron scheduler" if extension == "pg_cron" else "pg_net "
        found = self.seen(BackgroundWorker)
        return next((worker for worker in found if worker.name.startswith(start)), None)

    def preloaded(self, extension: str) -> bool:
        """Whether the extension's library was loaded when the server started."""
        name = setting_of_database(extension)
        return name in self.unreadable or self.setting(name) is not None

    def database_of(self, extension: str) -> str | None:
        """The one database that the extension works in, None where that cannot be known."""
        worker = self.worker(extension)
        return self.setting(setting_of_database(extension)) or (worker.database if worker else None)


def setting_of_database(extension: str) -> str:
    """Return the server setting that names the one database in which an extension works."""
    return "cron.database_name" if extension == "pg_cron" else "pg_net.database_name"
