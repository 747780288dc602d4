"""The server's settings, as far as this role can read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bunkd_db import database, sql

_NAMES = (
    "pg_net.database_name",
    "log_min_messages",
    "extwlist.extensions",
    "azure.extensions",
    "rds.extensions",
    "rds.allowed_extensions",
    "supautils.privileged_extensions",
)
# only superusers and pg_read_all_settings can read these
_CRON_NAMES = (
    "cron.database_name",
    "cron.launch_active_jobs",
    "cron.log_run",
    "cron.max_running_jobs",
    "cron.timezone",
)


@dataclass(frozen=True)
class _Setting:
    name: str
    value: str | None


def read_settings(
    reader: database.Reader, evidence: Sequence[str]
) -> tuple[dict[str, str | None], frozenset[str]]:
    """Return the settings by name, and the names of those that this role cannot read."""
    values: dict[str, str | None] = {}
    unreadable: set[str] = set()
    for names in ((*_NAMES, *evidence), _CRON_NAMES):
        try:
            values |= _values(reader, names)
        except database.Unanswered:
            for name in names:
                try:
                    values |= _values(reader, [name])
                except database.Unanswered as why:
                    # what cannot be read is there
                    unreadable |= {name} if why.denied else set()
    return values, frozenset(unreadable)


def _values(reader: database.Reader, names: Sequence[str]) -> dict[str, str | None]:
    rows = reader.ask(_Setting, sql.read("queries/settings"), {"names": list(names)})
    return {row.name: row.value for row in rows}
