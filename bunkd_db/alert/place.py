"""What a URL is for."""

from __future__ import annotations

from enum import StrEnum


class Place(StrEnum):
    """What a URL is for, as `bunkd.credential` has it."""

    ALERT = "alert"
    HEARTBEAT = "heartbeat"

    @property
    def noun(self) -> str:
        """What people call it."""
        return "alert webhook" if self is Place.ALERT else "heartbeat URL"

    @property
    def set_command(self) -> str:
        """What sets it."""
        return f"bunkd-db alert set{' --heartbeat' if self is Place.HEARTBEAT else ''}"
