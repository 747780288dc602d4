"""Tick by hand, and read what came of it."""

from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE
from tests.support.wait import wait_until

BUSY = "another tick is running"
LOCKED = "is locked: nothing was settled or sent"  # autovacuum locks a catalog for an instant


def try_tick(connection: Connection, schedule: str = SCHEDULE) -> str:
    """One firing of the cron job; what it said."""
    return scalar(connection, str, "select bunkd.tick(%s)", [schedule])


def tick(connection: Connection) -> str:
    """One firing of the cron job that had its locks; what it said."""

    def said() -> str:
        found = try_tick(connection)
        return "" if found == BUSY or LOCKED in found else found

    return wait_until(said, message="a tick has its locks")


def outcomes(connection: Connection) -> list[str | None]:
    """How the calls ended, in the order they were sent; None where one is open."""
    found = connection.execute("select outcome from bunkd.call order by id").fetchall()
    return [None if outcome is None else str(outcome) for (outcome,) in found]


def settle(connection: Connection, timeout: float = 10) -> list[str | None]:
    """Tick until no call is open, and return how they all ended; new calls may be sent."""

    def settled() -> bool:
        tick(connection)
        return None not in outcomes(connection)

    wait_until(settled, timeout, "every call is settled")
    return outcomes(connection)


def answered(connection: Connection, timeout: float = 10) -> None:
    """Wait until pg_net has nothing in its queue: every request has its response."""
    query = "select count(*) from net.http_request_queue"
    wait_until(lambda: connection.execute(query).fetchone() == (0,), timeout, "pg_net is idle")
