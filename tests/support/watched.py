"""A schedule whose alerts go to a webhook and whose heartbeat is heard, with the time in the test's hands."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, LiteralString

from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.held import Held
from tests.support.queue import add_jobs, create_queue
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE, install
from tests.support.wait import wait_until

KEY = "s3cret-of-the-webhook"
BEAT_KEY = "s3cret-of-the-heartbeat"
CALL = """
insert into bunkd.call (schedule, reason, sent, settled, outcome, status_code)
select %s, 'tick', clock_timestamp() - interval '1 ms', clock_timestamp(), %s, %s
from generate_series(1, %s)
"""
TIMES = (
    "alert.since",
    "alert.seen",
    "alert.started",
    "alert.cleared",
    "message.made",
    "message.due",
    "message.sent",
    "message.told",
    "last_tick.watched_at",
    "last_tick.at",
)


@dataclass
class Watched:
    """One schedule, and who is told about it."""

    held: Held
    webhook: Endpoint
    heartbeat: Endpoint
    under_way: LiteralString = "select exists (select from net.http_request_queue)"

    @property
    def connection(self) -> Connection:
        return self.held.connection

    def calls(self, outcome: str, status: int | None = None, n: int = 3) -> None:
        """The last calls ended so."""
        self.connection.execute(CALL, [SCHEDULE, outcome, status, n])

    def waits(self, n: int = 1) -> None:
        """So many jobs wait, and the only slot is taken: nobody gets to them."""
        self.held.set(wake=False, max_in_flight=1)
        self.look()
        self.connection.execute(
            "update bunkd.slot set call = 1, worker = 'w', taken = now(), expires = 'infinity'"
        )
        add_jobs(self.connection, n)

    def limit(self) -> float:
        """For how many seconds a job can wait at most."""
        found = scalar(
            self.connection,
            Decimal,
            "select extract(epoch from bunkd.find_wait_limit(s)) from bunkd.schedule s",
        )
        return float(found)

    def look(self, after: float = 0) -> None:
        """Let so many seconds go by; then a tick looks, and what it sends has its answer."""
        self.later(after)
        self.connection.execute("update bunkd.last_tick set watched_at = null")
        self.held.tick()
        wait_until(
            lambda: self.connection.execute(self.under_way).fetchone() == (False,),
            message="nothing is under way",
        )

    def later(self, seconds: float) -> None:
        """Let so many seconds go by, for all that is remembered."""
        by = timedelta(seconds=seconds)
        self.held.move(by)
        for column in TIMES:
            table, _, name = column.partition(".")
            self.connection.execute(f"update bunkd.{table} set {name} = {name} - %s", [by])  # noqa: S608
        self.connection.execute(
            "update public.analysis_jobs set created_at = created_at - %s", [by]
        )

    def bodies(self) -> list[dict[str, Any]]:
        """What the webhook was sent, the oldest first."""
        return [json.loads(each.body) for each in self.webhook.received]

    def told(self) -> list[tuple[str, str]]:
        """Code and state of each message that the webhook was sent."""
        return [(body["code"], body["state"]) for body in self.bodies()]

    def beats(self) -> int:
        return len(self.heartbeat.received)

    def message(self, code: str, column: str) -> object:
        found = self.connection.execute(
            f"select {column} from bunkd.message where code = %s",  # noqa: S608
            [code],
        ).fetchone()
        return found[0] if found else None


def receiver(database: Database) -> Endpoint:
    """One that takes messages, where the server can reach it."""
    return Endpoint(host=database.server.bind, public_host=database.server.callback_host)


@contextmanager
def watched(
    database: Database, connection: Connection, url: str, *, beats: bool = True, **env: str
) -> Iterator[Watched]:
    """Install on an empty queue, with no obstacle; no tick comes but the test's."""
    with receiver(database) as webhook, receiver(database) as heartbeat:
        create_queue(connection)
        given = {"BUNKD_ALERT_WEBHOOK": f"{webhook.url}?key={KEY}"}
        if beats:
            given["BUNKD_HEARTBEAT_URL"] = f"{heartbeat.url}?key={BEAT_KEY}"
        # so rarely that none falls into the test: a job that is switched off would be an obstacle
        install(database, BUNKD_CALL_URL=url, BUNKD_EVERY="0 0 1 1 *", **given, **env)
        held = Held(database, connection)
        held.move(timedelta(days=1))
        yield Watched(held, webhook, heartbeat)
