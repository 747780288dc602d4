"""Show the main job end to end: `python -m tests.demo [--server auto|container|cluster|embedded]`."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tests.demo.command import run
from tests.demo.post import post_until_idle
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
        done = by_the_database(link) if verdict == 0 else by_hand(link, endpoint)
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


def by_the_database(link: Connection) -> bool:
    """Queue the jobs and only look on."""
    add_jobs(link, JOBS)
    say(f"{JOBS} jobs are queued. From here on this program only looks on.")
    bar = Bar(STATUS[1])
    while (counts := count_by_status(link)).get("completed", 0) < JOBS and bar.seconds < PATIENCE:
        bar.show(counts)
        time.sleep(0.1)
    bar.show(counts)
    bar.end()
    done = counts.get("completed", 0) == JOBS
    rows = link.execute("select reason, count(*) from bunkd.call group by reason order by reason")
    calls = ", ".join(f"{reason} {n}" for reason, n in rows)
    if done:
        say(f"All completed in {bar.seconds:.1f} s. Calls that the database sent: {calls}.")
    else:
        say(f"Not completed in {bar.seconds:.0f} s. Calls that were sent: {calls or 'none'}.")
    return done


def by_hand(link: Connection, endpoint: Endpoint) -> bool:
    """Queue the jobs and do what an external cron would."""
    add_jobs(link, JOBS)
    say(
        f"{JOBS} jobs are queued, and this database cannot call for them. So this program does what"
    )
    say("an external cron would do, one POST after the other:")
    say(f"$ curl -X POST -H 'Authorization: Bearer …' -d '{{}}' {endpoint.url}")
    bar = Bar(STATUS[1])
    bar.show(count_by_status(link))
    calls = post_until_idle(endpoint.url, TOKEN, lambda: bar.show(count_by_status(link)))
    bar.end()
    done = count_by_status(link) == {"completed": JOBS}
    say(
        f"{'All' if done else 'Not all'} completed in {bar.seconds:.1f} s, by {calls} calls from outside."
    )
    return done


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
