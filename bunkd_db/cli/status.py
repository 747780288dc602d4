"""`bunkd-db status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bunkd_db.cli.context import Options
from bunkd_db.cli.seconds import Seconds
from bunkd_db.cli.shared import Command

if TYPE_CHECKING:
    from bunkd_db.status.report import Report

_WATCH_SECONDS = 2.0


@click.command(cls=Command, takes=("schedule", "json"), every_schedule=True)
@click.option(
    "--watch",
    metavar="[TIME]",
    is_flag=False,
    flag_value=_WATCH_SECONDS,
    default=None,
    type=Seconds(0.5, 86_400),
    help="Ask again every 2 s, or TIME, like 10s: in place on a terminal, else a line each time.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "prometheus"]),
    default="text",
    show_default=True,
    help="json is the same as --json; prometheus is for a textfile collector.",
)
@click.option(
    "--html",
    metavar="FILE",
    type=click.Path(allow_dash=True),
    help="Write one static page to FILE instead; - is standard output.",
)
@click.pass_obj
def status(options: Options, watch: float | None, format_: str, html: str | None) -> None:
    """Show the queue, the calls and what is wrong.

    First how well each schedule is and what to do next; then the queue, the last hour, the calls,
    who holds the slots, and the ticks. Read-only, also as BUNKD_READER_ROLE. Exit codes: 0 healthy
    or degraded, 1 unhealthy or not installed, 3 the database could not be asked. With --format
    prometheus, 0 whenever it could be asked. --html writes its page in each of these cases.

    \b
    Example:
      bunkd-db status
      bunkd-db status --schedule reports --watch 5s
      bunkd-db status --json
      bunkd-db status --format prometheus
      bunkd-db status --html status.html
    """
    from bunkd_db.status.ask import read
    from bunkd_db.status.verdict import Health

    if options.json and format_ == "prometheus":
        raise click.UsageError("--json and --format prometheus exclude each other.")
    if html is not None:
        _refuse_beside_html(options, watch, format_)
    options.json = options.json or format_ == "json"
    if watch and format_ == "prometheus":
        raise click.UsageError("--watch and --format prometheus exclude each other.")
    settings = options.load()
    if html is not None:
        from bunkd_db.cli import page

        page.write(settings, options.schedule, html)
        return

    def ask() -> Report:
        return read(settings.database_url, options.schedule)

    if watch:
        from bunkd_db.cli import watch as watching

        watching.watch(ask, watch, as_json=options.json, verbose=options.verbose)
    report = ask()
    if format_ == "prometheus":
        from bunkd_db.status.metrics import metrics

        click.echo(metrics(report), nl=False)
        return
    if options.json:
        import json

        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        from bunkd_db.cli import output, status_screen

        for line in status_screen.lines(report, verbose=options.verbose):
            output.say(line)
    if report.health is Health.UNHEALTHY:
        raise click.exceptions.Exit(1)


def _refuse_beside_html(options: Options, watch: float | None, format_: str) -> None:
    other = "--json" if options.json else "--watch" if watch else f"--format {format_}"
    if other != "--format text":
        raise click.UsageError(
            f"--html and {other} exclude each other. Leave out {other}, or run the command twice."
        )
