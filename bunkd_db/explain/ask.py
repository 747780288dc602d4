"""Ask for a job by its key or the beginning of it, in one schedule's queue or in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bunkd_db import sql
from bunkd_db.errors import NotPossible
from bunkd_db.explain.facts import Candidate
from bunkd_db.explain.parse import parse_job, parse_unreadable
from bunkd_db.explain.report import FORMAT, Report
from bunkd_db.printable import printable
from bunkd_db.status.door import asking, require_answers

_SHOWN = 5  # of several jobs whose keys begin alike


@dataclass(frozen=True)
class Row:
    """What one schedule's queue knows."""

    schedule: str
    answer: dict[str, Any]


def read(url: str | None, job: str, schedule: str | None) -> Report:
    """Return what is known of a job.

    Raises:
        NotPossible: there is no such job; or bunkd-db is not installed, or is of another version.
        ConfigurationError: there is no such schedule.
        DatabaseUnavailable, PermissionMissing: it could not be asked.
    """
    with asking(url, "explain_job", 2, "the job") as reader:
        rows = reader.ask(Row, sql.read("queries/explain"), {"job": job, "schedule": schedule})
    require_answers([row.answer for row in rows], FORMAT, schedule)
    return choose(job, rows)


def choose(job: str, rows: Sequence[Row]) -> Report:
    """Return the report on the one job that is meant; a whole key goes before a beginning.

    Raises:
        NotPossible: no queue has it.
    """
    readable = [row for row in rows if "ids" in row.answer]
    found = [row for row in readable if row.answer["whole"]] or readable
    if len({key for row in found for key in row.answer["ids"]}) > 1:
        each = {
            (row.answer["queue_table"], key): Candidate(
                row.schedule, row.answer["queue_table"], key
            )
            for row in reversed(found)
            for key in row.answer["ids"]
        }
        return Report(job, candidates=tuple(each[place] for place in sorted(each))[:_SHOWN])
    jobs = tuple(parse_job(row.schedule, row.answer) for row in found if "row" in row.answer)
    if jobs:
        return Report(job, jobs)
    if len(readable) < len(rows):
        unreadable = (parse_unreadable(r.schedule, r.answer) for r in rows if r not in readable)
        return Report(job, unreadable=tuple(unreadable))
    tables = ", ".join(dict.fromkeys(row.answer["queue_table"] for row in rows))
    raise NotPossible(
        f"there is no job {printable(job)} in {tables}",
        "Check the id. Otherwise its row was deleted, or the transaction that inserts it is still open."
        if all(row.answer["beginnings"] for row in rows)
        else "Give the whole id: jobs of this table are not found by the beginning of it.",
    )
