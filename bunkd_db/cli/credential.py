"""`bunkd-db credential set` and `bunkd-db credential show`."""

from __future__ import annotations

import sys

import click

from bunkd_db.cli import output
from bunkd_db.cli.context import Options
from bunkd_db.cli.shared import Command, Group


@click.group(cls=Group)
def credential() -> None:
    """Set or show the credential.

    The credential is the secret sent with every call, so that your function can authenticate it.

    \b
    Example:
      bunkd-db credential set < token.txt
      bunkd-db credential show
    """


@credential.command("set", cls=Command, takes=("schedule",))
@click.option("--from-env", is_flag=True, help="Use BUNKD_CREDENTIAL or SUPABASE_SERVICE_ROLE_KEY.")
@click.pass_obj
def set_(options: Options, from_env: bool) -> None:
    """Store the credential of a schedule.

    Reads it from standard input or a prompt, never from the command line. It is stored in Vault if
    the database has one, else in bunkd.secret. If nothing else is missing, the schedule starts, and
    this role's own active cron jobs that call the same URL with pg_net are switched off, whatever
    their name; a downgrade to base switches them on again.

    \b
    Example:
      bunkd-db credential set
      printf %s "$TOKEN" | bunkd-db credential set
    """
    from bunkd_db import provision
    from bunkd_db.credential import Credential
    from bunkd_db.errors import ConfigurationError
    from bunkd_db.settings.parse import unquoted

    settings = options.settings()
    if from_env:
        if settings.credential is None:
            raise ConfigurationError(
                "neither BUNKD_CREDENTIAL nor SUPABASE_SERVICE_ROLE_KEY is set"
            )
        given = settings.credential
    else:
        if sys.stdin.isatty():
            provision.require_credential_wanted(settings.database_url, settings.schedule_name)
            text, origin = click.prompt("Credential", hide_input=True), "the prompt"
        else:
            text, origin = _standard_input(), "standard input"
        given = Credential.parse(unquoted(text), origin)
    for line in provision.set_credential(settings.database_url, settings.schedule_name, given):
        output.say(line)


def _standard_input() -> str:
    # bytes that are no text become characters that a credential cannot have
    return sys.stdin.buffer.read().decode("ascii", "surrogateescape")


@credential.command(cls=Command, takes=("schedule", "json"))
@click.pass_obj
def show(options: Options) -> None:
    """Show where the credential is stored.

    Also shows its kind and the header it is sent in; never its value.

    \b
    Example:
      bunkd-db credential show --json
    """
    import json

    from bunkd_db import provision

    settings = options.settings()
    shown = provision.show_credential(settings.database_url, settings.schedule_name)
    if options.json:
        click.echo(json.dumps(shown, indent=2))
        return
    width = max(map(len, shown))
    for name, value in shown.items():
        output.say(f"{name:<{width}}  {value}")
