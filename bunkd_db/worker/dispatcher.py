"""The worker with a database: it makes the calls that `bunkd.worker_exchange_v1` hands out.

All that decides anything is there: slots, demand, brakes, rescue, ticks.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress

from bunkd_db.calling.client import Client
from bunkd_db.calling.request import Request
from bunkd_db.credential import Credential
from bunkd_db.database.connection import Row
from bunkd_db.database.exchange import Session, session
from bunkd_db.errors import BunkdError, ConfigurationError, PermissionMissing
from bunkd_db.settings import Settings
from bunkd_db.worker.log import say, say_call, warn
from bunkd_db.worker.messenger import Messenger
from bunkd_db.worker.offer import Call, Offer
from bunkd_db.worker.patience import Patience
from bunkd_db.worker.state import State
from bunkd_db.worker.telling import Teller

_HEARTBEAT_SECONDS = 15.0
_POLL_SECONDS = 1.0
_GATHER_SECONDS = 0.002  # answers that come together are told together
_STALE_SECONDS = 5.0
# a machine that was suspended has missed the time too
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_LONGEST_PAUSE_SECONDS = 20.0
_PATIENCE_SECONDS = 60.0
_LET_IN = "Run bunkd-db upgrade with BUNKD_WORKER_ROLE set to this role."


class Dispatcher:
    """One worker of a schedule; several may run, and share the slots."""

    def __init__(
        self,
        client: Client,
        credential: Credential,
        state: State,
        stop: asyncio.Event,
        settings: Settings,
        *,
        patience: float = _PATIENCE_SECONDS,
    ) -> None:
        self._client = client
        self._credential = credential
        self._state = state
        self._stop = stop
        self._url = settings.database_url
        self._schedule = settings.schedule_name
        self._own = settings.schedule
        self._patience = Patience(patience)
        self._open: dict[int, asyncio.Task[None]] = {}
        self._answers: list[Row] = []
        self._changed = asyncio.Event()
        self._woken = True
        self._failures = 0
        self._teller = Teller(state)
        self._messenger = Messenger(client, self._changed.set)

    def take_credential(self, credential: Credential) -> None:
        """Send this one from the next exchange on; calls in flight have the former one."""
        self._credential = credential
        self._client.replace_credential(credential)
        self._wake()

    async def run(self) -> None:
        """Work until `stop` is set; then finish the calls in flight and say goodbye.

        A database that is gone is asked again forever, at increasing intervals, and then told
        what ended in the meantime.

        Raises:
            ConfigurationError: the database's URL or the schedule's name cannot be used.
            BunkdError: for a minute it could not work, and only a person can change that.
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
            if isinstance(error, PermissionMissing):
                error.remedy, error.commands = _LET_IN, ()
            self._failures += 1
            self._teller.lost(error, self._failures)
            if self._is_hopeless(error.lasting):
                raise
        if self._stop.is_set() and not self._open:
            if self._answers:
                warn(
                    "could not record how calls ended",
                    calls=len(self._answers),
                    effect="their slots are freed when the calls time out",
                )
            return True
        return False

    def _is_hopeless(self, stuck: bool) -> bool:
        """Whether to end, because what only a person can change has lasted; no call is cut off."""
        return self._patience.is_over(stuck) and not self._open and not self._stop.is_set()

    async def _work(self, opened: Session) -> None:
        self._woken = True  # what was written while nobody listened
        offer: Offer | None = None
        while True:
            leaving = self._stop.is_set() and not self._open and self._messenger.idle
            told = len(self._answers)
            room, woken = self._room(offer), self._woken
            self._woken = woken and not room  # who takes no call leaves it for later
            state: Row = {
                "room": room,
                "able": offer is not None and offer.request is not None,
                "known": [*self._open, *(answer["call"] for answer in self._answers[:told])],
                "listens": opened.listens,
                "woken": woken,
                "leaving": leaving,
                "answers": self._answers[:told],
                **self._messenger.state(),
            }
            self._changed.clear()
            asked = time.clock_gettime(_CLOCK)
            reply = await opened.exchange(self._schedule, self._state.name, state)
            del self._answers[:told]
            self._messenger.heard()
            self._failures = 0
            self._state.mark_alive()
            if leaving:
                return
            offer = Offer.of(reply, self._own, self._credential)
            for number in offer.empty:
                say("call processed no job", call=number)
            self._teller.heard(
                offer, asked_for_calls=room > 0, polls=not (opened.listens and offer.hears)
            )
            if self._is_hopeless(bool(offer.remedy)):
                raise ConfigurationError(offer.trouble, offer.remedy)
            for call in offer.calls:
                self._begin(call, offer.request, asked)
            self._messenger.send(offer.messages)
            if not self._answers and (room or not self._room(offer)):
                await self._rest(offer, opened)
            if self._answers and self._open and not (self._woken and self._room(offer)):
                await asyncio.sleep(_GATHER_SECONDS)

    def _room(self, offer: Offer | None) -> int:
        if offer is None or offer.request is None or self._stop.is_set():
            return 0
        slots = offer.slots if not offer.standby else 1 if offer.probes else 0
        return max(0, slots - len(self._open))

    def _begin(self, call: Call, request: Request | None, asked: float) -> None:
        if request is None or self._stop.is_set():
            self._answers.append({"call": call.number, "sent": False})
            return
        self._open[call.number] = asyncio.create_task(self._call(call, request, asked))
        self._state.began()

    async def _call(self, call: Call, request: Request, asked: float) -> None:
        try:
            if time.clock_gettime(_CLOCK) - asked > _STALE_SECONDS:
                # its slot may be somebody else's soon: the process was frozen, or the answer was slow
                self._answers.append({"call": call.number, "sent": False})
                self._changed.set()
                return
            answer = await self._client.post(request, call.headers)
        finally:
            del self._open[call.number]
            self._state.ended()
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
        self._teller.stopping(len(self._open))
        self._changed.set()

    async def _rest(self, offer: Offer, opened: Session) -> None:
        """Wait until something has changed, a tick is due, or it is time to look or to be seen."""
        seconds = _HEARTBEAT_SECONDS
        if offer.next_tick is not None:
            seconds = min(seconds, max(offer.next_tick, 0.05))
        if self._room(offer) and not (opened.listens and offer.hears):
            seconds = min(seconds, _POLL_SECONDS)
        if offer.remedy:
            seconds = min(seconds, self._patience.seconds)
        await self._changes(seconds)
        # What was written waits for one of these calls to end; a schedule that was changed waits for a second.
        until = time.monotonic() + _POLL_SECONDS
        while (
            self._woken
            and len(self._open) >= offer.slots
            and not self._answers
            and not opened.broken
        ):
            if (left := until - time.monotonic()) <= 0:
                return
            self._changed.clear()
            await self._changes(left)

    async def _changes(self, seconds: float) -> None:
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
