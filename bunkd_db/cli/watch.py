"""`bunkd-db status --watch`: again and again, in place on a terminal, else a stamped line each time."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

import click

from bunkd_db.cli import output, status_screen
from bunkd_db.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from bunkd_db.status.report import Report

# to the first line; without what stood in this line, and below it
_HOME, _LINE, _REST = "\x1b[H", "\x1b[2K", "\x1b[J"


def watch(ask: Callable[[], Report], seconds: float, *, as_json: bool, verbose: bool) -> NoReturn:
    """Show what `ask` finds until an interrupt; a database that is away for a while is waited for.

    Raises:
        BunkdError: the first answer could not be had, or only a person can change that.
    """
    in_place = sys.stdout.isatty() and not as_json and not output.is_dumb()
    report: Report | None = None
    while True:
        away = ""
        try:
            report = ask()
        except DatabaseUnavailable as error:
            if report is None or error.lasting:
                raise
            away = error.args[0]
        if in_place:
            _repaint(report, away, seconds, verbose)
        else:
            _append(report, away, as_json)
        sys.stdout.flush()
        time.sleep(seconds)


def _repaint(report: Report, away: str, seconds: float, verbose: bool) -> None:
    lines = [f"asks again every {seconds:g} s; Ctrl-C ends it", ""]
    if away:
        lines = [
            click.style(f"no answer since {status_screen.clock(report)}: {away}", fg="red"),
            "",
        ]
    for text in status_screen.lines(report, verbose=verbose):
        lines += text.split("\n")  # what was wrapped is several lines
    sys.stdout.write(_HOME)
    for line in _fitting(lines):  # the worst is at the top
        sys.stdout.write(_LINE)
        output.say(line)
    sys.stdout.write(_REST)


def _fitting(lines: list[str]) -> Iterator[str]:
    columns, rows = output.size()
    for line in lines:
        rows -= 1 + max(len(click.unstyle(line)) - 1, 0) // columns
        if rows < 1:
            return
        yield line


def _append(report: Report, away: str, as_json: bool) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if as_json:
        click.echo(
            json.dumps({"at": now, "error": away} if away else {"at": now, **report.as_json()})
        )
    elif away:
        output.say(f"{now} could not ask: {away}")
    else:
        for line in status_screen.one_line_each(report):
            output.say(f"{now} {line}")
