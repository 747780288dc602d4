"""A commit that a test stops in its middle."""

import signal
import subprocess

from tests.support.command import Finished, finish
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.wait import wait_until

# done all the same when it is cancelled, as a commit that waits for a standby can be; PostgreSQL signals a session
# and its process group, so that the second one can come a moment later
STUBBORN = """
  begin
    perform pg_sleep(60);
  exception when query_canceled then
    begin
      perform pg_sleep(0.3);
    exception when query_canceled then null;
    end;
  end
"""
_SLEEPS = "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"


def do_at_commit(session: Connection, table: str, statement: str, when: str = "true") -> None:
    """Have PL/pgSQL run at the commit of whoever inserts into a table."""
    session.execute(
        "create function public.at_commit() returns trigger language plpgsql as"
        f" $$begin {statement}; return null; end$$;"
        f"create constraint trigger at_commit after insert on {table} deferrable initially deferred"
        f" for each row when ({when}) execute function public.at_commit()".encode()
    )


def interrupt_at_commit(process: subprocess.Popen[str], connection: Connection) -> Finished:
    """Press Ctrl-C while the command's commit sleeps, and wait for the command's end."""
    wait_until(lambda: scalar(connection, int, _SLEEPS) == 1)
    process.send_signal(signal.SIGINT)
    return finish(process)
