"""`bunkd-db external list` and `bunkd-db external generate`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from bunkd_db.cli.context import Options
from bunkd_db.cli.shared import Command, Group

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from bunkd_db.external.generate import Generated
    from bunkd_db.settings import Settings

_DEFAULT_EVERY = "30s"


def _names(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from bunkd_db.external.registry import options

    return [
        CompletionItem(name, help=option.title)
        for name, option in options().items()
        if name.startswith(incomplete)
    ]


_EVERY = click.option(
    "--every", metavar="INTERVAL", help="Interval to plan for [default: BUNKD_EVERY or 30s]."
)


@click.group(cls=Group)
def external() -> None:
    """List external schedulers, generate files.

    An external scheduler makes the calls if the database cannot. Faster than all of them is a
    process of your own: bunkd-db worker.

    \b
    Example:
      bunkd-db external list
      bunkd-db external generate systemd --output systemd
    """


@external.command("list", cls=Command, takes=("json",))
@_EVERY
@click.pass_obj
def list_(options: Options, every: str | None) -> None:
    """List external schedulers and their limits.

    Those that can call at the interval come first. Within each group: schedulers that prevent
    overlapping calls first, then by price. -v adds where the credential is stored and how you learn
    of a failure; --json prints all of it.

    \b
    Example:
      bunkd-db external list --every 1m
      bunkd-db external list --json
    """
    import json

    from bunkd_db.cli import output, schedulers
    from bunkd_db.external.option import ranked
    from bunkd_db.external.registry import options as known

    wanted = _wanted(options.settings(), every)
    found = ranked(known().values(), wanted)
    if options.json:
        shown = [option.as_json(wanted) for option in found]
        click.echo(json.dumps({"every": wanted, "external": shown}, indent=2))
    elif options.verbose or sys.stdout.isatty():
        output.say(output.paragraph(schedulers.FASTEST))
        output.say()
        schedulers.show(found, wanted, details=options.verbose)
        output.say()
        output.say("Use -v for more; for the files of one: bunkd-db external generate NAME")
    else:
        for line in schedulers.columns(found, wanted):
            output.say(line)
        # beside the data: a pipe gets the schedulers alone
        click.echo(schedulers.FASTEST, err=True)


@external.command(cls=Command)
@click.argument("target", shell_complete=_names)
@click.option(
    "--output",
    "folder",
    metavar="DIR",
    type=click.Path(),
    help="Write the files to DIR [default: print them].",
)
@_EVERY
@click.option("--force", is_flag=True, help="Overwrite existing files.")
@click.pass_obj
def generate(
    options: Options, target: str, folder: str | None, every: str | None, force: bool
) -> None:
    """Generate the files for one scheduler.

    Without --output they are printed, each after a line with its path. They never contain the
    credential, only how to store it. Uses the settings BUNKD_CALL_URL or SUPABASE_URL, BUNKD_BODY,
    BUNKD_HEADERS …, and no database.

    \b
    Example:
      bunkd-db external generate github-actions --every 5m
      bunkd-db external generate systemd --output systemd
    """
    from pathlib import Path

    from bunkd_db import files
    from bunkd_db.calling.request import Request
    from bunkd_db.cli import output
    from bunkd_db.external import reach
    from bunkd_db.external.generate import generate as make
    from bunkd_db.external.queue import Queue
    from bunkd_db.external.registry import find

    option, settings = find(target), options.settings()
    request = Request.of(settings)
    reachable = reach.notes(option, request.url)
    made = make(option, request, _wanted(settings, every), Queue.of(settings))
    for note in (*made.notes, *reachable, *_guess(settings)):
        output.say(f"{click.style('Note:', fg='yellow')} {note}", err=True)
    if folder is None:
        _print(made)
        return
    for path in files.write(Path(folder), made.files, force=force):
        click.echo(f"wrote {path}")
    click.echo(f"\nNext, in {folder}:\n")
    click.echo(made.steps)


def _print(made: Generated) -> None:
    for path, text in made.files.items():
        click.echo(f"# file: {path}")
        click.echo(text, nl=not text.endswith("\n"))


def _guess(settings: Settings) -> list[str]:
    """Say which header was guessed, where neither it nor the credential is known here."""
    if settings.credential or settings.schedule.credential_header:
        return []
    return [
        "BUNKD_CREDENTIAL is not set here, so the header is Authorization: Bearer."
        " For an sb_… key set BUNKD_CREDENTIAL_HEADER=apikey."
    ]


def _wanted(settings: Settings, every: str | None) -> str:
    from bunkd_db.settings import defaults, parse

    if every is not None:
        return parse.every("--every", every)
    return settings.schedule.every or defaults.EVERY
