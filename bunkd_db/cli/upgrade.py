"""`bunkd-db upgrade` and `bunkd-db downgrade`."""

from __future__ import annotations

import click

from bunkd_db.cli.context import Options
from bunkd_db.cli.shared import Command


@click.command(cls=Command)
@click.argument("target", default="head")
@click.option("--sql", "offline", is_flag=True, help="Print the SQL instead of running it.")
@click.pass_obj
def upgrade(options: Options, target: str, offline: bool) -> None:
    """Install or update bunkd-db.

    Does what `alembic upgrade head` does: migrates schema bunkd and registers the schedule, in one
    transaction. Safe to repeat and to run in parallel. The last line says what is now true. What
    --sql prints contains no credential: run `bunkd-db credential set` after it.

    \b
    Example:
      bunkd-db upgrade
      bunkd-db upgrade --sql > bunkd.sql
    """
    from bunkd_db import migration

    migration.upgrade(options.settings(), target, offline=offline)


@click.command(cls=Command)
@click.argument("target")
@click.option("--sql", "offline", is_flag=True, help="Print the SQL instead of running it.")
@click.pass_obj
def downgrade(options: Options, target: str, offline: bool) -> None:
    """Remove bunkd-db or go back a revision.

    TARGET is a revision; `base` removes everything of bunkd-db. The schedule is switched off first,
    and the legacy job is switched on again. Extensions, other cron jobs and the queue are not
    touched.

    \b
    Example:
      bunkd-db downgrade base
      bunkd-db downgrade --sql head:base
    """
    from bunkd_db import migration

    migration.downgrade(options.settings(), target, offline=offline)
