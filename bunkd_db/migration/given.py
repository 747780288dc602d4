"""A connection that a program hands over: its transaction and its settings are its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection

from bunkd_db import database
from bunkd_db.errors import ConfigurationError

__all__ = ["URL", "Connection", "kept", "require_usable"]

# what our transaction sets for itself: see sql/prologue.sql
_SET = (
    "search_path",
    "statement_timeout",
    "lock_timeout",
    "standard_conforming_strings",
    "idle_in_transaction_session_timeout",
)
_READ = ", ".join(f"pg_catalog.current_setting('{name}')" for name in _SET)
_RESTORE = ", ".join(f"pg_catalog.set_config('{name}', %s, true)" for name in _SET)


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
    """Put the settings back that the rest of the transaction would go on with."""
    before = connection.exec_driver_sql(f"select {_READ}").one()
    yield
    connection.exec_driver_sql(f"select {_RESTORE}", tuple(before))
