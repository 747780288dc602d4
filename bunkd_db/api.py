"""What other programs call: the verbs without a command line.

Nothing is printed; no `.env`, no variable of the environment and no bunkd.toml is read unless it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path

from bunkd_db import capabilities, migration
from bunkd_db.capabilities.report import Report
from bunkd_db.errors import ConfigurationError
from bunkd_db.migration import URL, Connection
from bunkd_db.settings import Settings, names


def upgrade(
    database: str | URL | Connection,
    settings: Mapping[str, str] | None = None,
    *,
    revision: str = "head",
    config: str | PathLike[str] | None = None,
) -> list[str]:
    """Install or update bunkd-db, as `bunkd-db upgrade` does, and return the lines that it ends with.

    Args:
        database: its URL, as in DATABASE_URL (a driver in it, as in `postgresql+psycopg2://`, is
            fine); or a connection of SQLAlchemy by psycopg 3: in a transaction that is open
            everything is done in it, and its commit is yours. After it, run `select
            bunkd.notify_cron()`, or pg_cron may not see new jobs.
        settings: the variables of docs/settings.md; what is not in it stays as the database has it.
        revision: a revision, by default the newest.
        config: a bunkd.toml; `${NAME}` in it is of `settings`.

    Raises:
        BunkdError: it is not done, and nothing was changed; the message says why. A transaction
            of yours can go on.
    """
    return _migrate(migration.upgrade, database, settings, revision, config)


def downgrade(database: str | URL | Connection, *, revision: str = "base") -> list[str]:
    """Go back to a revision, or remove bunkd-db, and return the lines that it ends with.

    `database` as in `upgrade`.

    Raises:
        BunkdError: as `upgrade`.
    """
    return _migrate(migration.downgrade, database, None, revision)


def check(database: str | URL, settings: Mapping[str, str] | None = None) -> Report:
    """Ask a database whether it can make the calls, and whether they are made. Read-only.

    It takes no connection: some of its questions may fail, and a transaction of yours with them.
    `settings` as in `upgrade`: what an upgrade would be given.

    Raises:
        BunkdError: it could not be asked.
    """
    _require(database, str, URL)
    return capabilities.examine(_settings(database, settings))


def _migrate(
    verb: Callable[..., None],
    database: str | URL | Connection,
    settings: Mapping[str, str] | None,
    revision: str,
    config: str | PathLike[str] | None = None,
) -> list[str]:
    _require(database, str, URL, Connection)
    lines: list[str] = []
    verb(
        _settings(database, settings, config),
        revision,
        offline=False,
        say=lines.append,
        connection=database if isinstance(database, Connection) else None,
    )
    return lines


def _require(database: object, *kinds: type) -> None:
    if not database or not isinstance(database, kinds):
        raise ConfigurationError(
            f"the database is {'an empty text' if database == '' else f'a {type(database).__name__}'}",
            f"Give one of: {', '.join(kind.__name__ for kind in kinds)}. Offline Alembic has no connection.",
        )


def _settings(
    database: str | URL | Connection,
    settings: Mapping[str, str] | None,
    config: str | PathLike[str] | None = None,
) -> Settings:
    url = None if isinstance(database, Connection) else migration.written(database)
    for name, value in (settings or {}).items():
        if not isinstance(value, str):
            raise ConfigurationError(
                f"{name} is of type {type(value).__name__}",
                "Give it as text, as a variable has it.",
            )
    for unknown in names.warnings(settings or {}, but=""):  # a program has nobody to warn
        raise ConfigurationError(unknown)
    return Settings.load(
        settings or {},
        database_url=url,
        read_env_file=False,
        config=False if config is None else Path(config),
    )
