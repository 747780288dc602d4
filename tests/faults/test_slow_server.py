"""A server that stands still for a moment costs one question at most, and never the whole check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from bunkd_db.database.reader import Reader, read_only
from tests.support.database import Database

CANCEL = b"do $$ begin perform pg_cancel_backend(pg_backend_pid()); perform pg_sleep(60); end $$"


class Stalled(psycopg.Connection[tuple[object, ...]]):
    """Its first statement that begins with `stalls_at` ends as one that took too long."""

    stalls_at = b""

    def execute(self, query: Any, *args: Any, **more: Any) -> psycopg.Cursor[tuple[object, ...]]:
        text = query.encode() if isinstance(query, str) else query
        if self.stalls_at and text.startswith(self.stalls_at):
            self.stalls_at = b""
            query = CANCEL
        return super().execute(query, *args, **more)


@pytest.mark.parametrize("stalls_at", [b"set local statement_timeout", b"rollback"])
def test_what_is_no_question_may_be_slow(database: Database, stalls_at: bytes) -> None:
    with Stalled.connect(database.url, autocommit=True) as connection:
        with read_only(connection, 2000) as reader:
            connection.stalls_at = stalls_at
            reader.hurry(400)
            assert limit(reader) == "400ms"
        assert connection.stalls_at == b"", "nothing stood still"
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


@dataclass(frozen=True)
class Limit:
    limit: str


def limit(reader: Reader) -> str:
    [found] = reader.ask(Limit, "select current_setting('statement_timeout') as limit")
    return found.limit
