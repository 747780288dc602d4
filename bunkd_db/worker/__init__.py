"""`bunkd-db worker`: a process that makes the calls where the database cannot."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
from collections.abc import Mapping

from bunkd_db.errors import ConfigurationError
from bunkd_db.external.request import Request
from bunkd_db.interval import seconds_between
from bunkd_db.settings import Settings
from bunkd_db.worker import timer
from bunkd_db.worker.dispatcher import Dispatcher
from bunkd_db.worker.health import served
from bunkd_db.worker.log import say
from bunkd_db.worker.post import Caller, Post, caller
from bunkd_db.worker.state import State

_DEFAULT_EVERY = "30s"


def run(settings: Settings, schedule: str, every: str | None, environ: Mapping[str, str]) -> None:
    """Run until SIGTERM or SIGINT; a second one does not wait for the calls in flight.

    `every` is the canonical interval of the flag, None where none is given. PORT of `environ` is
    where the health page is.

    Raises:
        ConfigurationError: a setting is missing or cannot be used.
    """
    if settings.credential is None:
        raise ConfigurationError(
            "no credential is set for the calls",
            "Set BUNKD_CREDENTIAL (or SUPABASE_SERVICE_ROLE_KEY): the database keeps none for workers.",
        )
    if settings.database_url and every:
        raise ConfigurationError(
            "--every is for a worker without a database",
            "The schedule's own interval counts: set BUNKD_EVERY and run bunkd-db upgrade.",
        )
    post, period = (None, 0.0) if settings.database_url else _alone(settings, every)
    state = State(_name())
    with served(state, _port(environ)):
        asyncio.run(_run(settings, schedule, post, period, state))


async def _run(
    settings: Settings, schedule: str, post: Post | None, period: float, state: State
) -> None:
    assert settings.credential is not None
    stop = asyncio.Event()
    _take_signals(stop)
    async with caller(settings.credential) as http:
        if post:
            await timer.run(http, post, period, state, stop)
        else:
            await _dispatcher(settings, schedule, http, state, stop).run()


def _dispatcher(
    settings: Settings, schedule: str, http: Caller, state: State, stop: asyncio.Event
) -> Dispatcher:
    kept = ("url", "headers", "body", "credential_header")
    own = {name: settings.schedule[name] for name in kept if name in settings.schedule}
    return Dispatcher(http, state, stop, url=settings.database_url, schedule=schedule, own=own)


def _alone(settings: Settings, every: str | None) -> tuple[Post, float]:
    request = Request.of(settings)
    wanted = every or settings.schedule.get("every") or _DEFAULT_EVERY
    seconds = seconds_between(str(wanted))
    if seconds is None:
        raise ConfigurationError(
            f"a worker without a database cannot keep {wanted!r}",
            "Use an interval, like 30s or 5m.",
        )
    timeout = settings.schedule.get("timeout_ms")
    limit = timeout / 1000 if isinstance(timeout, int) else float(request.timeout_seconds)
    body = settings.schedule.get("body", {})
    return Post(request.url, request.credential_header, request.headers, body, limit), seconds


def _take_signals(stop: asyncio.Event) -> None:
    def take() -> None:
        if stop.is_set():
            say("worker ends at once: calls in flight are given up")
            os._exit(1)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, take)


def _name() -> str:
    """Return a name that tells an operator where the worker is, and is no other's."""
    host = "".join(c for c in socket.gethostname() if c.isascii() and (c.isalnum() or c in "-."))
    return f"{host[:60] or 'worker'}-{os.getpid()}-{secrets.token_hex(3)}"


def _port(environ: Mapping[str, str]) -> int | None:
    text = environ.get("PORT", "").strip()
    if not text:
        return None
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ConfigurationError(f"PORT is {text!r}", "Use a number from 1 to 65535, or set none.")
    return int(text)
