"""A queue on a server that cannot make calls, its function, and workers for it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import add_jobs, count_by_status
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.upgrade import upgrade
from tests.support.wait import wait_until
from tests.support.worker import Worker, worker


@dataclass
class Place:
    """Everything that a test of a worker needs."""

    database: Database
    connection: Connection
    function: Endpoint

    def upgrade(self, **env: str) -> list[str]:
        """Deploy, with three slots and ticks that do not come unless a test asks for them."""
        given = {"BUNKD_MAX_IN_FLIGHT": "3", "BUNKD_EVERY": "1h", **env}
        return upgrade(self.database, BUNKD_CALL_URL=self.function.url, **given)

    def worker(self, *arguments: str, **env: str) -> AbstractContextManager[Worker]:
        """Start one on this database."""
        return worker(*arguments, **{"DATABASE_URL": self.database.url, **env})

    def reconnect(self) -> None:
        """After a restart of the server."""
        self.connection.close()
        self.connection = self.database.connect()

    @contextmanager
    def away(self) -> Iterator[None]:
        """For workers, the database is away."""
        with self.database.admin() as admin:
            admin.execute("alter role postgres nologin")
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name like 'bunkd-db%'"
            )
            yield
            admin.execute("alter role postgres login")

    def add(self, n: int = 1) -> list[str]:
        return add_jobs(self.connection, n)

    def done(self, n: int, timeout: float = 30) -> None:
        """Wait until n jobs are done."""
        wait_until(
            lambda: count_by_status(self.connection).get("done", 0) >= n,
            timeout,
            f"{n} jobs are done: {count_by_status(self.connection)}",
        )

    def ledger(self) -> list[tuple[object, ...]]:
        """Reason and outcome of each call, the oldest first."""
        return self.connection.execute(
            "select reason, outcome from bunkd.call order by id"
        ).fetchall()

    def settled(self) -> list[tuple[object, ...]]:
        """Wait until no call is open, and return the ledger."""

        def calls() -> list[tuple[object, ...]]:
            found = self.ledger()
            return found if all(outcome for _, outcome in found) else []

        return wait_until(calls, message="every call is settled")

    def slots(self) -> int:
        """How many are taken."""
        return scalar(
            self.connection, int, "select count(*) from bunkd.slot where call is not null"
        )

    def workers(self) -> int:
        return scalar(self.connection, int, "select workers from bunkd.status")
