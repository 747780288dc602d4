"""The least that a job function does: claim a waiting job, and mark it as done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bunkd_db import database, sql


@dataclass(frozen=True)
class _Statements:
    """What the server has written for a queue."""

    claim: str
    finish: str
    possible: bool
    waiting: list[str]
    active: str
    done: str


def finish_one_job(url: str, schedule: str) -> Mapping[str, object]:
    """Claim a waiting job and mark it as done; return its `job_id`, None where none waits.

    Raises:
        LookupError: the schedule's queue is not a table with a primary key of one column.
    """
    with database.connect_to_write(url) as connection:
        [found] = database.rows_of(
            _Statements, connection, sql.read("queries/testing_queue"), {"schedule": schedule}
        )
        if not found.possible:
            raise LookupError(
                "the queue is no table with a primary key of one column: write the fixture bunkd_function"
            )
        given = {"waiting": found.waiting, "active": found.active, "done": found.done}
        row = connection.execute(found.claim.encode(), given).fetchone()
        if row is None:
            return {"job_id": None}
        connection.execute(found.finish.encode(), {**given, "job": row[0]})
        return {"job_id": row[0]}
