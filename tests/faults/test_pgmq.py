"""A queue of pgmq's, by the settings of docs/pgmq.md: no status, a message waits while vt is past."""

from pathlib import Path

from tests.support.checked import check
from tests.support.database import Database
from tests.support.endpoint import Endpoint, Jobs
from tests.support.exported import exported
from tests.support.server import Connection
from tests.support.ticks import tick
from tests.support.upgrade import install
from tests.support.wait import wait_until

PAGE = (Path(__file__).parents[2] / "docs/pgmq.md").read_text()
SETTINGS = exported(PAGE)
# what pgmq.create('jobs') makes
TABLE = """
create schema pgmq;
create table pgmq.q_jobs (
  msg_id bigint primary key generated always as identity,
  read_ct int not null default 0,
  enqueued_at timestamptz not null default now(),
  vt timestamptz not null,
  message jsonb
);
create index on pgmq.q_jobs (vt asc);
"""
SEND = (
    "insert into pgmq.q_jobs (vt, message)"
    " select clock_timestamp(), '{}' from generate_series(1, %s)"
)
READ = """
update pgmq.q_jobs set read_ct = read_ct + 1, vt = clock_timestamp() + interval '30 s'
 where msg_id = (select msg_id from pgmq.q_jobs where vt <= clock_timestamp()
                  order by msg_id limit 1 for update skip locked)
returning msg_id::text
"""


class Messages(Jobs):
    """A function that reads a message with pgmq.read(…, 30, 1) and ends with pgmq.delete."""

    def claim(self) -> str | None:
        with self._connection() as link:
            row = link.execute(READ).fetchone()
        return None if row is None else str(row[0])

    def finish(self, job: str, error: str | None = None) -> None:  # noqa: ARG002 -- none fails
        with self._connection() as link:
            link.execute("delete from pgmq.q_jobs where msg_id = %s", [job])


def left(connection: Connection) -> object:
    row = connection.execute("select count(*) from pgmq.q_jobs").fetchone()
    return row and row[0]


def test_messages_are_called_for(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    endpoint.jobs = Messages(database.url)
    connection.execute(TABLE)
    *_, last = install(database, BUNKD_CALL_URL=endpoint.url, **SETTINGS)
    assert last.startswith("native: ")
    connection.execute(SEND, [5])
    wait_until(lambda: left(connection) == 0, message="sending is enough: no tick is needed")
    connection.execute(SEND, [12])
    wait_until(lambda: tick(connection) and left(connection) == 0, 20, "every message is deleted")
    assert endpoint.peak <= 5
    found = connection.execute("select problem, failed_wakes from bunkd.status").fetchone()
    assert found == (None, 0)
    assert not [one for one in check(database).checks if one.status == "fail"]


def test_a_message_that_was_read_and_not_deleted_is_called_for_when_it_is_visible_again(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    endpoint.jobs = Messages(database.url)
    connection.execute(TABLE)
    install(database, BUNKD_CALL_URL=endpoint.url, **SETTINGS)
    connection.execute(
        "insert into pgmq.q_jobs (read_ct, vt) values (1, clock_timestamp() + interval '30 s')"
    )
    assert tick(connection).startswith("0 sent")
    connection.execute("update pgmq.q_jobs set vt = clock_timestamp()")
    wait_until(lambda: tick(connection) and left(connection) == 0)
    assert len(endpoint.received) >= 1
