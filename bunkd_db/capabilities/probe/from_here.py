"""Send the call from this machine: where the database cannot, an external scheduler will."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit

from bunkd_db.capabilities.probe.answer import Answer, Failure, kind_of
from bunkd_db.credential import header_of
from bunkd_db.settings import Settings

_SENDER = "this machine"
_LONGEST = 2000


def send(url: str, settings: Settings) -> Answer:
    """Send one call with the credential of the settings; no redirect is followed."""
    assert settings.credential is not None
    value = settings.credential.reveal()
    chosen = settings.schedule.get("credential_header")
    header, before = header_of(settings.credential, chosen if isinstance(chosen, str) else None)
    headers = {"X-Bunkd-Reason": "probe", header: before + value}
    more = settings.schedule.get("headers")
    if isinstance(more, Mapping):
        headers = {**{name: str(text) for name, text in more.items()}, **headers}
    timeout = settings.schedule.get("timeout_ms")
    seconds = timeout / 1000 if isinstance(timeout, int) else 35.0
    body = json.dumps(settings.schedule.get("body", {}))
    start = time.monotonic()
    try:
        response, text = _request("POST", url, headers, body, seconds)
    except (OSError, HTTPException) as error:
        return Answer(
            _SENDER, time.monotonic() - start, failure=_failure(error), text=str(error)[:200]
        )
    # an answer may quote what it was sent
    message, job_failed = _message(text.replace(value, "***"))
    return Answer(
        _SENDER,
        time.monotonic() - start,
        status=response.status,
        text=message,
        job_failed=job_failed,
        redirect=_location(response),
    )


def redirect_of(url: str, *, post: bool) -> str:
    """Return where the url sends callers, empty where nowhere; the credential is not sent.

    With `post` it also tries the real method: a function may redirect nothing else.
    """
    for method in ("OPTIONS", "POST") if post else ("OPTIONS",):
        try:
            response, _ = _request(method, url, {}, "{}" if method == "POST" else None, 3.0)
        except (OSError, HTTPException):
            return ""
        if location := _location(response):
            return location
    return ""


def _request(
    method: str, url: str, headers: Mapping[str, str], body: str | None, timeout: float
) -> tuple[HTTPResponse, str]:
    parts = urlsplit(url)
    assert parts.hostname is not None
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=timeout)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, path, body, {"Content-Type": "application/json", **headers})
        response = connection.getresponse()
        return response, response.read(_LONGEST).decode(errors="replace")
    finally:
        connection.close()


def _location(response: HTTPResponse) -> str:
    return (response.getheader("Location") or "") if 300 <= response.status < 400 else ""


def _failure(error: Exception) -> Failure:
    match error:
        case socket.gaierror():
            return "dns"
        case TimeoutError():
            return "timeout"
        case ssl.SSLError():
            return "tls"
        case ConnectionRefusedError():
            return "refused"
        case _:
            return kind_of(str(error))


def _message(text: str) -> tuple[str, bool]:
    """Return the answer's message, and whether it says that a job failed."""
    try:
        answer = json.loads(text)
    except ValueError:
        return text[:200], False
    if not isinstance(answer, dict):
        return "", False
    said = str(answer.get("error") or answer.get("message") or "")[:200]
    return said, answer.get("success") is False and bool(answer.get("job_id"))
