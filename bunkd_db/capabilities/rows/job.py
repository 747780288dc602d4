"""A cron job."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.row import Row, need
from bunkd_db.capabilities.rows.cron_grants import CronGrants


@dataclass(frozen=True)
class Job(
    Row, query="jobs", what="pg_cron's jobs", needs=(need(CronGrants, lambda g: g.may_read),)
):
    """A cron job, without its command: that may carry a key.

    `any_tick`: of this role, and ticks for a schedule of whatever name, or is a lane of one.
    `host_is_meant` is None where the asking role cannot know what is meant.
    """

    id: int
    name: str | None
    role: str
    active: bool
    cron: str
    ours: bool | None
    command_is_ours: bool
    any_tick: bool | None
    here: bool
    host_is_meant: bool | None
    port_is_meant: bool
    role_exists: bool
    role_logs_in: bool
    legacy: bool
    has_key: bool

    @property
    def title(self) -> str:
        return f"{self.name or 'unnamed'} (id {self.id})"

    @property
    def unschedule(self) -> str:
        """The statement that removes it."""
        return f"select cron.unschedule({self.id});"
