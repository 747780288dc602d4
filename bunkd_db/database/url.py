"""The database's URL: libpq reads it, we say what is wrong with it."""

from __future__ import annotations

import os

import psycopg
from psycopg.conninfo import conninfo_to_dict

from bunkd_db.errors import ConfigurationError

_EXAMPLE = "Write it like postgresql://USER:PASSWORD@HOST:5432/DATABASE"


def parse_url(url: str | None) -> dict[str, str]:
    """Return libpq's parameters of a database URL, ready for `connect`.

    Raises:
        ConfigurationError: it is missing, or libpq would read something else than was meant.
            The password is never in the message.
    """
    text = (url or "").strip()
    if not text:
        raise ConfigurationError(
            "no database is named", f"Set DATABASE_URL or --database-url. {_EXAMPLE}."
        )
    scheme, separator, _ = text.partition("://")
    if not separator or scheme not in ("postgres", "postgresql"):
        hint = " (drop the +driver)" if scheme.startswith("postgresql+") else ""
        raise ConfigurationError(
            f"DATABASE_URL does not start with postgresql://{hint}", f"{_EXAMPLE}."
        )
    escape = f"{_EXAMPLE}, with @ : / ? # % and spaces in the password percent-encoded (%40 for @)."
    try:
        parameters = conninfo_to_dict(text)
    except (psycopg.ProgrammingError, UnicodeError):
        # libpq's own message can quote a part of the password
        raise ConfigurationError("DATABASE_URL cannot be read", escape) from None
    host, database = str(parameters.get("host", "")), str(parameters.get("dbname", ""))
    # an unencoded / in the password ends the host early, and the rest would be the database's name
    path = text.partition("://")[2].partition("/")[2].partition("?")[0]
    if "@" in host or "@" in path:
        raise ConfigurationError("DATABASE_URL has more than one @", escape)
    if not host and not database:
        raise ConfigurationError("DATABASE_URL names neither a host nor a database", f"{_EXAMPLE}.")
    ports = str(parameters.get("port", "5432")).split(",")
    if any(not (port.isdecimal() and 0 < int(port) < 65536) for port in ports if port):
        raise ConfigurationError("DATABASE_URL has a port that is not a number up to 65535", escape)
    parameters.setdefault("connect_timeout", "10")
    parameters.setdefault("application_name", os.environ.get("PGAPPNAME") or "bunkd-db")
    return {key: str(value) for key, value in parameters.items() if value is not None}
