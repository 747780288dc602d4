"""The two verbs, as the command line gives them: Alembic's commands with settings of ours and no ini file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config

from bunkd_db.migration.rehearsal import Rehearsal, Rehearsed
from bunkd_db.migration.worded import worded_errors
from bunkd_db.settings import Settings

Say = Callable[[str], None]


def upgrade(settings: Settings, target: str, *, offline: bool, say: Say | None = None) -> None:
    """Upgrade to a revision, or print the SQL that would; `say` gets the lines that it ends with."""
    with worded_errors():
        command.upgrade(_config(settings, say), target, sql=offline)


def rehearse(settings: Settings, target: str) -> Rehearsed:
    """Do what `upgrade` does, say what that changes, and roll it back."""
    rehearsal = Rehearsal(settings)
    config = _config(settings)
    config.attributes["rehearsal"] = rehearsal
    with worded_errors():
        command.upgrade(config, target)
    assert rehearsal.found is not None
    return rehearsal.found


def downgrade(settings: Settings, target: str, *, offline: bool, say: Say | None = None) -> None:
    """Downgrade to a revision, or print the SQL that would; `say` as in `upgrade`."""
    with worded_errors():
        command.downgrade(_config(settings, say), target, sql=offline)


def _config(settings: Settings, say: Say | None = None) -> Config:
    # no ini file: a foreign alembic.ini in the current directory must not be met
    config = Config(attributes={"settings": settings, "say": say})
    here = Path(__file__).resolve().parents[1]
    scripts = next(
        path for path in (here / "migrations", here.parent / "migrations") if path.is_dir()
    )
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    return config
