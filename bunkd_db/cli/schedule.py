"""`bunkd-db schedule list`, `show`, `set`, `pause`, `resume`, `remove` and `export`."""

from __future__ import annotations

import re

import click

from bunkd_db.cli import output
from bunkd_db.cli.context import Options
from bunkd_db.cli.shared import Command, Group

_LONGEST = 500
_UNITS = {"m": 1, "h": 60, "d": 1440}
_SETTABLE = {
    "every": "every",
    "max_in_flight": "count",
    "jobs_per_call": "count",
    "timeout_ms": "timeout",
    "on_timeout": "on_timeout",
    "rescue_after": "rescue_after",
    "on_restore": "on_restore",
    "transport": "transport",
}


@click.group(cls=Group)
def schedule() -> None:
    """List, change, pause or remove schedules.

    Changes take effect at once and are recorded in `bunkd-db history`. A deploy does not revert
    them, unless it brings another value than the deploy before it.

    \b
    Example:
      bunkd-db schedule list
      bunkd-db schedule set --every 10s --max-in-flight 10
      bunkd-db schedule pause --reason "provider is down" --for 2h
    """


@schedule.command("list", cls=Command, takes=("json",))
@click.pass_obj
def list_(options: Options) -> None:
    """List all schedules.

    Shows the state of each one, how often it ticks, and how many calls it can have in flight.
    Read-only; BUNKD_READER_ROLE can run it.

    \b
    Example:
      bunkd-db schedule list
      bunkd-db schedule list --json
    """
    _show(options, None, whole=False)


@schedule.command(cls=Command, takes=("schedule", "json"))
@click.pass_obj
def show(options: Options) -> None:
    """Show how a schedule is set.

    Marks the settings that the last deploy has set. Shows no secret: only the names of headers, and
    the URL without its query. Read-only; BUNKD_READER_ROLE can run it.

    \b
    Example:
      bunkd-db schedule show --schedule process-analysis-jobs
    """
    _show(options, options.settings().schedule_name, whole=True)


@schedule.command("set", cls=Command, takes=("schedule",))
@click.option(
    "--every", metavar="TIME", help="Time between ticks: 10s, 1m, 1h or five cron fields."
)
@click.option(
    "--max-in-flight", metavar="N", help="Calls that can be in flight at once, 1 to 1000."
)
@click.option("--jobs-per-call", metavar="N", help="Jobs that one call processes, 1 to 1000.")
@click.option(
    "--timeout",
    "timeout_ms",
    metavar="TIME",
    help="How long a call waits for its answer: 100ms to 10m.",
)
@click.option(
    "--on-timeout",
    metavar="WHAT",
    help="If a call times out: release frees its slot, detach keeps it.",
)
@click.option(
    "--rescue-after",
    metavar="TIME",
    help="When an active job counts as stuck: 10s to 24h; 0: never.",
)
@click.option(
    "--wake/--no-wake", default=None, help="Call when a new job is committed, or only at ticks."
)
@click.option("--on-restore", metavar="WHAT", help="What a restored copy does: hold, probe or go.")
@click.option("--transport", metavar="WHAT", help="What sends the calls: auto, pg_net, http, both.")
@click.option("--reason", metavar="TEXT", default="", help="Why, for the history.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.pass_obj
def set_(
    options: Options, /, reason: str, dry_run: bool, wake: bool | None, **given: str | None
) -> None:
    """Change how a schedule runs.

    Changes only what you name, in one transaction. Says how the behaviour changes, and then what is
    true. A later deploy does not revert it, unless it brings another value than the deploy before
    it.

    \b
    Example:
      bunkd-db schedule set --every 10s --max-in-flight 10
      bunkd-db schedule set --timeout 60s --dry-run
    """
    from bunkd_db import schedules
    from bunkd_db.settings import parse

    flags = {"timeout_ms": "--timeout"}
    wanted = {
        name: getattr(parse, _SETTABLE[name])(
            flags.get(name, f"--{name.replace('_', '-')}"), text.strip()
        )
        for name, text in given.items()
        if text is not None
    }
    if wake is not None:
        wanted["wake"] = wake
    if not wanted:
        raise click.UsageError("name what to change, for example --every 10s.")
    settings = options.settings()
    schedules.change(
        settings.database_url,
        settings.schedule_name,
        wanted,
        output.tell,
        why=_reason(reason),
        dry=dry_run,
    )


@schedule.command(cls=Command, takes=("schedule",))
@click.option("--reason", metavar="TEXT", help="Why, for status and the history.")
@click.option(
    "--for", "lasts", metavar="TIME", help="Resume by itself after this time, like 30m, 2h or 3d."
)
@click.option("--all", "every_schedule", is_flag=True, help="All schedules.")
@click.pass_obj
def pause(options: Options, reason: str | None, lasts: str | None, every_schedule: bool) -> None:
    """Pause a schedule.

    bunkd-db makes no more calls until the schedule is resumed, or until --for is over. Calls in
    flight go on, and their answers are recorded. If the schedule is already paused, only the reason
    or the end that you give changes.

    \b
    Example:
      bunkd-db schedule pause --reason "provider is down" --for 2h
      bunkd-db schedule pause --all
    """
    from bunkd_db import schedules

    minutes = _minutes(lasts) if lasts is not None else None
    why = _reason(reason) if reason is not None else None
    settings, name = _meant(options, every_schedule)
    schedules.pause(settings, name, output.tell, minutes=minutes, why=why or None)


@schedule.command(cls=Command, takes=("schedule",))
@click.option("--reason", metavar="TEXT", help="Why, for the history.")
@click.option("--all", "every_schedule", is_flag=True, help="All schedules.")
@click.pass_obj
def resume(options: Options, reason: str | None, every_schedule: bool) -> None:
    """Let a paused schedule call again.

    Calls go on at the next tick, unless something else stops them. An external scheduler is
    resumed where it runs.

    \b
    Example:
      bunkd-db schedule resume
      bunkd-db schedule resume --all --reason "provider is back"
    """
    from bunkd_db import schedules

    why = _reason(reason) if reason is not None else None
    settings, name = _meant(options, every_schedule)
    schedules.resume(settings, name, output.tell, why=why)


@schedule.command(cls=Command, takes=("schedule",))
@click.option("--reason", metavar="TEXT", help="Why, for the history.")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@click.pass_obj
def remove(options: Options, reason: str | None, yes: bool) -> None:
    """Remove a schedule.

    Deletes its settings, cron jobs, triggers, stored credential and record of calls; the queue and
    its jobs stay, and so does the history of changes. Calls under way end by themselves. An upgrade
    that is given this schedule, by bunkd.toml or a variable, creates it anew.

    \b
    Example:
      bunkd-db schedule remove --schedule reports
    """
    if options.schedule is None:
        raise click.UsageError("Name the schedule to remove: --schedule NAME.")
    from bunkd_db import schedules
    from bunkd_db.cli import consent

    why = _reason(reason) if reason is not None else ""
    url = options.load().database_url
    said = schedules.describe_removal(url, options.schedule)
    consent.ask([said], "Remove it?", yes=yes)
    schedules.remove(url, options.schedule, output.tell, why=why)


@schedule.command(cls=Command)
@click.option(
    "--output",
    "output_",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write FILE instead of standard output.",
)
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@click.pass_obj
def export(options: Options, output_: str | None, force: bool) -> None:
    """Write bunkd.toml as the database has it.

    Writes all schedules. An upgrade with that file changes nothing, and takes the schedules over:
    from then on the file declares them. It contains no secret: what could be one is left out, and
    stays as the database has it. Read-only.

    \b
    Example:
      bunkd-db schedule export
      bunkd-db schedule export --output bunkd.toml
    """
    from pathlib import Path

    from bunkd_db import files, schedules

    text = schedules.export(options.load().database_url)
    if output_ is None:
        click.echo(text, nl=False)
        return
    path = Path(output_)
    files.write(path.parent, {path.name: text}, force=force)
    output.tell(f"Wrote {path}.", err=True)


def _meant(options: Options, every_schedule: bool) -> tuple[str | None, str | None]:
    """The database's url, and the schedule; None is all of them."""
    if every_schedule and options.schedule:
        raise click.UsageError("--all and --schedule exclude each other.")
    settings = options.settings()
    return settings.database_url, None if every_schedule else settings.schedule_name


def _minutes(text: str) -> int:
    match = re.fullmatch(r"(\d{1,6})([mhd])", text.strip(), re.ASCII)
    minutes = int(match[1]) * _UNITS[match[2]] if match else 0
    if not 1 <= minutes <= 365 * 1440:
        raise click.UsageError(
            f"--for is {text!r}. Use a time from 1m to 365d, like 30m, 2h or 3d."
        )
    return minutes


def _reason(text: str) -> str:
    if len(text) > _LONGEST or not text.isprintable():
        raise click.UsageError(f"--reason must be one line of at most {_LONGEST} characters.")
    return text.strip()


def _show(options: Options, name: str | None, *, whole: bool) -> None:
    from bunkd_db import schedules

    found = schedules.read(options.load().database_url, name)
    if options.json:
        import json

        click.echo(json.dumps(schedules.as_json(found), indent=2))
        return
    from bunkd_db.cli import schedule_screen

    for line in schedule_screen.one(found[0]) if whole else schedule_screen.table(found):
        output.say(line)
