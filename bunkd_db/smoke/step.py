"""What happened to a test job, step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

FORMAT = 1


class Kind(StrEnum):
    """The steps of a job that goes well, in their order; and how it can end otherwise."""

    QUEUED = "queued"
    CALLED = "called"
    ACTIVE = "active"
    CLOSED = "closed"
    DONE = "done"
    FAILED = "failed"
    RESCUED = "rescued"
    TIMEOUT = "timeout"


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        seconds: since the job was queued.
        took: seconds since the step before; the steps' sum is the whole.
        about: more of it, in words.
    """

    kind: Kind
    seconds: float
    took: float
    about: str = ""


Tell = Callable[[Step], object]
"""Who hears of each step as it happens."""


@dataclass(frozen=True)
class Smoked:
    """What became of the test job.

    Attributes:
        why: what keeps it from being completed, or its error; empty where it is completed.
        remedy: what to do about that; ends with a colon where `commands` do it.
    """

    schedule: str
    job: str
    through: str
    steps: tuple[Step, ...]
    why: str = ""
    code: str = ""
    remedy: str = ""
    commands: tuple[str, ...] = ()

    @property
    def completed(self) -> bool:
        """Whether the job was completed."""
        return self.steps[-1].kind is Kind.DONE

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints: keys are never renamed within a format."""
        return {
            "format": FORMAT,
            "schedule": self.schedule,
            "through": self.through,
            "job": self.job,
            "completed": self.completed,
            "seconds": round(self.steps[-1].seconds, 3),
            "steps": [
                {
                    "step": step.kind,
                    "seconds": round(step.seconds, 3),
                    "took": round(step.took, 3),
                    "about": step.about,
                }
                for step in self.steps
            ],
            "why": self.why,
            "code": self.code or None,
            "remedy": self.remedy,
            "commands": list(self.commands),
        }


class Steps:
    """The steps so far; each kind is there once."""

    def __init__(self, tell: Tell) -> None:
        self.all: list[Step] = []
        self._tell = tell

    def add(self, kind: Kind, seconds: float, about: str = "") -> None:
        """Note a step, unless it is known, and tell of it."""
        if any(step.kind is kind for step in self.all):
            return
        before = self.all[-1].seconds if self.all else 0.0
        step = Step(kind, max(seconds, before), max(seconds - before, 0.0), about)
        self.all.append(step)
        self._tell(step)
