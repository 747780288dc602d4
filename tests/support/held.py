"""A schedule whose calls pg_net does not send: the test decides when they are taken and how they end.

A rule makes pg_net's worker, real or double, find nothing to take; everything else is as it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from psycopg.types.json import Jsonb

from tests.support.database import Database
from tests.support.queue import Generation, create_queue
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.ticks import BUSY, try_tick
from tests.support.upgrade import SCHEDULE, install_by_script
from tests.support.wait import wait_until

# A trigger would lock the rows, and so make them look taken up.
HOLD = """
create table public.nothing (like net.http_request_queue);
create rule hold as on delete to net.http_request_queue
  do instead delete from public.nothing where false returning *;
"""
ANSWER = """
insert into net._http_response (id, status_code, content, headers, timed_out, error_msg)
values (%s, %s, %s, %s, %s, %s)
"""
EMPTY = '{"message": "No jobs available"}'


@dataclass
class Batch:
    """Requests that pg_net has taken up: its transaction is open until they `end`."""

    session: Connection
    requests: list[int]

    def end(
        self,
        status: int | None = 200,
        content: str = '{"success": true, "job_id": "x"}',
        *,
        headers: dict[str, str] | None = None,
        error: str | None = None,
    ) -> None:
        """All of them end in this way; no status and an error: nobody answered."""
        timed_out = error.startswith("Timeout") if error else False
        for request in self.requests:
            self.session.execute(
                ANSWER,
                [
                    request,
                    status,
                    None if error else content,
                    Jsonb(headers) if headers else None,
                    timed_out,
                    error,
                ],
            )
        self.session.execute("commit")

    def time_out(self) -> None:
        self.end(None, error="Timeout of 500 ms reached. Total time: 500.0 ms")


@dataclass
class Held:
    """One schedule, its owner's session, and pg_net by hand."""

    database: Database
    connection: Connection
    sessions: list[Connection] = field(default_factory=list)

    def tick(self, schedule: str = SCHEDULE) -> str:
        """One firing of the cron job, after a run of pg_cron's that had begun."""

        def said() -> str:
            found = try_tick(self.connection, schedule)
            return "" if found == BUSY else found

        return wait_until(said, message="no other tick is at work")

    def calls(self, schedule: str = SCHEDULE) -> list[str]:
        """The reasons of all calls, the oldest first."""
        query = "select reason from bunkd.call where schedule = %s order by id"
        return [str(row[0]) for row in self.connection.execute(query, [schedule])]

    def outcomes(self, schedule: str = SCHEDULE) -> list[str | None]:
        query = "select outcome from bunkd.call where schedule = %s order by id"
        rows = self.connection.execute(query, [schedule]).fetchall()
        return [None if row[0] is None else str(row[0]) for row in rows]

    def slots(self, schedule: str = SCHEDULE) -> int:
        """How many slots are taken."""
        return scalar(
            self.connection,
            int,
            "select count(*) from bunkd.slot where schedule = %s and call is not null",
            [schedule],
        )

    def status(self, column: str, schedule: str = SCHEDULE) -> object:
        return scalar(
            self.connection,
            object,
            "select to_jsonb(s) -> %s from bunkd.status s where schedule = %s",
            [column, schedule],
        )

    def set(self, schedule: str = SCHEDULE, **columns: object) -> None:
        """Change columns of the schedule live."""
        for column, value in columns.items():
            self.connection.execute(
                f"update bunkd.schedule set {column} = %s where name = %s",  # noqa: S608
                [value, schedule],
            )

    def move(self, by: timedelta) -> None:
        """Let this much time go by, for what our tables remember."""
        for column in ("schedule.endpoint_since", "call.sent", "call.settled", "call.retry_at"):
            table, _, name = column.partition(".")
            self.connection.execute(
                f"update bunkd.{table} set {name} = {name} - %s",  # noqa: S608
                [by],
            )
        self.connection.execute(
            "update bunkd.slot set taken = taken - %(by)s, expires = expires - %(by)s", {"by": by}
        )

    def requests(self) -> list[int]:
        """What pg_net has queued, taken up or not."""
        query = "select id from net.http_request_queue order by id"
        return [int(str(row[0])) for row in self.connection.execute(query)]

    def take(self, n: int | None = None) -> Batch:
        """Take up the oldest n requests (all by default), as pg_net's worker does."""
        session = self.database.admin()
        self.sessions.append(session)
        session.execute("set session_replication_role = replica")
        session.execute("set application_name = 'pg_net by hand'")
        session.execute("begin")
        rows = session.execute(
            "delete from net.http_request_queue where id in (select id from net.http_request_queue"
            " order by id limit %s for update skip locked) returning id",
            [n],
        ).fetchall()
        return Batch(session, sorted(int(str(row[0])) for row in rows))


def running(
    database: Database,
    connection: Connection,
    url: str,
    generation: Generation = 1,
    **env: str,
) -> Held:
    """Install on an empty queue with the calls going to `url`; no tick comes but the test's."""
    create_queue(connection, generation)
    install_by_script(connection, cron=False, BUNKD_CALL_URL=url, **env)
    schedule = Held(database, connection)
    schedule.move(timedelta(days=1))
    return schedule


@contextmanager
def held(
    database: Database, connection: Connection, generation: Generation = 1, **env: str
) -> Iterator[Held]:
    """Install on an empty queue of this generation; no tick comes but the test's."""
    create_queue(connection, generation)
    install_by_script(connection, cron=False, **env)
    with database.admin() as admin:
        admin.execute(HOLD)
    schedule = Held(database, connection)
    try:
        yield schedule
    finally:
        for session in schedule.sessions:
            session.close()


def stop_cron(connection: Connection) -> None:
    """Leave our cron jobs registered, but let none of them fire, nor go on with what has begun.

    pg_cron knows a job by its id, which begins anew with its extension: a job that is just made may
    be due at once, by the last run of one of an earlier test.
    """
    connection.execute("select cron.alter_job(jobid, active := false) from cron.job")
    under_way = (
        "select exists (select from cron.job_run_details"
        " where status in ('starting', 'connecting', 'sending', 'running'))"
    )
    wait_until(
        lambda: connection.execute(under_way).fetchone() == (False,), message="pg_cron's runs end"
    )
