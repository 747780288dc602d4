"""Privileges on pg_cron."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.row import Row
from bunkd_db.capabilities.rows.extension import PG_CRON


@dataclass(frozen=True)
class CronGrants(Row, query="cron_grants", what="privileges on pg_cron", needs=(PG_CRON,)):
    """What the installing role can do with pg_cron, and what the asking role sees of it."""

    usage: bool
    schedule: bool
    alter_job: bool
    may_read: bool
    sees_all: bool
    may_read_runs: bool
