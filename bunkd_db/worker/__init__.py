"""`bunkd-db worker`: a process that makes the calls where the database cannot."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from bunkd_db.calling.client import client
from bunkd_db.calling.request import Request
from bunkd_db.calling.sender import sender_name
from bunkd_db.credential import Credential
from bunkd_db.errors import BunkdError, ConfigurationError
from bunkd_db.interval import seconds_between
from bunkd_db.settings import Settings, defaults
from bunkd_db.worker import timer
from bunkd_db.worker.dispatcher import Dispatcher
from bunkd_db.worker.health import health_server
from bunkd_db.worker.log import fail, say, warn
from bunkd_db.worker.served import Served
from bunkd_db.worker.state import State

_BEAT_SECONDS = 5.0
_RELOAD_SECONDS = 5.0
_CHANGE = (
    "Change the file that BUNKD_CREDENTIAL_FILE names, or .env, first; a variable of a running process"
    " cannot change: restart the worker."
)


def run(
    settings: Settings,
    every: str | None,
    environ: Mapping[str, str],
    reload: Callable[[], Settings],
) -> None:
    """Run until SIGTERM or SIGINT; a second one does not wait for the calls in flight.

    SIGHUP takes the credential that `reload` finds, from a file that has changed.

    `every` is the canonical interval of the flag, None where none is given. PORT of `environ` is
    where the health page is.

    Raises:
        ConfigurationError: a setting is missing or cannot be used.
        BunkdError: the worker could not work for a minute, for a reason that only a person can change.
    """
    if settings.credential is None:
        raise ConfigurationError(
            "no credential is set for the calls",
            "Set BUNKD_CREDENTIAL (or SUPABASE_SERVICE_ROLE_KEY): the database stores none for workers.",
        )
    if settings.database_url and every:
        raise ConfigurationError(
            "--every is for a worker without a database",
            "Set BUNKD_EVERY and run bunkd-db upgrade: the schedule's own interval counts.",
        )
    alone = None if settings.database_url else _alone(settings, every)
    state = State(sender_name())
    with health_server(state, Served(state, settings), _port(environ)):
        try:
            asyncio.run(_run(settings, settings.credential, alone, state, reload))
        except BunkdError as error:
            fail("worker ends", reason=error.args[0], remedy=error.help)
            raise


async def _run(
    settings: Settings,
    credential: Credential,
    alone: tuple[Request, float] | None,
    state: State,
    reload: Callable[[], Settings],
) -> None:
    stop = asyncio.Event()
    _take_signals(stop)
    beating = asyncio.create_task(_beat(state))
    try:
        async with client(credential) as http:
            if alone:
                _reload_on_hangup(reload, credential, http.replace_credential, stop)
                await timer.run(http, *alone, state, stop)
            else:
                one = Dispatcher(http, credential, state, stop, settings)
                _reload_on_hangup(reload, credential, one.take_credential, stop)
                await one.run()
    finally:
        beating.cancel()


async def _beat(state: State) -> None:
    while True:
        state.beat = time.monotonic()
        await asyncio.sleep(_BEAT_SECONDS)


def _alone(settings: Settings, every: str | None) -> tuple[Request, float]:
    wanted = every or settings.schedule.every or defaults.EVERY
    request, seconds = Request.of(settings), seconds_between(wanted)
    if seconds is None:
        raise ConfigurationError(
            f"a worker without a database cannot keep the interval {wanted!r}",
            "Use an interval, like 30s or 5m.",
        )
    return request, seconds


def _take_signals(stop: asyncio.Event) -> None:
    def take() -> None:
        if stop.is_set():
            say("worker stopped at once: calls in flight are abandoned")
            os._exit(1)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, take)


def _reload_on_hangup(
    reload: Callable[[], Settings],
    first: Credential,
    take: Callable[[Credential], None],
    stop: asyncio.Event,
) -> None:
    """At SIGHUP take the credential anew; one that cannot be used leaves the former one.

    A terminal that closes sends the same signal: that is the end, as without this.
    """
    on_terminal, current = os.isatty(2), first
    loop = asyncio.get_running_loop()
    reads, reading, again = 0, False, False

    def renew() -> None:
        nonlocal reads, reading, again
        if on_terminal and not os.isatty(2):
            stop.set()
        elif reading:
            again = True  # what is read now can be of before the change
        else:
            reads, reading = reads + 1, True
            loop.call_later(_RELOAD_SECONDS, late, reads)
            # not one of the loop's own threads: a file that is never read would keep the process from ending
            threading.Thread(target=read, args=(reads,), daemon=True).start()

    def late(number: int) -> None:
        if reading and number == reads:
            reason = f"its file could not be read for {_RELOAD_SECONDS:.0f} s"
            warn("the credential was not reloaded", reason=reason)
            end()

    def end() -> None:
        nonlocal reading, again
        asked, reading, again = again, False, False
        if asked:
            renew()

    def read(number: int) -> None:
        try:
            found: Credential | BunkdError | None = reload().credential
        except BunkdError as error:
            found = error
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(use, number, found)

    def use(number: int, found: Credential | BunkdError | None) -> None:
        nonlocal current
        if number != reads:  # another one was begun after this one hung
            return
        end()
        if isinstance(found, BunkdError):
            warn("the credential was not reloaded", reason=found.args[0], remedy=found.help)
        elif found is None:
            warn("the credential was not reloaded", reason="none is set any more")
        elif found.is_api_key != first.is_api_key:
            reason = "it is of another kind, which goes into another header"
            warn("the credential was not reloaded", reason=reason, remedy="Restart the worker.")
        elif found == current:
            warn(
                "the credential was not reloaded", reason="it is the same as before", remedy=_CHANGE
            )
        else:
            current = found
            take(found)
            say("the credential was reloaded")

    loop.add_signal_handler(signal.SIGHUP, renew)


def _port(environ: Mapping[str, str]) -> int | None:
    text = environ.get("PORT", "").strip()
    if not text:
        return None
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ConfigurationError(
            f"PORT is {text!r}", "Use a number from 1 to 65535, or unset PORT."
        )
    return int(text)
