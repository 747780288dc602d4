"""How many jobs wait, as SQL: for scalers that ask the database themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bunkd_db.errors import NotPossible
from bunkd_db.settings import Settings, defaults

_PART = re.compile(r'"([^"]+)"|([^".]+)')


@dataclass(frozen=True)
class Queue:
    """The job table in the settings' words, checked by `bunkd_db.settings.parse`.

    Attributes:
        table: with its schema; a name in double quotes is as it is, another one is folded.
        column: the bare name of the one with the status.
        words: those of a job that waits.
        where: a further condition, None where none is set.
    """

    table: str = defaults.QUEUE_TABLE
    column: str = defaults.STATUS_COLUMN
    words: tuple[str, ...] = defaults.STATUS_WAITING
    where: str | None = None

    @classmethod
    def of(cls, settings: Settings) -> Queue:
        """Take it from the settings; what is not set there is as by default."""
        given, default = settings.schedule, cls()
        return cls(
            given.queue_table or default.table,
            given.status_column or default.column,
            given.status_waiting or default.words,
            given.queue_where,
        )

    def waiting(self, limit: int) -> str:
        """A query for the number of waiting rows up to a limit, in printable ASCII.

        The words are not cast, so that an index serves them and an enum takes them.

        >>> Queue(words=("it's",)).waiting(9)
        'select count(*) from (select from "public"."analysis_jobs" where "status" in (\\'it\\'\\'s\\') limit 9) as q'

        Raises:
            NotPossible: the further condition has other characters in it.
        """
        table = ".".join(_quoted(exact or _folded(name), '"') for exact, name in self._parts())
        words = ", ".join(_quoted(word, "'") for word in self.words)
        column = _quoted(self.column, '"')
        found = f"select from {table} where {column} in ({words})"
        if self.where is not None:
            found = f"{found} and ({self._condition()})"
        return f"select count(*) from ({found} limit {limit}) as q"  # noqa: S608 - all quoted

    def _condition(self) -> str:
        assert self.where is not None
        where = " ".join(self.where.splitlines())
        if not _plain(where):
            raise NotPossible(
                "BUNKD_QUEUE_WHERE has a character that is not printable ASCII",
                r"Write it as an escape, like U&'\00FC'.",
            )
        return where

    def _parts(self) -> list[tuple[str, str]]:
        return _PART.findall(self.table)


def _plain(text: str) -> bool:
    return all(" " <= character <= "~" for character in text)


def _folded(name: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in name)


def _quoted(text: str, mark: str) -> str:
    """Write an identifier (`"`) or a literal (`'`), whatever is in it."""
    doubled = text.replace(mark, mark * 2)
    if _plain(text) and "\\" not in text:
        return f"{mark}{doubled}{mark}"
    escaped = "".join(
        letter if _plain(letter) else f"\\+{ord(letter):06X}"
        for letter in doubled.replace("\\", "\\\\")
    )
    return f"U&{mark}{escaped}{mark}"
