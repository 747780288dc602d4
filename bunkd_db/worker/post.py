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
from bunkd_db.errors import ConfigurationError
from bunkd_db.worker.answer import Answer

_LONGEST = 65536
_KEPT = 1000
_FIELDS = ("success", "job_id", "error", "message")


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
        start = time.monotonic()
        try:
            async with asyncio.timeout(post.timeout):
                return await self._send(post, more, start)
        except TimeoutError:
            return Answer(
                time.monotonic() - start,
                error=f"Timeout of {post.timeout:g} s reached",
                timed_out=True,
            )
        except Exception as error:  # noqa: BLE001 -- however it failed, it has ended: a slot hangs on that
            said = self._hidden(str(error)) or type(error).__name__
            return Answer(time.monotonic() - start, error=said)

    async def _send(self, post: Post, more: Mapping[str, str], start: float) -> Answer:
        name, prefix = header_of(self._credential, post.credential_header)
        headers = {
            "Content-Type": "application/json",
            **post.headers,
            **more,
            name: prefix + self._credential.reveal(),
        }
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
                self._kept(body[:_LONGEST].decode(errors="replace")),
                retry_after=response.headers.get("retry-after"),
            )

    def _kept(self, text: str) -> str:
        """What of an answer is of use: a few fields of an object, the beginning of what is no JSON.

        The credential is looked for in what the text means, however it is escaped.
        """
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return self._hidden(text)[:_KEPT]
        if not isinstance(found, dict):
            return ""
        kept = {key: self._field(found[key]) for key in _FIELDS if found.get(key) is not None}
        return json.dumps(kept, ensure_ascii=False)

    def _field(self, value: object) -> object:
        if isinstance(value, bool):
            return value
        text = value if isinstance(value, str) else json.dumps(value)
        return self._hidden(text)[:_KEPT]

    def _hidden(self, text: str) -> str:
        # no text in PostgreSQL holds a NUL or half a character
        plain = text.encode(errors="replace").decode().replace("\0", "")
        return plain.replace(self._credential.reveal(), "***")


@asynccontextmanager
async def caller(credential: Credential) -> AsyncIterator[Caller]:
    """Give a caller whose connections are closed in the end."""
    # the time-out is ours, of the whole call; how many are open is the slots' business
    # idle connections are closed before servers do so: 5 s is usual there
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=2.0)
    headers = {"User-Agent": f"bunkd-db/{__version__}", "Accept-Encoding": "identity"}
    try:
        client = httpx.AsyncClient(
            headers=headers, timeout=None, limits=limits, follow_redirects=False
        )
    except (ImportError, ValueError) as error:
        raise ConfigurationError(
            f"a proxy that the environment names cannot be used: {error}",
            "Correct HTTP_PROXY, HTTPS_PROXY and ALL_PROXY, or unset them.",
        ) from error
    async with client:
        yield Caller(client, credential)
