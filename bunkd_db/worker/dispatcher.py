"""The worker with a database: it makes the calls that `bunkd.worker_exchange` hands out.

All that decides anything is there: slots, demand, brakes, rescue, ticks.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from contextlib import suppress

from bunkd_db.database.connection import Row
from bunkd_db.database.exchange import Session, session
from bunkd_db.errors import BunkdError, ConfigurationError
from bunkd_db.readers import JSON
from bunkd_db.worker.log import say, say_call, warn
from bunkd_db.worker.offer import Call, Offer
from bunkd_db.worker.post import Caller, Post
from bunkd_db.worker.state import State

_HEARTBEAT_SECONDS = 15.0
_POLL_SECONDS = 1.0
_STALE_SECONDS = 5.0
_LONGEST_PAUSE_SECONDS = 20.0


class Dispatcher:
    """One worker of a schedule; several may run, and share the slots."""

    def __init__(
        self,
        caller: Caller,
        state: State,
        stop: asyncio.Event,
        *,
        url: str | None,
        schedule: str,
        own: Mapping[str, JSON],
    ) -> None:
        self._caller = caller
        self._state = state
        self._stop = stop
        self._url = url
        self._schedule = schedule
        self._own = own
        self._open: dict[int, asyncio.Task[None]] = {}
        self._answers: list[Row] = []
        self._changed = asyncio.Event()
        self._woken = True
        self._failures = 0
        self._told = ("", "")

    async def run(self) -> None:
        """Work until `stop` is set; then finish the calls in flight and say goodbye.

        A database that is gone is asked again for ever, at growing distances. What ended meanwhile
        is told to it then.

        Raises:
            ConfigurationError: the database's URL or the schedule's name cannot be used.
        """
        say("worker starts", worker=self._state.name, schedule=self._schedule)
        stopping = asyncio.create_task(self._notice_stop())
        try:
            while not await self._served():
                await self._pause()
        finally:
            stopping.cancel()
        say("worker stopped", worker=self._state.name)

    async def _served(self) -> bool:
        """Work for as long as the database is there; return whether that was to the end."""
        try:
            async with session(self._url, self._schedule, self._wake) as opened:
                await self._work(opened)
                return True
        except ConfigurationError:
            raise
        except BunkdError as error:
            self._failures += 1
            self._state.trouble = error.args[0]
            warn(
                "cannot work with the database",
                error,
                why=error.args[0],
                to_do=error.remedy,
                attempt=self._failures,
            )
        if self._stop.is_set() and not self._open:
            if self._answers:
                warn(
                    "some calls' ends could not be recorded",
                    calls=len(self._answers),
                    so="their slots are free again when their time-out is over",
                )
            return True
        return False

    async def _work(self, opened: Session) -> None:
        self._woken = True  # what was written while nobody listened
        offer: Offer | None = None
        while True:
            leaving = self._stop.is_set() and not self._open
            told = len(self._answers)
            room, woken = self._room(offer), self._woken
            self._woken = woken and not room  # who takes no call leaves it for later
            state: Row = {
                "room": room,
                "able": offer is not None and offer.post is not None,
                "known": [*self._open, *(answer["call"] for answer in self._answers[:told])],
                "listens": opened.listens,
                "woken": woken,
                "leaving": leaving,
                "answers": self._answers[:told],
            }
            self._changed.clear()
            asked = time.monotonic()
            reply = await opened.exchange(self._schedule, self._state.name, state)
            del self._answers[:told]
            self._failures = 0
            self._state.works()
            if leaving:
                return
            offer = Offer.of(reply, self._own)
            self._tell(offer, opened)
            for call in offer.calls:
                self._begin(call, offer.post, asked)
            if not self._answers and (room or not self._room(offer)):
                await self._rest(offer, opened)

    def _room(self, offer: Offer | None) -> int:
        if offer is None or offer.standby or offer.post is None or self._stop.is_set():
            return 0
        return max(0, offer.slots - len(self._open))

    def _begin(self, call: Call, post: Post | None, asked: float) -> None:
        if post is None or self._stop.is_set() or time.monotonic() - asked > _STALE_SECONDS:
            self._answers.append({"call": call.number, "sent": False})
            return
        self._open[call.number] = asyncio.create_task(self._call(call, post))
        self._state.in_flight.inc()

    async def _call(self, call: Call, post: Post) -> None:
        try:
            answer = await self._caller.call(post, call.headers)
        finally:
            del self._open[call.number]
            self._state.in_flight.dec()
        self._state.count(answer)
        self._answers.append(
            {
                "call": call.number,
                "sent": True,
                "status_code": answer.status,
                "timed_out": answer.timed_out,
                "error": answer.error or None,
                "content": answer.content or None,
                "retry_after": answer.retry_after,
            }
        )
        self._changed.set()
        say_call(answer, call=call.number, reason=call.reason)

    def _wake(self) -> None:
        self._woken = True
        self._changed.set()

    async def _notice_stop(self) -> None:
        await self._stop.wait()
        self._state.doing = "stops"
        say("worker stops", calls_to_finish=len(self._open))
        self._changed.set()

    async def _rest(self, offer: Offer, opened: Session) -> None:
        """Wait until something has changed, a tick is due, or it is time to look or to be seen."""
        seconds = _HEARTBEAT_SECONDS
        if offer.next_tick is not None:
            seconds = min(seconds, max(offer.next_tick, 0.05))
        if self._room(offer) and not (opened.listens and offer.hears):
            seconds = min(seconds, _POLL_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    async def _pause(self) -> None:
        """Wait before the database is asked again; workers that lost it together come back apart."""
        longest = min(0.25 * 2 ** min(self._failures, 10), _LONGEST_PAUSE_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(longest * random.uniform(0.5, 1)):
                await self._stop.wait()
                while self._open:
                    await asyncio.wait(self._open.values())

    def _tell(self, offer: Offer, opened: Session) -> None:
        """Log what has changed since the last exchange, once."""
        if not self._stop.is_set():
            self._state.doing = "stands by" if offer.standby else "works"
        self._state.trouble = offer.trouble
        what = "works" if opened.listens and offer.hears else "works, and looks every second"
        if offer.standby:
            what = "stands by: the database makes the calls itself"
            if offer.trouble:
                what = "stands by"
        if self._told != (told := (what, offer.trouble)):
            self._told = told
            (warn if offer.trouble else say)(f"worker {what}", because=offer.trouble)
