"""What a change of settings changes in behaviour, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bunkd_db.status.words import duration

_ON_TIMEOUT = {
    "release": "A call that times out frees its slot at once; its function can run on beside the next call.",
    "detach": "A call that times out keeps its slot until its function has ended or the rescue is due.",
}
_ON_RESTORE = {
    "hold": "A restored copy calls nobody until an upgrade of its own opens it.",
    "probe": "A restored copy makes one call every 5 minutes while jobs wait, and opens when the answer names one.",
    "go": "A restored copy makes calls like the original: both can call for the same job.",
}
_WAKE = {
    True: "A job is called for when the transaction that queued it commits: triggers are put on the queue,"
    " if pg_net or a worker makes the calls.",
    False: "A queued job waits for the next tick: the triggers are taken off the queue.",
}


def effects(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return a sentence or two for each column that differs; both are as the database has them.

    >>> effects({"max_in_flight": 10}, {"max_in_flight": 5})
    ['At most 5 calls are open at once, instead of 10. Calls in flight go on.']
    >>> effects({"every": "30s"}, {"every": "30s"})
    []
    """
    return [
        _SAID[name](before[name], value) for name, value in after.items() if before[name] != value
    ]


def _every(before: str, after: str) -> str:
    return f"Ticks come every {after}, instead of every {before}."


def _in_flight(before: int, after: int) -> str:
    more = "Ensure that the function and its providers can take them."
    said = f"At most {after} {_calls(after)} open at once, instead of {before}."
    return f"{said} {more if after > before else 'Calls in flight go on.'}"


def _calls(number: int) -> str:
    return "call is" if number == 1 else "calls are"


def _timeout(before: int, after: int) -> str:
    took, takes = duration(before / 1000), duration(after / 1000)
    return f"A call is given up after {takes}, instead of {took}. Calls in flight keep their time."


def _jobs(before: int, after: int) -> str:
    each = "one call for each waiting job" if after == 1 else f"one call for {after} waiting jobs"
    return f"There is {each}, instead of {before}. The function must process that many a call."


def _rescue(_: str, after: str) -> str:
    if after == "00:00:00":
        return "A job that is stuck is not rescued any more."
    return f"A job that is active for more than {after} (h:min:s) goes back to waiting."


_SAID: dict[str, Callable[[Any, Any], str]] = {
    "every": _every,
    "max_in_flight": _in_flight,
    "timeout_ms": _timeout,
    "jobs_per_call": _jobs,
    "rescue_after": _rescue,
    "on_timeout": lambda _, after: _ON_TIMEOUT[after],
    "on_restore": lambda _, after: _ON_RESTORE[after],
    "wake": lambda _, after: _WAKE[after],
}
LIVE = frozenset(_SAID)
"""The columns that `bunkd-db schedule set` can change."""
