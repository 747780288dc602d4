"""What other programs call: the verbs without a command line.

Nothing is printed, no `.env` and no variable of the environment is read.
"""

from __future__ import annotations

from collections.abc import Mapping

from bunkd_db import capabilities, migration
from bunkd_db.capabilities.report import Report
from bunkd_db.errors import ConfigurationError
from bunkd_db.settings import Settings


def upgrade(
    url: str, settings: Mapping[str, str] | None = None, *, revision: str = "head"
) -> list[str]:
    """Install or update bunkd-db, as `bunkd-db upgrade` does, and return the lines that it ends with.

    Args:
        url: of the database, as in DATABASE_URL; a driver in it (`postgresql+psycopg2://`) is fine.
        settings: the variables of docs/settings.md; what is not in it stays as the database has it.
        revision: a revision, by default the newest.

    Raises:
        BunkdError: it is not done, and nothing was changed; the message says why.
    """
    lines: list[str] = []
    migration.upgrade(_settings(url, settings), revision, offline=False, say=lines.append)
    return lines


def downgrade(url: str, *, revision: str = "base") -> list[str]:
    """Go back to a revision, or remove bunkd-db, and return the lines that it ends with.

    Raises:
        BunkdError: as `upgrade`.
    """
    lines: list[str] = []
    migration.downgrade(_settings(url, None), revision, offline=False, say=lines.append)
    return lines


def check(url: str, settings: Mapping[str, str] | None = None) -> Report:
    """Ask a database whether it can make the calls, and whether they are made. Read-only.

    `settings` as in `upgrade`: what an upgrade would be given.

    Raises:
        BunkdError: it could not be asked.
    """
    return capabilities.examine(_settings(url, settings))


def _settings(url: str, settings: Mapping[str, str] | None) -> Settings:
    found = Settings.load(settings or {}, database_url=url, read_env_file=False)
    for warning in found.warnings:  # a program has nobody to warn
        raise ConfigurationError(warning)
    return found
