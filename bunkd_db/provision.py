"""The schedule in the database, outside of an upgrade."""

from __future__ import annotations

from bunkd_db import database, sql
from bunkd_db.credential import Credential
from bunkd_db.errors import NotPossible
from bunkd_db.summary import summarize


def set_credential(url: str | None, schedule: str, credential: Credential) -> list[str]:
    """Store a schedule's credential and return the lines that say what is now true.

    Raises:
        NotPossible: nothing is installed, or the calls are made from outside the database.
        ConfigurationError: there is no such schedule.
    """
    with database.worded_errors(), database.connect(url) as connection:
        database.store_credential(connection, schedule, credential, "operator")
        [found] = database.rows(
            connection, "select bunkd.report(%(schedule)s) as report", {"schedule": schedule}
        )
        return summarize(database.as_object(found["report"]))


def show_credential(url: str | None, schedule: str) -> dict[str, str]:
    """Return where a schedule's credential is and what kind it is, as strings by stable key.

    Raises:
        NotPossible: nothing is installed, or no credential is kept for this schedule.
    """
    with database.worded_errors(), database.connect(url) as connection:
        found = database.rows(connection, sql.read("queries/credential"), {"schedule": schedule})
    if not found:
        raise NotPossible(
            f"no credential is kept for schedule {schedule}", "Set it with: bunkd-db credential set"
        )
    return {name: str(value) for name, value in found[0].items()}
