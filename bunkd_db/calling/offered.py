"""The call that a schedule in the database describes, with what this process's settings set anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from bunkd_db.calling.request import Request
from bunkd_db.credential import Credential
from bunkd_db.settings import JSON, RequestSettings

NO_URL = "no URL to call is set"
BAD_HEADERS = "the schedule's headers are not a JSON object of strings"


def request_of(
    reply: Mapping[str, object], own: RequestSettings, credential: Credential
) -> tuple[Request | None, str]:
    """Return what to send, or what it lacks: `NO_URL` or `BAD_HEADERS`.

    `reply` is the database's, with the columns of the schedule as keys; `own` goes before it.
    """
    headers, header, url = reply["headers"], reply["credential_header"], own.url or reply["url"]
    if own.headers is None and not _are_texts(headers):
        return None, BAD_HEADERS
    if not isinstance(url, str):
        return None, NO_URL
    given = RequestSettings(
        headers=cast("Mapping[str, str]", headers) if own.headers is None else own.headers,
        body=cast("dict[str, JSON]", reply["body"]) if own.body is None else own.body,
        credential_header=own.credential_header or (header if isinstance(header, str) else None),
    )
    # the slot is kept for as long as the database thinks, whatever is set here
    return Request.to(url, given, number(reply["timeout_ms"]), credential), ""


def number(value: object) -> float:
    """Return a number of a JSON value.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(value, int | float):
        raise TypeError(f"expected a number, got {type(value).__name__}")
    return value


def _are_texts(headers: object) -> bool:
    return isinstance(headers, dict) and all(isinstance(text, str) for text in headers.values())
