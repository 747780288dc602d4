"""What a closed connection has shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from bunkd_db.calling.answer import Answer
from bunkd_db.explain.facts import State
from bunkd_db.smoke.follow import AddedJob, Seen
from bunkd_db.smoke.preview import Preview
from bunkd_db.smoke.step import FORMAT, Kind, Step
from bunkd_db.status.words import duration


class Conclusion(StrEnum):
    """What the function does when its connection ends."""

    GOES_ON = "goes_on"
    ENDS = "ends"
    UNKNOWN = "unknown"


_SETTINGS = {Conclusion.GOES_ON: "detach", Conclusion.ENDS: "release"}


@dataclass(frozen=True)
class Verdict:
    """The answer of `smoke --disconnect`.

    Attributes:
        why: what was seen, in words.
        before: what on_timeout was.
        applied: whether it was set to `setting`.
        remedy: what to do with the test job that was left; else empty.
    """

    schedule: str
    job: str
    conclusion: Conclusion
    why: str
    before: str
    steps: tuple[Step, ...]
    applied: bool = False
    remedy: str = ""
    commands: tuple[str, ...] = ()

    @property
    def setting(self) -> str | None:
        """Return the right value of on_timeout; None where nobody knows."""
        return _SETTINGS.get(self.conclusion)

    def applying(self) -> Verdict:
        """Return the same with the setting applied."""
        return replace(self, applied=True)

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints: keys are never renamed within a format."""
        return {
            "format": FORMAT,
            "schedule": self.schedule,
            "job": self.job,
            "conclusion": self.conclusion,
            "why": self.why,
            "on_timeout": {"before": self.before, "right": self.setting, "applied": self.applied},
            "steps": [
                {"step": step.kind, "seconds": round(step.seconds, 3), "about": step.about}
                for step in self.steps
            ],
            "remedy": self.remedy,
            "commands": list(self.commands),
        }


def conclude(answer: Answer | None, seen: Seen) -> str | None:
    """Return why nothing can be learned from the job, None where it is worth watching.

    `answer` is None where the connection was closed while the job was active.
    """
    if seen.calls:
        return (
            f"call {seen.calls[0]['call']} was made at the same time, so nobody knows which of the"
            " two claimed the test job"
        )
    if answer is None or seen.state is State.ACTIVE:
        return None
    if seen.gone or seen.state is State.DONE:
        return (
            f"the function completed the job within {duration(answer.seconds)}, before the"
            " connection could be closed"
        )
    if answer.failed:
        status = f"answered {answer.status}" if answer.status else "did not answer"
        return (
            f"the function {status} and did not claim the test job ({answer.said or 'no reason'})"
        )
    if seen.state is State.FAILED:
        return f"the job failed before the connection could be closed: {seen.error}"
    return f"the function answered {answer.status}, but did not claim the test job"


def judged(
    job: AddedJob,
    preview: Preview,
    steps: tuple[Step, ...],
    answer: Answer | None,
    seen: Seen,
    reason: str | None,
    timeout: float,
) -> Verdict:
    """Return the verdict; `reason` is `conclude`'s."""
    conclusion, why = Conclusion.UNKNOWN, reason or ""
    if reason is None:
        conclusion, why = _watched(steps[-1], answer, timeout)
    stays = not seen.gone and seen.state not in (State.DONE, State.FAILED)
    return Verdict(
        job.schedule,
        job.id,
        conclusion,
        why,
        preview.on_timeout,
        steps,
        remedy="The test job is still in the queue. To remove it:" if stays else "",
        commands=(seen.removal,) if stays and seen.removal else (),
    )


def _watched(last: Step, answer: Answer | None, timeout: float) -> tuple[Conclusion, str]:
    after = "after its answer" if answer else "after its connection was closed"
    match last.kind:
        case Kind.DONE:
            return Conclusion.GOES_ON, f"the function completed the job {after}"
        case Kind.FAILED:
            return Conclusion.UNKNOWN, f"the job failed {after}: {last.about or 'no error'}"
        case Kind.RESCUED:
            return Conclusion.ENDS, f"the job went back to waiting {after}"
        case _:
            return (
                Conclusion.ENDS,
                f"the job was not completed within {duration(timeout)} {after}. If jobs usually take"
                " longer than that, give a longer --timeout",
            )
