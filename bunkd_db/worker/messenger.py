"""Alerts and heartbeats that the database hands to a worker: sent besides its calls, in no slot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from bunkd_db.calling.client import Client
from bunkd_db.database.connection import Row
from bunkd_db.worker.log import say, warn
from bunkd_db.worker.offer import Message


class Messenger:
    """Sends messages, and knows how they ended until the database has been told."""

    def __init__(self, client: Client, ended: Callable[[], None]) -> None:
        self._client = client
        self._ended = ended
        self._open: set[asyncio.Task[None]] = set()
        self._told: list[Row] = []
        self._telling = 0

    @property
    def idle(self) -> bool:
        """Whether none is under way."""
        return not self._open

    def state(self) -> Row:
        """What an exchange says: that this worker sends messages, and how those of before ended."""
        self._telling = len(self._told)
        return {"sends": True, "told": self._told[: self._telling]}

    def heard(self) -> None:
        """Forget what the last `state` told: the database has it."""
        del self._told[: self._telling]

    def send(self, messages: Iterable[Message]) -> None:
        """Begin to send them; no call waits for that."""
        for message in messages:
            task = asyncio.create_task(self._send(message))
            self._open.add(task)
            task.add_done_callback(self._open.discard)

    async def _send(self, message: Message) -> None:
        answer = await self._client.tell(message.url, message.body, message.timeout)
        # never the words of a failure: they can quote the url
        failure = None if answer.status is not None else answer.failure
        self._told.append(
            {
                "code": message.code,
                "try": message.attempt,
                "status_code": answer.status,
                "failure": failure,
            }
        )
        arrived = answer.status is not None and 200 <= answer.status < 300
        if not arrived:
            warn(
                "a message did not arrive", code=message.code, status=answer.status, reason=failure
            )
        elif message.code != "HEARTBEAT":
            say("sent a message", code=message.code)
        # by the next turn of the loop this task is done
        asyncio.get_running_loop().call_soon(self._ended)
