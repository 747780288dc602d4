"""`bunkd-db upgrade` and `bunkd-db downgrade`."""

from __future__ import annotations

import click

from bunkd_db.cli.context import Options, verbose_option


@click.command()
@click.argument("target", default="head")
@click.option("--sql", "offline", is_flag=True, help="Print the SQL instead of running it.")
@verbose_option
@click.pass_obj
def upgrade(options: Options, target: str, offline: bool) -> None:
    """Install or update, and register the schedule: what `alembic upgrade head` does.

    Everything happens in one transaction; it is safe to repeat and to run in parallel. Its last
    line says what is now true. With --sql the script carries no credential: run
    `bunkd-db credential set` after it.

    \b
    Example:
      bunkd-db upgrade
      bunkd-db upgrade --sql > bunkd.sql
    """
    from bunkd_db import migration

    migration.upgrade(options.settings(), target, offline=offline)


@click.command()
@click.argument("target")
@click.option("--sql", "offline", is_flag=True, help="Print the SQL instead of running it.")
@verbose_option
@click.pass_obj
def downgrade(options: Options, target: str, offline: bool) -> None:
    """Go back to TARGET; `base` removes everything of bunkd-db.

    The schedule goes off first, and the old recipe's cron job is switched on again. Extensions,
    other jobs and the queue are never touched.

    \b
    Example:
      bunkd-db downgrade base
      bunkd-db downgrade --sql head:base
    """
    from bunkd_db import migration

    migration.downgrade(options.settings(), target, offline=offline)
