"""The rules that an explanation can name, besides the codes of obstacles (docs/checks/calls_made.md)."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """Stable; docs/explain.md has a line for each."""

    # of a job that waits
    NO_SLOT = "NO_SLOT"
    SLOWED_DOWN = "SLOWED_DOWN"
    WAITS_FOR_TICK = "WAITS_FOR_TICK"
    NOT_SENT_YET = "NOT_SENT_YET"
    CALLED = "CALLED"
    EXTERNAL = "EXTERNAL"
    NOT_YET = "NOT_YET"
    NOT_CLAIMABLE = "NOT_CLAIMABLE"
    # of one that does not
    ACTIVE = "ACTIVE"
    STUCK = "STUCK"
    DONE = "DONE"
    FAILED = "FAILED"
    GIVEN_UP = "GIVEN_UP"
    STATUS_UNKNOWN = "STATUS_UNKNOWN"
    # of a queue that cannot be read
    NO_KEY = "NO_KEY"
