"""From a committed insert until the call arrives at the endpoint."""

import time

from benchmarks.job import Inserted, insert
from benchmarks.minutes import PACE
from benchmarks.place import Place
from benchmarks.plain import Plain
from benchmarks.progress import at, say
from benchmarks.report import value
from benchmarks.result import How, Results, Row
from benchmarks.steady import steady
from benchmarks.timing import percentile
from tests.support.endpoint import Received
from tests.support.queue import create_queue
from tests.support.wait import wait_until

QUIET = 3.0
DETACH = 5.0
VICTIMS = 5


def measure(place: Place, plain: Plain, results: Results) -> None:
    """On an idle queue, at two inserts a second, and behind a long job."""
    create_queue(place.link, 1)
    place.endpoint.work = 0.0
    place.endpoint.forget()
    place.install()
    alone = idle(place, results)
    for percent, target in ((50, 0.005), (99, 0.05)):
        results.add(_row("idle", "idle", percent, alone, target, plain.pickup(percent), "measured"))
    pressed = steady("pickup", lambda: paced(place))
    for percent, bound in ((50, 0.5), (99, None)):
        theirs = plain.pickup_paced(percent, len(pressed), PACE)
        what = "two inserts a second"
        results.add(_row("paced", what, percent, pressed, bound, theirs, "extrapolated"))
    long = place.sizes.long_work
    for on_timeout, windows, held in (
        ("release", place.sizes.release_windows, long),
        ("detach", place.sizes.detach_windows, DETACH),
    ):
        seconds = behind(place, on_timeout, windows, held)
        name, what = f"behind_{on_timeout}", f"behind a {long:g} s job, {on_timeout}"
        theirs = plain.pickup_behind(95)
        results.add(_row(name, what, 95, seconds, held + 1, theirs, "measured"))


def idle(place: Place, results: Results) -> list[float]:
    """After some seconds without any traffic, so that pg_net's pause is over."""
    n = place.sizes.idle_pickups
    say(f"pickup: {n} times after {QUIET:g} s without traffic")
    waited, from_sending = [], []
    for done in range(n):
        time.sleep(QUIET)
        from_commit, from_start = steady("pickup", lambda: pick_up(place))
        waited.append(from_commit)
        from_sending.append(from_start)
        at(done + 1, n, "pickup, idle:")
    results.notes.append(
        "Pickup is counted from the server's commit timestamp of the INSERT to the request's arrival;"
        f" idle, from the moment the client sends the INSERT, p50 is"
        f" {value(percentile(from_sending, 50), 'seconds')} and p99"
        f" {value(percentile(from_sending, 99), 'seconds')}. Percentiles are by nearest rank: of fewer"
        " than 100 samples p99 is the slowest."
    )
    return waited


def paced(place: Place) -> list[float]:
    """Two inserts a second: pg_net rests for up to 1 s after each batch."""
    say(f"pickup: {place.sizes.paced_pickups} jobs, two a second")
    return _waits(place, _insert_every(place, place.sizes.paced_pickups, PACE))


def behind(place: Place, on_timeout: str, windows: int, held: float) -> list[float]:
    """Jobs inserted all along the time for which one long job holds pg_net's batch."""
    long = place.sizes.long_work
    timeout = "35s" if on_timeout == "release" else f"{held:g}s"
    say(f"pickup: behind a {long:g} s job, {on_timeout}, timeout {timeout}, {windows} times")
    place.install(on_timeout=on_timeout, timeout=timeout)
    waited: list[float] = []
    for done in range(windows):
        waited += steady("pickup", lambda: _behind_one(place, long, held))
        at(done + 1, windows, f"pickup, {on_timeout}:")
    wait_until(lambda: not place.endpoint.open, 2 * long, "the long jobs to end")
    return waited


def _behind_one(place: Place, long: float, held: float) -> list[float]:
    time.sleep(QUIET)
    place.endpoint.work = long
    _call_for(place, insert(place.link))
    place.endpoint.work = 0.0
    return _waits(place, _insert_every(place, VICTIMS, held / VICTIMS))


def pick_up(place: Place) -> tuple[float, float]:
    """Seconds to the call of one job, from its commit and from sending its INSERT."""
    job = insert(place.link)
    call = _call_for(place, job)
    return call.at - job.committed, call.at - job.sent


def _insert_every(place: Place, n: int, gap: float) -> list[Inserted]:
    began = time.monotonic()
    inserted = []
    for done in range(n):
        time.sleep(max(0.0, began + done * gap - time.monotonic()))
        inserted.append(insert(place.link))
    return inserted


def _waits(place: Place, jobs: list[Inserted]) -> list[float]:
    return [_call_for(place, job).at - job.committed for job in jobs]


def _call_for(place: Place, job: Inserted) -> Received:
    """The call that took this job, once it has arrived and claimed it."""

    def found() -> Received | None:
        return next((r for r in reversed(place.endpoint.received) if r.job_id == job.id), None)

    call = wait_until(found, 90, f"a call for job {job.id}")
    assert call is not None
    return call


def _row(
    name: str,
    what: str,
    percent: int,
    waited: list[float],
    target: float | None,
    plain: float | None,
    how: How,
) -> Row:
    return Row(
        f"pickup_{name}_p{percent}",
        f"pickup, {what}, p{percent}",
        percentile(waited, percent),
        plain=plain,
        plain_how=how,
        target=target,
        samples=waited,
    )
