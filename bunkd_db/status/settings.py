"""How a schedule is set, without what may be secret: `bunkd.read_settings`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Settings:
    """Of one schedule.

    Attributes:
        call_url: without its query.
        header_names: those of `BUNKD_HEADERS`, without their values.
        credential: its kind and where it is kept; None where none is stored.
    """

    call_url: str | None
    header_names: tuple[str, ...]
    credential: str | None
    timeout_seconds: float
    on_timeout: str
    jobs_per_call: int
    wake: bool
    cron_schedule: str | None
    status_column: str
    status_waiting: tuple[str, ...]
    status_active: tuple[str, ...]
    status_done: tuple[str, ...]
    status_failed: tuple[str, ...]
    queue_where: str | None

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Settings:
        """Read what the database says; keys that a newer one has are left out."""
        return cls(
            call_url=found["call_url"],
            header_names=tuple(found["header_names"] or ()),
            credential=found["credential"],
            timeout_seconds=found["timeout_seconds"],
            on_timeout=found["on_timeout"],
            jobs_per_call=found["jobs_per_call"],
            wake=found["wake"],
            cron_schedule=found["cron_schedule"],
            status_column=found["status_column"],
            status_waiting=tuple(found["status_waiting"]),
            status_active=tuple(found["status_active"]),
            status_done=tuple(found["status_done"]),
            status_failed=tuple(found["status_failed"]),
            queue_where=found["queue_where"],
        )
