"""What a change of settings changes in behaviour, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bunkd_db.status.words import duration

_ON_TIMEOUT = {
    "release": "A call that times out frees its slot at once; its function can still be running beside the next call.",
    "detach": "A call that times out keeps its slot until its function has ended, or until the rescue is due.",
}
_ON_RESTORE = {
    "hold": "A restored copy makes no calls until an upgrade with its own URL and credential opens it.",
    "probe": "A restored copy makes one call every 5 minutes while jobs wait, and opens when an answer names one of them.",
    "go": "A restored copy makes calls like the original: both can call for the same job.",
}
_TRANSPORT = {
    "auto": "pg_net sends the calls, or pgsql-http where this database cannot use pg_net.",
    "pg_net": "pg_net sends the calls.",
    "http": "Lanes send the calls with pgsql-http: no trigger is on the queue, and no table of pg_net holds the credential.",
    "both": "pg_net sends a call when it would at once, and lanes send all others with pgsql-http.",
}
_WAKE = {
    True: "A job is called for when the transaction that queued it commits.",
    False: "A queued job waits for the next tick: the triggers are taken off the queue.",
}
# the queue has no triggers of ours
_WAKES_NOBODY = {
    True: "The wake is on, but its triggers are not on the queue yet.",
    False: "A queued job waits for the next tick.",
}
_WAKES_LANES = {
    True: "Lanes look for new jobs all the time, and call for one at once.",
    False: "Lanes no longer look for new jobs: a queued job waits for the next tick.",
}
_WAKES_NOBODY_OUTSIDE = {
    True: "The wake is on, but does nothing until a worker runs: an external scheduler cannot be woken.",
    False: "The wake is off: a worker would wait for its next tick. An external scheduler was never woken.",
}
_OWN_PACE = " An external scheduler keeps its own pace: change it where it runs."


def effects(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    woken: bool = True,
    outside: bool = False,
    lanes: bool = False,
) -> list[str]:
    """Return a sentence or two for each column that differs; both are as the database has them.

    Args:
        woken: the queue has the wake's triggers, before the change or after it.
        lanes: they make the calls: nothing is on the queue, whatever the wake is.
        outside: only an external scheduler can be making the calls.

    >>> effects({"max_in_flight": 10}, {"max_in_flight": 5})
    ['At most 5 calls are in flight at once, instead of 10. Those in flight now go on.']
    >>> effects({"every": "30s"}, {"every": "30s"})
    []
    >>> effects({"wake": False}, {"wake": True}, woken=False, outside=True)
    ['The wake is on, but does nothing until a worker runs: an external scheduler cannot be woken.']
    """
    said = dict(_SAID)
    if lanes:
        said["wake"] = lambda _, after: _WAKES_LANES[after]
    elif not woken:
        wakes = _WAKES_NOBODY_OUTSIDE if outside else _WAKES_NOBODY
        said["wake"] = lambda _, after: wakes[after]
    if outside:
        said["every"] = lambda before, after: _every(before, after) + _OWN_PACE
    return [
        said[name](before[name], value) for name, value in after.items() if before[name] != value
    ]


def _every(before: str, after: str) -> str:
    return f"The interval between ticks is set to {after}, instead of {before}."


def _in_flight(before: int, after: int) -> str:
    more = "Ensure that the function and its providers can take them."
    said = f"At most {after} {_calls(after)} in flight at once, instead of {before}."
    return f"{said} {more if after > before else 'Those in flight now go on.'}"


def _calls(number: int) -> str:
    return "call is" if number == 1 else "calls are"


def _timeout(before: int, after: int) -> str:
    took, takes = duration(before / 1000), duration(after / 1000)
    return (
        f"A call is given up after {takes}, instead of {took}. Calls in flight keep their timeout."
    )


def _jobs(before: int, after: int) -> str:
    jobs = "1 waiting job" if after == 1 else f"{after} waiting jobs"
    must = " The function must process that many." if after > 1 else ""
    return f"Each call is for {jobs}, instead of {before}.{must}"


def _rescue(_: str, after: str) -> str:
    if after == "00:00:00":
        return "A stuck job is no longer rescued."
    return f"A job that is active for more than {after} (h:min:s) goes back to waiting."


_SAID: dict[str, Callable[[Any, Any], str]] = {
    "every": _every,
    "max_in_flight": _in_flight,
    "timeout_ms": _timeout,
    "jobs_per_call": _jobs,
    "rescue_after": _rescue,
    "on_timeout": lambda _, after: _ON_TIMEOUT[after],
    "on_restore": lambda _, after: _ON_RESTORE[after],
    "transport": lambda _, after: _TRANSPORT[after],
    "wake": lambda _, after: _WAKE[after],
}
LIVE = frozenset(_SAID)
"""The columns that `bunkd-db schedule set` can change."""
