"""`bunkd-db status --watch`: again and again, in place on a terminal, else a stamped line each time."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

import click

from bunkd_db.cli import output, status_screen
from bunkd_db.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from bunkd_db.status import Report

_HOME, _END_OF_LINE, _REST = "\x1b[H", "\x1b[K", "\x1b[J"


def watch(ask: Callable[[], Report], seconds: float, *, as_json: bool, verbose: bool) -> NoReturn:
    """Show what `ask` finds until an interrupt; a database that is away for a while is waited for.

    Raises:
        BunkdError: the first answer could not be had, or only a person can change that.
    """
    in_place = sys.stdout.isatty() and not as_json
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
    lines = [f"every {seconds:g} s, Ctrl-C ends it", ""]
    if away:
        lines = [
            click.style(f"not asked since {status_screen.clock(report)}: {away}", fg="red"),
            "",
        ]
    lines += status_screen.lines(report, verbose=verbose)
    lines = lines[: max(output.height() - 1, 5)]  # the worst is at the top
    click.echo(_HOME, nl=False)
    for line in lines:
        output.say(f"{line}{_END_OF_LINE}")
    click.echo(_REST, nl=False)


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
