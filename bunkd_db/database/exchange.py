"""A worker's session: it asks on one connection and listens on another."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext, suppress

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from bunkd_db.database.connection import Row, as_object
from bunkd_db.database.url import parse_url
from bunkd_db.database.words import unreachable, worded, worded_errors
from bunkd_db.errors import BunkdError, DatabaseUnavailable, NotInstalled

_Connection = psycopg.AsyncConnection[tuple[object, ...]]
_PROTOCOL = 1
_ECHO_SECONDS = 2.0
_ANSWER_SECONDS = 45.0
_STAY = "set idle_session_timeout = 0"
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
        in_block: whether an exchange needs a transaction block, because of the session's defaults.
    """

    def __init__(self, asking: _Connection) -> None:
        self._asking = asking
        self.listens = False
        self.in_block = False
        self.broken: BunkdError | None = None

    async def exchange(self, schedule: str, worker: str, state: Row) -> Row:
        """Call `bunkd.worker_exchange_v1` and return what it says.

        Raises:
            BunkdError: the database is gone, or it refuses; the driver's error is the cause.
        """
        if self.broken:
            raise self.broken
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                async with self._asking.transaction() if self.in_block else nullcontext():
                    cursor = await self._asking.execute(
                        "select bunkd.worker_exchange_v1(%s, %s, %s::jsonb)",
                        [schedule, worker, self._text(state | {"protocol": _PROTOCOL})],
                    )
                    row = await cursor.fetchone()
        except psycopg.errors.ObjectNotInPrerequisiteState as error:  # another protocol
            primary, hint = error.diag.message_primary or "", error.diag.message_hint or ""
            raise NotInstalled(primary, hint) from error
        except psycopg.Error as error:
            raise worded(error) from error
        except TimeoutError as error:
            raise DatabaseUnavailable(
                f"the database did not answer within {_ANSWER_SECONDS:g} s", "Try again."
            ) from error
        assert row is not None
        said = as_object(row[0])
        if said.get("protocol") != _PROTOCOL:
            raise NotInstalled(
                f"this database speaks protocol {said.get('protocol')}, but this worker {_PROTOCOL}",
                "Install the bunkd-db that upgraded the database.",
            )
        return said

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
            # it hears nothing for as long as nothing is queued
            await listening.execute(_STAY)
            listener = asyncio.create_task(listen())
            stack.push_async_callback(_end, listener)
            # through a transaction pooler this is accepted too, and nothing ever comes
            await asking.execute("select pg_notify(%s, %s)", [channel, token])
            # a role's default may be another isolation, which an exchange refuses; a block costs two round trips
            cursor = await asking.execute("select current_setting('transaction_isolation')")
            opened.in_block = await cursor.fetchone() != ("read committed",)
            await asking.set_isolation_level(psycopg.IsolationLevel.READ_COMMITTED)
        except psycopg.Error as error:
            raise worded(error) from error
        with suppress(TimeoutError):
            async with asyncio.timeout(_ECHO_SECONDS):
                opened.listens = await heard.wait()
        if not opened.listens:
            await _end(listener)
            await listening.close()
        else:  # only where the session is ours: through a pooler the setting would be others' too
            with worded_errors():
                await asking.execute(_STAY)
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
