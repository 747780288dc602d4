"""How things look: colour and width on a terminal, plain when piped, lines for GitHub Actions."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from bunkd_db.printable import printable, printable_command, printable_line

if TYPE_CHECKING:
    from bunkd_db.errors import BunkdError

LABEL = 10  # columns of a label
_COLOURS = {"pass": "green", "warn": "yellow", "fail": "red", "skip": "bright_black"}


def say(text: str = "", *, err: bool = False) -> None:
    """Write to standard output, or to standard error, coloured where it is wanted.

    What the terminal cannot show is not shown, and what it would act upon, neither: others have
    written parts of it.
    """
    encoding = (sys.stderr if err else sys.stdout).encoding or "utf-8"
    lines = "\n".join(printable_line(line) for line in text.split("\n"))
    shown = lines.encode(encoding, "replace").decode(encoding)
    click.echo(shown, color=wants_colour(), err=err)


def wants_colour() -> bool | None:
    """What NO_COLOR, FORCE_COLOR and TERM=dumb say, in this order; None: coloured on a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return False if is_dumb() else None


def is_dumb() -> bool:
    """Whether the terminal knows no escape sequences."""
    return os.environ.get("TERM") == "dumb"


def tell(text: str, *, err: bool = False) -> None:
    """Write a sentence, wrapped on a terminal; the command that it ends with is copied, and not broken."""
    say(sentence(text), err=err)


def sentence(text: str, indent: str = "") -> str:
    """Return a sentence, wrapped; the command that it ends with has a line of its own where it does not fit."""
    said, colon, command = text.partition(": bunkd-db ")
    shown = paragraph(f"{said}{colon[:1]}", indent, indent)
    if command:
        command = f"bunkd-db {command}"
        room = len(shown.rsplit("\n", 1)[-1]) + 1 + len(command) <= width()
        shown += f" {command}" if room else f"\n{indent}  {command}"
    return shown


def width() -> int:
    """Columns to wrap at; on a pipe nothing is wrapped."""
    return min(shutil.get_terminal_size().columns, 120) if sys.stdout.isatty() else 100_000


def size() -> tuple[int, int]:
    """Return how many columns and rows the terminal has."""
    columns, rows = shutil.get_terminal_size()
    return columns, rows


def can_write(text: str) -> bool:
    """Whether standard output's encoding has these characters."""
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def paragraph(text: str, first: str = "", rest: str = "", columns: int = 0) -> str:
    """Wrap a text between indents of the same printed width. Commands are never broken.

    `columns` is the most that there may be, on a pipe too; 0 is the terminal's.
    """
    return textwrap.fill(
        text,
        max(min(width(), columns or width()), 40),
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def labelled(label: str, text: str, hang: int = 0) -> str:
    """Return a text of others, wrapped beside its label; without one it stands where the last one's text does.

    What is wrapped begins `hang` columns further to the right.
    """
    indent = " " * LABEL
    body = paragraph(printable(text), indent, indent + " " * hang)
    return f"{label:<{LABEL}}{body[LABEL:]}"


def commands(lines: Iterable[str], indent: str) -> None:
    """Write commands a line each, unwrapped: they are copied."""
    for line in lines:
        say(f"{indent}{printable_command(line)}")


def fail(error: BunkdError) -> None:
    """Write an error and what to do about it to standard error; a command that has no room gets a line of its own."""
    said = [f"Error: {error.args[0]}", *filter(None, error.help_lines(width()))]
    lines = [
        line if line.startswith("  ") else paragraph(line) for line in "\n".join(said).split("\n")
    ]
    say("\n".join(lines).replace("Error:", click.style("Error:", fg="red"), 1), err=True)


def mark(status: str) -> str:
    """Return a check's status as a coloured word of four letters."""
    return click.style(status, fg=_COLOURS[status], bold=status == "fail")


def annotate(level: str, title: str, text: str) -> None:
    """Write a GitHub Actions annotation; on standard error, so that --json stays one object."""
    click.echo(f"::{level} title={_property(title)}::{_escaped(text)}", err=True)


def _escaped(text: str) -> str:
    lines = (printable_line(line) for line in text.replace("%", "%25").split("\n"))
    return "%0A".join(lines)


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
