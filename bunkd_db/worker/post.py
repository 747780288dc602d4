"""One call: an HTTP POST with the credential, bounded in time and size."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from bunkd_db import __version__
from bunkd_db.credential import Credential, header_of
from bunkd_db.worker.answer import Answer

_LONGEST = 65536


@dataclass(frozen=True)
class Post:
    """What is sent.

    Attributes:
        credential_header: the header for the credential, None to go by its kind.
        headers: further ones, by name.
        body: a JSON value.
        timeout: seconds until the whole answer has to be there.
    """

    url: str
    credential_header: str | None
    headers: Mapping[str, str]
    body: object
    timeout: float


class Caller:
    """Sends calls; several may be open at once. No redirect is followed."""

    def __init__(self, client: httpx.AsyncClient, credential: Credential) -> None:
        self._client = client
        self._credential = credential

    async def call(self, post: Post, more: Mapping[str, str]) -> Answer:
        """Send one call, with `more` headers that say which; how it fails is an answer too."""
        name, prefix = header_of(self._credential, post.credential_header)
        headers = {
            "Content-Type": "application/json",
            **post.headers,
            **more,
            name: prefix + self._credential.reveal(),
        }
        start = time.monotonic()
        try:
            async with asyncio.timeout(post.timeout):
                return await self._send(post, headers, start)
        except TimeoutError:
            return Answer(
                time.monotonic() - start,
                error=f"Timeout of {post.timeout:g} s reached",
                timed_out=True,
            )
        except Exception as error:  # noqa: BLE001 -- however it failed, it has ended: a slot hangs on that
            said = self._shown(str(error)) or type(error).__name__
            return Answer(time.monotonic() - start, error=said)

    async def _send(self, post: Post, headers: Mapping[str, str], start: float) -> Answer:
        content = json.dumps(post.body).encode()
        async with self._client.stream(
            "POST", post.url, content=content, headers=headers
        ) as response:
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) >= _LONGEST:
                    break
            return Answer(
                time.monotonic() - start,
                response.status_code,
                self._shown(body[:_LONGEST].decode(errors="replace")),
                retry_after=response.headers.get("retry-after"),
            )

    def _shown(self, text: str) -> str:
        # an answer may quote what it was sent; no text in PostgreSQL holds a NUL or half a character
        plain = text.encode(errors="replace").decode()
        return plain.replace(self._credential.reveal(), "***").replace("\0", "")


@asynccontextmanager
async def caller(credential: Credential) -> AsyncIterator[Caller]:
    """Give a caller whose connections are closed in the end."""
    # the time-out is ours, of the whole call; how many are open is the slots' business
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
    headers = {"User-Agent": f"bunkd-db/{__version__}", "Accept-Encoding": "identity"}
    async with httpx.AsyncClient(
        headers=headers, timeout=None, limits=limits, follow_redirects=False
    ) as client:
        yield Caller(client, credential)
