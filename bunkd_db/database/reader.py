"""Questions that are read-only and harm nothing when they fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TypeVar

import psycopg
from psycopg import errors as pg
from psycopg.rows import class_row

from bunkd_db.database.connection import Connection

Answer = TypeVar("Answer")
OUTDATED = "schema bunkd is at another revision than this bunkd-db"
_NOT_THERE = (pg.UndefinedTable, pg.UndefinedFunction, pg.UndefinedColumn, pg.UndefinedObject)


class Unanswered(Exception):
    """The database declined one question, and can still be asked others.

    Attributes:
        denied: whether a privilege was missing.
        outdated: what of ours was asked for is not there: the schema is of another revision.
    """

    def __init__(self, message: str, *, denied: bool, outdated: bool = False) -> None:
        super().__init__(message)
        self.denied, self.outdated = denied, outdated


class Reader:
    """Asks questions in a read-only transaction; one that fails harms no other."""

    def __init__(self, connection: Connection, timeout_ms: int) -> None:
        self._connection = connection
        self._timeout_ms = timeout_ms
        self._begin()

    def _begin(self) -> None:
        # SET LOCAL, because a session's setting leaks to others through a transaction pooler
        self._connection.execute(
            "begin transaction isolation level read committed read only;"
            " set local lock_timeout = 200; set local search_path = pg_catalog, pg_temp;"
            f" set local statement_timeout = {self._timeout_ms:d}"  # last: the others need not be quick
        )

    def hurry(self, timeout_ms: int) -> None:
        """Give every question from here on no longer than this."""
        self._timeout_ms = timeout_ms
        # this too is under the limit so far; one that is cancelled begins anew, with the new limit
        with suppress(Unanswered), self._harmless():
            self._connection.execute(f"set local statement_timeout = {timeout_ms:d}")

    def end(self) -> None:
        """Leave the transaction. Its limit holds for this too, and must not cost what was answered."""
        try:
            self._connection.execute("rollback")
        except pg.QueryCanceled:
            self._connection.execute("rollback")  # a failed transaction still can be

    def ask(
        self, kind: type[Answer], question: str, parameters: Mapping[str, object] | None = None
    ) -> list[Answer]:
        """Return the rows as `kind`, whose fields are the columns.

        `question` is a file of sql/queries, or a text that the server itself has quoted.

        Raises:
            Unanswered: no privilege, no such object, it took too long, or something is locked.
        """
        # bound here: a pooler need not know about parameters
        with (
            self._harmless(ours="bunkd." in question),
            psycopg.ClientCursor(self._connection, row_factory=class_row(kind)) as cursor,
        ):
            return cursor.execute(question, parameters).fetchall()

    def lock(self, table: str) -> None:
        """Let nobody change a table until a question is declined; the server has quoted its name.

        Raises:
            Unanswered: no privilege, or it is locked.
        """
        with self._harmless():
            self._connection.execute(f"lock table only {table} in access share mode".encode())

    @contextmanager
    def _harmless(self, *, ours: bool = False) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            if self._connection.closed:
                raise
            self.end()
            self._begin()
            primary = error.diag.message_primary or type(error).__name__
            denied = isinstance(error, pg.InsufficientPrivilege)
            outdated = ours and isinstance(error, _NOT_THERE)
            raise Unanswered(
                OUTDATED if outdated else primary, denied=denied, outdated=outdated
            ) from error


@contextmanager
def read_only(connection: Connection, timeout_ms: int) -> Iterator[Reader]:
    """Give a reader whose questions may each take `timeout_ms`. The connection is in autocommit."""
    reader = Reader(connection, timeout_ms)
    try:
        yield reader
    finally:
        if not connection.closed:
            reader.end()
