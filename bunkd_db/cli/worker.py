"""`bunkd-db worker`."""

from __future__ import annotations

import click

from bunkd_db.cli.context import Options
from bunkd_db.cli.shared import Command


@click.command(cls=Command, takes=("schedule",))
@click.option(
    "--every",
    metavar="INTERVAL",
    help="Interval between calls, without a database [default: BUNKD_EVERY or 30s].",
)
@click.pass_obj
def worker(options: Options, every: str | None) -> None:
    """Run a worker that makes the calls.

    For databases that cannot make the calls, and for development. With DATABASE_URL it shares
    slots, back-off and rescue with every other worker, and calls for a queued job at once. Without
    one it calls at an exact interval.

    It runs until SIGTERM, then finishes the calls in flight. On SIGHUP it reads the
    credential again, from BUNKD_CREDENTIAL_FILE or .env. It ends with an error if for a minute
    it cannot work for a reason that only you can change (bunkd-db is not installed, the role has
    no access, no URL is set); it retries everything else. If PORT is set, GET / answers 200 while
    the worker can do its work and 503 otherwise, GET /live answers 200 unless the process hangs,
    and GET /metrics is for Prometheus. A browser gets the page of status --html at GET /; outside
    the worker's own network it has only what the worker knows of itself.

    \b
    Example:
      bunkd-db worker --every 10s
      DATABASE_URL=postgresql://bunkd_worker:…@HOST/postgres PORT=8080 bunkd-db worker
    """
    import os
    import signal
    import sys
    from dataclasses import replace

    # as the first process of a container it would not notice a stop while it still starts
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # a terminal that closes is the end; else it asks for what is read anyway
    on_terminal = os.isatty(2)
    signal.signal(signal.SIGHUP, lambda *_: on_terminal and not os.isatty(2) and sys.exit(0))

    from bunkd_db import worker as process
    from bunkd_db.cli import output
    from bunkd_db.interval import parse_every
    from bunkd_db.worker.log import set_up

    set_up(verbose=options.verbose, colour=output.wants_colour() is not False)
    settings = options.load()
    if options.schedule:  # a worker's own settings are meant for its schedule, whichever it is
        settings = replace(settings, schedule_name=options.schedule)
    process.run(settings, parse_every(every) if every else None, os.environ, options.load)
