"""The workers outside the database."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.row import SECONDS_FOR_DATA, Row, need
from bunkd_db.capabilities.rows.schedule import Schedule
from bunkd_db.capabilities.rows.server import ON_PRIMARY


@dataclass(frozen=True)
class Workers(
    Row,
    query="our_workers",
    what="which workers there are",
    needs=(need(Schedule, lambda s: s.is_external), ON_PRIMARY),
    limit=SECONDS_FOR_DATA,
):
    """How many `bunkd-db worker` were there in the last day; `last_seen` is seconds ago."""

    alive: int
    listening: int
    last_seen: float | None
