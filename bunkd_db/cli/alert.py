"""`bunkd-db alert set`, `show`, `test` and `remove`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from bunkd_db.cli import output, standard_input
from bunkd_db.cli.context import Options
from bunkd_db.cli.shared import Command, Group

if TYPE_CHECKING:
    from bunkd_db.alert import Place
    from bunkd_db.credential import Credential

_HEARTBEAT = click.option(
    "--heartbeat", is_flag=True, help="The heartbeat URL instead of the alert webhook."
)


@click.group(cls=Group)
def alert() -> None:
    """Say where alerts and heartbeats go.

    The alert webhook gets a message when something has been wrong for two minutes, and one when it
    is over. The heartbeat URL is called once a minute while the queue moves: its service tells you
    when that stops, even if the database is down.

    \b
    Example:
      bunkd-db alert set < webhook.txt
      bunkd-db alert test
    """


@alert.command("set", cls=Command, takes=("schedule",))
@_HEARTBEAT
@click.option("--from-env", is_flag=True, help="Use BUNKD_ALERT_WEBHOOK or BUNKD_HEARTBEAT_URL.")
@click.pass_obj
def set_(options: Options, heartbeat: bool, from_env: bool) -> None:
    """Store a URL.

    Reads it from standard input or a prompt, never from the command line: its path is a key. It is
    stored in Vault if the database has one, else in bunkd.secret. A deploy that brings the same URL
    as the last deploy does not change it.

    \b
    Example:
      bunkd-db alert set
      printf %s "$WEBHOOK" | bunkd-db alert set
      bunkd-db alert set --heartbeat --from-env
    """
    from bunkd_db import alert as verb

    settings = options.settings()
    place = _place(heartbeat)
    given = settings.heartbeat_url if heartbeat else settings.alert_webhook
    if not from_env:
        given = _asked(settings.database_url, settings.schedule_name, place)
    if given is None:
        from bunkd_db.errors import ConfigurationError

        raise ConfigurationError(
            f"{'BUNKD_HEARTBEAT_URL' if heartbeat else 'BUNKD_ALERT_WEBHOOK'} is not set",
            "Set it, or give the URL by standard input or a prompt, without --from-env.",
        )
    host = verb.set_url(settings.database_url, settings.schedule_name, place, given)
    output.say(f"Stored the {place.noun} of schedule {settings.schedule_name}: {host}.")
    command = f"bunkd-db alert test{' --heartbeat' if heartbeat else ''}"
    output.tell(f"To try it: {command} --schedule {settings.schedule_name}")


@alert.command(cls=Command, takes=("schedule", "json"))
@click.pass_obj
def show(options: Options) -> None:
    """Show where messages go and if they arrived.

    Shows the host of each URL, the alerts that are active, and the last message of each kind. The
    exit code is 0 even if no URL is set.

    \b
    Example:
      bunkd-db alert show
      bunkd-db alert show --json
    """
    from bunkd_db import alert as verb

    settings = options.settings()
    found = verb.show(settings.database_url, settings.schedule_name)
    if options.json:
        import json

        click.echo(json.dumps(found, indent=2))
        return
    for name in ("webhook", "heartbeat"):
        kept = found[name]
        said = f"{kept['host']}, set {kept['set_at']}, in {kept['kept_in']}" if kept else "not set"
        output.say(output.labelled(name, said))
    for number, each in enumerate(found["active"]):
        said = f"{each['code']} since {each['since']}: {each['detail']}"
        output.say(output.labelled("" if number else "active", said))
    if not found["active"]:
        output.say(output.labelled("active", "no alert"))
    for number, each in enumerate(found["messages"]):
        output.say(output.labelled("" if number else "messages", _fared(each)))


def _fared(message: dict[str, str | None]) -> str:
    said = f"{message['code']} {message['state']}: "
    if message["problem"]:
        again = f"next try {message['due']}" if message["due"] else "given up"
        return f"{said}did not arrive ({message['problem']}); {again}"
    if message["due"]:
        return f"{said}under way"
    return f"{said}arrived {message['told']}" if message["told"] else f"{said}not sent"


@alert.command(cls=Command, takes=("schedule", "json"))
@_HEARTBEAT
@click.pass_obj
def test(options: Options, heartbeat: bool) -> None:
    """Send a test message.

    It is sent by whoever sends the alerts: pg_net or a lane, or a worker where the calls are made
    from outside the database. Exit codes: 0 it arrived, 1 it did not, or no URL is set.

    \b
    Example:
      bunkd-db alert test
      bunkd-db alert test --heartbeat
    """
    from bunkd_db import alert as verb

    settings = options.settings()
    place = _place(heartbeat)
    sender = verb.test(settings.database_url, settings.schedule_name, place)
    if options.json:
        import json

        click.echo(json.dumps({"arrived": True, "sent_by": sender}, indent=2))
        return
    output.say(f"The test arrived at the {place.noun}; {sender} sent it.")


@alert.command(cls=Command, takes=("schedule",))
@_HEARTBEAT
@click.pass_obj
def remove(options: Options, heartbeat: bool) -> None:
    """Forget a URL.

    Messages are no longer sent there, and a deploy that brings the same URL as the last deploy does
    not set it again. The exit code is 1 if no URL is set.

    \b
    Example:
      bunkd-db alert remove
      bunkd-db alert remove --heartbeat
    """
    from bunkd_db import alert as verb

    settings = options.settings()
    place = _place(heartbeat)
    verb.remove_url(settings.database_url, settings.schedule_name, place)
    output.say(f"Removed the {place.noun} of schedule {settings.schedule_name}.")


def _place(heartbeat: bool) -> Place:
    from bunkd_db.alert import Place

    return Place.HEARTBEAT if heartbeat else Place.ALERT


def _asked(database_url: str | None, schedule: str, place: Place) -> Credential:
    from bunkd_db import alert as verb
    from bunkd_db.settings.parse import secret_url, unquoted

    if sys.stdin.isatty():
        verb.require_schedule(database_url, schedule)
        label = f"{place.noun[:1].upper()}{place.noun[1:]}"
        return secret_url("the URL", unquoted(click.prompt(label, hide_input=True)))
    text = standard_input.read("the URL", f"{place.set_command} --schedule {schedule}")
    return secret_url("the URL from standard input", text)
