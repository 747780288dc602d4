"""`bunkd-db credential set` and `bunkd-db credential show`."""

from __future__ import annotations

import sys

import click

from bunkd_db.cli.context import Options, verbose_option


@click.group()
def credential() -> None:
    """What proves to the function that it is us.

    \b
    Example:
      bunkd-db credential set < token.txt
      bunkd-db credential show
    """


_SCHEDULE = click.option(
    "--schedule", default="process-analysis-jobs", show_default=True, help="Whose credential."
)


@credential.command("set")
@_SCHEDULE
@click.option(
    "--from-env", is_flag=True, help="Take BUNKD_CREDENTIAL or SUPABASE_SERVICE_ROLE_KEY."
)
@verbose_option
@click.pass_obj
def set_(options: Options, schedule: str, from_env: bool) -> None:
    """Store a credential, from standard input or a prompt, never from the command line.

    It goes into Vault where the database has one. The schedule starts when this was all it lacked.

    \b
    Example:
      bunkd-db credential set
      printf %s "$TOKEN" | bunkd-db credential set
    """
    from bunkd_db import provision
    from bunkd_db.credential import Credential
    from bunkd_db.errors import ConfigurationError

    settings = options.settings()
    if from_env:
        if settings.credential is None:
            raise ConfigurationError(
                "neither BUNKD_CREDENTIAL nor SUPABASE_SERVICE_ROLE_KEY is set"
            )
        given = settings.credential
    else:
        if sys.stdin.isatty():
            given = Credential.parse(click.prompt("Credential", hide_input=True), "the prompt")
        else:
            given = Credential.parse(_standard_input(), "standard input")
    for line in provision.set_credential(settings.database_url, schedule, given):
        click.echo(line)


def _standard_input() -> str:
    # bytes that are no text become characters that a credential cannot have
    return sys.stdin.buffer.read().decode("ascii", "surrogateescape")


@credential.command()
@_SCHEDULE
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@verbose_option
@click.pass_obj
def show(options: Options, schedule: str, as_json: bool) -> None:
    """Say where the credential is and what kind it is; never its value.

    \b
    Example:
      bunkd-db credential show --json
    """
    import json

    from bunkd_db import provision

    shown = provision.show_credential(options.settings().database_url, schedule)
    if as_json:
        click.echo(json.dumps(shown, indent=2))
        return
    width = max(map(len, shown))
    for name, value in shown.items():
        click.echo(f"{name:<{width}}  {value}")
