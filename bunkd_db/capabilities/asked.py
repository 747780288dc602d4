"""What this run asks for, before the database is asked: the settings as far as checks need them."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.settings import Settings, defaults


@dataclass(frozen=True)
class QueueNames:
    """The queue's table, its status column and the status values; `where` and `owner` may be None."""

    table: str
    column: str
    waiting: list[str]
    active: list[str]
    done: list[str]
    failed: list[str]
    where: str | None
    owner: str | None


@dataclass(frozen=True)
class Asked:
    """A run's wishes; None for what it leaves to the schedule."""

    schedule_name: str
    url: str | None
    every: str | None
    queue: QueueNames
    transport: str | None = None

    @classmethod
    def of(cls, settings: Settings) -> Asked:
        """Return the wishes of a run; what it does not name of the queue is as it is by default."""
        given = settings.schedule
        return cls(
            schedule_name=settings.schedule_name,
            url=given.url,
            every=given.every,
            transport=given.transport,
            queue=QueueNames(
                table=given.queue_table or defaults.QUEUE_TABLE,
                column=given.status_column or defaults.STATUS_COLUMN,
                waiting=list(given.status_waiting or defaults.STATUS_WAITING),
                active=list(given.status_active or defaults.STATUS_ACTIVE),
                done=list(given.status_done or defaults.STATUS_DONE),
                failed=list(given.status_failed or defaults.STATUS_FAILED),
                where=given.queue_where,
                owner=given.queue_owner,
            ),
        )
