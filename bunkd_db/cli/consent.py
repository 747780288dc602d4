"""The question before what costs something, or cannot be taken back."""

from __future__ import annotations

import sys

import click

from bunkd_db.cli import output


def ask(lines: list[str], question: str, *, yes: bool) -> None:
    """Say what it means; on a terminal ask, elsewhere insist on --yes."""
    for line in lines:
        output.say(output.paragraph(line), err=True)
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to ask on. Give --yes to go on.")
    click.confirm(question, abort=True, err=True)
