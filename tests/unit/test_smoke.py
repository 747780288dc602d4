"""What a closed connection has shown, and the steps of a test job."""

from typing import Any

import pytest

from bunkd_db.calling.answer import Answer
from bunkd_db.explain.facts import State
from bunkd_db.smoke.conclusion import Conclusion, conclude, judged
from bunkd_db.smoke.follow import AddedJob, Seen
from bunkd_db.smoke.preview import Preview
from bunkd_db.smoke.step import Kind, Step, Steps

JOB = AddedJob("reports", "j-1", 0.0)
PREVIEW = Preview("reports", "public.jobs", None, "release", {}, others_wait=False)


def seen(state: State | None = State.ACTIVE, **given: Any) -> Seen:
    found: dict[str, Any] = {"gone": False, "error": "", "rescued": False, "calls": (), **given}
    return Seen(1.0, state, started=None, problem="", removal="delete …;", **found)


@pytest.mark.parametrize(
    ("answer", "look", "says"),
    [
        (None, seen(), None),
        (Answer(0.2, 202), seen(), None),
        (Answer(0.2, 200), seen(State.DONE), "completed the job within 200 ms, before"),
        (Answer(0.2, 200), seen(None, gone=True), "completed the job within 200 ms, before"),
        (Answer(0.2, 200), seen(State.WAITING), "answered 200, but did not claim"),
        (Answer(0.2, 401), seen(State.WAITING), "answered 401 and did not claim"),
        (Answer(0.2, failure="dns", error="no such name"), seen(State.WAITING), "no such name"),
        (Answer(0.2, 200), seen(State.FAILED, error="boom"), "boom"),
        (None, seen(calls=({"call": 7},)), "call 7 was made at the same time"),
    ],
)
def test_whether_anything_can_be_learned(
    answer: Answer | None, look: Seen, says: str | None
) -> None:
    found = conclude(answer, look)
    assert found is None if says is None else says in str(found)


@pytest.mark.parametrize(
    ("last", "look", "conclusion", "left"),
    [
        (Kind.DONE, seen(State.DONE), Conclusion.GOES_ON, False),
        (Kind.DONE, seen(None, gone=True), Conclusion.GOES_ON, False),
        (Kind.TIMEOUT, seen(), Conclusion.ENDS, True),
        (Kind.RESCUED, seen(State.WAITING), Conclusion.ENDS, True),
        (Kind.FAILED, seen(State.FAILED), Conclusion.UNKNOWN, False),
    ],
)
def test_what_is_learned(last: Kind, look: Seen, conclusion: Conclusion, left: bool) -> None:
    verdict = judged(JOB, PREVIEW, (Step(last, 1.0, 1.0),), None, look, None, 5.0)
    assert verdict.conclusion is conclusion
    assert verdict.setting == {"goes_on": "detach", "ends": "release"}.get(conclusion)
    assert bool(verdict.commands) is left


def test_a_step_is_told_once_and_never_before_the_last_one() -> None:
    heard: list[Step] = []
    steps = Steps(heard.append)
    for kind, at in (
        (Kind.QUEUED, 0.0),
        (Kind.CALLED, 2.0),
        (Kind.ACTIVE, 1.5),
        (Kind.CALLED, 9.0),
    ):
        steps.add(kind, at)
    assert [(step.kind, step.seconds, step.took) for step in heard] == [
        (Kind.QUEUED, 0.0, 0.0),
        (Kind.CALLED, 2.0, 2.0),
        (Kind.ACTIVE, 2.0, 0.0),
    ]
