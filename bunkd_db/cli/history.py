"""`bunkd-db history`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from bunkd_db.cli import output
from bunkd_db.cli.context import Options
from bunkd_db.cli.shared import Command
from bunkd_db.printable import printable

if TYPE_CHECKING:
    from bunkd_db.status.changes import Change

_INDENT = " " * 4


@click.command(cls=Command, takes=("schedule", "json"), every_schedule=True)
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    show_default=True,
    default=20,
    metavar="N",
    help="How many changes to show.",
)
@click.pass_obj
def history(options: Options, limit: int) -> None:
    """Show who changed what, when and why.

    Shows every change by a command, a deploy, SQL or bunkd-db itself, the newest first, and no
    secret. The newest 1,000 of each schedule are kept. The person's name is BUNKD_ACTOR, else who
    started the GitHub workflow, else the operating system's user. Read-only; BUNKD_READER_ROLE can
    run it.

    \b
    Example:
      bunkd-db history
      bunkd-db history --schedule reports --limit 5 --json
    """
    from bunkd_db import history as verb

    settings = options.load()
    changes = verb.read(settings.database_url, options.schedule, limit)
    if options.json:
        import json

        click.echo(json.dumps(verb.as_json(changes), indent=2))
        return
    if not changes:
        output.say("No change is recorded yet.", err=True)
    for change in changes:
        for line in _lines(change):
            output.say(line)


def _lines(change: Change) -> Iterator[str]:
    from bunkd_db.status.changes import by_whom, differences, reason

    about = f" {change.schedule}" if change.schedule else ""
    when = f"{change.at:%Y-%m-%d %H:%M:%S} UTC  "
    said = output.paragraph(
        printable(f"{when}{change.what}{about}, by {by_whom(change)}"), "", _INDENT
    )
    yield said.replace(change.what, click.style(change.what, bold=True), 1)
    details = differences(change)
    if details:
        yield output.paragraph(printable("; ".join(details)), _INDENT, _INDENT * 2)
    if why := reason(change):
        yield output.paragraph(printable(f"because: {why}"), _INDENT, _INDENT * 2)
