"""The database's URL: libpq reads it, we say what is wrong with it."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote

import psycopg
from psycopg.conninfo import conninfo_to_dict

from bunkd_db.errors import ConfigurationError

_EXAMPLE = "Write it like postgresql://USER:PASSWORD@HOST:5432/DATABASE"
_ESCAPE = f"{_EXAMPLE}, with @ : / ? # % and spaces in the password percent-encoded (%40 for @)."
# SQLAlchemy names its driver in the scheme, testcontainers writes +None
_SCHEME = re.compile(r"postgres(ql)?(\+\w+)?", re.ASCII | re.IGNORECASE)
# what other tools read in the same URL, in lower case
_FOREIGN = frozenset(
    {
        # Prisma
        "pgbouncer", "connection_limit", "pool_timeout", "schema", "socket_timeout", "sslaccept",
        "sslidentity", "statement_cache_size",
        # Supabase and Vercel
        "supa", "workaround", "pool_mode",
        # SQLAlchemy, asyncpg
        "prepared_statement_cache_size", "prepared_statement_name_func", "async_fallback",
        "pool_size", "max_overflow",
        # JDBC
        "preparethreshold", "preparedstatementcachequeries", "preparedstatementcachesizemib",
        "currentschema",
        # node-postgres, postgres.js
        "uselibpqcompat", "max", "idle_timeout", "max_lifetime",
        # Go
        "pool_max_conns", "pool_min_conns", "pool_max_conn_lifetime", "pool_max_conn_idle_time",
        "default_query_exec_mode", "statement_cache_capacity", "binary_parameters",
        # Ecto, Rails, Django, Doctrine
        "pool", "timeout", "reconnect", "prepared_statements", "advisory_locks", "conn_max_age",
        "serverversion", "charset", "encoding",
    }
)  # fmt: skip
_VARIABLES = {
    "PGHOST": "host",
    "PGHOSTADDR": "hostaddr",
    "PGPORT": "port",
    "PGUSER": "user",
    "PGDATABASE": "dbname",
}
# these say that there is a database
_LIBPQ = ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE")
# the driver takes these before libpq has read the service's file
_RESOLVED = ("PGHOST", "PGHOSTADDR", "PGPORT")
_KEYWORDS = re.compile(r"\s*\w+\s*=", re.ASCII)
# as dashboards show it; *** is SQLAlchemy's, of a URL that was printed
_PLACEHOLDER = re.compile(r"\*{3,}|[\[<{](\w+[-_ ])*password[\]>}]", re.IGNORECASE)
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def parse_url(url: str | None) -> dict[str, str]:
    """Return libpq's parameters of a database URL, ready for `connect`.

    Raises:
        ConfigurationError: it is missing, or libpq would read something else than was meant.
            The password is never in the message.
    """
    text = (url or "").strip()
    if not text and any(os.environ.get(name) for name in _LIBPQ):
        text = "postgresql://"
    if not text:
        raise ConfigurationError(
            "no database is named", f"Set DATABASE_URL or --database-url. {_EXAMPLE}."
        )
    scheme, separator, rest = text.partition("://")
    if not _SCHEME.fullmatch(scheme) and (keywords := _keywords(text)):
        parameters = keywords
    elif not separator or not _SCHEME.fullmatch(scheme):
        raise ConfigurationError("DATABASE_URL does not start with postgresql://", f"{_EXAMPLE}.")
    else:
        parameters = _read(f"postgresql://{rest}")
        # an unencoded / in the password ends the host early, and the rest would be the database's name
        path = rest.partition("/")[2].partition("?")[0]
        if "@" in str(parameters.get("host", "")) or "@" in path:
            raise ConfigurationError("DATABASE_URL has more than one @", _ESCAPE)
    _refuse_placeholder(str(parameters.get("password", "")))
    service = parameters.get("service") or os.environ.get("PGSERVICE")
    if service:
        parameters["service"] = service
        if both := next((name for name in _RESOLVED if os.environ.get(name)), None):
            raise ConfigurationError(
                f"service {service} and {both} are both set, and may name two servers",
                f"Unset {both}: what the service names counts.",
            )
    else:
        # libpq would do it itself: done here, our messages can name the host
        for variable, name in _VARIABLES.items():
            if value := os.environ.get(variable):
                parameters.setdefault(name, value)
    if not any(parameters.get(name) for name in ("host", "hostaddr", "dbname", "service")):
        raise ConfigurationError("DATABASE_URL names neither a host nor a database", f"{_EXAMPLE}.")
    ports = str(parameters.get("port", "5432")).split(",")
    if any(not (port.isdecimal() and 0 < int(port) < 65536) for port in ports if port):
        raise ConfigurationError(
            "DATABASE_URL has a port that is not a number up to 65535", _ESCAPE
        )
    if not os.environ.get("PGCONNECT_TIMEOUT"):
        parameters.setdefault("connect_timeout", "10")
    parameters.setdefault("application_name", os.environ.get("PGAPPNAME") or "bunkd-db")
    # with SQL_ASCII, the database's or PGCLIENTENCODING's, the driver would hand out bytes for text
    parameters["client_encoding"] = "UTF8"
    return {key: str(value) for key, value in parameters.items() if value is not None}


def _keywords(text: str) -> dict[str, object]:
    """Return the parameters of libpq's other form, `host=… dbname=…`; none where it is not that."""
    if not _KEYWORDS.match(text):
        return {}
    try:
        return dict(conninfo_to_dict(text))
    except (psycopg.ProgrammingError, UnicodeError):
        # libpq's own message can quote a part of the password
        raise ConfigurationError(
            "DATABASE_URL has libpq's keywords and values, but cannot be read", f"{_EXAMPLE}."
        ) from None


def _refuse_placeholder(password: str) -> None:
    if not _PLACEHOLDER.fullmatch(password):
        return
    if "*" in password:
        raise ConfigurationError(
            "the password in DATABASE_URL is ***, as SQLAlchemy prints every URL's",
            "Take url.render_as_string(hide_password=False).",
        )
    raise ConfigurationError(
        "the password in DATABASE_URL is a placeholder",
        "Put the database's password in its place. Supabase shows it once; reset it under Database settings.",
    )


def foreign_parameters(url: str | None) -> list[str]:
    """Return the parameters of a database URL that other tools read and `parse_url` leaves out."""
    _, pairs = _split((url or "").strip().partition("://")[2])
    return [name for name, _ in pairs if name.lower() in _FOREIGN]


def _read(url: str) -> dict[str, object]:
    """Let libpq read a URL without what is meant for other tools."""
    head, pairs = _split(url)
    kept = [
        # asyncpg's spelling; libpq knows ssl=true only
        ("sslmode" if name == "ssl" and value in _SSL_MODES else name, value)
        for name, value in pairs
        if name.lower() not in _FOREIGN
    ]
    if kept != pairs:
        query = "&".join("=".join(pair) for pair in kept)
        url = f"{head}?{query}" if query else head
    try:
        return dict(conninfo_to_dict(url))
    except (psycopg.ProgrammingError, UnicodeError):
        # libpq's own message can quote a part of the password
        if unknown := _unknown(url):
            raise ConfigurationError(
                f"DATABASE_URL has a parameter that libpq does not know: {unknown}",
                f"Leave {unknown} out. {_EXAMPLE}.",
            ) from None
        raise ConfigurationError("DATABASE_URL cannot be read", _ESCAPE) from None


def _split(url: str) -> tuple[str, list[tuple[str, str]]]:
    """Return what stands before the ?, and the parameters after it, as libpq finds them.

    There are none where a part of the password may have spilled into them.
    """
    start = url.find("://") + 3 if "://" in url else 0
    end_of_user = re.search("[@/]", url[start:])
    if end_of_user and end_of_user[0] == "@":
        start += end_of_user.end()
    head, _, query = url[start:].partition("?")
    hosts = re.sub(r"\[[^\]]*\]", "", head.partition("/")[0]).split(",")
    ports = [host.partition(":")[2] for host in hosts]
    pairs = [pair.partition("=") for pair in query.split("&")]
    if (
        "@" in url[start:]
        or any(port and not port.isdecimal() for port in ports)
        or not all(equals and "=" not in value for _, equals, value in pairs)
    ):
        return url, []
    return url[: start + len(head)], [(name, value) for name, _, value in pairs]


def _unknown(url: str) -> str:
    """Return the first parameter that libpq does not know, empty where it is something else."""
    known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    unknown = (unquote(name) for name, _ in _split(url)[1] if unquote(name) not in known)
    return next((name for name in unknown if re.fullmatch(r"[\w.-]{1,63}", name, re.ASCII)), "")
