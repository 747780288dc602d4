"""`bunkd-db smoke`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bunkd_db.cli import consent
from bunkd_db.cli.context import Options
from bunkd_db.cli.shared import Command

if TYPE_CHECKING:
    from collections.abc import Callable

    from bunkd_db.settings import Settings
    from bunkd_db.smoke import Smoked, Step
    from bunkd_db.smoke.preview import Payload


@click.command(cls=Command, takes=("schedule", "json"))
@click.option(
    "--timeout",
    metavar="TIME",
    default="2m",
    show_default=True,
    help="How long to wait for the job, like 90s or 2m.",
)
@click.option(
    "--set",
    "given",
    metavar="COLUMN=VALUE",
    multiple=True,
    help="A value of the test job's row; can be given several times.",
)
@click.option("--from-job", "job", metavar="ID", help="Copy the payload of this job.")
@click.option(
    "--disconnect",
    is_flag=True,
    help="Find out if the function goes on when its connection ends: call it from this machine, and"
    " close the connection in the middle of the job.",
)
@click.option(
    "--apply", "applies", is_flag=True, help="With --disconnect: set on_timeout as found."
)
@click.option(
    "--through",
    type=click.Choice(["application", "queue"]),
    help="Ask the application's functions, or write the job's row by SQL"
    " [default: application if its URL and public key are set].",
)
@click.option(
    "--app-url", metavar="URL", help="The application's Supabase project [env: SUPABASE_URL]."
)
@click.option("--yes", is_flag=True, help="Do not ask before the test; needed without a terminal.")
@click.pass_obj
def smoke(
    options: Options,
    timeout: str,
    given: tuple[str, ...],
    job: str | None,
    disconnect: bool,
    applies: bool,
    through: str | None,
    app_url: str | None,
    yes: bool,
) -> None:
    """Send one test job through, end to end.

    Puts a job into the queue, waits until it is completed, and says how long each step took. It
    costs what a real job costs, and says so first. For both generations of Bunkd, smoke knows what
    the job's row needs; for another table, give it with --set, or copy the payload of a job with
    --from-job. No other job is touched.

    With SUPABASE_URL and BUNKD_ANON_KEY (or SUPABASE_ANON_KEY) in the environment it asks the
    application's own functions analyze_product and job_status instead, as its users do.

    --disconnect needs BUNKD_CREDENTIAL here, no other job that waits, and no other call under way.
    If the function goes on without its connection, on_timeout=detach is right, else release.

    Exit codes: 0 the job was completed (with --disconnect: it is known which is right), 1 it was
    not, and the last lines say what holds it, 2 a value is missing or cannot be used, 3 the
    database could not be asked.

    \b
    Example:
      bunkd-db smoke
      bunkd-db smoke --from-job 25d5e9f5-ab88-4098-ae77-bef76c215c1c --yes
      bunkd-db smoke --set 'payload={"url": "https://example.com"}' --timeout 5m
      bunkd-db smoke --disconnect --apply
    """
    if applies and not disconnect:
        raise click.UsageError("--apply needs --disconnect.")
    from bunkd_db.settings.parse import timeout as parse_timeout
    from bunkd_db.smoke.preview import Payload

    seconds = parse_timeout("--timeout", timeout) / 1000
    payload = Payload(dict(map(_pair, given)), job)
    settings = _with_app(options.settings(), app_url)
    by_sql = bool(given or job or disconnect)
    if by_sql and through == "application":
        raise click.UsageError("--set, --from-job and --disconnect are for --through queue.")
    known = settings.app_url is not None and settings.anon_key is not None
    if through == "application" or (not by_sql and through is None and (known or app_url)):
        _ask_application(options, settings, seconds, yes=yes)
    elif disconnect:
        _disconnect(options, settings, payload, seconds, applies=applies, yes=yes)
    else:
        _through(options, settings, payload, seconds, yes=yes)


def _with_app(settings: Settings, app_url: str | None) -> Settings:
    from dataclasses import replace

    from bunkd_db.settings.parse import url

    return settings if app_url is None else replace(settings, app_url=url("--app-url", app_url))


def _ask_application(options: Options, settings: Settings, seconds: float, *, yes: bool) -> None:
    from bunkd_db import smoke as verb

    application = verb.Application.of(settings)
    consent.ask([application.cost], "Run the test?", yes=yes)
    _show(options, verb.through_application(settings, application, seconds, _teller(options)))


def _through(
    options: Options, settings: Settings, payload: Payload, seconds: float, *, yes: bool
) -> None:
    from bunkd_db import smoke as verb

    preview = verb.preview(settings, payload)
    consent.ask([preview.cost, preview.content], "Run the test?", yes=yes)
    _show(options, verb.smoke(settings, payload, seconds, _teller(options)))


def _show(options: Options, smoked: Smoked) -> None:
    """Write how a test ended; exit 1 unless the job was completed."""
    import json

    from bunkd_db.cli import smoke_screen as screen

    if options.json:
        click.echo(json.dumps(smoked.as_json(), indent=2))
    else:
        screen.show_end(smoked)
    if not smoked.completed:
        raise click.exceptions.Exit(1)


def _disconnect(
    options: Options,
    settings: Settings,
    payload: Payload,
    seconds: float,
    *,
    applies: bool,
    yes: bool,
) -> None:
    import json

    from bunkd_db import smoke as verb
    from bunkd_db.cli import smoke_screen as screen

    preview = verb.preview(settings, payload)
    consent.ask([preview.cost, preview.content], "Run the test?", yes=yes)
    verdict = verb.disconnect(
        settings, preview, payload, seconds, _teller(options), applies=applies
    )
    if options.json:
        click.echo(json.dumps(verdict.as_json(), indent=2))
    else:
        screen.show_verdict(verdict)
    if verdict.setting is None:
        raise click.exceptions.Exit(1)


def _teller(options: Options) -> Callable[[Step], object]:
    """Return what shows each step as it happens; with --json they are in the object."""
    from bunkd_db.cli import smoke_screen as screen

    return (lambda _: None) if options.json else screen.show_step


def _pair(text: str) -> tuple[str, str]:
    column, equals, value = text.partition("=")
    if not equals or not column.strip():
        raise click.UsageError(f"--set {text!r} is not COLUMN=VALUE.")
    return column.strip(), value
