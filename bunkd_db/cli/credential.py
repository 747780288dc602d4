"""`bunkd-db credential set`, `rotate` and `show`."""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import click

from bunkd_db.cli import output, standard_input
from bunkd_db.cli.context import Options
from bunkd_db.cli.seconds import Seconds
from bunkd_db.cli.shared import Command, Group

if TYPE_CHECKING:
    from bunkd_db.credential import Credential
    from bunkd_db.rotation import Outcome
    from bunkd_db.settings import Settings


@click.group(cls=Group)
def credential() -> None:
    """Set, rotate or show the credential.

    The credential is the secret sent with every call, so that your function can authenticate it.

    \b
    Example:
      bunkd-db credential set < token.txt
      bunkd-db credential rotate < new-token.txt
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

    settings = options.settings()
    if not from_env and sys.stdin.isatty():
        provision.require_credential_wanted(settings.database_url, settings.schedule_name)
    given = _given(settings, "bunkd-db credential set", from_env=from_env)
    for line in provision.set_credential(settings.database_url, settings.schedule_name, given):
        output.say(line)


@credential.command(cls=Command, takes=("schedule", "json"))
@click.option("--from-env", is_flag=True, help="Use BUNKD_CREDENTIAL or SUPABASE_SERVICE_ROLE_KEY.")
@click.option("--generate", is_flag=True, help="Make a random token, and print it once.")
@click.option(
    "--stage", is_flag=True, help="Only store it beside the current one; --commit goes on."
)
@click.option("--commit", is_flag=True, help="Try what is staged, switch to it, and watch.")
@click.option("--abort", is_flag=True, help="Drop what is staged, or return to the former one.")
@click.option(
    "--watch",
    type=Seconds(0, 600),
    show_default=True,
    default="60s",
    metavar="TIME",
    help="How long to watch the calls after the switch.",
)
@click.pass_obj
def rotate(
    options: Options,
    from_env: bool,
    generate: bool,
    stage: bool,
    commit: bool,
    abort: bool,
    watch: float,
) -> None:
    """Rotate the credential.

    Replaces it without a rejected call: stages the new one beside the current one, sends one real
    call with it, and switches only if the function accepts it. Then the calls are watched: if one is
    answered 401 or 403, the former credential is the current one again, even if this command has
    ended; else the former one is dropped.

    The function should accept both for a while: stage, set the new one on the function's side, then
    commit. Workers and external schedulers hold their own credential: change it where they run, see
    docs/operate.md.

    \b
    Example:
      bunkd-db credential rotate < new-token.txt
      bunkd-db credential rotate --generate --stage
      bunkd-db credential rotate --commit
      bunkd-db credential rotate --from-env --json
    """
    from bunkd_db import rotation

    if sum((stage, commit, abort)) > 1 or ((commit or abort) and (from_env or generate)):
        raise click.UsageError(
            "--stage, --commit and --abort exclude each other; the last two take no credential."
        )
    if from_env and generate:
        raise click.UsageError("--from-env and --generate exclude each other.")
    if generate and not stage and (options.json or not sys.stdin.isatty()):
        without = "with --json" if options.json else "without a terminal"
        raise click.UsageError(f"{without}, --generate needs --stage; go on with --commit later.")
    settings = options.settings()
    url, name = settings.database_url, settings.schedule_name
    tell = partial(output.tell, err=options.json)  # the object alone is on standard output
    if abort:
        _end(options, name, rotation.abort(url, name, tell))
        return
    if commit:
        _end(options, name, rotation.commit(url, name, tell, seconds=watch))
        return
    command = f"bunkd-db credential rotate{' --stage' if stage else ''}"
    given = rotation.generate() if generate else _given(settings, command, from_env=from_env)
    say = partial(tell, err=generate or options.json)  # the token alone is on standard output
    try:
        staged = rotation.stage(url, name, given, say, only=stage)
        if generate:
            say("Set this on the function's side, beside the current one. It is not shown again:")
            if options.json:
                _end(options, name, rotation.Outcome.STAGED, given)
            else:
                click.echo(given.reveal())
    except OSError:
        if generate:  # nobody has it
            with suppress(OSError):
                rotation.abort(url, name, say)
        raise
    if stage:
        say(f"Once the function accepts it: bunkd-db credential rotate --commit --schedule {name}")
        if not generate:
            _end(options, name, rotation.Outcome.STAGED)
        return
    if generate:
        try:
            click.prompt("Press Enter once the function accepts it", default="", show_default=False)
        except click.Abort:
            with suppress(OSError):  # the terminal has gone
                rotation.leave(url, name, say)
            raise
    _end(options, name, rotation.switch(url, name, tell, staged, seconds=watch, keep=generate))


def _end(
    options: Options, schedule: str, outcome: Outcome, generated: Credential | None = None
) -> None:
    """With --json, print what came of it; else it was said."""
    if not options.json:
        return
    import json

    token = {"credential": generated.reveal()} if generated else {}
    click.echo(
        json.dumps({"format": 1, "schedule": schedule, "outcome": outcome, **token}, indent=2)
    )


def _given(settings: Settings, command: str, *, from_env: bool) -> Credential:
    """Return the credential that is given, from wherever it was to come; `command` asks for it on a terminal."""
    from bunkd_db.credential import Credential
    from bunkd_db.errors import ConfigurationError
    from bunkd_db.settings.parse import unquoted

    if from_env:
        if settings.credential is None:
            raise ConfigurationError(
                "neither BUNKD_CREDENTIAL nor SUPABASE_SERVICE_ROLE_KEY is set",
                "Set one of them, or give the credential by standard input or a prompt, without"
                " --from-env.",
            )
        return settings.credential
    if sys.stdin.isatty():
        return Credential.parse(unquoted(click.prompt("Credential", hide_input=True)), "the prompt")
    text = standard_input.read("the credential", f"{command} --schedule {settings.schedule_name}")
    return Credential.parse(text, "standard input")


@credential.command(cls=Command, takes=("schedule", "json"))
@click.pass_obj
def show(options: Options) -> None:
    """Show where the credential is stored.

    Also shows its kind and the header it is sent in; never its value.

    \b
    Example:
      bunkd-db credential show
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
