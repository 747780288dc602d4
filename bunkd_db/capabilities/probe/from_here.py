"""Send the call from this machine: where the database cannot, an external scheduler will."""

from __future__ import annotations

import asyncio

from bunkd_db.calling import client
from bunkd_db.calling.answer import Failure
from bunkd_db.calling.request import Request
from bunkd_db.capabilities.probe.heard import Heard
from bunkd_db.credential import Credential
from bunkd_db.settings import RequestSettings

_REASON = {"X-Bunkd-Reason": "probe"}
_LOOK_MS = 3000
# After anything else the function was reached: one more POST could run a job, in no slot.
_STRAY = (*range(300, 400), 401, 403, 404, 405)
_UNHEARD = ("dns", "refused", "tls")


def send(request: Request, credential: Credential) -> Heard:
    """Send one call with the credential; no redirect is followed."""
    return Heard.of(client.post(request, credential, _REASON), "this machine")


def redirect_of(url: str, status: int | None, failure: Failure | None = None) -> str:
    """Return where the url sends callers, empty where nowhere; the credential is not sent.

    Where a call ended with a `status` or `failure` that shows no function at work, it also tries the
    real method: a url may redirect nothing else.
    """
    return asyncio.run(_redirect_of(url, status in _STRAY or failure in _UNHEARD))


async def _redirect_of(url: str, post: bool) -> str:
    bare = Request.to(url, RequestSettings(), _LOOK_MS, None)
    async with client.client(None) as http:
        answer = await http.options(url, bare.timeout)
        if answer.location or answer.failure or not post:
            return answer.location
        return (await http.post(bare, {})).location
