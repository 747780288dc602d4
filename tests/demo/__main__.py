"""Show the main job end to end: `python -m tests.demo [--server auto|container|cluster|embedded]`."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import FrameType

from tests.demo.command import run, worker
from tests.demo.provide import provide
from tests.demo.screen import Bar, say
from tests.support.choose import preference
from tests.support.endpoint import Endpoint
from tests.support.queue import STATUS, TABLE, add_jobs, count_by_status, create_queue
from tests.support.server import Connection, Server, Unavailable

JOBS = 20
WORK = 0.5
TOKEN = "demo-token"
PATIENCE = 90.0
ONE_BY_ONE = 4
QUIET = 2.0
PICKUP = """
select percentile_cont(0.5) within group (order by w.ms), max(w.ms)
  from (select 1000 * extract(epoch from started_at - created_at)::float8 as ms from public.analysis_jobs
         where created_at >= %s) as w
"""
STAND_IN = """\
          Its pg_net is a stand-in with the same interface and batches, because the real one is in
          no package registry; Supabase's image and platform have it."""


def main(wanted: str) -> int:
    """The exit code: 0 where all jobs were completed."""
    with provide(wanted) as server, function(server) as endpoint, server.connect() as link:
        if server.net and not server.real_net:
            say(STAND_IN)
        if server.kind == "embedded":
            link.execute("create role authenticated; create role service_role")
        create_queue(link, generation=1)
        say(f"Function  {endpoint.url}, {WORK:g} s of work a job")
        say(f"Queue     {TABLE}, a row is a job\n")
        settings = {
            "DATABASE_URL": server.url,
            "BUNKD_CALL_URL": endpoint.url,
            "BUNKD_CREDENTIAL": TOKEN,
        }
        if run(settings, "alembic", "upgrade", "head") != 0:
            return 1
        verdict = run(settings, "bunkd-db", "check")
        if verdict not in (0, 1):
            return 1
        say(f"Path      {path(link)}\n")
        with nullcontext() if verdict == 0 else worker(settings, lambda: works(link)):
            done = complete(link)
        if not done:
            say("Why:")
            run(settings, "bunkd-db", "check")
        say("\nStopping the server and removing its files.")
    return 0 if done else 1


@contextmanager
def function(server: Server) -> Iterator[Endpoint]:
    """The demo's `run_job`, where the server's calls can reach it."""
    local = server.callback_host == "127.0.0.1"
    with Endpoint(
        server.url,
        work=WORK,
        host="127.0.0.1" if local else "0.0.0.0",
        public_host=server.callback_host,
        require=("Authorization", f"Bearer {TOKEN}"),
    ) as endpoint:
        yield endpoint


def path(link: Connection) -> str:
    """Who makes the calls, and why."""
    row = link.execute(
        "select mode, transport_used, lanes, mode_reason from bunkd.schedule"
    ).fetchone()
    assert row is not None
    mode, transport, lanes, reason = row
    if mode == "external":
        return f"bunkd-db worker, because this database cannot make the calls itself: {reason}"
    if transport == "http":
        return f"the database itself, by {lanes} lanes, because it has pgsql-http and no pg_net"
    return "the database itself, by pg_net, because it can be used here"


def works(link: Connection) -> bool:
    """Whether a worker waits for jobs."""
    row = link.execute("select sum(bunkd.count_workers(name)) > 0 from bunkd.schedule").fetchone()
    return row is not None and bool(row[0])


def complete(link: Connection) -> bool:
    """Queue the jobs and only look on; then some alone, each when nothing else goes on."""
    began = database_clock(link)
    add_jobs(link, JOBS)
    say(f"{JOBS} jobs are queued. From here on this program only looks on.")
    bar = Bar(STATUS[1])
    if not watched(link, bar, JOBS):
        say(f"Not completed in {bar.seconds:.0f} s. Calls, by reason: {calls(link) or 'none'}.")
        return False
    say(f"All completed in {bar.seconds:.1f} s. Calls, by reason: {calls(link)}.")
    say(f"Pickup    of {JOBS} at once: {pickup(link, began)}")
    began = database_clock(link)
    for number in range(ONE_BY_ONE):
        time.sleep(QUIET)  # until nothing of the last one goes on, pg_net's own pause included
        add_jobs(link)
        if not watched(link, None, JOBS + number + 1):
            say("A job that was queued alone was not completed.")
            return False
    say(f"          of {ONE_BY_ONE}, each alone: {pickup(link, began)}")
    return True


def watched(link: Connection, bar: Bar | None, wanted: int) -> bool:
    """Look until so many jobs are completed; whether they are, in time."""
    deadline = time.monotonic() + PATIENCE
    while (counts := count_by_status(link)).get("completed", 0) < wanted:
        if time.monotonic() > deadline:
            break
        if bar:
            bar.show(counts)
        time.sleep(0.1 if bar else 0.02)
    if bar:
        bar.show(counts)
        bar.end()
    return counts.get("completed", 0) >= wanted


def database_clock(link: Connection) -> object:
    row = link.execute("select clock_timestamp()").fetchone()
    assert row is not None
    return row[0]


def calls(link: Connection) -> str:
    rows = link.execute("select reason, count(*) from bunkd.call group by reason order by reason")
    return ", ".join(f"{n} {reason}" for reason, n in rows)


def pickup(link: Connection, since: object) -> str:
    """How long the jobs queued since then waited for the function to claim them."""
    row = link.execute(PICKUP, [since]).fetchone()
    assert row is not None
    half, longest = row
    return f"half within {half:.0f} ms, the last after {longest:.0f} ms"


def interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--server", default=preference(), help="auto, container, cluster, embedded")
    signal.signal(signal.SIGTERM, interrupt)
    try:
        sys.exit(main(parser.parse_args().server))
    except (Unavailable, ValueError) as error:
        sys.exit(f"demo: {error}")
    except BrokenPipeError:
        # the reader went away (| head): not even the exit may write
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except KeyboardInterrupt:
        say("\nInterrupted; the server is stopped and its files are removed.")
        sys.exit(130)
