"""The plain recipe's column: what its firings gave, what follows from them, and a clock that is set."""

import time
from typing import cast

import pytest

from benchmarks import minutes
from benchmarks.minutes import phases
from benchmarks.place import Place
from benchmarks.plain import Plain
from benchmarks.recipe import Firing
from benchmarks.sizes import FULL, QUICK
from benchmarks.steady import Watch, steady
from tests.support.endpoint import Received

PLACE = cast(Place, None)


class Clock:
    """Both clocks of `time`; the wall clock can be set, and a test's minute is a minute of both."""

    def __init__(self) -> None:
        self.monotonic, self.wall = 1000.0, 60_000.0

    def pass_by(self, seconds: float) -> None:
        self.monotonic += seconds
        self.wall += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "time", lambda: clock.wall)
    monkeypatch.setattr(time, "monotonic", lambda: clock.monotonic)
    return clock


@pytest.fixture
def found() -> Plain:
    return Plain(
        firings=4,
        gaps=[60.0, 59.5, 60.5],
        late=[0.1, 0.2, 0.1, 0.3],
        empty=2,
        idle=[5.0, 15.0, 25.0, 35.0, 45.0, 55.0],
        behind=[41.0, 45.0, 59.0],
        came=240,
        called=2,
        calls=2,
        span=120.0,
    )


def test_percentiles_are_those_of_the_samples(found: Plain) -> None:
    assert (found.pickup(50), found.pickup(99)) == (25.0, 55.0)
    assert found.pickup_behind(95) == 59.0


def test_longer_times_follow_from_the_backlog_that_was_watched(found: Plain) -> None:
    assert found.each == 60.0
    assert found.drain(400) == 24_000.0
    assert found.calls_a_job == 1.0
    assert found.calls_an_hour() == 60.0
    assert found.pickup_paced(50, 60, 0.5) == 29.5 * 60 - 29 * 0.5
    assert found.pickup_paced(99, 60, 0.5) == 59.5 * 60 - 59 * 0.5


def test_what_was_not_measured_is_left_out_instead_of_guessed() -> None:
    nothing = Plain()
    assert nothing.notes() == []
    assert [
        nothing.pickup(50),
        nothing.pickup_behind(95),
        nothing.pickup_paced(50, 60, 0.5),
        nothing.drain(400),
        nothing.calls_a_job,
        nothing.calls_an_hour(),
    ] == [None] * 6


def test_the_notes_tell_the_measured_from_the_extrapolated(found: Plain) -> None:
    firings, alone, behind, backlog = found.notes()
    assert "4 firings, 59.5 to 60.5 s apart" in firings
    assert "300 ms after the full minute; 2 of them found an empty queue" in firings
    assert "6 jobs" in alone
    assert "waited 5.0 to 55.0 s" in alone
    assert "waited 41.0 to 59.0 s" in behind
    assert "of 240 jobs that came in 120 s, two a second, 2 were called for, by 2 calls" in backlog
    assert "extrapolated (~)" in backlog
    found.add(Plain(again=1))
    assert found.notes()[-1].endswith("the clock was set or pg_cron rested: 1.")


def test_parts_add_up(found: Plain) -> None:
    found.add(Plain(firings=1, gaps=[61.0], empty=1, idle=[30.0]))
    assert (found.firings, found.gaps[-1], found.empty, found.idle[-1]) == (5, 61.0, 3, 30.0)
    assert found.called == 2


def test_the_whole_run_watches_for_some_minutes_and_the_quick_one_for_one() -> None:
    assert [phase.__name__ for phase in phases(FULL)] == [
        "_empty",
        "_alone",
        "_alone",
        "_behind",
        "_backlog",
    ]
    assert [phase.__name__ for phase in phases(QUICK)] == ["_alone"]


def test_the_clock_is_watched(clock: Clock) -> None:
    watch = Watch()
    clock.pass_by(3600)
    assert watch.step == 0
    clock.wall += 0.1  # slewed by a time server
    assert watch.step == 0
    clock.wall -= 120
    assert watch.step == pytest.approx(-119.9)


def test_what_a_set_clock_spoilt_is_measured_again(clock: Clock) -> None:
    sets = [120.0, 0.0]

    def measure() -> float:
        began = time.time()
        clock.pass_by(2)
        clock.wall += sets.pop(0)
        return time.time() - began

    assert steady("a part", measure) == 2


def test_a_wait_that_failed_while_the_clock_was_set_is_tried_again(clock: Clock) -> None:
    sets = [-120.0, 0.0]

    def measure() -> int:
        if step := sets.pop(0):
            clock.wall += step
            raise AssertionError("no call within 90 s")
        return 1

    assert steady("a part", measure) == 1


def test_a_wait_that_failed_for_no_such_reason_fails(clock: Clock) -> None:
    def measure() -> None:
        clock.pass_by(90)
        raise AssertionError("no call within 90 s")

    with pytest.raises(AssertionError, match="no call within 90 s"):
        steady("a part", measure)


def test_a_clock_that_is_set_all_the_time_ends_the_part(clock: Clock) -> None:
    def measure() -> None:
        clock.wall += 60

    with pytest.raises(RuntimeError, match="in each of 3 tries"):
        steady("a part", measure)


def firing(clock: Clock) -> Firing:
    clock.pass_by(60)
    return [Received(clock.wall, "POST", "/", {}, b"", 200, heard=clock.monotonic)]


@pytest.mark.parametrize("trouble", ["the clock was set", "pg_cron rests"])
def test_a_disturbed_minute_is_watched_again_on_a_restarted_scheduler(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    restarts: list[float] = []
    tries: list[Firing] = []

    def start_anew(_: Place) -> Firing:
        restarts.append(clock.wall)
        return firing(clock)

    def phase(_: Place, before: Firing) -> tuple[Plain, list[Firing]]:
        tries.append(before)
        if len(tries) == 2 and trouble == "pg_cron rests":
            clock.pass_by(75)
            raise AssertionError("no firing of pg_cron in 75 s")
        came = firing(clock)
        if len(tries) == 2:
            clock.wall -= 300
        return Plain(idle=[float(len(tries))]), [came]

    monkeypatch.setattr(minutes, "start_anew", start_anew)
    found = Plain()
    last = minutes._steadily(PLACE, found, phase, [])
    minutes._steadily(PLACE, found, phase, last)
    assert len(restarts) == 2
    assert found.idle == [1.0, 3.0]
    assert (found.firings, found.empty, found.again) == (4, 2, 1)
    assert found.gaps == [60.0, 60.0]


def test_a_minute_that_is_always_disturbed_ends_the_part(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(_: Place) -> Firing:
        raise AssertionError("no firing of pg_cron in 75 s")

    monkeypatch.setattr(minutes, "start_anew", never)
    with pytest.raises(RuntimeError, match="disturbed 3 times: no firing of pg_cron"):
        minutes._steadily(PLACE, Plain(), phases(QUICK)[0], [])
    assert clock.monotonic == 1000
