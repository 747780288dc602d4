"""A row of bunkd.schedule."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.asked import QueueNames
from bunkd_db.capabilities.row import Row
from bunkd_db.capabilities.rows.server import OURS


@dataclass(frozen=True)
class Schedule(Row, query="schedule", what="the schedule", needs=(OURS,)):
    """The schedule as far as checks need it.

    Attributes:
        mode_code: a `Code`: why it is external; None where it is native, or of an older upgrade.
        mode_reason: the same for people.
        transport: the one that is wanted; None of a revision that knew but pg_net.
        transport_used: the one that sends; None where the calls come from outside.
        opening: the commands that let it call although this database looks like a copy.
        pace: how often ticks come: `every`, or 1m where pg_cron cannot schedule in seconds.
        by_name: upgrades were given it by its name, with --schedule or BUNKD_SCHEDULE, or in bunkd.toml.
        retired: bunkd.toml no longer declares it: no calls, no cron jobs, no triggers.
    """

    name: str
    url: str | None
    every: str
    pace: str
    mode: str | None
    mode_code: str | None
    mode_reason: str | None
    transport: str | None
    transport_used: str | None
    paused: bool
    cron_schedule: str | None
    cron_is_current: bool | None
    timeout_ms: int
    queue_table: str
    status_column: str
    status_waiting: list[str]
    status_active: list[str]
    status_done: list[str]
    status_failed: list[str]
    queue_where: str | None
    queue_owner: str | None
    wake: bool
    rescues: bool
    credential: bool
    fence: str | None
    opening: list[str]
    knows_cluster: bool
    knows_timeline: bool
    by_name: bool
    retired: bool

    @property
    def upgrade(self) -> str:
        """The command whose variables are about this schedule."""
        return f"bunkd-db upgrade --schedule {self.name}" if self.by_name else "bunkd-db upgrade"

    @property
    def has_lanes(self) -> bool:
        return self.transport_used in ("http", "both")

    @property
    def is_external(self) -> bool:
        return self.mode == "external"

    @property
    def by_lanes(self) -> bool:
        """Whether pgsql-http sends, and nothing of pg_net's matters."""
        return self.transport_used == "http"

    @property
    def sender(self) -> str:
        """What sends the calls from this database, in words."""
        return "pgsql-http" if self.by_lanes else "pg_net"

    @property
    def lacks(self) -> list[str]:
        """What it cannot make calls without, and has not: `url`, `credential`."""
        there = {"url": bool(self.url), "credential": self.credential}
        return [what for what, known in there.items() if not known]

    @property
    def queue(self) -> QueueNames:
        return QueueNames(
            table=self.queue_table,
            column=self.status_column,
            waiting=self.status_waiting,
            active=self.status_active,
            done=self.status_done,
            failed=self.status_failed,
            where=self.queue_where,
            owner=self.queue_owner,
        )
