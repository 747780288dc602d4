"""From a committed insert until the call arrives at the endpoint."""

import time

from benchmarks.job import Inserted, insert
from benchmarks.place import Place
from benchmarks.plain import Plain
from benchmarks.progress import at, say
from benchmarks.report import value
from benchmarks.result import Results, Row
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
    waited = {"idle": idle(place, results), "two inserts a second": paced(place)}
    for name, what, percent, target in (
        ("idle_p50", "idle", 50, 0.005),
        ("idle_p99", "idle", 99, 0.05),
        ("paced_p50", "two inserts a second", 50, 0.5),
        ("paced_p99", "two inserts a second", 99, None),
    ):
        results.add(_row(plain, name, what, waited[what], percent, target))
    long = place.sizes.long_work
    for on_timeout, windows, held in (
        ("release", place.sizes.release_windows, long),
        ("detach", place.sizes.detach_windows, DETACH),
    ):
        seconds = behind(place, on_timeout, windows, held)
        name, what = f"behind_{on_timeout}_p95", f"behind a {long:g} s job, {on_timeout}"
        results.add(_row(plain, name, what, seconds, 95, held + 1))


def idle(place: Place, results: Results) -> list[float]:
    """After some seconds without any traffic, so that pg_net's pause is over."""
    n = place.sizes.idle_pickups
    say(f"pickup: {n} times after {QUIET:g} s without traffic")
    waited, from_sending = [], []
    for done in range(n):
        time.sleep(QUIET)
        job = insert(place.link)
        call = _call_for(place, job)
        waited.append(call.at - job.committed)
        from_sending.append(call.at - job.sent)
        at(done + 1, n, "pickup, idle:")
    results.notes.append(
        "Pickup is counted from the server's commit timestamp of the INSERT to the request's arrival;"
        f" idle, from the moment the client sends the INSERT, p50 is"
        f" {value(percentile(from_sending, 50), 'seconds')} and p99"
        f" {value(percentile(from_sending, 99), 'seconds')}. Percentiles are by nearest rank: of fewer"
        " than 100 samples p99 is the slowest. The plain recipe's wait does not depend on the load."
    )
    return waited


def paced(place: Place) -> list[float]:
    """Two inserts a second: pg_net rests for up to 1 s after each batch."""
    say(f"pickup: {place.sizes.paced_pickups} jobs, two a second")
    return _waits(place, _insert_every(place, place.sizes.paced_pickups, 0.5))


def behind(place: Place, on_timeout: str, windows: int, held: float) -> list[float]:
    """Jobs inserted all along the time for which one long job holds pg_net's batch."""
    long = place.sizes.long_work
    timeout = "35s" if on_timeout == "release" else f"{held:g}s"
    say(f"pickup: behind a {long:g} s job, {on_timeout}, timeout {timeout}, {windows} times")
    place.install(on_timeout=on_timeout, timeout=timeout)
    waited: list[float] = []
    for done in range(windows):
        time.sleep(QUIET)
        place.endpoint.work = long
        _call_for(place, insert(place.link))
        place.endpoint.work = 0.0
        waited += _waits(place, _insert_every(place, VICTIMS, held / VICTIMS))
        at(done + 1, windows, f"pickup, {on_timeout}:")
    wait_until(lambda: not place.endpoint.open, 2 * long, "the long jobs to end")
    return waited


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
    plain: Plain, name: str, what: str, waited: list[float], percent: int, target: float | None
) -> Row:
    return Row(
        f"pickup_{name}",
        f"pickup, {what}, p{percent}",
        percentile(waited, percent),
        plain=plain.pickup(percent),
        plain_how="arithmetic",
        target=target,
        samples=waited,
    )
