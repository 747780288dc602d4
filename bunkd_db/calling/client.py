"""Sends calls: each bounded in time and size, whatever happens. No redirect is followed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager

import aiohttp
from yarl import URL

from bunkd_db.calling.answer import Answer
from bunkd_db.calling.failure import failure_of, words_of
from bunkd_db.calling.kept import LONGEST, hidden, kept
from bunkd_db.calling.proxy import Proxies
from bunkd_db.calling.request import Request
from bunkd_db.credential import Credential
from bunkd_db.version import __version__

# a function behind a gateway may have many and long ones
_LONGEST_HEADER = 65536
_JSON = {"Content-Type": "application/json"}


class Client:
    """Several calls may be open at once."""

    def __init__(
        self, session: aiohttp.ClientSession, proxies: Proxies, credential: Credential | None
    ) -> None:
        self._session = session
        self._proxies = proxies
        self._credential = credential
        self._secrets = [credential] if credential else []

    def replace_credential(self, credential: Credential) -> None:
        """Send this one from now on; the former one is still hidden in answers."""
        self._credential = credential
        if credential not in self._secrets:
            self._secrets.append(credential)

    async def post(self, request: Request, more: Mapping[str, str]) -> Answer:
        """Send one call, with `more` headers that say which; how it fails is an answer too.

        Without a credential none is sent.
        """
        headers = {"Content-Type": "application/json", **request.headers, **more}
        if self._credential:
            value = request.credential_prefix + self._credential.reveal()
            headers[request.credential_header] = value
        return await self._ask("POST", request.url, headers, request.body, request.timeout)

    async def tell(self, url: Credential, body: str, timeout: float) -> Answer:
        """Send a message to a url that is a secret; the credential is not sent.

        What the answer says of a failure can quote the url: only its kind and status are to be used.
        """
        return await self._ask("POST", url.reveal(), _JSON, body, timeout)

    async def options(self, url: str, timeout: float) -> Answer:
        """Ask what a url takes, which runs no job; the credential is not sent."""
        return await self._ask("OPTIONS", url, {}, None, timeout)

    async def ask(self, method: str, url: str, body: str | None, timeout: float) -> Answer:
        """Ask an API of Supabase's with the credential as its key; the answer is kept whole."""
        headers = {"Content-Type": "application/json"}
        if self._credential:
            headers["apikey"] = self._credential.reveal()
            if not self._credential.is_api_key:  # a key of the new kind is no token
                headers["Authorization"] = f"Bearer {self._credential.reveal()}"
        return await self._ask(method, url, headers, body, timeout, hidden)

    async def _ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: str | None,
        timeout: float,
        keep: Callable[[str, Iterable[Credential]], str] = kept,
    ) -> Answer:
        start = time.monotonic()
        try:
            async with asyncio.timeout(timeout):
                return await self._send(method, url, headers, body, start, keep)
        except TimeoutError:
            error = f"Timeout of {timeout:g} s reached"
            return Answer(time.monotonic() - start, failure="timeout", error=error)
        except Exception as error:  # noqa: BLE001 -- however it failed, it has ended: a slot hangs on that
            said = hidden(words_of(error), self._secrets)
            return Answer(time.monotonic() - start, failure=failure_of(error), error=said)

    async def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: str | None,
        start: float,
        keep: Callable[[str, Iterable[Credential]], str],
    ) -> Answer:
        async with self._session.request(
            method,
            URL(url, encoded=True),  # as it was written
            headers=headers,
            data=body,
            allow_redirects=False,
            proxy=self._proxies.of(url),
        ) as response:
            found = b""
            async for chunk in response.content.iter_any():
                found += chunk
                if len(found) >= LONGEST:
                    break
            location = response.headers.get("Location", "")
            return Answer(
                time.monotonic() - start,
                response.status,
                keep(found[:LONGEST].decode(errors="replace"), self._secrets),
                retry_after=response.headers.get("Retry-After"),
                location=location if 300 <= response.status < 400 else "",
            )


@asynccontextmanager
async def client(credential: Credential | None) -> AsyncIterator[Client]:
    """Give a client whose connections are closed in the end; None sends no credential.

    Raises:
        ConfigurationError: a proxy that the environment names cannot be used.
    """
    proxies = Proxies()
    async with aiohttp.ClientSession(
        # how many are open is the slots' business
        # idle connections are closed before servers do so: 5 s is usual there
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=2.0),
        timeout=aiohttp.ClientTimeout(),  # ours, of the whole call
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": f"bunkd-db/{__version__}", "Accept-Encoding": "identity"},
        max_line_size=_LONGEST_HEADER,
        max_field_size=_LONGEST_HEADER,
    ) as session:
        yield Client(session, proxies, credential)


def post(request: Request, credential: Credential, more: Mapping[str, str]) -> Answer:
    """Send one call from code that is not asynchronous."""

    async def run() -> Answer:
        async with client(credential) as http:
            return await http.post(request, more)

    return asyncio.run(run())
