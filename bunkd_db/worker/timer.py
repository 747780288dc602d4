"""The worker without a database: one call each period, one after the other."""

from __future__ import annotations

import asyncio
import math
import time

from bunkd_db.calling.client import Client
from bunkd_db.calling.request import Request
from bunkd_db.worker.log import say, say_call
from bunkd_db.worker.state import Doing, State

_FAILURES = 3
_LONGEST = 300.0
_SHOW_SECONDS = 15.0


async def run(
    client: Client, request: Request, period: float, state: State, stop: asyncio.Event
) -> None:
    """Call at the start and then every `period` seconds, until `stop` is set.

    The times are a grid from the start: nothing drifts. A call that takes longer than a period has
    the next one begin at the next time of the grid. A failing function is called at
    increasing intervals, as a schedule's tick does: 1, 2, 4, 8 … periods, 5 minutes at most.
    """
    say("worker starts", worker=state.name, url=request.url, every=f"{period:g}s")
    state.doing = Doing.WORKING
    start = time.monotonic()
    failures = 0
    while not stop.is_set():
        call = asyncio.create_task(client.post(request, {"X-Bunkd-Reason": "worker"}))
        state.began()
        while not call.done():
            state.mark_alive()
            await asyncio.wait({call}, timeout=_SHOW_SECONDS)
        state.ended()
        answer = call.result()
        state.count(answer)
        failures = failures + 1 if answer.failed else 0
        wait = distance(failures, period)
        say_call(answer, next_in=f"{wait:g}s" if failures >= _FAILURES else None)
        state.trouble = answer.said or answer.outcome if answer.failed else ""
        state.doing = Doing.BACKING_OFF if failures >= _FAILURES else Doing.WORKING
        asked = answer.wait_for(time.time())
        await _until(next_time(start, period, wait, time.monotonic(), asked), state, stop)
    say("worker stopped", worker=state.name)


def distance(failures: int, period: float) -> float:
    """Return how many seconds lie between two calls after so many failures in a row.

    >>> [distance(n, 30) for n in (0, 2, 3, 4, 5, 9)]
    [30, 30, 30.0, 60.0, 120.0, 300.0]
    """
    if failures < _FAILURES:
        return period
    return min(period * 2.0 ** min(failures - _FAILURES, 20), max(period, _LONGEST))


def next_time(start: float, period: float, wait: float, now: float, asked: float = 0) -> float:
    """Return the next time of the grid, by which `wait` seconds have passed since its last one.

    And `asked` seconds since now: what a Retry-After counts from is its answer.

    >>> next_time(0, 30, 30, 31), next_time(0, 30, 30, 59.9), next_time(0, 30, 60, 30.2)
    (60, 60, 90)
    >>> next_time(0, 30, 30, 0.2, asked=7), next_time(0, 30, 30, 0.2, asked=30)
    (30, 60)
    """
    step = max(1, math.ceil(wait / period - 1e-9))
    place = max(
        math.floor((now - start) / period) + step, math.ceil((now + asked - start) / period)
    )
    return start + period * place


async def _until(moment: float, state: State, stop: asyncio.Event) -> None:
    """Sleep, and show now and then that the worker is alive."""
    while (left := moment - time.monotonic()) > 0 and not stop.is_set():
        state.mark_alive()
        try:
            async with asyncio.timeout(min(left, _SHOW_SECONDS)):
                await stop.wait()
        except TimeoutError:
            continue
