"""`bunkd-db worker`."""

from __future__ import annotations

import click

from bunkd_db.cli.context import Options, verbose_option


@click.command()
@click.option(
    "--every",
    metavar="INTERVAL",
    help="Time between calls, without a database; else BUNKD_EVERY, else 30s.",
)
@click.option(
    "--schedule", default="process-analysis-jobs", show_default=True, help="Whose calls to make."
)
@verbose_option
@click.pass_obj
def worker(options: Options, every: str | None, schedule: str) -> None:
    """Make the calls from this process: where the database cannot, and for development.

    With BUNKD_CALL_URL and BUNKD_CREDENTIAL alone it calls at an exact interval. With DATABASE_URL
    it shares slots, back-off and rescue with every other worker, and a queued job is called for at
    once. It goes on until SIGTERM, and finishes the calls in flight then. On PORT, if set, GET /
    says how it is, and GET /metrics is for Prometheus.

    \b
    Example:
      bunkd-db worker --every 10s
      DATABASE_URL=postgresql://bunkd_worker:…@HOST/postgres PORT=8080 bunkd-db worker
    """
    import os
    import signal
    import sys

    # as the first process of a container it would not hear of a stop while it still starts
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

    from bunkd_db import worker as process
    from bunkd_db.interval import parse_every
    from bunkd_db.worker.log import set_up

    set_up(verbose=options.verbose, colour="NO_COLOR" not in os.environ)
    process.run(options.settings(), schedule, parse_every(every) if every else None, os.environ)
