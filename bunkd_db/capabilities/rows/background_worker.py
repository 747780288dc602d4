"""A background worker of the server."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.row import Row


@dataclass(frozen=True)
class BackgroundWorker(
    Row, query="background_workers", what="which background workers of the server run"
):
    """pg_cron's scheduler or pg_net's worker where it runs, and the database that it works in."""

    name: str
    database: str | None
