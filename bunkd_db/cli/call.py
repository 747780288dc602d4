"""`bunkd-db call`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bunkd_db.cli.context import Options
from bunkd_db.cli.shared import Command

if TYPE_CHECKING:
    from bunkd_db.manual import Called


@click.command(cls=Command, takes=("schedule", "json"))
@click.option(
    "--via",
    type=click.Choice(["database", "here"]),
    help="Who sends it: the database, or this machine with BUNKD_CREDENTIAL"
    " [default: the one that makes the schedule's calls].",
)
@click.pass_obj
def call(options: Options, via: str | None) -> None:
    """Make one call now.

    Says what the function answered, how long it took and which job it processed. It is a call like
    any other: it needs a free slot, is recorded, and is refused while the schedule is paused, held
    or backing off.

    bunkd-db check --probe sends a call too, but only to test the endpoint: it needs no slot, is sent
    even while the schedule backs off, and a good answer ends that.

    Exit codes: 0 the function processed a job or found none, or goes on working after the timeout
    (BUNKD_ON_TIMEOUT=detach), 1 no call can be made now, or it failed, or its job did, 2 a setting
    is missing or cannot be used, 3 the database could not be asked.

    \b
    Example:
      bunkd-db call
      bunkd-db call --schedule reports --json
      bunkd-db call --via here
    """
    from bunkd_db import manual

    settings = options.settings()
    called = manual.call(settings, manual.Via(via) if via else None)
    if options.json:
        import json

        click.echo(json.dumps(called.as_json(), indent=2))
    else:
        _show(called)
    if not called.well:
        raise click.exceptions.Exit(1)


def _show(called: Called) -> None:
    from bunkd_db.cli import output
    from bunkd_db.printable import printable

    colour = "green" if called.well else "red"
    word = f"{called.word:<{output.LABEL - 1}} "  # the longest are wider than the column
    indent = " " * output.LABEL
    text = output.paragraph(word + printable(called.check.detail), rest=indent)
    output.say(click.style(word, fg=colour, bold=True) + text[len(word) :])
    job = "the function found no job" if called.word == "empty" else None
    if called.ended.job_id:
        job = f"job {called.ended.job_id}"
    about = [f"call {called.call} of schedule {called.schedule}", *([job] if job else [])]
    output.say(output.labelled("", ", ".join(about)))
    if called.check.remedy:
        output.say(output.paragraph(f"-> {called.check.remedy}", indent, indent + "   "))
        output.commands(called.check.commands, indent + "   ")
