"""A worker's session: it asks on one connection and listens on another."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from bunkd_db.database.connection import Row, as_object
from bunkd_db.database.url import parse_url
from bunkd_db.database.words import unreachable, worded
from bunkd_db.errors import BunkdError, DatabaseUnavailable

_Connection = psycopg.AsyncConnection[tuple[object, ...]]
_ECHO_SECONDS = 2.0
_ANSWER_SECONDS = 45.0
# a network that swallows everything is noticed within a minute
_KEEPALIVES = {
    "keepalives_idle": "20",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "45000",
}


class Session:
    """What a worker does with its database.

    Attributes:
        listens: whether notifications arrive: not through a transaction pooler.
    """

    def __init__(self, asking: _Connection) -> None:
        self._asking = asking
        self.listens = False
        self.broken: BunkdError | None = None

    async def exchange(self, schedule: str, worker: str, state: Row) -> Row:
        """Call `bunkd.worker_exchange` and return what it says.

        Raises:
            BunkdError: the database is gone, or it refuses; the driver's error is the cause.
        """
        if self.broken:
            raise self.broken
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                cursor = await self._asking.execute(
                    "select bunkd.worker_exchange(%s, %s, %s::jsonb)",
                    [schedule, worker, self._text(state)],
                )
                row = await cursor.fetchone()
        except psycopg.Error as error:
            raise worded(error) from error
        except TimeoutError as error:
            raise DatabaseUnavailable(
                f"the database did not answer within {_ANSWER_SECONDS:g} s", "Try again."
            ) from error
        assert row is not None
        return as_object(row[0])

    def _text(self, state: Row) -> str:
        text = json.dumps(state, ensure_ascii=False)
        if self._asking.info.parameter_status("server_encoding") == "UTF8":
            return text
        return text.encode("ascii", "replace").decode()  # what a function says may not fit there


@asynccontextmanager
async def session(
    url: str | None, schedule: str, woken: Callable[[], None]
) -> AsyncIterator[Session]:
    """Connect, and call `woken` at each notification.

    Raises:
        ConfigurationError: see `parse_url`.
        BunkdError: nobody answers, or the role is turned away.
    """
    channel = f"bunkd:{schedule}"
    async with AsyncExitStack() as stack:
        asking = await _connect(url, stack)
        listening = await _connect(url, stack)
        opened = Session(asking)
        token, heard = uuid.uuid4().hex, asyncio.Event()

        async def listen() -> None:
            try:
                async for notification in listening.notifies():
                    if notification.payload == token:
                        heard.set()
                    elif not notification.payload:
                        woken()
            except psycopg.Error as error:
                opened.broken = worded(error)
                woken()

        try:
            await listening.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
            listener = asyncio.create_task(listen())
            stack.push_async_callback(_end, listener)
            # through a transaction pooler this is accepted too, and nothing ever comes
            await asking.execute("select pg_notify(%s, %s)", [channel, token])
        except psycopg.Error as error:
            raise worded(error) from error
        with suppress(TimeoutError):
            async with asyncio.timeout(_ECHO_SECONDS):
                opened.listens = await heard.wait()
        if not opened.listens:
            await _end(listener)
            await listening.close()
        yield opened


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _connect(url: str | None, stack: AsyncExitStack) -> _Connection:
    parameters = {**_KEEPALIVES, **parse_url(url)}
    try:
        connection = await psycopg.AsyncConnection.connect(
            make_conninfo("", **parameters), autocommit=True, prepare_threshold=None
        )
    except psycopg.OperationalError as error:
        raise unreachable(error, parameters) from error
    except psycopg.Error as error:
        raise worded(error) from error
    stack.push_async_callback(connection.close)
    return connection
