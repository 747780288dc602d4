"""The answer: facts and verdict of each schedule, and how they look as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bunkd_db.status.facts import Schedule
from bunkd_db.status.verdict import Health, Verdict, worst

FORMAT = 1


@dataclass(frozen=True)
class Judged:
    """One schedule and what is said of it."""

    facts: Schedule
    verdict: Verdict


@dataclass(frozen=True)
class Report:
    """All schedules that were asked about."""

    schedules: tuple[Judged, ...]

    @property
    def health(self) -> Health:
        return worst([each.verdict.health for each in self.schedules])

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints: keys are never renamed within a format."""
        return {
            "format": FORMAT,
            "health": self.health,
            "schedules": [
                {
                    "health": each.verdict.health,
                    "lines": [asdict(line) for line in each.verdict.lines],
                    **timed(asdict(each.facts)),
                }
                for each in self.schedules
            ],
        }


def timed(value: Any) -> Any:
    """Return a value in which times are text, wherever they are."""
    match value:
        case dict():
            return {key: timed(each) for key, each in value.items()}
        case list() | tuple():
            return [timed(each) for each in value]
        case datetime():
            return value.isoformat(timespec="milliseconds")
        case _:
            return value
