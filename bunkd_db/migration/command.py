"""The two verbs, as the command line gives them: Alembic's commands with settings of ours and no ini file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import alembic.context
import alembic.op
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from bunkd_db.migration.rehearsal import Rehearsal, Rehearsed
from bunkd_db.migration.worded import worded_errors
from bunkd_db.settings import Settings

Say = Callable[[str], None]


def upgrade(
    settings: Settings,
    target: str,
    *,
    offline: bool,
    say: Say | None = None,
    connection: Connection | None = None,
) -> None:
    """Upgrade to a revision, or print the SQL that would; `say` gets the lines that it ends with.

    In the transaction of `connection`, where one is given, whose commit is its owner's.
    """
    with worded_errors(), _beside_an_outer_run():
        command.upgrade(_config(settings, say, connection), target, sql=offline)


def rehearse(settings: Settings, target: str) -> Rehearsed:
    """Do what `upgrade` does, say what that changes, and roll it back."""
    rehearsal = Rehearsal(settings)
    config = _config(settings)
    config.attributes["rehearsal"] = rehearsal
    with worded_errors():
        command.upgrade(config, target)
    assert rehearsal.found is not None
    return rehearsal.found


def downgrade(
    settings: Settings,
    target: str,
    *,
    offline: bool,
    say: Say | None = None,
    connection: Connection | None = None,
) -> None:
    """Downgrade to a revision, or print the SQL that would; `say` and `connection` as in `upgrade`."""
    with worded_errors(), _beside_an_outer_run():
        command.downgrade(_config(settings, say, connection), target, sql=offline)


@contextmanager
def _beside_an_outer_run() -> Iterator[None]:
    """Give the modules `context` and `op` back to the run of Alembic that this one is called from.

    Alembic installs them anew for each run, and takes them away at its end.
    """
    outer = [getattr(module, "_proxy", None) for module in (alembic.context, alembic.op)]
    try:
        yield
    finally:
        for proxy in outer:
            if proxy is not None:
                proxy._install_proxy()


def _config(
    settings: Settings, say: Say | None = None, connection: Connection | None = None
) -> Config:
    # no ini file: a foreign alembic.ini in the current directory must not be met
    config = Config(attributes={"settings": settings, "say": say, "connection": connection})
    here = Path(__file__).resolve().parents[1]
    scripts = next(
        path for path in (here / "migrations", here.parent / "migrations") if path.is_dir()
    )
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    return config
