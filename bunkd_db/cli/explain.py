"""`bunkd-db explain`."""

from __future__ import annotations

import click

from bunkd_db.cli import output
from bunkd_db.cli.context import Options
from bunkd_db.cli.shared import Command
from bunkd_db.printable import printable

_LONGEST = 1000


@click.command(cls=Command, takes=("schedule", "json"), every_schedule=True)
@click.argument("job_id")
@click.pass_obj
def explain(options: Options, job_id: str) -> None:
    """Say why one job is where it is.

    Names the rule that holds it, the next moment at which it can move, and what changes that; then
    tells what happened to it. JOB_ID is the job's key, of any type, or the beginning of a uuid.
    Read-only, also as BUNKD_READER_ROLE. Exit codes: 0 the job was found, 1 there is no such job,
    its queue cannot be read, or bunkd-db is not installed or is of another version, 2 several jobs
    begin like this, or there is no such schedule, 3 the database could not be asked.

    \b
    Example:
      bunkd-db explain 25d5e9f5-ab88-4098-ae77-bef76c215c1c
      bunkd-db explain 25d5e9f5
      bunkd-db explain 4711 --schedule reports --json
    """
    if not job_id.strip() or len(job_id) > _LONGEST:
        raise click.UsageError(f"JOB_ID must have 1 to {_LONGEST:,} characters.")
    from bunkd_db import explain as verb

    settings = options.load()
    report = verb.read(settings.database_url, job_id, options.schedule)
    if options.json:
        import json

        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        from bunkd_db.cli import explain_screen

        for line in explain_screen.lines(report, verbose=options.verbose):
            output.say(line)
    if report.candidates:
        output.say(f"Several jobs begin with {printable(job_id)}. Give more of the id.", err=True)
        raise click.exceptions.Exit(2)
    if report.unreadable:
        raise click.exceptions.Exit(1)
