"""`bunkd-db external list` and `bunkd-db external generate`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from bunkd_db.cli.context import Options, verbose_option

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


_EVERY = click.option("--every", metavar="INTERVAL", help="Else BUNKD_EVERY, else 30s.")


@click.group()
def external() -> None:
    """The schedulers that call where the database cannot: their limits, and files for one.

    \b
    Example:
      bunkd-db external list
      bunkd-db external generate systemd --output systemd
    """


@external.command("list")
@_EVERY
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@verbose_option
@click.pass_obj
def list_(options: Options, every: str | None, as_json: bool) -> None:
    """List the external schedulers, those that keep the interval first.

    Then those that keep two calls apart, then the cheaper ones. With -v also where the credential
    lives and how a failure is noticed; on a pipe and with --json everything is there.

    \b
    Example:
      bunkd-db external list --every 1m
      bunkd-db external list --json
    """
    import json

    from bunkd_db.cli import output, schedulers
    from bunkd_db.external.option import ranked
    from bunkd_db.external.registry import options as known

    wanted = _wanted(options, every)
    found = ranked(known().values(), wanted)
    if as_json:
        shown = [option.as_json(wanted) for option in found]
        click.echo(json.dumps({"every": wanted, "external": shown}, indent=2))
    elif sys.stdout.isatty():
        schedulers.show(found, wanted, details=options.verbose)
        output.say()
        output.say("More: -v. Files for one: bunkd-db external generate NAME")
    else:
        for line in schedulers.columns(found, wanted):
            output.say(line)


@external.command()
@click.argument("target", shell_complete=_names)
@click.option(
    "--output",
    "folder",
    metavar="DIR",
    type=click.Path(),
    help="Write the files below DIR instead of to standard output.",
)
@_EVERY
@click.option("--force", is_flag=True, help="Overwrite files that are there already.")
@verbose_option
@click.pass_obj
def generate(
    options: Options, target: str, folder: str | None, every: str | None, force: bool
) -> None:
    """Write complete files for one external scheduler.

    Without --output they go to standard output, each after a line with its path. The credential is
    never in them: they name it, and say how to store it. Settings as everywhere: BUNKD_CALL_URL or
    SUPABASE_URL, BUNKD_BODY, BUNKD_HEADERS … No database is asked.

    \b
    Example:
      bunkd-db external generate github-actions --every 5m
      bunkd-db external generate systemd --output systemd
    """
    from pathlib import Path

    from bunkd_db import files
    from bunkd_db.external.generate import generate as make
    from bunkd_db.external.queue import Queue
    from bunkd_db.external.registry import find
    from bunkd_db.external.request import Request

    option, settings = find(target), options.settings()
    made = make(option, Request.of(settings), _wanted(options, every), Queue.of(settings))
    for note in (*made.notes, *_guess(settings)):
        click.echo(f"{click.style('Note:', fg='yellow')} {note}", err=True)
    if folder is None:
        _print(made)
        return
    for path in files.write(Path(folder), made.files, force=force):
        click.echo(f"wrote {path}")
    click.echo(f"\nNow, in {folder}:\n")
    click.echo(made.steps)


def _print(made: Generated) -> None:
    for path, text in made.files.items():
        click.echo(f"# file: {path}")
        click.echo(text, nl=not text.endswith("\n"))


def _guess(settings: Settings) -> list[str]:
    """Say which header was guessed, where neither it nor the credential is known here."""
    if settings.credential or "credential_header" in settings.schedule:
        return []
    return [
        "BUNKD_CREDENTIAL is not set here, so the header is Authorization: Bearer."
        " For an sb_… key set BUNKD_CREDENTIAL_HEADER=apikey."
    ]


def _wanted(options: Options, every: str | None) -> str:
    from bunkd_db import readers

    if every is not None:
        return readers.every("--every", every)
    return str(options.settings().schedule.get("every", _DEFAULT_EVERY))
