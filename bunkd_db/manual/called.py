"""What came of a call."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from bunkd_db.calling.answer import Outcome
from bunkd_db.models import Check

FORMAT = 1
_FINE = ("ok", "empty")


class Via(StrEnum):
    """Who sends the call."""

    DATABASE = "database"
    HERE = "here"


@dataclass(frozen=True)
class Ended:
    """What the ledger has of a call.

    Attributes:
        outcome: how it ended; None while it is open.
        job_id: the job that the answer names.
        detail: the answer's message, or why there is none.
        seconds: from its start until its answer was there, or recorded where the database sends;
            None while it is open.
        failed: whether that counts against the endpoint.
        by_lane: whether a lane, and not pg_net, was to send it for the database.
        unsent: neither pg_net nor a lane has taken it up.
    """

    outcome: Outcome | Literal["lost"] | None
    status_code: int | None
    job_id: str | None
    detail: str | None
    seconds: float | None
    failed: bool | None
    by_lane: bool
    unsent: bool


@dataclass(frozen=True)
class Called:
    """One call and its answer.

    Attributes:
        call: its number in the ledger.
        check: the answer in words, judged as that of `check --probe`.
    """

    schedule: str
    via: Via
    call: int
    url: str
    ended: Ended
    check: Check

    @property
    def word(self) -> str:
        """How it ended, in a word: an outcome of the ledger, or `open`."""
        return self.ended.outcome or "open"

    @property
    def well(self) -> bool:
        """Whether nothing has to be done: a function that goes on after a timeout is well, too."""
        return self.ended.outcome in _FINE or (
            self.ended.outcome == "timeout" and self.ended.failed is False
        )

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints: keys are never renamed within a format."""
        ended = self.ended
        return {
            "format": FORMAT,
            "schedule": self.schedule,
            "via": self.via,
            "call": self.call,
            "outcome": ended.outcome,
            "status_code": ended.status_code,
            "seconds": None if ended.seconds is None else round(ended.seconds, 3),
            "job_id": ended.job_id,
            "said": ended.detail,
            "detail": self.check.detail,
            "code": self.check.reason or None,
            "remedy": self.check.remedy,
            "commands": list(self.check.commands),
        }
