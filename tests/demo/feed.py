"""A queue that somebody uses: `python -m tests.demo.feed table|jobs`, for docker-compose.yml."""

import os
import signal
import sys
import time
from types import FrameType

from psycopg import sql

from tests.demo.screen import Bar
from tests.support.queue import STATUS, TABLE, add_jobs, count_by_status, create_queue
from tests.support.server import Connection, connect

ROLES = ("authenticated", "service_role")
FIRST = 20
LATER = 3
EVERY = 15.0


def table(link: Connection) -> None:
    """Make the queue table where it is not there yet."""
    row = link.execute("select to_regclass(%s) is null", [TABLE]).fetchone()
    if row and row[0]:
        for role in ROLES:
            there = link.execute("select from pg_roles where rolname = %s", [role]).fetchone()
            if there is None:  # it is no database of Supabase's
                link.execute(sql.SQL("create role {}").format(sql.Identifier(role)))
        create_queue(link, generation=1)


def jobs(link: Connection) -> None:
    """Queue jobs forever, and write a line whenever the counts change."""
    bar = Bar(STATUS[1], live=False)
    add_jobs(link, FIRST)
    due = bar.began + EVERY
    while True:
        bar.show(count_by_status(link))
        if time.monotonic() >= due:
            add_jobs(link, LATER)
            due += EVERY
        time.sleep(0.1)


def end(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    # The first process of a container gets no default handlers.
    signal.signal(signal.SIGTERM, end)
    with connect(os.environ["DATABASE_URL"]) as session:
        {"table": table, "jobs": jobs}[sys.argv[1]](session)
