"""pg_cron, pg_net and http in the catalog."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.row import Need, Row, need

NAMES = ("pg_cron", "pg_net", "http")
TRANSPORTS = ("pg_net", "http")


@dataclass(frozen=True)
class Extension(Row, query="extensions", what="which extensions there are", required=True):
    """What the catalog says about `pg_cron`, `pg_net` or `http` (pgsql-http).

    Attributes:
        available: the version that could be created, None where the server does not have it.
        installed: the version that is, None where it is not.
        schema: where it is registered, None where it is not installed.
        foreign_schema: its schema is there, but is not the extension's.
        superuser_only: only a superuser, or a provider's stand-in for one, can create it.
    """

    name: str
    available: str | None
    installed: str | None
    schema: str | None
    foreign_schema: bool
    superuser_only: bool


def installed(name: str) -> Need:
    """Return the need of an extension that is installed."""
    return need(Extension, lambda found: found.name == name and found.installed is not None)


PG_CRON = installed("pg_cron")
PG_NET = installed("pg_net")
HTTP = installed("http")
