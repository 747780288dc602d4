"""`bunkd-db upgrade` and `bunkd-db downgrade`."""

from __future__ import annotations

import click

from bunkd_db.cli import output
from bunkd_db.cli.context import Options
from bunkd_db.cli.shared import Command


@click.command(cls=Command, takes=("schedule", "wait", "json"))
@click.argument("target", default="head")
@click.option("--sql", "offline", is_flag=True, help="Print the SQL instead of running it.")
@click.option(
    "--dry-run", is_flag=True, help="Do everything, say what it would change, and roll it back."
)
@click.pass_obj
def upgrade(options: Options, target: str, offline: bool, dry_run: bool) -> None:
    """Install or update bunkd-db.

    Does what `alembic upgrade head` does: migrates schema bunkd and registers the schedule, in one
    transaction. Safe to repeat and to run in parallel. The last line says what is now true. What
    --sql prints contains no credential: run `bunkd-db credential set` after it. TARGET is a
    revision, by default head, the newest; at an older one nothing is scheduled.

    With --schedule, or BUNKD_SCHEDULE, the settings of this run are those of that schedule, which is
    created where there is none; all other schedules keep theirs. A bunkd.toml in this directory, or
    [tool.bunkd] in pyproject.toml, declares several schedules at once, see docs/settings.md.

    This role's own active cron jobs that call the same function, whatever their name, are switched
    off; a downgrade to base switches them on again.

    --dry-run says which URL would be called and how often, which objects would be added, replaced or
    dropped, and which tables of others the upgrade locks. It takes the same locks for as long, makes
    no call and does not store the credential. --json is for --dry-run only.

    \b
    Example:
      bunkd-db upgrade
      bunkd-db upgrade --schedule reports
      bunkd-db upgrade --dry-run
      bunkd-db upgrade --sql > bunkd.sql
    """
    from bunkd_db import migration

    if dry_run and offline:
        raise click.UsageError("--dry-run and --sql exclude each other.")
    if offline and options.wait:
        raise click.UsageError("--wait does not apply to --sql, which asks no database.")
    if options.json and not dry_run:
        raise click.UsageError("--json does not apply to upgrade without --dry-run.")
    settings = options.load(options.schedule, config=True)
    if not dry_run:
        migration.upgrade(settings, target, offline=offline, say=output.tell)
        return
    rehearsed = migration.rehearse(settings, target)
    if options.json:
        import json

        click.echo(json.dumps(rehearsed.as_json(), indent=2))
        return
    from bunkd_db.cli import rehearsal_screen

    for line in rehearsal_screen.lines(rehearsed, verbose=options.verbose):
        output.say(line)


@click.command(cls=Command)
@click.argument("target")
@click.option("--sql", "offline", is_flag=True, help="Print the SQL instead of running it.")
@click.pass_obj
def downgrade(options: Options, target: str, offline: bool) -> None:
    """Remove bunkd-db or go back a revision.

    TARGET is a revision; `base` removes everything that belongs to bunkd-db. With --sql it is
    FROM:TO, for example head:base, because no database is asked. The schedule is switched off first,
    and the legacy job is switched on again. Extensions, other cron jobs and the queue are not
    touched.

    \b
    Example:
      bunkd-db downgrade base
      bunkd-db downgrade --sql head:base
    """
    from bunkd_db import migration
    from bunkd_db.errors import ConfigurationError

    if offline and ":" not in target:
        raise ConfigurationError(
            f"with --sql, TARGET is two revisions, FROM:TO, but {target!r} is one",
            "For example:",
            f"bunkd-db downgrade --sql head:{target}",
        )
    migration.downgrade(options.settings(), target, offline=offline, say=output.tell)
