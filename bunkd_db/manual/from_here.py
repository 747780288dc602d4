"""This machine sends the call, in a slot of the database's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from bunkd_db import database
from bunkd_db.calling import client
from bunkd_db.calling.answer import Answer
from bunkd_db.calling.offered import BAD_HEADERS, NO_URL, request_of
from bunkd_db.calling.request import Request
from bunkd_db.calling.sender import sender_name
from bunkd_db.capabilities import rejected
from bunkd_db.credential import Credential
from bunkd_db.errors import ConfigurationError
from bunkd_db.manual.called import Ended
from bunkd_db.manual.started import Started, read, start
from bunkd_db.settings import Settings

_END = "select bunkd.end_manual_call(%(schedule)s, %(worker)s, %(answer)s::jsonb)"
_REMEDIES = {
    NO_URL: "Set BUNKD_CALL_URL or SUPABASE_URL here.",
    BAD_HEADERS: "Set BUNKD_HEADERS here to a JSON object of strings.",
}
INTERRUPTED = Answer(0, failure="timeout", error="Timeout: the command was interrupted")


def send(connection: database.Connection, settings: Settings) -> tuple[Started, Ended]:
    """Send the call with this machine's own client, and tell the database how it ended.

    Raises:
        Refused: no call can be made now.
        ConfigurationError: this machine knows no url or no credential.
    """
    name, worker, credential = settings.schedule_name, sender_name("call-"), credential_of(settings)
    with giving_back(connection, name, worker):
        started, request = begin(connection, settings, worker)
    answer = INTERRUPTED
    with database.worded_errors(undone=False):  # the call is made
        try:
            answer = client.post(request, credential, headers_of(started.call))
        finally:
            end(connection, name, worker, told(started.call, answer))
        ended = read(connection, name, started.call)
    assert ended is not None
    kind = rejected.kind_of(credential)
    # the ledger's time has in it what the database kept us waiting
    ended = replace(ended, seconds=answer.seconds)
    return Started(started.call, request.url, request.timeout, kind, started.reply), ended


def credential_of(settings: Settings) -> Credential:
    """Return this machine's credential.

    Raises:
        ConfigurationError: it has none.
    """
    if settings.credential is None:
        raise ConfigurationError(
            "this machine has no credential for the call",
            "Set BUNKD_CREDENTIAL (or SUPABASE_SERVICE_ROLE_KEY) here: the database gives out none.",
        )
    return settings.credential


def begin(
    connection: database.Connection, settings: Settings, worker: str
) -> tuple[Started, Request]:
    """Take a slot for a call of this machine's, and return what to send.

    Raises:
        Refused, ConfigurationError: as `send`.
    """
    credential = credential_of(settings)
    started = start(connection, settings.schedule_name, worker)
    request, lacks = request_of(started.reply, settings.schedule, credential)
    if request is None:
        unsent: database.Row = {"call": started.call, "sent": False}
        end(connection, settings.schedule_name, worker, unsent)
        raise ConfigurationError(f"no call was made: {lacks}", _REMEDIES[lacks])
    return started, request


@contextmanager
def giving_back(connection: database.Connection, schedule: str, worker: str) -> Iterator[None]:
    """Give the slot back of a call whose beginning is interrupted: its commit may have gone through all the same."""
    try:
        yield
    except KeyboardInterrupt:
        with suppress(database.Error):
            end(connection, schedule, worker, {"call": None, "sent": False})
        raise


def headers_of(call: int) -> dict[str, str]:
    """Return what tells the function who calls."""
    return {"X-Bunkd-Call": str(call), "X-Bunkd-Reason": "manual"}


def told(call: int, answer: Answer) -> database.Row:
    """Return an answer as the database takes it."""
    return {
        "call": call,
        "sent": True,
        "status_code": answer.status,
        "timed_out": answer.timed_out,
        "error": answer.error or None,
        "content": answer.content or None,
        "retry_after": answer.retry_after,
    }


def end(connection: database.Connection, schedule: str, worker: str, answer: database.Row) -> None:
    """Tell the database how a call of this machine's ended; its slot is free then."""
    given = {"schedule": schedule, "worker": worker, "answer": json.dumps(answer)}
    database.rows(connection, _END, given)
