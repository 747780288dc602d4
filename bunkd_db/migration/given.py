"""A connection that a program hands over: its transaction and its settings are its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection

from bunkd_db import database
from bunkd_db.errors import ConfigurationError

__all__ = ["URL", "Connection", "kept", "require_usable", "written"]

_SETTINGS = "pg_catalog.pg_settings where context operator(pg_catalog.=) any ('{user,superuser}')"
_READ = f"select pg_catalog.array_agg(name order by name), pg_catalog.array_agg(setting order by name) from {_SETTINGS}"  # noqa: S608
_RESTORE = """
select pg_catalog.set_config(b.name, b.setting, true)
  from rows from (pg_catalog.unnest(%s::text[]), pg_catalog.unnest(%s::text[])) as b (name, setting)
  join pg_catalog.pg_settings s on s.name operator(pg_catalog.=) b.name
 where s.setting is distinct from b.setting
"""
# who changes something, and why: see bunkd.record_change
_OURS = ("bunkd.origin", "bunkd.actor", "bunkd.why", "bunkd.kept_off")
_READ_OURS = "select " + ", ".join(f"pg_catalog.current_setting('{name}', true)" for name in _OURS)
_RESTORE_OURS = "select " + ", ".join(
    f"pg_catalog.set_config('{name}', coalesce(%s, ''), true)" for name in _OURS
)


def written(url: str | URL) -> str:
    """Write a URL with its password, which str() of SQLAlchemy's hides."""
    return url.render_as_string(hide_password=False) if isinstance(url, URL) else url


def require_usable(connection: object) -> None:
    """Refuse what no upgrade could be made on.

    Raises:
        ConfigurationError: it is none of SQLAlchemy's connections, or one as `database.require_usable`
            refuses.
    """
    if not isinstance(connection, Connection):
        raise ConfigurationError(
            f"the connection given is a {type(connection).__name__}, not a Connection of SQLAlchemy",
            "Give what engine.connect() or engine.begin() returns.",
        )
    database.require_usable(connection.connection.driver_connection)


@contextmanager
def kept(connection: Connection) -> Iterator[None]:
    """Leave nothing behind that the rest of the transaction would go on with: settings, or half an upgrade."""
    with connection.begin_nested():
        before = connection.exec_driver_sql(_READ).one()
        ours = connection.exec_driver_sql(_READ_OURS).one()
        yield
        connection.exec_driver_sql(_RESTORE, tuple(before))
        connection.exec_driver_sql(_RESTORE_OURS, tuple(ours))
