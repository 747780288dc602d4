"""The queue's table, and what is read in it."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from bunkd_db import database
from bunkd_db.capabilities.row import SECONDS_FOR_DATA, Row, need

if TYPE_CHECKING:
    from bunkd_db.capabilities.facts import Facts


@dataclass(frozen=True)
class Queue(Row, query="queue", what="the queue's table", limit=SECONDS_FOR_DATA):
    """The queue's table, from the catalog.

    Attributes:
        table: as it is written in SQL.
        owner_is_us: its owner is trusted: the installing role, one that can act as it, or the one
            that BUNKD_QUEUE_OWNER names.
        foreign_code: what of a role that is not trusted would run as the asking role if it read
            the queue; None where there is none.
        has_start: a column with a time zone says when a job began; `has_key`: its primary key is
            of one column: a rescue needs both.
        create_index, create_active_index: statements.
        count_waiting, unknown_status: questions that the server has quoted; None where they
            cannot be asked.
    """

    table: str
    is_table: bool
    may_read: bool
    owner: str
    owner_is_us: bool
    has_status: bool
    hides_rows: bool
    foreign_code: str | None
    has_start: bool
    start_without_zone: str | None
    has_key: bool
    create_index: str
    create_active_index: str
    count_waiting: str | None
    unknown_status: str | None


READABLE = need(Queue, lambda queue: queue.may_read and queue.is_table)


class QueueRow(Row):
    """A row that is read in the queue itself, where no code of others runs as the asking role."""

    @staticmethod
    @abstractmethod
    def question(queue: Queue) -> str | None:
        """Return what to ask of this queue."""

    @classmethod
    def ask(cls, reader: database.Reader, facts: Facts) -> list[Self]:
        """Look at the catalog under a lock: what has that name may have become another table.

        Raises:
            database.Unanswered: the table is locked or gone, or it runs others' code.
        """
        for known in facts.seen(Queue):
            reader.lock(known.table)
        seen = Queue.ask(reader, facts)
        if not seen:
            raise database.Unanswered("the table is gone", denied=False)
        [queue] = seen
        if queue.foreign_code or not queue.is_table:
            why = queue.foreign_code or f"{queue.table} is not a table any more"
            raise database.Unanswered(why, denied=False)
        question = cls.question(queue)
        return reader.ask(cls, question) if question else []


@dataclass(frozen=True)
class Waiting(
    QueueRow,
    what="what waits in the queue",
    needs=(READABLE,),
    limit=SECONDS_FOR_DATA,
):
    """Waiting rows, counted to 10,000; `oldest` in seconds, of those that can be claimed."""

    rows: int
    never_claimable: int
    oldest: float | None

    @staticmethod
    def question(queue: Queue) -> str | None:
        return queue.count_waiting

    @property
    def claimable(self) -> int:
        return self.rows - self.never_claimable
