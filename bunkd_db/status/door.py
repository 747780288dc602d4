"""The way in: whether a question of ours can be asked in this database, by this role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bunkd_db import database, sql
from bunkd_db.errors import (
    DatabaseUnavailable,
    NotInstalled,
    NotPossible,
    PermissionMissing,
    UnknownSchedule,
)

_SECONDS = 5  # for all schedules together


@dataclass(frozen=True)
class _Door:
    installed: bool
    trusted: bool
    known: bool
    permitted: bool
    role: str
    owner: str | None


@contextmanager
def asking(url: str | None, function: str, texts: int, what: str) -> Iterator[database.Reader]:
    """Give a reader that may ask our `function` of so many texts; `what` is what it answers.

    Raises:
        NotPossible: bunkd-db is not installed, or is of another version.
        DatabaseUnavailable, PermissionMissing: it could not be asked.
    """
    with (
        database.worded_errors(),
        database.connect(url, autocommit=True) as connection,
        database.read_only(connection, _SECONDS * 1000) as reader,
    ):
        try:
            [door] = reader.ask(
                _Door, sql.read("queries/door"), {"function": function, "texts": texts}
            )
            _pass(door, what)
            yield reader
        except database.Unanswered as why:
            raise DatabaseUnavailable(
                f"{what} could not be read: {why}",
                "Try again; if it persists, look for long transactions in pg_stat_activity.",
            ) from why


def require_answers(answers: Sequence[Mapping[str, Any]], known: int, schedule: str | None) -> None:
    """Refuse an answer for no schedule, or in a format that this version does not know.

    Raises:
        NotPossible: there is no schedule at all, or the database is of a newer version.
        ConfigurationError: there is no such schedule.
    """
    if not answers and schedule:
        raise UnknownSchedule(schedule)
    if not answers:
        raise NotPossible("there is no schedule in this database", "Run:", "bunkd-db upgrade")
    if any(each["format"] != known for each in answers):
        raise NotInstalled(
            "this database was upgraded by a newer bunkd-db than this one",
            "Install that version here: bunkd-db --version says which one this is.",
        )


def _pass(door: _Door, what: str) -> None:
    if not door.installed:
        raise NotInstalled("bunkd-db is not installed in this database", "Run:", "bunkd-db upgrade")
    if not door.trusted:
        raise PermissionMissing(
            f"schema bunkd belongs to role {door.owner}, whose code would run as role {door.role}",
            f"Connect as {door.owner}, or as BUNKD_READER_ROLE.",
        )
    if not door.known:
        raise NotInstalled(
            "the bunkd-db in this database is older than this command", "Run:", "bunkd-db upgrade"
        )
    if not door.permitted:
        raise PermissionMissing(
            f"role {door.role} cannot read {what}",
            f"Connect as {door.owner}, or as BUNKD_READER_ROLE.",
        )
