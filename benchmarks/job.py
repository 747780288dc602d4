"""One job, inserted as an application does: a single statement, committed by itself."""

import time
from dataclasses import dataclass

from psycopg import sql

from tests.support.queue import TABLE
from tests.support.server import Connection

RETURNING = " returning id::text, pg_current_xact_id()::xid::text"
COMMITTED = "select extract(epoch from pg_xact_commit_timestamp(%s::xid))"


@dataclass(frozen=True)
class Inserted:
    """A job's id, and when its INSERT was sent and committed, in seconds of the epoch."""

    id: str
    sent: float
    committed: float


def statement(table: str = TABLE) -> sql.Composed:
    """The INSERT of one waiting job of the first generation."""
    return sql.SQL("insert into {} (fingerprint, input_data) values ('a product', '{{}}')").format(
        sql.Identifier(*table.split("."))
    )


def insert(link: Connection, table: str = TABLE) -> Inserted:
    """Insert one; when it was committed is what the server recorded, not what we saw."""
    sent = time.time()
    inserted = link.execute(statement(table) + sql.SQL(RETURNING)).fetchone()
    assert inserted is not None
    committed = link.execute(COMMITTED, [inserted[1]]).fetchone()
    assert committed is not None
    return Inserted(str(inserted[0]), sent, float(str(committed[0])))
