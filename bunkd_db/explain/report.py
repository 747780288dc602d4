"""The answer, and how it looks as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from bunkd_db.explain.facts import Candidate, Job, Unreadable
from bunkd_db.status.report import timed

FORMAT = 1


@dataclass(frozen=True)
class Report:
    """What was asked for, and what is known of it: one of the three is not empty.

    Attributes:
        jobs: the job, once for each schedule whose queue has it.
        candidates: the first of several jobs whose keys begin so.
        unreadable: the queues that might have it; only where no other one has.
    """

    job: str
    jobs: tuple[Job, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints: keys are never renamed within a format."""
        found: dict[str, Any] = timed(asdict(self))
        return {"format": FORMAT, **found}
