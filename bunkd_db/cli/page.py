"""`bunkd-db status --html`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from bunkd_db import files
from bunkd_db.cli import output
from bunkd_db.errors import BunkdError, ConfigurationError
from bunkd_db.page.ask import ask
from bunkd_db.page.facts import Found, Unknown
from bunkd_db.page.render import render
from bunkd_db.settings import Settings
from bunkd_db.status.verdict import Health

_STANDARD_OUTPUT = "-"


def write(settings: Settings, schedule: str | None, file: str) -> None:
    """Write the page; where the database could not be asked it says so: an old one would look like news.

    Raises:
        ConfigurationError: a setting, the schedule's name or the file cannot be used.
        BunkdError: the database could not be asked; the page is written.
    """
    failure: BunkdError | None = None
    try:
        found = ask(settings, schedule)
    except ConfigurationError:
        raise
    except BunkdError as error:
        failure, found = error, Found(datetime.now(UTC), Unknown.of(error))
    text = render(found)
    if file == _STANDARD_OUTPUT:
        click.echo(text.encode(), nl=False)
    else:
        files.replace(Path(file), text)
        output.say(f"Wrote {file}: {found.health or 'not known'}", err=True)
    if failure:
        raise failure
    if found.health is Health.UNHEALTHY:
        raise click.exceptions.Exit(1)
